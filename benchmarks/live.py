"""How fast a live show is, from its first second on; with another checkout, old and new in turns.

    python benchmarks/live.py [--against CHECKOUT] [--only NAMES] [--rounds 2]

Each measurement is a program of its own: the whole `Webcam` without a window, on frames of the
demo that were made before, so that the source costs nothing. Each checkout has a cache folder of
its own, empty at first. Prints a table; it takes five minutes, or eight with two checkouts.

    start       seconds from process start to the first painted frame: nothing cached, then cached
    seconds     frames a second in the seconds 0 to 10, as a share of the later ones, and the
                processor time of a frame, which a busy machine does not change: one style, the
                whole set with nothing cached, the whole set cached; peak memory
    network     frames a second of the show, as a share of those of the network alone
    sizes       milliseconds a frame by size of the camera, strokes locked and not; CPU beside wall
    swaps       from the key to the first frame of the style, at 30 frames a second, all styles warm
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parents[1]
RENDERED = 12
SIZES = ("640x480", "1280x720", "1920x1080")
EARLY_S = 10.0
"""The first seconds, in which styles load behind the show."""

Figures = dict[str, float]


class Rendered:
    """Frames of the demo, made before they are asked for: a camera that takes no processor time.

    With a rate it is live: a frame that comes late is lost. Without one each waits to be read.

    Attributes:
        given: how many were read.
    """

    reconnects, status = 0, ""

    def __init__(self, size: tuple[int, int], fps: float | None) -> None:
        from livestyle.sources.demo import Demo

        demo = Demo(size, paced=False)
        self.name, self.size, self.fps = demo.name, size, fps or demo.fps
        self.is_live = fps is not None
        self._pixels = [demo.scene(tick) for tick in range(RENDERED)]
        self._closing = Event()
        self.given, self._due_s = 0, time.perf_counter()

    def read(self) -> Any:
        """The next frame, when it is due; None once it is closed."""
        from livestyle.frame import Frame

        if self.is_live:
            self._due_s = max(self._due_s + 1 / self.fps, time.perf_counter() - 1 / self.fps)
            self._closing.wait(max(0.0, self._due_s - time.perf_counter()))
        if self._closing.is_set():
            return None
        there_and_back = abs(self.given % (2 * RENDERED - 2) - (RENDERED - 1))
        pixels, index = self._pixels[there_and_back], self.given
        self.given += 1
        return Frame(pixels, index, index / self.fps, time.perf_counter())

    def close(self) -> None:
        """Ends a waiting `read`."""
        self._closing.set()


def show(job: dict[str, Any], on_frame: Callable[[Any, Any], None] = lambda *_: None) -> int:
    """Runs a show; `on_frame` gets its `Webcam` with each painted frame.

    Returns:
        How many styles were loaded at the end.
    """
    from livestyle import webcam as module
    from livestyle.live.player import PlayerOptions

    width, height = (int(side) for side in job.get("size", "640x480").split("x"))
    source = Rendered((width, height), job.get("fps"))
    module.open_source = lambda *_: source  # type: ignore[assignment]
    options = module.WebcamOptions(
        styles=tuple(job.get("styles", ())),
        player=PlayerOptions(steady=0.5, stroke_lock=job.get("locked", True)),
        display=False,
        duration_s=job["duration_s"],
    )

    class Sink:
        def write(self, frame: Any) -> None:
            on_frame(webcam, frame)

        def close(self) -> None:
            """Nothing to finish."""

    module.NullSink = Sink  # type: ignore[assignment, misc]
    with module.Webcam(options) as webcam:
        webcam.run()
        return len(set(webcam.player._cache))


def measure_start(job: dict[str, Any]) -> Figures:
    """The command line's own start; the parent knows when the process began."""
    from livestyle.cli.main import run
    from livestyle.sinks.null import NullSink

    shown_s: list[float] = []
    NullSink.write = lambda self, frame: shown_s.append(time.perf_counter())  # type: ignore[method-assign]
    run(["cam", "--no-display", "--source", "demo", "--max-frames", "1", "-q"])
    return {"s": shown_s[0] - job["began_s"]}


