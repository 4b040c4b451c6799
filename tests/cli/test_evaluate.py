"""`livestyle evaluate`: figures on the screen, and in the card when asked for."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from cli_runs import Ended
from safetensors.torch import save_file

from livestyle.images import write_picture
from livestyle.nets.vgg import LossNetwork
from livestyle.styles.card import StyleCard
from livestyle.training.similarity import LAYERS, STYLE_LAYERS


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(2):
        pixels = np.random.default_rng(number).integers(0, 256, (64, 80, 3), dtype=np.uint8)
        write_picture(folder / f"{number}.png", pixels)
    return folder


def test_the_negative_is_as_steady_as_the_photo(
    livestyle: Callable[..., Ended], photos: Path
) -> None:
    ended = livestyle("evaluate", "mosaic", "--photos", photos, "--json")
    assert ended.code == 0
    assert json.loads(ended.out)["still_camera_flicker"] == pytest.approx(1, abs=0.02)


def test_style_and_content_error_of_a_painted_negative(
    livestyle: Callable[..., Ended], photos: Path, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    save_file(LossNetwork("vgg16", LAYERS).state_dict(), tmp_path / "vgg.safetensors")
    options = ["--style-image", photos / "0.png", "--vgg-weights", tmp_path / "vgg.safetensors"]
    ended = livestyle("evaluate", "mosaic", "--photos", photos, *options, "--json")
    figures = json.loads(ended.out)
    layers = [figures[f"style_error_{layer}"] for layer in STYLE_LAYERS]
    assert figures["style_error"] == pytest.approx(sum(layers) / 5)
    assert figures["content_error"] > 0 and figures["content_error_relu2_2"] > 0
    assert 0 < figures["style_error_unpainted"] < figures["style_error"]


def test_figures_are_written_into_the_card_only_when_asked(
    livestyle: Callable[..., Ended], photos: Path, styles_folder: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    shutil.copytree(styles_folder / "mosaic", own)
    before = StyleCard.load(own)
    livestyle("evaluate", own, "--photos", photos)
    assert StyleCard.load(own) == before
    ended = livestyle("evaluate", own, "--photos", photos, "--save", "--json")
    card, printed = StyleCard.load(own), json.loads(ended.out)
    assert card.figures["measured_in"] == "fp32"
    assert card.figures["exact_flow_error"] == pytest.approx(printed["exact_flow_error"], rel=1e-3)
    assert card.files == before.files


def test_a_bare_model_has_no_card_to_write_into(
    livestyle: Callable[..., Ended], photos: Path, styles_folder: Path, tmp_path: Path
) -> None:
    bare = shutil.copy(next((styles_folder / "mosaic").glob("*.onnx")), tmp_path / "bare.onnx")
    ended = livestyle("evaluate", bare, "--photos", photos, "--save")
    assert ended.code == 4
    assert "styles add" in ended.err
    assert not (tmp_path / "card.json").exists()


def test_it_asks_for_something_to_measure_on(livestyle: Callable[..., Ended]) -> None:
    assert livestyle("evaluate", "mosaic").code == 2


def test_the_card_keeps_the_figures_of_the_whole_style(
    livestyle: Callable[..., Ended], photos: Path
) -> None:
    ended = livestyle("evaluate", "mosaic", "--photos", photos, "--fill", "0", "--save")
    assert ended.code == 2
    assert "without --noise" in ended.err


def test_people_are_told_what_is_good(livestyle: Callable[..., Ended], photos: Path) -> None:
    ended = livestyle("evaluate", "mosaic", "--photos", photos)
    (line,) = [line for line in ended.out.splitlines() if line.startswith("still_camera_flicker")]
    assert "below 1 is steadier" in line
