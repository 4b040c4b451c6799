"""From a painting to a painted picture through the commands alone."""

import shlex
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from livestyle.cli.main import run
from livestyle.images import read_picture, write_picture
from livestyle.styles.card import StyleCard
from livestyle.training.checkpoint import load_checkpoint
from livestyle.training.config import TrainConfig
from livestyle.training.loop import Trainer

VGG19_CONVOLUTIONS = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)


def test_train_export_and_paint(
    train: list[str], config: TrainConfig, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run_folder = tmp_path / "run"
    assert run(train) == 0
    assert capfd.readouterr().out.strip() == str(run_folder)
    assert load_checkpoint(run_folder).step == 3
    assert not (run_folder / "style").exists()

    assert run(train) == 1  # the run is there already
    assert "--resume" in capfd.readouterr().err

    assert run([*train, "--resume", "--steps", "5"]) == 0
    resumed = load_checkpoint(run_folder)
    assert (resumed.step, resumed.config.crop_px, resumed.config.title) == (5, 64, "A painting")

    exports = tmp_path / "exports"
    options = ["--out", str(exports), "--precision", "fp32", "--to", "onnx"]
    assert run(["export", str(run_folder), *options]) == 0
    assert run(["export", str(run_folder), *options]) == 5  # nothing is overwritten by mistake
    assert "--overwrite" in capfd.readouterr().err

    photo, painted = config.photos / "0.png", tmp_path / "painted.png"
    assert run(["image", str(photo), str(painted), "--style", str(exports / "mine")]) == 0
    assert read_picture(painted).shape == read_picture(photo).shape


@pytest.mark.parametrize(("option", "name"), [("brush", "swept"), ("pattern", "waves")])
def test_what_is_drawn_is_learned_goes_on_and_names_itself_on_the_card(
    option: str,
    name: str,
    config: TrainConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "nothing"))  # no loss network is looked for
    run_folder = tmp_path / "run"
    command = ["train", str(config.style_image), "--photos", str(config.photos), "--name", "mine"]
    command += ["--out", str(run_folder), "--crop", "64", "--steps", "2", f"--{option}", name]
    assert run([*command, "--no-export"]) == 0
    assert run(["train", "--resume", "--out", str(run_folder), "--steps", "3", "--no-install"]) == 0
    found = load_checkpoint(run_folder)
    assert getattr(found.config, option) == name
    assert ("seed.pattern" in found.net) == (option == "pattern")
    card = StyleCard.from_json((run_folder / "style" / "card.json").read_text(), "the run")
    assert card.training[option] == name
    assert not {"style_weight", "loss_network"} & card.training.keys()
    assert len({"brush", "pattern"} & card.training.keys()) == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--brush", "swept", "--pattern", "waves"], "one after the other"),
        (["--pattern", "waves", "--from", "scratch"], "from scratch paints nothing"),
        (["--pattern", "waves", "--net", "rich"], "of a rich network"),
        (["--pattern", "waves", "--remove-grain"], "change nothing: --remove-grain"),
        (["--pattern", "waves", "--no-noise"], "--no-noise"),
        (["--brush", "swept", "--no-noise"], "--no-noise"),
    ],
)
def test_options_that_exclude_each_other_are_refused(
    options: list[str], said: str, config: TrainConfig, capfd: pytest.CaptureFixture[str]
) -> None:
    command = ["train", str(config.style_image), "--photos", str(config.photos)]
    assert run([*command, *options]) == 2
    assert said in " ".join(capfd.readouterr().err.split())


def test_a_brush_refuses_options_that_would_change_nothing(
    train: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert run([*train, "--brush", "swept", "--style-weight", "3"]) == 2
    error = capfd.readouterr().err
    assert "--style-weight" in error and "--loss-network" in error  # the fixture gives the latter
    assert "--stroke" not in error.splitlines()[-1]


def test_images_of_a_resumed_run_are_counted_in_its_own_batches(
    train: list[str], tmp_path: Path
) -> None:
    run_folder = tmp_path / "run"
    assert run([*train, "--batch", "2", "--steps", "1"]) == 0
    go_on = ["train", "--resume", "--out", str(run_folder), "--images", "5", "--no-export"]
    assert run(go_on) == 0
    assert load_checkpoint(run_folder).step == 2


def test_export_without_the_photos_compares_on_the_demo_and_says_so(
    train: list[str], config: TrainConfig, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(train) == 0
    config.photos.rename(tmp_path / "elsewhere")
    assert run(["export", str(tmp_path / "run"), "--out", str(tmp_path / "exports")]) == 0
    assert "Real photos are better: --photos" in capfd.readouterr().err
    assert StyleCard.load(tmp_path / "exports" / "mine").precisions == ("fp32", "fp16", "int8")


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        (["--photos", "photos"], "STYLE_IMAGE"),
        (["painting.png"], "--photos"),
        (["--sweep", "--resume"], "STYLE_IMAGE"),
        (["--resume"], "--out"),
        (["--resume", "--from", "mosaic"], "leave --resume out"),
    ],
)
def test_what_a_run_needs(
    words: list[str], missing: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["train", *words]) == 2
    assert missing in capfd.readouterr().err