def measure_seconds(job: dict[str, Any]) -> Figures:
    """Rates early and late, and what was loaded by the end."""
    from livestyle.live.metrics import peak_memory_mb

    marks: list[tuple[float, float]] = []
    loaded = show(job, lambda *_: marks.append((time.perf_counter(), time.process_time())))
    since_s, cpu_s = (np.array(marks) - marks[0]).T
    late_s = job["duration_s"] - 2 * EARLY_S if job["duration_s"] >= 4 * EARLY_S else EARLY_S
    is_early, is_late = since_s < EARLY_S, since_s >= late_s
    early = float(is_early.sum()) / EARLY_S
    late = float(is_late.sum()) / (since_s[-1] - late_s)
    early_cpu_ms, late_cpu_ms = (
        float(np.ptp(cpu_s[chosen])) / max(1, int(chosen.sum()) - 1) * 1e3
        for chosen in (is_early, is_late)
    )
    seconds = np.histogram(since_s, np.arange(0, EARLY_S + 1))[0]
    return {
        "early_fps": early,
        "late_fps": late,
        "early_cpu_ms": early_cpu_ms,
        "late_cpu_ms": late_cpu_ms,
        "worst_second_fps": float(seconds.min()),
        "memory_mb": peak_memory_mb() or float("nan"),
        "styles": loaded,
    }


def measure_network(job: dict[str, Any]) -> Figures:
    """The show beside its network alone, in turns, so that both meet the same load."""
    from livestyle.engines import load
    from livestyle.styles.library import find_style

    alone = load(find_style(job["styles"][0]))
    pixels = Rendered((640, 480), None)._pixels
    turns: list[tuple[float, float]] = []
    for _ in range(3):
        alone(pixels[0])
    for _ in range(job["turns"]):
        times_s: list[float] = []

        def note(*_: object, times_s: list[float] = times_s) -> None:
            times_s.append(time.perf_counter())

        show({**job, "duration_s": 2.0}, note)
        show_ms = float(np.median(np.diff(times_s)[10:])) * 1e3
        alone_ms = []
        until_s = time.perf_counter() + 1.0
        while time.perf_counter() < until_s:
            began_s = time.perf_counter()
            alone(pixels[len(alone_ms) % RENDERED])
            alone_ms.append((time.perf_counter() - began_s) * 1e3)
        turns.append((show_ms, float(np.median(alone_ms))))
    show_ms, alone_ms_ = np.median(np.array(turns), axis=0)
    share = float(np.median([alone / shown for shown, alone in turns]))
    return {"show_ms": float(show_ms), "network_ms": float(alone_ms_), "share": share}


