"""A tiny training set-up: noise photos, a gradient for a painting, a random loss network."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from livestyle.images import write_picture
from livestyle.nets.vgg import LossNetwork
from livestyle.training.config import TrainConfig

LAYERS = ("relu1_1", "relu1_2")


@pytest.fixture(autouse=True)
def user_styles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where styles are installed."""
    folder = tmp_path / "user" / "styles"
    monkeypatch.setenv("LIVESTYLE_STYLES", str(folder))
    return folder


@pytest.fixture
def config(tmp_path: Path) -> TrainConfig:
    """Six steps on 64 px crops, some 100 ms each."""
    rng = np.random.default_rng(0)
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(20):
        pixels = rng.integers(0, 256, (72, 90, 3), dtype=np.uint8)
        write_picture(photos / f"{number}.png", pixels)
    painting = rng.integers(0, 256, (80, 80, 3), dtype=np.uint8)
    write_picture(tmp_path / "painting.png", painting)
    torch.manual_seed(0)
    save_file(LossNetwork("vgg16", LAYERS).state_dict(), tmp_path / "vgg.safetensors")
    return TrainConfig(
        style_image=tmp_path / "painting.png",
        photos=photos,
        name="test",
        out=tmp_path / "run",
        loss_network="vgg16",
        vgg_weights=tmp_path / "vgg.safetensors",
        steps=6,
        batch=1,
        crop_px=64,
        stroke=0.125,
        content_layer="relu1_2",
        style_layers=("relu1_1",),
        style_layer_weights=(1.0,),
        device="cpu",
        precision="fp32",
        save_every=3,
    )


@pytest.fixture
def train(config: TrainConfig, tmp_path: Path) -> list[str]:
    """A command line for a run of three steps; another word `--export` makes a style of it."""
    torch.manual_seed(0)
    deep = LossNetwork("vgg16", ("relu5_1",))
    save_file(deep.state_dict(), tmp_path / "deep.safetensors")
    command = ["train", str(config.style_image), "--photos", str(config.photos)]
    command += ["--name", "mine", "--out", str(tmp_path / "run"), "--title", "A painting"]
    command += ["--loss-network", "vgg16", "--vgg-weights", str(tmp_path / "deep.safetensors")]
    command += ["--steps", "3", "--batch", "1", "--crop", "64", "--stroke", "0.125"]
    return [*command, "--no-export"]
