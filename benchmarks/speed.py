"""How fast the whole program is; `livestyle bench` times the networks alone.

    python benchmarks/speed.py [--style mosaic] [--size 640x480]

`livestyle cam` runs as a program of its own: from a clip into a recording, for frames per second
from end to end and peak memory, with every pixel painted, with a governor that aims at 30 frames
per second, and with strokes locked; and for one frame, for the time it takes to start. Leave the
machine alone meanwhile.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from livestyle.sinks.recorder import Recorder
from livestyle.sources.demo import Demo

CLIP_FRAMES = 300
STARTS = 5
WAYS = {
    "every pixel painted": ["--no-stroke-lock"],
    "governor at 30": ["--no-stroke-lock", "--target-fps", "30"],
    "strokes locked": ["--stroke-lock"],
}


def write_clip(path: Path, size: tuple[int, int]) -> None:
    """The demo as a video file of 30 frames per second."""
    demo = Demo(size, 30.0, paced=False)
    recorder = Recorder(path, fps=demo.fps)
    for _ in range(CLIP_FRAMES):
        frame = demo.read()
        assert frame is not None
        recorder.write(frame)
    recorder.close()


def run_cam(folder: Path, *options: str) -> dict[str, Any]:
    """Runs `livestyle cam` without a window and returns its report."""
    report = folder / "report.json"
    command = [sys.executable, "-m", "livestyle.cli.main", "cam", "--no-display"]
    command += ["--report", str(report), *options]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    figures: dict[str, Any] = json.loads(report.read_text())
    return figures


def seconds_to_start(folder: Path, style: str, size: str) -> float:
    """Median seconds from process start to the end of a run of one frame."""
    times = []
    for _ in range(STARTS):
        began_s = time.perf_counter()
        run_cam(folder, "--source", "demo", "--style", style, "--size", size, "--max-frames", "1")
        times.append(time.perf_counter() - began_s)
    return float(np.median(times))


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="How fast a style is.")
    parser.add_argument("--style", default="mosaic")
    parser.add_argument("--size", default="640x480")
    arguments = parser.parse_args()
    width, height = (int(side) for side in arguments.size.split("x"))

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_clip(folder / "clip.mp4", (width, height))
        common = ["--source", str(folder / "clip.mp4"), "--style", arguments.style]
        common += ["--record", str(folder / "painted.mp4")]
        for name, way in WAYS.items():
            report = run_cam(folder, *common, *way)
            print(
                f"clip to recording, {name}: {report['fps']} frames per second from end to end, "
                f"peak memory {report['peak_memory_mb']} MB"
            )
        start_s = seconds_to_start(folder, arguments.style, arguments.size)
        print(f"process start to first painted frame, and exit: {start_s:.2f} s")


if __name__ == "__main__":
    main()
