"""A sweep: one sheet of short runs, and each of them can go on."""

import shlex
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from livestyle.cli import sweep as sweep_command
from livestyle.cli.main import run
from livestyle.images import read_picture
from livestyle.training import loop, sweep
from livestyle.training.checkpoint import load_checkpoint
from livestyle.training.config import TrainConfig
from livestyle.training.sweep import Cell, Sweep

TWO = Cell(0.5, 0.2), Cell(2.0, 0.2)


@pytest.fixture(autouse=True)
def two_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "CELLS", TWO)
    monkeypatch.setattr(sweep, "STROKES", (0.2,))


def test_photos_and_loss_network_are_loaded_once(
    config: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []

    def counting(name: str, original: Callable[..., object], *args: object) -> object:
        loaded.append(name)
        return original(*args)

    for name in ("PhotoSet", "load_loss_network"):
        original = getattr(loop, name)

        monkeypatch.setattr(loop, name, partial(counting, name, original))
    done = list(Sweep(replace(config, steps=1)).run())
    assert sorted(loaded) == ["PhotoSet", "load_loss_network"]
    assert [cell for cell, _ in done] == list(TWO)
    strengths = [load_checkpoint(folder).config.style_strength for _, folder in done]
    assert strengths == [0.5, 2.0]


def test_a_sweep_that_is_stopped_leaves_its_sheet_and_goes_on(config: TrainConfig) -> None:
    config = replace(config, steps=1)
    stopped = Sweep(config)
    for _ in stopped.run():
        stopped.stop()
    one = read_picture(stopped.sheet)
    assert load_checkpoint(config.out / TWO[0].folder).step == 1
    rest = Sweep(config, resume=True)
    assert [cell for cell, _ in rest.run()] == list(TWO)
    assert load_checkpoint(config.out / TWO[0].folder).step == 1  # not trained again
    assert read_picture(rest.sheet).shape == one.shape  # its place was beside the first


def test_every_cell_says_how_to_go_on_with_it(
    train: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run([*train, "--sweep", "--steps", "1", "--seed", "3", "--no-noise"]) == 0
    said = capfd.readouterr()
    assert said.out.strip() == str(tmp_path / "run" / "sheet.jpg")
    commands = [shlex.split(line) for line in said.err.splitlines() if "livestyle train" in line]
    assert len(commands) == len(TWO)
    last = commands[-1]
    assert "--no-noise" in last and "--noise" not in last
    assert last[last.index("--from") + 1] == str(tmp_path / "run" / TWO[1].folder)
    again = [*last[1:], "--steps", "1", "--no-export", "--out", str(tmp_path / "again")]
    assert run(again) == 0
    checkpoint = load_checkpoint(tmp_path / "again")
    assert (checkpoint.config.style_strength, checkpoint.config.stroke) == (2.0, 0.2)
    assert (checkpoint.config.seed, checkpoint.config.crop_px) == (3, 64)
    assert checkpoint.config.title == "A painting"
    assert checkpoint.origin["started_from"] == {"name": "mine", "steps": 1}


def test_a_pattern_is_laid_once(
    train: list[str], config: TrainConfig, capfd: pytest.CaptureFixture[str]
) -> None:
    """The run after the sweep begins with what the sweep began with."""
    unused = train.index("--loss-network")
    words = [*train[:unused], *train[unused + 4 :]]  # no loss network looks on
    assert run([*words, "--sweep", "--steps", "1", "--pattern", "waves"]) == 0
    commands = [line for line in capfd.readouterr().err.splitlines() if "livestyle train" in line]
    for command in map(shlex.split, commands):
        assert command[command.index("--from") + 1] == str(config.style_image)


def test_a_sweep_takes_few_steps_in_a_folder_of_its_own(config: TrainConfig) -> None:
    whole = sweep_command.sweep_config(config, steps_given=False, out_given=False)
    assert (whole.steps, whole.out) == (150, config.out.with_name("run-sweep"))
    assert sweep_command.sweep_config(config, steps_given=True, out_given=True) == config
