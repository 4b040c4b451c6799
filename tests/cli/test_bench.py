"""`livestyle bench`: everything that runs takes turns, and the baseline stands beside it."""

import json
from collections.abc import Callable
from itertools import count

import numpy as np
import pytest
from cli_runs import Ended

from livestyle.engines.timing import time_in_turns
from livestyle.export import baseline
from livestyle.export.baseline import NAME
from livestyle.frame import Pixels


def test_networks_take_turns_and_the_first_rounds_do_not_count() -> None:
    clock_s = count()
    calls = []

    def network(name: str, seconds: list[int]) -> Callable[[Pixels], Pixels]:
        def paint(pixels: Pixels) -> Pixels:
            calls.append(name)
            for _ in range(seconds.pop(0)):
                next(clock_s)
            return pixels

        return paint

    networks = {"a": network("a", [50, 50, 1, 2, 9]), "b": network("b", [50, 50, 0, 0, 0])}
    timings = time_in_turns(
        networks, np.zeros((4, 4, 3), np.uint8), rounds=3, clock=lambda: float(next(clock_s))
    )
    assert calls == ["a", "b"] * 5
    # Reading the clock takes this one a second.
    assert timings["a"].median_ms == 3000
    assert timings["a"].p95_ms == pytest.approx(9300)
    assert timings["b"].median_ms == timings["b"].p95_ms == 1000
    assert timings["b"].fps == 1


def test_every_engine_and_size_that_was_asked_for_is_timed(livestyle: Callable[..., Ended]) -> None:
    ended = livestyle("bench", "--rounds", 1, "--json", "--no-baseline", "--size", "64x48",
                      "--size", "32x32", "--device", "cpu")  # fmt: skip
    assert ended.code == 0
    rows = json.loads(ended.out)
    assert {row["size"] for row in rows} == {"64x48", "32x32"}
    assert any("openvino" in row["network"] for row in rows)
    assert any("onnxruntime" in row["network"] for row in rows)
    assert all(row["median_ms"] > 0 and row["times_as_fast"] is None for row in rows)


def test_the_baseline_is_in_the_table(livestyle: Callable[..., Ended]) -> None:
    pytest.importorskip("torch")
    ended = livestyle("bench", "--rounds", 1, "--size", "32x32", "--engine", "openvino",
                      "--device", "cpu", "--json")  # fmt: skip
    rows = json.loads(ended.out)
    assert rows[-1]["network"] == NAME
    assert rows[-1]["times_as_fast"] == 1.0
    assert rows[0]["times_as_fast"] == pytest.approx(
        rows[-1]["median_ms"] / rows[0]["median_ms"], rel=0.1, abs=0.1
    )


def test_without_its_packages_the_baseline_is_left_out_and_named(
    livestyle: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(baseline, "MODULES", ("no_such_package",))
    ended = livestyle("bench", "--rounds", 1, "--size", "32x32", "--engine", "openvino",
                      "--device", "cpu")  # fmt: skip
    assert ended.code == 0
    assert "no_such_package" in ended.err
    assert "[train]" in ended.err
    assert "mosaic fp32" in ended.out


def test_a_precision_that_the_style_lacks_is_an_error(livestyle: Callable[..., Ended]) -> None:
    ended = livestyle("bench", "--engine", "openvino", "--device", "cpu", "--precision", "int8")
    assert ended.code == 4
    assert "no int8 file" in ended.err


def test_the_stages_of_a_frame_are_timed_by_size(livestyle: Callable[..., Ended]) -> None:
    ended = livestyle("bench", "--stages", "--rounds", 2, "--device", "cpu", "--json",
                      "--size", "64x48", "--size", "1280x720")  # fmt: skip
    assert ended.code == 0
    rows = json.loads(ended.out)
    assert [row["size"] for row in rows] == ["64x48", "1280x720"]
    for row in rows:
        assert list(row["stages_ms"]) == ["resize", "network", "smooth", "enlarge", "look"]
        assert row["stages_ms"]["network"] > 0
    assert "with" in rows[0]["network"] and "thread" in rows[0]["network"]
    table = livestyle("bench", "--stages", "--rounds", 1, "--size", "64x48").out
    assert "network" in table and "64x48" in table
