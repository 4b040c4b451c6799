"""How fast a style is beside the Johnson network, and the whole program with it.

    python benchmarks/speed.py [--style mosaic] [--size 640x480] [--rounds 20]

The networks run in turns in one process, frame in, frame out; medians and ratios are printed.
Then `livestyle cam` runs as a program of its own: from a clip into a recording, for frames per
second from end to end and peak memory, and for one frame, for the time it takes to start. Needs
the extras `train` and `dev`; leave the machine alone meanwhile.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from livestyle.engines import EngineOptions, load
from livestyle.export.onnx import to_onnx
from livestyle.frame import Pixels
from livestyle.library import Style, find_style
from livestyle.nets import build_net
from livestyle.video.demo import Demo
from livestyle.video.recorder import Recorder

Network = Callable[[Pixels], Pixels]
CLIP_FRAMES = 300
STARTS = 5


def networks_of(style: Style) -> dict[str, Network]:
    """The style in every precision that the CPU runs, and the baseline last."""
    found: dict[str, Network] = {
        f"{style.card.name} {precision}, openvino": load(
            style, EngineOptions("openvino", "cpu", precision)
        )
        for precision in ("int8", "fp32")
    }
    return found | {"johnson fp32, onnxruntime": johnson_in_onnxruntime()}


def johnson_in_onnxruntime() -> Network:
    """The network of Johnson et al. with fresh weights; trained ones would not be faster."""
    model = to_onnx(build_net("johnson").eval(), "fp32").SerializeToString()
    options = onnxruntime.SessionOptions()
    # Its threads would go on spinning after a run, in the time of whoever comes next.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return lambda pixels: session.run(None, {"frame": pixels[None]})[0][0]


def time_in_turns(networks: dict[str, Network], frame: Pixels, rounds: int) -> dict[str, float]:
    """Median milliseconds per frame of each."""
    times: dict[str, list[float]] = {name: [] for name in networks}
    for network in networks.values():
        network(frame)
    for _ in range(rounds):
        for name, network in networks.items():
            began_s = time.perf_counter()
            network(frame)
            times[name].append((time.perf_counter() - began_s) * 1e3)
    return {name: float(np.median(values)) for name, values in times.items()}


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
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    width, height = (int(side) for side in arguments.size.split("x"))

    frame = Demo((width, height), 30.0, paced=False).scene(0)
    medians = time_in_turns(networks_of(find_style(arguments.style)), frame, arguments.rounds)
    baseline_ms = list(medians.values())[-1]
    print(f"network alone at {arguments.size}       ms per frame   times as fast")
    for name, median_ms in medians.items():
        print(f"  {name:30} {median_ms:10.1f} {baseline_ms / median_ms:15.1f}")

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_clip(folder / "clip.mp4", (width, height))
        record = str(folder / "painted.mp4")
        source = str(folder / "clip.mp4")
        report = run_cam(folder, "--source", source, "--style", arguments.style, "--record", record)
        print(f"clip to recording: {report['fps']} frames per second from end to end, ", end="")
        print(f"peak memory {report['peak_memory_mb']} MB")
        start_s = seconds_to_start(folder, arguments.style, arguments.size)
        print(f"process start to first painted frame, and exit: {start_s:.2f} s")


if __name__ == "__main__":
    main()
