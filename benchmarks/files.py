"""What `livestyle video` costs beside the network, and whether its memory stays flat.

    python benchmarks/files.py [CLIP] [--style mosaic] [--seconds 4] [--memory 10 100 1000]

For 640x480 and 1280x720: frames a second of the network alone, end to end (decoded, painted,
encoded, in threads that overlap), and end to end with `--steady 1`, alternating; and the processor
time that a frame costs in each. Where the network keeps all cores busy, what the others cost comes
on top, however well they overlap. Without a CLIP this is left out.

Then the peak memory of the program for videos with sound of some lengths, small enough for 1000 s
to take a few minutes.
"""

import argparse
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from livestyle.engines import load
from livestyle.files import paint_video
from livestyle.protocols import Stylizer
from livestyle.sources.file import VideoFile
from livestyle.styles.library import find_style

SIZES = ((640, 480), (1280, 720))
ROUNDS = 3
MEMORY_SIZE, MEMORY_FPS = "160x120", 15


def looped(clip: Path, target: Path, size: str, seconds: float) -> Path:
    """The clip, again and again, at another size."""
    command = [
        "ffmpeg", "-v", "error", "-y", "-stream_loop", "-1", "-i", str(clip), "-t", str(seconds),
        "-vf", f"scale={size},setsar=1", "-r", "25", "-c:v", "libx264", "-preset", "veryfast",
        "-an", str(target),
    ]  # fmt: skip
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return target


def made(target: Path, seconds: float) -> Path:
    """A small video with sound."""
    command = [
        "ffmpeg", "-v", "error", "-y",
        "-f", "lavfi", "-i", f"testsrc2=s={MEMORY_SIZE}:r={MEMORY_FPS}:d={seconds}",
        "-f", "lavfi", "-i", f"sine=r=48000:d={seconds}",
        "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-c:a", "aac", str(target),
    ]  # fmt: skip
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return target


def measured(frames: int, run: Callable[[], object]) -> tuple[float, float]:
    """Frames per second, and milliseconds of processor time per frame."""
    began_s, cpu_s = time.perf_counter(), time.process_time()
    run()
    took_s, cpu_s = time.perf_counter() - began_s, time.process_time() - cpu_s
    return frames / took_s, cpu_s / frames * 1e3


def print_speed(clip: Path, network: Stylizer, folder: Path) -> None:
    with VideoFile(clip) as source:
        pictures = [frame.pixels for frame in source]
    network(pictures[0])
    runs: dict[str, Callable[[], object]] = {
        "network alone": lambda: [network(pixels) for pixels in pictures],
        "end to end": lambda: paint_video(clip, folder / "out.mp4", network, overwrite=True),
        "with --steady 1": lambda: paint_video(
            clip, folder / "out.mp4", network, steady=1.0, overwrite=True
        ),
    }
    rounds = [
        {name: measured(len(pictures), run) for name, run in runs.items()} for _ in range(ROUNDS)
    ]
    print(f"{pictures[0].shape[1]}x{pictures[0].shape[0]}, {network.info}")
    for name in runs:
        fps = np.median([each[name][0] for each in rounds])
        cpu_ms = np.median([each[name][1] for each in rounds])
        ratio = np.median([each[name][0] / each["network alone"][0] for each in rounds])
        print(f"  {name:16} {fps:6.1f} frames/s  {cpu_ms:6.1f} ms of processor  {ratio:.2f}")


def peak_mb(clip: Path, target: Path, style: str, options: list[str]) -> float:
    """The most memory that the program has at a time; Linux tells."""
    program = (
        "import sys; from livestyle.cli.main import run; code = run(sys.argv[1:]);"
        "status = open('/proc/self/status').read(); print(status.split('VmHWM:')[1].split()[0]);"
        "sys.exit(code)"
    )
    command = [
        sys.executable,
        "-c",
        program,
        "video",
        clip,
        target,
        "-y",
        "--style",
        style,
        *options,
    ]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    return int(done.stdout.split()[-1]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path, nargs="?")
    parser.add_argument("--style", default="mosaic")
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--memory", type=float, nargs="*", default=(10, 100))
    parser.add_argument("--options", default="", help="of `livestyle video`, for the memory")
    args = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        if args.clip:
            with load(find_style(args.style)) as network:
                for width, height in SIZES:
                    size = f"{width}x{height}"
                    clip = looped(args.clip, folder / f"{size}.mp4", size, args.seconds)
                    print_speed(clip, network, folder)
        for seconds in args.memory:
            clip = made(folder / "long.mp4", seconds)
            mb = peak_mb(clip, folder / "out.mp4", args.style, shlex.split(args.options))
            print(f"{seconds:g} s of {MEMORY_SIZE}: {mb:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
