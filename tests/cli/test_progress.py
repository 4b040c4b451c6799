"""What a run says while it learns: a bar for people, lines for logs."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from livestyle.cli.progress import ProgressShown, duration
from livestyle.training.callbacks.callback import Progress


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock that stands still until it is moved."""
    clock = SimpleNamespace(now_s=0.0)
    monkeypatch.setattr("livestyle.cli.progress.time.monotonic", lambda: clock.now_s)
    return clock


def show(clock: SimpleNamespace, first: int = 0, steps: int = 100) -> None:
    """A run of batches of four, ten seconds a step."""
    config: Any = SimpleNamespace(steps=steps, batch=4, out=Path())
    shown = ProgressShown()
    shown.started(SimpleNamespace(config=config, step=first))  # type: ignore[arg-type]
    for step in range(first + 1, steps + 1):
        clock.now_s += 10
        shown.stepped(Progress(step, steps, {"content": 1.5e6, "steadiness": 0.0}))
    shown.ended()


def test_lines_now_and_then(clock: SimpleNamespace, capfd: pytest.CaptureFixture[str]) -> None:
    show(clock, first=90)
    said = capfd.readouterr()
    assert said.out == ""
    lines = said.err.splitlines()
    assert [line.split()[1] for line in lines] == ["93/100", "96/100", "99/100", "100/100"]
    assert lines[0] == "step 93/100  0.4 images/s  content 1.5e+06  70 s left"


def test_a_bar_on_a_terminal(
    clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    show(clock, steps=3)
    said = capsys.readouterr()
    assert said.out == ""
    assert "3/3" in said.err and "0.4 images/s  content 1.5e+06" in said.err


@pytest.mark.parametrize(
    ("seconds", "said"), [(9.4, "9 s"), (80, "80 s"), (600, "10 min"), (9000, "2.5 h")]
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said