def measure_size(job: dict[str, Any]) -> Figures:
    """Wall and processor time of a frame, once the show runs."""
    marks: list[tuple[float, float]] = []
    show(job, lambda *_: marks.append((time.perf_counter(), time.process_time())))
    wall_s, cpu_s = np.diff(np.array(marks[len(marks) // 4 :]), axis=0).T
    return {"wall_ms": float(np.median(wall_s)) * 1e3, "cpu_ms": float(cpu_s.mean()) * 1e3}


def measure_swaps(job: dict[str, Any]) -> Figures:
    """A key every 12 frames among the styles that are warm, once all are or time is up.

    In frames, 0 is the next one that is captured.
    """
    asked: list[tuple[str, float, int]] = []
    swaps: list[tuple[float, int]] = []
    presser: list[Thread] = []

    def press(webcam: Any) -> None:
        player = webcam.player
        ready_by_s = time.perf_counter() + job["ready_s"]
        while len(set(player._cache)) < len(player.names) and time.perf_counter() < ready_by_s:
            time.sleep(0.1)
        warm = [name for name in player.names if name in set(player._cache)]
        for number in range(job["swaps"]):
            time.sleep(12.37 / job["fps"])  # keys come at any moment between two frames
            name = warm[(number + 1) % len(warm)]
            asked.append((name, time.perf_counter(), webcam.source.given))
            player.select(name)
        time.sleep(0.5)
        webcam.stop()

    def note(webcam: Any, frame: Any) -> None:
        if not presser:
            presser.append(Thread(target=press, args=(webcam,), daemon=True))
            presser[0].start()
        if asked and frame.style == asked[-1][0] and len(swaps) < len(asked):
            swaps.append(((time.perf_counter() - asked[-1][1]) * 1e3, frame.index - asked[-1][2]))

    show({**job, "duration_s": job["ready_s"] + 60}, note)
    ms, frames = np.array(swaps, float).T
    return {
        "p50_ms": float(np.percentile(ms, 50)),
        "p95_ms": float(np.percentile(ms, 95)),
        "p50_frames": float(np.percentile(frames, 50)),
        "p95_frames": float(np.percentile(frames, 95)),
    }


MEASURES = {
    "start": measure_start,
    "seconds": measure_seconds,
    "network": measure_network,
    "size": measure_size,
    "swaps": measure_swaps,
}


class Checkout:
    """One state of the code, with a cache folder of its own."""

    def __init__(self, name: str, folder: Path, scratch: Path) -> None:
        self.name = name
        self._folder, self._cache, self._user = folder, scratch / f"cache-{name}", scratch / "user"

    def forget(self) -> None:
        """The next run begins with an empty cache."""
        self._cache = self._cache.with_name(f"{self._cache.name}-")

    def measured(self, kind: str, **job: Any) -> Figures:
        """Runs one measurement in a process of its own."""
        environment = {
            **os.environ,
            "PYTHONPATH": str(self._folder),
            "XDG_CACHE_HOME": str(self._cache),
            "LIVESTYLE_STYLES": str(self._user),
        }
        began_s = time.perf_counter()
        job = {"kind": kind, "began_s": began_s, **job}
        done = subprocess.run(
            [sys.executable, str(Path(__file__).resolve()), "--job", json.dumps(job)],
            env=environment, cwd=self._folder, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"{self.name}, {kind}: {done.stderr[-2000:]}")
        figures: Figures = json.loads(done.stdout.splitlines()[-1])
        return figures


Table = dict[str, dict[str, list[float]]]
"""Line -> checkout -> one figure from each round."""


def lines_of(kind: str, place: Checkout) -> Iterator[tuple[str, float]]:
    """Runs what belongs to one part of the table, and gives its lines."""
    if kind == "start":
        place.forget()
        yield "start, nothing cached: s to the first frame", place.measured("start")["s"]
        yield "start, cached: s to the first frame", place.measured("start")["s"]
    elif kind == "seconds":
        place.forget()
        for name, job in {
            "one style": {"styles": ["mosaic"], "duration_s": 20.0},
            "whole set, nothing cached": {"duration_s": 20.0},
            "whole set, cached": {"duration_s": 40.0},
        }.items():
            found = place.measured("seconds", **job)
            yield f"{name}: fps in seconds 0 to 10", found["early_fps"]
            yield f"{name}: fps later", found["late_fps"]
            yield f"{name}: share of it in 0 to 10", found["early_fps"] / found["late_fps"]
            yield (
                f"{name}: share in the worst second",
                found["worst_second_fps"] / found["late_fps"],
            )
            yield f"{name}: CPU ms a frame in 0 to 10", found["early_cpu_ms"]
            yield f"{name}: CPU ms a frame later", found["late_cpu_ms"]
            yield f"{name}: peak memory, MB", found["memory_mb"]
            yield f"{name}: styles loaded", found["styles"]
    elif kind == "network":
        found = place.measured("network", styles=["mosaic"], turns=4)
        yield "show, ms a frame", found["show_ms"]
        yield "network alone, ms a frame", found["network_ms"]
        yield "show, share of the network's rate", found["share"]
    elif kind == "sizes":
        for locked in (True, False):
            for size in SIZES:
                name = f"{size}, strokes {'locked' if locked else 'free'}"
                found = place.measured(
                    "size", styles=["mosaic"], size=size, locked=locked, duration_s=4.0
                )
                yield f"{name}: ms a frame", found["wall_ms"]
                yield f"{name}: CPU ms a frame", found["cpu_ms"]
    else:
        found = place.measured("swaps", fps=30.0, swaps=40, ready_s=30.0)
        yield from ((f"swap: {name.replace('_', ', ')}", value) for name, value in found.items())


PARTS = ("start", "seconds", "network", "sizes", "swaps")


def main() -> None:
    """Measures and prints; with --job, one measurement in this process."""
    parser = argparse.ArgumentParser(description="How fast a live show is.")
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="the older state")
    parser.add_argument("--only", default=",".join(PARTS), help=f"of {', '.join(PARTS)}")
    parser.add_argument("--rounds", type=int, default=1, help="turns; medians are printed")
    parser.add_argument("--job", type=json.loads, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.job:
        print(json.dumps(MEASURES[arguments.job["kind"]](arguments.job)))
        return
    table: Table = {}
    with tempfile.TemporaryDirectory() as scratch:
        places = [Checkout("new", HERE, Path(scratch))]
        if arguments.against:
            places.insert(0, Checkout("old", arguments.against.resolve(), Path(scratch)))
        for _ in range(arguments.rounds):
            for part in arguments.only.split(","):
                for place in places:
                    for line, value in lines_of(part, place):
                        table.setdefault(line, {}).setdefault(place.name, []).append(value)
    print(f"{'':52}" + "".join(f"{place.name:>10}" for place in places))
    for line, values in table.items():
        cells = (f"{np.median(values[place.name]):10.2f}" for place in places)
        print(f"{line:52}" + "".join(cells))


if __name__ == "__main__":
    main()
