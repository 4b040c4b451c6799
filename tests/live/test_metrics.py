import subprocess
import sys
import tracemalloc
from threading import Thread

import numpy as np
import pytest
from live_fakes import SetClock, make_frame

from livestyle.frame import Frame
from livestyle.live.metrics import Durations, Metrics


def shown(metrics: Metrics, clock: SetClock, style: str | None = "a", age_s: float = 0.05) -> None:
    metrics.shown(Frame(make_frame().pixels, 0, 0.0, clock.now_s - age_s, style), 1.0)


def test_percentiles_of_known_values() -> None:
    durations = Durations()
    for ms in np.random.default_rng(1).permutation(np.arange(1, 1001)):
        durations.add(float(ms))
    assert durations.percentile(50) == pytest.approx(500, rel=0.006)
    assert durations.percentile(95) == pytest.approx(950, rel=0.006)
    assert durations.percentile(99) == pytest.approx(990, rel=0.006)


def test_one_value_is_every_percentile() -> None:
    durations = Durations()
    assert durations.percentile(50) is None
    durations.add(12.3)
    assert durations.percentile(50) == durations.percentile(99) == 12.3


@pytest.mark.parametrize("ms", [0.0, 1e-9, 5e8])
def test_absurd_durations_are_counted(ms: float) -> None:
    durations = Durations()
    durations.add(ms)
    assert durations.percentile(50) == pytest.approx(ms, abs=1e-3)


def test_memory_does_not_grow() -> None:
    clock = SetClock()
    metrics = Metrics(clock)

    def run(frames: int) -> None:
        for _ in range(frames):
            clock.now_s += 0.01
            metrics.captured(1.0)
            metrics.styled(2.0)
            shown(metrics, clock)

    run(2000)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    run(20_000)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 50_000
    assert metrics.report()["frames"]["shown"] == 22_000


def test_rates_and_latency() -> None:
    clock = SetClock()
    metrics = Metrics(clock)
    assert metrics.report()["fps"] is None
    for _ in range(101):
        shown(metrics, clock, age_s=0.05)
        clock.now_s += 0.04
    assert metrics.report()["fps"] == pytest.approx(25)
    assert metrics.snapshot().fps == pytest.approx(25)
    assert metrics.report()["latency_ms"]["p50"] == pytest.approx(50, rel=0.006)
    for _ in range(60):
        clock.now_s += 0.1
        shown(metrics, clock)
    assert metrics.snapshot().fps == pytest.approx(10), "the screen tells of the last two seconds"
    clock.now_s += 3
    assert metrics.snapshot().fps == 0.0


def test_swaps_last_from_key_to_first_shown_frame() -> None:
    clock = SetClock()
    metrics = Metrics(clock)
    shown(metrics, clock, "a")
    clock.now_s += 1.0
    metrics.swap_asked("b")
    clock.now_s += 0.03
    shown(metrics, clock, "a")
    clock.now_s += 0.02
    shown(metrics, clock, "b")
    clock.now_s += 0.02
    shown(metrics, clock, "b")
    report = metrics.report()
    assert report["swaps"] == [{"from": "a", "to": "b", "ms": pytest.approx(50), "at_s": 1.05}]
    assert report["style_history"] == [{"style": "a", "at_s": 0.0}, {"style": "b", "at_s": 1.05}]


def test_a_swap_given_up_is_none() -> None:
    clock = SetClock()
    metrics = Metrics(clock)
    shown(metrics, clock, "a")
    metrics.swap_asked("b")
    metrics.swap_asked(None)
    shown(metrics, clock, "a")
    metrics.swap_asked("a")
    shown(metrics, clock, "b")
    assert metrics.report()["swaps"] == []


def test_the_report_has_the_names_of_the_contract() -> None:
    metrics = Metrics()
    metrics.captured(1.0)
    metrics.styled(2.0)
    metrics.dropped()
    metrics.shown(make_frame(style="a"), 3.0)
    report = metrics.report()
    assert set(report) == {
        "frames", "fps", "stages_ms", "painting_ms", "latency_ms", "swaps", "style_history",
        "wall_s", "peak_memory_mb",
    }  # fmt: skip
    assert report["frames"] == {"captured": 1, "styled": 1, "shown": 1, "dropped": 1}
    assert report["stages_ms"]["show"] == {"p50": 3.0, "p95": 3.0, "p99": 3.0}
    assert set(report["latency_ms"]) == {"p50", "p95"}
    assert 10 < report["peak_memory_mb"] < 100_000


def test_counts_from_many_threads() -> None:
    metrics = Metrics()

    def count() -> None:
        for _ in range(2000):
            metrics.captured(1.0)

    threads = [Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert metrics.report()["frames"]["captured"] == 8000


def test_peak_memory_is_that_of_this_process_and_not_of_its_parent() -> None:
    ballast = np.ones(400_000_000, np.uint8)  # the parent holds 400 MB
    program = "from livestyle.live.metrics import peak_memory_mb; print(peak_memory_mb())"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ballast.sum() == 400_000_000
    assert float(done.stdout) < 300