@pytest.fixture
def mistakes(config: TrainConfig, tmp_path: Path) -> dict[str, Path]:
    """Files that a beginner may pass."""
    files = {
        name: tmp_path / name for name in ("tiny.png", "empty", "ten", "file", "text.safetensors")
    }
    write_picture(files["tiny.png"], np.zeros((30, 40, 3), np.uint8))
    files["empty"].mkdir()
    files["ten"].mkdir()
    for photo in sorted(config.photos.iterdir())[:10]:
        shutil.copy(photo, files["ten"])
    files["file"].write_text("something of the user's")
    files["text.safetensors"].write_text("no weights")
    vgg19_keys = [f"features.{n}.{part}" for n in VGG19_CONVOLUTIONS for part in ("weight", "bias")]
    for name, state in {
        "other_keys.safetensors": {"conv1.weight": torch.zeros(3)},
        "other_vgg.safetensors": {key: torch.zeros(1) for key in vgg19_keys},
    }.items():
        files[name] = tmp_path / name
        save_file(state, files[name])
    return files


@pytest.mark.parametrize(
    ("flag", "value", "code", "sentence"),
    [
        ("--photos", "nowhere", 1, "neither a folder nor a zip or tar file"),
        ("--photos", "empty", 1, "no photos in"),
        ("--photos", "ten", 1, "has 10 photos; a style needs 20 at least"),
        ("--photos", "file", 1, "cannot be read as photos"),
        ("--vgg-weights", "nowhere", 1, "no weights file"),
        ("--vgg-weights", "text.safetensors", 1, "cannot be read as weights"),
        ("--vgg-weights", "other_keys.safetensors", 1, "lacks"),
        ("--vgg-weights", "other_vgg.safetensors", 1, "Is it the other VGG?"),
        ("--out", "file", 1, "Take another --out"),
        ("--from", "no_such_style", 4, "no_such_style"),
        ("STYLE", "nowhere.png", 3, "no picture at"),
        ("STYLE", "tiny.png", 1, "40x30 pixels"),
        ("STYLE", "file", 3, "not a picture"),
    ],
)
def test_a_beginners_mistake_gets_a_sentence(
    train: list[str],
    mistakes: dict[str, Path],
    flag: str,
    value: str,
    code: int,
    sentence: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    path = str(mistakes.get(value, value))
    if flag == "STYLE":
        train[1] = path
    else:
        train = [*train, flag, path]  # the last one counts
    assert run(train) == code
    error = capfd.readouterr().err
    assert sentence in error and "Traceback" not in error
    assert mistakes["file"].read_text() == "something of the user's"


def test_a_lack_of_memory_gets_advice(
    train: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def burst(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(Trainer, "_train_on", burst)
    assert run([*train, "--batch", "4", "--crop", "96"]) == 1
    assert "Try --batch 2, or --crop 64" in capfd.readouterr().err


def test_a_disk_without_room_is_found_before_the_first_step(
    train: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=1000))
    assert run(train) == 1
    assert "0.0 MB left" in capfd.readouterr().err


def test_hours_end_a_run_and_say_how_to_go_on(
    train: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run([*train, "--hours", "1e-9"]) == 0
    said = capfd.readouterr().err
    assert "after step 1 of 3" in said
    go_on = f"train --resume --out {tmp_path / 'run'}"
    assert go_on in said
    assert run([*shlex.split(go_on), "--no-export"]) == 0
    assert load_checkpoint(tmp_path / "run").step == 3


def test_skipped_photos_are_counted_and_listed(
    train: list[str],
    config: TrainConfig,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (config.photos / "0.png").write_bytes(b"broken")  # which the weighing of the artwork reads
    assert run(train) == 0
    assert "1 photos were skipped" in capfd.readouterr().err
    assert (tmp_path / "run" / "skipped.txt").read_text().startswith("0.png\t")


def test_compiled_networks_are_those_that_train(
    train: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[str] = []

    def compiling(network: torch.nn.Module) -> torch.nn.Module:
        compiled.append(type(network).__name__)
        return network

    monkeypatch.setattr(torch, "compile", compiling)
    assert run([*train, "--compile"]) == 0
    assert compiled == ["Light", "LossNetwork"]
    assert load_checkpoint(tmp_path / "run").step == 3
