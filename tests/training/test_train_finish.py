"""The end of a run: a style with its card, installed, and nothing lost when that fails."""

import hashlib
from dataclasses import replace
from pathlib import Path

import models
import pytest

from livestyle.cli import finish
from livestyle.cli.finish import finish_run
from livestyle.cli.main import run
from livestyle.errors import TrainingError
from livestyle.export import style as export_style
from livestyle.images import read_picture
from livestyle.styles.card import StyleCard
from livestyle.styles.library import find_style
from livestyle.training.checkpoint import load_checkpoint, save_checkpoint
from livestyle.training.config import TrainConfig
from livestyle.training.data.photos import PhotoSet

PICTURE = "Ma peinture, 2.PNG"


def changed(command: list[str], option: str, value: str) -> list[str]:
    """A command line with another value of one option."""
    at = command.index(option) + 1
    return [*command[:at], value, *command[at + 1 :]]


def test_a_painting_becomes_a_style_that_everybody_can_have(
    train: list[str],
    config: TrainConfig,
    tmp_path: Path,
    user_styles: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    run_folder = tmp_path / "run"
    assert run([*train, "--export"]) == 0
    said = capfd.readouterr()
    assert said.out.strip() == str(run_folder)
    assert "livestyle cam --style mine" in said.err
    assert (run_folder / "report.html").is_file()

    card = find_style("mine").card
    assert find_style("mine").folder == user_styles / "mine"
    assert card == find_style(str(run_folder)).card
    assert card.precisions == ("fp32", "fp16", "int8")
    assert (card.title, card.training["photo_count"]) == ("A painting", 20)
    painting = hashlib.sha256(config.style_image.read_bytes()).hexdigest()
    weights = hashlib.sha256((tmp_path / "deep.safetensors").read_bytes()).hexdigest()
    assert card.training["style_image_sha256"] == painting
    assert card.training["loss_network_sha256"] == weights
    assert card.training["started_from"] == {"name": "predicted"}

    assert run(["export", str(run_folder), "--to", "pack", "--out", str(tmp_path)]) == 0
    pack = str(tmp_path / "mine.livestyle")
    photo, painted = config.photos / "0.png", tmp_path / "painted.png"
    assert run(["image", str(photo), str(painted), "--style", pack]) == 0
    assert read_picture(painted).shape == read_picture(photo).shape

    second = changed([*train, "--from", pack], "--out", str(tmp_path / "second"))
    assert run(second) == 0
    started_from = load_checkpoint(tmp_path / "second").origin["started_from"]
    assert started_from == {"name": "mine", "steps": 3}


def test_a_failed_export_loses_nothing_and_says_how_to_go_on(
    train: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the exporter fell over.")

    with monkeypatch.context() as broken:
        broken.setattr(export_style, "to_onnx", fail)
        assert run([*train, "--export"]) == 4
    error = capfd.readouterr().err
    run_folder = tmp_path / "run"
    assert "the exporter fell over." in error and "Traceback" not in error
    assert f"livestyle export {run_folder}" in error
    assert load_checkpoint(run_folder).step == 3
    assert (run_folder / "report.html").is_file()
    assert run(["export", str(run_folder), "--precision", "fp32"]) == 0
    assert find_style(str(run_folder)).card.precisions == ("fp32",)


def test_a_style_without_int8_is_better_than_none(
    train: list[str], tmp_path: Path, user_styles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no such operator")

    monkeypatch.setattr(export_style, "quantise", fail)
    assert run([*train, "--export"]) == 0
    assert find_style(str(user_styles / "mine")).card.precisions == ("fp32", "fp16")


def test_a_style_of_another_artwork_is_not_replaced_unasked(
    train: list[str],
    config: TrainConfig,
    tmp_path: Path,
    user_styles: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(export_style, "DEFAULT_TARGETS", export_style.DEFAULT_TARGETS[:1])
    older = models.save_style(user_styles / "mine", "mine")
    run_folder, photos = tmp_path / "run", PhotoSet(config.photos)

    def installed() -> StyleCard:
        return find_style(str(user_styles / "mine")).card

    assert run(changed(train, "--steps", "1")) == 0
    finish_run(run_folder, photos, export=True, install=None)
    error = capfd.readouterr().err
    assert "another style called mine" in error
    assert f"livestyle styles add {run_folder} --overwrite" in error
    assert installed() == older

    finish_run(run_folder, photos, export=True, install=True)
    assert installed().title == "A painting"
    save_checkpoint(run_folder, replace(load_checkpoint(run_folder), step=99))
    finish_run(run_folder, photos, export=True, install=None)  # of the same artwork
    assert installed().training["steps"] == 99


def test_a_run_says_which_shipped_style_it_hides(
    train: list[str],
    config: TrainConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(export_style, "DEFAULT_TARGETS", export_style.DEFAULT_TARGETS[:1])
    assert run(changed(changed(train, "--name", "mosaic"), "--steps", "1")) == 0
    finish_run(tmp_path / "run", PhotoSet(config.photos), export=True, install=True)
    assert "hides the style mosaic" in (error := capfd.readouterr().err)
    assert "livestyle styles remove mosaic" in error
    assert find_style("mosaic").card.title == "A painting"
    assert run(["styles", "remove", "mosaic"]) == 0
    assert find_style("mosaic").card.title != "A painting"


def test_a_name_that_no_style_may_have_is_refused_at_once(
    train: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(changed(train, "--name", "My Painting!")) == 2
    assert "'my_painting'" in capfd.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "steps", "begin"),
    [
        ([], 300, PICTURE),
        (["--steps", "9"], 9, PICTURE),
        (["--from", "mosaic"], 600, "mosaic"),
        (["--from", "starry_night"], 600, "starry_night"),
        (["--from", "scratch"], 2400, None),
        (["--net", "johnson"], 2400, None),
    ],
)
def test_training_starts_from_a_network_that_paints_and_takes_fewer_steps(
    options: list[str],
    steps: int,
    begin: str | None,
    config: TrainConfig,
    tmp_path: Path,
    user_styles: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[tuple[TrainConfig, Path | None]] = []

    def trainer(config: TrainConfig, *, resume: bool, start_from: Path | None) -> None:
        seen.append((config, start_from))
        raise TrainingError("far enough")

    monkeypatch.setattr("livestyle.training.loop.Trainer", trainer)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mosaic").mkdir()  # a folder of that name is not what is meant
    picture = config.style_image.with_name(PICTURE)
    assert run(["train", str(picture), "--photos", "photos", *options]) == 1
    found, start_from = seen[0]
    assert (found.steps, found.name) == (steps, "ma_peinture_2")
    if begin == PICTURE:
        assert start_from == picture
    else:
        assert start_from == (find_style(begin).folder if begin else None)


def test_a_report_that_fails_does_not_cost_the_style(
    train: list[str],
    tmp_path: Path,
    user_styles: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no such font")

    monkeypatch.setattr(finish, "write_report", fail)
    monkeypatch.setattr(export_style, "DEFAULT_TARGETS", export_style.DEFAULT_TARGETS[:1])
    assert run([*train, "--export"]) == 0
    assert "No report was written: no such font" in capfd.readouterr().err
    assert find_style("mine").folder == user_styles / "mine"
