"""An evening on stage in ten minutes: swaps, latency, dropped frames, and memory that may not grow.

    python benchmarks/evening.py [--size 640x480] [--fps 30] [--seconds 60] [--frames 20000]

First the demo at its own rate, like a camera, with a swap every 20 frames: milliseconds from the
key to the first frame of the new style, frames dropped in all and right after swaps, and the time
from a frame's capture to its showing, in frame times. Then as many frames as the machine can
paint, with a swap every 100: how memory grows. Leave the machine alone meanwhile.
"""

import argparse
import itertools
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from livestyle.engines import load
from livestyle.frame import Frame
from livestyle.live.metrics import Metrics
from livestyle.live.pipeline import Pipeline
from livestyle.live.player import Player, PlayerOptions
from livestyle.render.compositing import Look
from livestyle.sources.demo import Demo
from livestyle.styles.library import list_styles

AFTER_SWAP = 3
"""Frames after a swap in which a drop is blamed on it."""
WARM_UP = 2000
"""Frames before memory is watched."""
SAMPLE_EVERY = 100
READY_S = 120.0


class Swapper:
    """A sink that presses `n` every so many frames and remembers what came when.

    Attributes:
        shown: index of every frame that was shown.
        swapped_at: indices of the frames at which a key was pressed.
        memory_mb: what the process held, every 100 frames.
    """

    def __init__(self, player: Player, every: int) -> None:
        self.shown: list[int] = []
        self.swapped_at: list[int] = []
        self.memory_mb: list[float] = []
        self._player, self._every = player, every

    def write(self, frame: Frame) -> None:
        """Takes a frame and, when it is time, presses the key."""
        self.shown.append(frame.index)
        if len(self.shown) % SAMPLE_EVERY == 0:
            self.memory_mb.append(memory_mb())
        if len(self.shown) % self._every == 0:
            self.swapped_at.append(frame.index)
            self._player.step(1)

    def close(self) -> None:
        """Nothing to finish."""


def memory_mb() -> float:
    """What this process holds now, in MB (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmRSS:")[1].split()[0]) * 1024 / 1e6


def playing(size: tuple[int, int], metrics: Metrics) -> Player:
    """A player with every style there is, loaded and warm."""
    styles = {style.card.name: style for style in list_styles()}
    player = Player(
        list(styles),
        lambda name: load(styles[name]),
        first=next(iter(styles)),
        size=size,
        look=Look(),
        metrics=metrics,
        options=PlayerOptions(stroke_lock=True),
    )
    deadline = time.perf_counter() + READY_S
    while len(player.ready) < len(styles) and time.perf_counter() < deadline:
        time.sleep(0.1)
    print(f"{len(player.ready)} of {len(styles)} styles ready")
    return player


def on_stage(size: tuple[int, int], fps: float, seconds: float) -> None:
    """Swaps, drops and latency at a camera's rate."""
    metrics = Metrics()
    player = playing(size, metrics)
    swapper = Swapper(player, every=20)
    pipeline = Pipeline(Demo(size, fps), player, [swapper], metrics, duration_s=seconds)
    run(pipeline.run, player)
    report = metrics.report()
    swaps_ms = [swap["ms"] for swap in report["swaps"]]
    gaps = {now: now - before - 1 for before, now in itertools.pairwise(swapper.shown)}
    near = {at + n for at in swapper.swapped_at for n in range(1, AFTER_SWAP + 1)}
    frame_ms = 1e3 / fps
    print(f"{len(swaps_ms)} swaps: p50 {np.percentile(swaps_ms, 50):.1f} ms, "
          f"p95 {np.percentile(swaps_ms, 95):.1f} ms, worst {max(swaps_ms):.1f} ms")  # fmt: skip
    print(f"frames: {report['frames']['captured']} captured, {report['frames']['shown']} shown; "
          f"{sum(gaps.values())} lost, {sum(gaps.get(at, 0) for at in near)} of them within "
          f"{AFTER_SWAP} frames after a swap")  # fmt: skip
    latency = report["latency_ms"]
    print(f"capture to shown: p50 {latency['p50'] / frame_ms:.2f}, p95 "
          f"{latency['p95'] / frame_ms:.2f} frame times ({latency['p95']:.1f} ms)")  # fmt: skip


def soak(size: tuple[int, int], frames: int) -> None:
    """Memory over many frames."""
    metrics = Metrics()
    player = playing(size, metrics)
    swapper = Swapper(player, every=100)
    demo = Demo(size, paced=False)
    demo.is_live = False  # every frame is painted, as fast as it goes
    run(Pipeline(demo, player, [swapper], metrics, max_frames=frames).run, player)
    watched = np.array(swapper.memory_mb[WARM_UP // SAMPLE_EVERY :])
    if len(watched) < 2:
        print(f"memory is watched after {WARM_UP} frames only; take more --frames")
        return
    slope = np.polyfit(np.arange(len(watched)) * SAMPLE_EVERY, watched, 1)[0] * 10_000
    done = metrics.report()
    print(f"{frames} frames, {len(done['swaps'])} swaps, {done['fps']} fps: "
          f"memory {watched[0]:.0f} to {watched[-1]:.0f} MB, slope {slope:+.2f} MB per 10,000 "
          f"frames, peak {done['peak_memory_mb']} MB")  # fmt: skip


def run(pipeline: Callable[[], None], player: Player) -> None:
    """Runs to the end and frees the styles."""
    try:
        pipeline()
    finally:
        player.close()


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="An evening on stage in ten minutes.")
    parser.add_argument("--size", default="640x480")
    parser.add_argument("--fps", type=float, default=30.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--frames", type=int, default=20_000)
    arguments = parser.parse_args()
    width, height = (int(side) for side in arguments.size.split("x"))
    on_stage((width, height), arguments.fps, arguments.seconds)
    soak((width, height), arguments.frames)


if __name__ == "__main__":
    main()
