"""What ends a run early: losses that break away, no memory, no room, no time."""

import math
import shutil
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from livestyle.errors import TrainingError
from livestyle.training import divergence
from livestyle.training.checkpoint import load_checkpoint
from livestyle.training.config import TrainConfig
from livestyle.training.divergence import DivergenceCheck, check_room, memory_in_words
from livestyle.training.loop import Trainer
from livestyle.training.time_budget import TimeBudget

Usage = namedtuple("Usage", "total used free")


def losses(total: float) -> dict[str, float]:
    return {"content": total / 2, "style": total / 2, "tv": 0.0, "steadiness": 0.0}


def test_losses_that_are_not_finite_end_a_run_at_once() -> None:
    with pytest.raises(TrainingError, match=r"step 7.*--learning-rate"):
        DivergenceCheck().look(7, 0.0, losses(math.nan))


def test_a_single_bad_batch_ends_nothing() -> None:
    watch = DivergenceCheck()
    for step in range(100):
        watch.look(step, 0.5, losses(20.0 if step == 50 else 1.0))
    assert not watch.suspect


def test_losses_that_rise_and_stay_end_a_run_and_are_not_saved_before() -> None:
    watch = DivergenceCheck()
    for step in range(100):
        watch.look(step, 0.5, losses(1.0))
    with pytest.raises(TrainingError, match=r"losses rise.*--resume"):
        for step in range(100, 200):
            watch.look(step, 0.5, losses(10.0))
            suspected = watch.suspect
    assert suspected


def test_the_losses_may_rise_while_the_style_comes_in() -> None:
    watch = DivergenceCheck()
    for step in range(100):
        watch.look(step, step / 1000, losses(1.0 + step))
    assert not watch.suspect


def test_steadiness_that_comes_in_is_no_divergence() -> None:
    watch = DivergenceCheck()
    for step in range(200):
        watch.look(step, 0.2 + step / 1000, losses(1.0) | {"steadiness": step * 1.0})
    assert not watch.suspect


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to ..."),
    ],
)
def test_memory_that_runs_out_brings_advice_with_numbers(
    config: TrainConfig, error: Exception
) -> None:
    with (
        pytest.raises(TrainingError, match=r"--batch 8 and --crop 384.*--batch 4, or --crop 256"),
        memory_in_words(replace(config, batch=8, crop_px=384)),
    ):
        raise error


def test_other_errors_are_left_as_they_are(config: TrainConfig) -> None:
    with pytest.raises(RuntimeError, match="shapes"), memory_in_words(config):
        raise RuntimeError("shapes do not match")


def test_a_disk_that_fills_is_told_before_it_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    free = 10_000_000
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(0, 0, free))
    check_room(tmp_path, 1_000_000)
    assert not caplog.records
    check_room(tmp_path, 5_000_000)
    assert "10.0 MB left" in caplog.text
    with pytest.raises(TrainingError, match="Make room"):
        check_room(tmp_path, 20_000_000)


@pytest.fixture
def time_s(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that the test moves."""
    now = [0.0]
    monkeypatch.setattr("livestyle.training.time_budget.time.monotonic", lambda: now[0])
    return now


def test_the_steps_fill_the_hours_even_if_they_become_slower(time_s: list[float]) -> None:
    limit, step, steps = TimeBudget(hours=1, fits=True), 0, 2400
    while step < steps and not limit.is_up:
        time_s[0] += 2.0 if step < 300 else 3.0
        step += 1
        steps = limit.steps(step, steps)
    assert step == steps  # the schedule came to its end
    assert 0.9 * 3600 < time_s[0] <= 3600


def test_without_fitting_the_hours_end_a_run(time_s: list[float]) -> None:
    limit, step = TimeBudget(hours=0.1, fits=False), 0
    while not limit.is_up:
        time_s[0] += 10
        step += 1
        assert limit.steps(step, 2400) == 2400
    assert step == 36


def test_a_run_whose_time_is_up_is_saved_and_goes_on(
    config: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TimeBudget, "is_up", True)
    trainer = Trainer(config)
    trainer.run(hours=1)
    assert trainer.step == load_checkpoint(config.out).step == 1
    monkeypatch.setattr(TimeBudget, "is_up", False)
    resumed = Trainer(config, resume=True)
    resumed.run(hours=1)
    assert resumed.step == 6


def test_a_suspect_network_is_not_saved(
    config: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(self: DivergenceCheck, step: int, progress: float, losses: dict[str, float]) -> None:
        self._mean, self._best = (2.0, 1.0) if step >= 3 else (1.0, 1.0)
        if step == 5:
            raise TrainingError("broken away")

    monkeypatch.setattr(divergence.DivergenceCheck, "look", look)
    with pytest.raises(TrainingError, match="broken away"):
        Trainer(replace(config, save_every=2)).run()
    assert load_checkpoint(config.out).step == 2
