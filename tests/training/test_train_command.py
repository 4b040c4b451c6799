"""From a painting to a painted picture through the commands alone."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from livestyle.cli.main import run
from livestyle.nets.vgg import LossNetwork
from livestyle.picture import read_picture
from livestyle.training.checkpoint import load_checkpoint
from livestyle.training.config import TrainConfig


@pytest.fixture
def train(config: TrainConfig, tmp_path: Path) -> list[str]:
    """A command line for a run of three steps."""
    torch.manual_seed(0)
    deep = LossNetwork("vgg16", ("relu4_3",))
    save_file(deep.state_dict(), tmp_path / "deep.safetensors")
    command = ["train", str(config.style_image), "--photos", str(config.photos)]
    command += ["--name", "mine", "--out", str(tmp_path / "run"), "--title", "A painting"]
    command += ["--loss-network", "vgg16", "--vgg-weights", str(tmp_path / "deep.safetensors")]
    return [*command, "--steps", "3", "--batch", "1", "--crop", "64", "--stroke", "0.125"]


def test_train_export_and_paint(
    train: list[str], config: TrainConfig, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run_folder = tmp_path / "run"
    assert run(train) == 0
    assert capfd.readouterr().out.strip() == str(run_folder)
    assert load_checkpoint(run_folder).step == 3

    assert run(train) == 1  # the run is there already
    assert "--resume" in capfd.readouterr().err

    assert run([*train, "--resume", "--steps", "5"]) == 0
    resumed = load_checkpoint(run_folder)
    assert (resumed.step, resumed.config.crop_px, resumed.config.title) == (5, 64, "A painting")

    exports = tmp_path / "exports"
    options = ["--out", str(exports), "--precision", "fp32", "--to", "onnx"]
    assert run(["export", str(run_folder), *options]) == 0
    assert run(["export", str(run_folder), *options]) == 4  # nothing is overwritten by mistake
    assert "--overwrite" in capfd.readouterr().err

    photo, painted = config.photos / "0.png", tmp_path / "painted.png"
    assert run(["image", str(photo), str(painted), "--style", str(exports / "mine")]) == 0
    assert read_picture(painted).shape == read_picture(photo).shape


def test_export_asks_for_photos_that_are_gone(
    train: list[str], config: TrainConfig, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(train) == 0
    config.photos.rename(tmp_path / "elsewhere")
    assert run(["export", str(tmp_path / "run"), "--out", str(tmp_path / "exports")]) == 4
    assert "--photos" in capfd.readouterr().err
    assert not (tmp_path / "exports").exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"--photos": "nowhere"}, "neither a folder nor a zip or tar file"),
        ({"--vgg-weights": "nowhere"}, "no weights file"),
        ({"--from": "no_such_style"}, "no_such_style"),
    ],
)
def test_a_beginners_mistake_gets_a_sentence(
    train: list[str], change: dict[str, str], sentence: str, capfd: pytest.CaptureFixture[str]
) -> None:
    for flag, value in change.items():
        train = [*train, flag, value]  # the last one counts
    assert run(train) in (1, 4)
    error = capfd.readouterr().err
    assert sentence in error and "Traceback" not in error
