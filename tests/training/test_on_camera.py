"""The learning beside a show, in its own process and out of it."""

import json
import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from livestyle.nets.light import SEED_SIDE, SURFACE_SIDE, Light
from livestyle.nets.vgg import LossNetwork
from livestyle.training import on_camera
from livestyle.training.config import TrainConfig

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu4_2", "relu5_1")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "learning"
    folder.mkdir()
    on_camera.write_weights(folder / on_camera.BEGIN_FILE, Light().state_dict())
    torch.manual_seed(0)
    save_file(LossNetwork("vgg16", LAYERS).state_dict(), tmp_path / "deep.safetensors")
    return folder


def test_a_round_changes_the_weights_and_tells_how_far_it_is(
    config: TrainConfig, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_camera, "ROUND_S", 0.0)  # a round has one step at least
    monkeypatch.setattr(on_camera, "MOST_ROUNDS", 2)
    on_camera.learn(
        config.style_image,
        config.photos,
        out,
        loss_network="vgg16",
        vgg_weights=out.parent / "deep.safetensors",
        device="cpu",
        threads=torch.get_num_threads(),
    )
    before = on_camera.read_weights(out / on_camera.BEGIN_FILE)
    after = on_camera.read_weights(out / on_camera.WEIGHTS_FILE)
    assert not torch.equal(before["up2.weight"], after["up2.weight"])
    status = json.loads((out / on_camera.STATUS_FILE).read_text())
    assert (status["step"], status["is_done"]) == (2, True)
    assert np.isfinite(status["loss"])


def test_a_show_that_was_killed_ends_the_learning(
    config: TrainConfig, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parents = iter([4711])
    monkeypatch.setattr(os, "getppid", lambda: next(parents, 1))
    on_camera.learn(
        config.style_image,
        config.photos,
        out,
        loss_network="vgg16",
        vgg_weights=out.parent / "deep.safetensors",
        device="cpu",
        threads=torch.get_num_threads(),
    )
    assert not (out / on_camera.WEIGHTS_FILE).exists()


def test_what_is_missing_is_one_sentence(config: TrainConfig, out: Path) -> None:
    asked = {
        "picture": str(config.style_image),
        "frames": str(config.photos),
        "out": str(out),
        "loss_network": "vgg16",
        "vgg_weights": str(out / "nowhere.safetensors"),
        "device": "cpu",
        "threads": 1,
    }
    ended = subprocess.run(
        [sys.executable, "-m", "livestyle.training.on_camera", json.dumps(asked)],
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    assert ended.stderr.strip().splitlines()[-1].startswith("There is no weights file at")
    assert "Traceback" not in ended.stderr


def test_weights_are_handed_over_with_pattern_and_surface_and_without(tmp_path: Path) -> None:
    patterns = None, torch.randn(1, 1, SEED_SIDE, SEED_SIDE)
    tile, colour = torch.randn(1, 1, SURFACE_SIDE, SURFACE_SIDE), torch.randn(1, 3, 1, 1)
    for pattern, surface in product(patterns, [(None, None), (tile, colour)]):
        net = Light()
        net.seed.take_pattern(pattern)
        net.surface.take(*surface)
        on_camera.write_weights(tmp_path / "weights.npz", net.state_dict())
        found = on_camera.read_weights(tmp_path / "weights.npz")
        assert found.keys() == net.state_dict().keys()
        another = Light()
        another.load_state_dict(found)
        for name, value in net.state_dict().items():
            torch.testing.assert_close(another.state_dict()[name], value)
