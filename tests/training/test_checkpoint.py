"""Checkpoints: whole or not there, the last ones kept, the newest readable one taken."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from livestyle.errors import TrainingError
from livestyle.styles.checkpoint_file import CHECKPOINT_FILE
from livestyle.training import checkpoint as module
from livestyle.training.checkpoint import (
    Checkpoint,
    checkpoints_in,
    load_checkpoint,
    save_checkpoint,
)
from livestyle.training.config import TrainConfig


def state(config: TrainConfig, step: int) -> Checkpoint:
    net = {"weight": torch.full((100,), float(step))}
    return Checkpoint(config, step, net, {"0.exp_avg": torch.zeros(100)}, {"content": 1.0})


@pytest.fixture
def folder(config: TrainConfig, tmp_path: Path) -> Path:
    """Of a run that saved at step 2, 4 and 6 and kept two."""
    (tmp_path / "run").mkdir()
    for step in (2, 4, 6):
        save_checkpoint(tmp_path / "run", state(config, step), keep=2)
    return tmp_path / "run"


def test_the_last_ones_are_kept(folder: Path) -> None:
    assert sorted(file.name for file in folder.iterdir()) == [
        "checkpoint-000004.safetensors",
        CHECKPOINT_FILE,
    ]
    assert [load_checkpoint(file).step for file in checkpoints_in(folder)] == [6, 4]


@pytest.mark.parametrize("size", [0, 10, 500])
def test_a_newest_that_was_cut_off_gives_way_to_the_one_before(
    folder: Path, config: TrainConfig, size: int, caplog: pytest.LogCaptureFixture
) -> None:
    newest = folder / CHECKPOINT_FILE
    newest.write_bytes(newest.read_bytes()[:size])
    assert load_checkpoint(folder).step == 4
    assert "checkpoint-000004.safetensors" in caplog.text
    save_checkpoint(folder, state(config, 8), keep=2)  # which the broken one does not push out
    assert [load_checkpoint(file).step for file in checkpoints_in(folder)] == [8, 4]


def test_a_run_killed_between_two_names_goes_on(folder: Path) -> None:
    (folder / CHECKPOINT_FILE).rename(folder / "checkpoint-000006.safetensors")
    (folder / (CHECKPOINT_FILE + ".partial")).write_bytes(b"half")
    assert load_checkpoint(folder).step == 6


def test_a_full_disk_keeps_the_older_ones(
    folder: Path, config: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(tensors: object, path: Path, metadata: object) -> None:
        path.write_bytes(b"as far as it went")
        raise OSError(28, "No space left on device")

    before = {file: file.read_bytes() for file in folder.iterdir()}
    monkeypatch.setattr(module, "save_file", fill)
    with pytest.raises(TrainingError, match=r"No space left.*--resume"):
        save_checkpoint(folder, state(config, 8), keep=2)
    assert {file: file.read_bytes() for file in folder.iterdir()} == before


@pytest.mark.parametrize("where", ["net", "moments"])
def test_what_is_not_finite_is_not_saved(folder: Path, config: TrainConfig, where: str) -> None:
    weights = {"weight": torch.tensor([1.0, torch.nan])}
    whole = state(config, 8)
    broken = replace(whole, net=weights) if where == "net" else replace(whole, moments=weights)
    with pytest.raises(TrainingError, match="not finite"):
        save_checkpoint(folder, broken, keep=2)
    assert load_checkpoint(folder).step == 6


def test_keeping_one_leaves_one(folder: Path, config: TrainConfig) -> None:
    save_checkpoint(folder, state(config, 8))
    assert [file.name for file in folder.iterdir()] == [CHECKPOINT_FILE]


def test_no_checkpoint_is_an_error(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()
    with pytest.raises(TrainingError, match="no checkpoint"):
        load_checkpoint(folder)


def test_a_checkpoint_that_does_not_say_so_has_losses_of_the_first_edition(
    config: TrainConfig, tmp_path: Path
) -> None:
    path = save_checkpoint(tmp_path, state(config, 1))
    with safe_open(path, "pt") as archive:
        metadata = archive.metadata()
    settings = json.loads(metadata["config"])
    del settings["losses_edition"]
    save_file({"net.weight": torch.zeros(1)}, path, metadata | {"config": json.dumps(settings)})
    assert load_checkpoint(path).config.losses_edition == 1
