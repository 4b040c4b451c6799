"""An evening on stage in ten minutes: swaps, latency, dropped frames, and memory that may not grow.

    python benchmarks/evening.py [--size 640x480] [--fps 30] [--seconds 60] [--frames 20000]
        [--picture soak.png]

First the demo at its own rate, like a camera, with a swap every 20 frames: milliseconds from the
key to the first frame of the new style, frames dropped in all and right after swaps, and the time
from a frame's capture to its showing, in frame times. `--seconds 0` leaves that out.

Then a soak: the whole webcam without a window, on a camera of 60 frames a second that is lost every
1500 frames, with a swap every second, a recording and a session: how memory grows, and frames a
second over time. Leave the machine alone meanwhile.
"""

import argparse
import itertools
import logging
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import livestyle.webcam as webcam_module
from livestyle.engines import load
from livestyle.errors import SourceError
from livestyle.frame import Frame
from livestyle.live.metrics import Metrics
from livestyle.live.pipeline import Pipeline
from livestyle.live.player import Player, PlayerOptions
from livestyle.render.compositing import Look
from livestyle.sources.demo import Demo
from livestyle.sources.reconnect import Reconnecting
from livestyle.styles.library import list_styles
from livestyle.webcam import Webcam, WebcamOptions

AFTER_SWAP = 3
"""Frames after a swap in which a drop is blamed on it."""
WARM_UP = 0.2
"""Share of the soak's frames before its memory is watched: the styles load meanwhile."""
LOST_EVERY = 1500
SCENES = 12
READY_S = 120.0


class Swapper:
    """A sink that presses `n` every so many frames and remembers what came when.

    Attributes:
        shown: index of every frame that was shown.
        swapped_at: indices of the frames at which a key was pressed.
    """

    def __init__(self, player: Player, every: int) -> None:
        self.shown: list[int] = []
        self.swapped_at: list[int] = []
        self._player, self._every = player, every

    def write(self, frame: Frame) -> None:
        """Takes a frame and, when it is time, presses the key."""
        self.shown.append(frame.index)
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
    while len(set(player._cache)) < len(styles) and time.perf_counter() < deadline:
        time.sleep(0.1)
    print(f"{len(set(player._cache))} of {len(styles)} styles ready")
    return player


def on_stage(size: tuple[int, int], fps: float, seconds: float) -> None:
    """Swaps, drops and latency at a camera's rate."""
    metrics = Metrics()
    player = playing(size, metrics)
    swapper = Swapper(player, every=20)
    pipeline = Pipeline(
        Demo(size, fps),
        player.begin,
        [swapper],
        metrics,
        finish=player.finish,
        duration_s=seconds,
    )
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


class BreakingCamera:
    """A camera that is lost every so often; its frames were made before and take no time."""

    is_live, reconnects, status = True, 0, ""

    def __init__(self, size: tuple[int, int], fps: float) -> None:
        demo = Demo(size, paced=False)
        self.name, self.size, self.fps = "camera", size, fps
        self._pixels = [demo.scene(tick) for tick in range(SCENES)]
        self._closing = threading.Event()
        self._given, self._due_s = 0, time.perf_counter()

    def read(self) -> Frame | None:
        """The next frame when it is due; None once it is closed."""
        self._due_s = max(self._due_s + 1 / self.fps, time.perf_counter() - 1 / self.fps)
        if self._closing.wait(max(0.0, self._due_s - time.perf_counter())):
            return None
        self._given += 1
        if self._given == LOST_EVERY:
            raise SourceError("The camera is lost.")
        pixels = self._pixels[self._given % SCENES]
        return Frame(pixels, self._given, self._given / self.fps, time.perf_counter())

    def close(self) -> None:
        """Ends a waiting `read`."""
        self._closing.set()


@dataclass
class Watch:
    """Swaps every second and notes, in a thread of its own, what the webcam does."""

    webcam: Webcam
    frames: list[int] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Until it is over."""
        while not self.over.wait(1.0):
            self.frames.append(self.webcam.report()["frames"]["shown"])
            self.times_s.append(time.perf_counter())
            self.memory_mb.append(memory_mb())
            self.webcam.player.step(1)


def soak(size: tuple[int, int], frames: int, picture: Path | None) -> None:
    """Memory and frames a second over many frames, with everything that a show may have."""
    logging.getLogger("livestyle").setLevel(logging.ERROR)  # each lost camera is a warning
    webcam_module.open_source = lambda *_: Reconnecting(
        "camera", lambda cancelled: BreakingCamera(size, 60.0), first_wait_s=0.05
    )
    with tempfile.TemporaryDirectory() as name:
        options = WebcamOptions(
            display=False,
            record=Path(name, "soak.mp4"),
            session=Path(name, "session"),
            max_frames=frames,
        )
        with Webcam(options) as webcam:
            watched = Watch(webcam)
            watcher = threading.Thread(target=watched.watch)
            watcher.start()
            with suppress(KeyboardInterrupt):  # Ctrl-C ends it sooner, and what was seen is said
                webcam.run()
            watched.over.set()
            watcher.join()
            done = webcam.report()
        sizes_mb = [file.stat().st_size / 1e6 for file in Path(name).rglob("*") if file.is_file()]
    frames = done["frames"]["shown"]
    print(f"{frames} frames at {done['fps']} fps, {len(done['swaps'])} swaps, "
          f"{done['reconnects']} reconnects, {sum(sizes_mb):.0f} MB recorded; "
          f"peak {done['peak_memory_mb']} MB")  # fmt: skip
    at, memory = np.array(watched.frames), np.array(watched.memory_mb)
    late = at >= frames * WARM_UP
    if late.sum() < 2:
        print("memory is watched after a fifth of the frames; take more --frames")
        return
    slope, start = np.polyfit(at[late], memory[late], 1)
    print(f"memory after {at[late][0]} frames {memory[late][0]:.0f} MB, at the end "
          f"{memory[-1]:.0f} MB, slope {slope * 10_000:+.2f} MB per 10,000 frames")  # fmt: skip
    if picture is not None:
        draw(picture, watched, at[late], start + slope * at[late])


def draw(path: Path, watched: Watch, at: NDArray[Any], trend_mb: NDArray[Any]) -> None:
    """The soak as a picture."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (above, below) = plt.subplots(2, 1, sharex=True, figsize=(9, 5))
    above.plot(watched.frames, watched.memory_mb, color="tab:blue")
    above.plot(at, trend_mb, color="black", linestyle="--", linewidth=1)
    above.set_ylabel("memory, MB")
    above.set_ylim(0)
    rates = np.diff(watched.frames) / np.diff(watched.times_s)
    below.plot(watched.frames[1:], rates, color="tab:orange")
    below.set_ylabel("frames a second")
    below.set_xlabel("frames shown")
    below.set_ylim(0)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


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
    parser.add_argument("--picture", type=Path, help="where to draw the soak; needs matplotlib")
    arguments = parser.parse_args()
    width, height = (int(side) for side in arguments.size.split("x"))
    if arguments.seconds:
        on_stage((width, height), arguments.fps, arguments.seconds)
    soak((width, height), arguments.frames, arguments.picture)


if __name__ == "__main__":
    main()
