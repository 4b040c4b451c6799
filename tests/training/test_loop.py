"""The loop: learns, survives interruption, goes on as if nothing had happened."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from livestyle.errors import TrainingError
from livestyle.images import read_picture, write_picture
from livestyle.nets.light import Light
from livestyle.styles.checkpoint_file import CHECKPOINT_FILE
from livestyle.styles.from_picture.painter import weights
from livestyle.styles.from_picture.predictor import predict
from livestyle.styles.from_picture.style_folder import in_colours_of
from livestyle.styles.from_picture.surface import surface_of
from livestyle.training import device
from livestyle.training.callbacks.callback import Callback, Progress
from livestyle.training.callbacks.preview import paint
from livestyle.training.checkpoint import load_checkpoint, save_checkpoint
from livestyle.training.config import TrainConfig
from livestyle.training.device import choose_device
from livestyle.training.loop import BEGUN_FROM_FILE, Trainer
from livestyle.training.losses import style_loss
from livestyle.training.pattern_drawing import drawn_pattern
from livestyle.training.schedule import one_cycle, steadiness_ramp, style_ramp
from livestyle.training.style_target import artwork_planes


class AtStep(Callback):
    """Does something after a step."""

    def __init__(self, step: int, what: Callable[[], object]) -> None:
        self.step, self.what = step, what

    def stepped(self, progress: Progress) -> None:
        if progress.step == self.step:
            self.what()


class Heard(Callback):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.calls: list[str | int] = []

    def started(self, trainer: Trainer) -> None:
        self.calls.append("started")

    def stepped(self, progress: Progress) -> None:
        self.calls.append(progress.step)

    def saved(self, checkpoint: Path) -> None:
        self.calls.append(f"saved {load_checkpoint(checkpoint).step}")

    def ended(self) -> None:
        self.calls.append("ended")


def style_of(trainer: Trainer) -> float:
    """Style loss of one photo as the trainer's network paints it now."""
    photo = trainer.photos.read(0)
    assert photo is not None
    batch = torch.tensor(paint(trainer.net, photo)).permute(2, 0, 1)[None] / 255
    assert trainer.loss_network
    return style_loss(trainer.loss_network(batch), trainer.target.grams).item()


def test_a_run_learns_and_leaves_a_checkpoint(config: TrainConfig) -> None:
    trainer = Trainer(
        replace(
            config, steps=40, save_every=20, style_weight=10.0, content_weight=0.1, tv_weight=0.0
        )
    )
    before = style_of(trainer)
    path = trainer.run()
    assert style_of(trainer) < 0.5 * before
    assert load_checkpoint(path).step == 40


def test_watchers_are_told_of_steps_and_checkpoints(config: TrainConfig) -> None:
    heard = Heard()
    Trainer(replace(config, steps=5, save_every=2)).run([heard])
    steps = [1, 2, "saved 2", 3, 4, "saved 4", 5, "saved 5"]
    assert heard.calls == ["started", *steps, "ended"]


def test_watchers_hear_of_the_checkpoint_of_a_stopped_run(config: TrainConfig) -> None:
    heard, trainer = Heard(), Trainer(config)
    trainer.run([heard, AtStep(2, trainer.stop)])
    assert heard.calls == ["started", 1, 2, "saved 2", "ended"]


def test_a_stopped_run_resumed_equals_an_unbroken_one(config: TrainConfig, tmp_path: Path) -> None:
    unbroken = load_checkpoint(Trainer(config).run())

    broken = replace(config, out=tmp_path / "broken")
    trainer = Trainer(broken)
    trainer.run([AtStep(4, trainer.stop)])
    assert load_checkpoint(broken.out).step == 4
    resumed = load_checkpoint(Trainer(broken, resume=True).run())
    assert resumed.step == 6
    for key, value in unbroken.net.items():
        torch.testing.assert_close(resumed.net[key], value, msg=key)
    assert resumed.losses == pytest.approx(unbroken.losses)


def test_a_brush_is_learned_without_a_loss_network(config: TrainConfig, tmp_path: Path) -> None:
    config = replace(config, brush="swept", vgg_weights=tmp_path / "none.safetensors", steps=40)
    trainer = Trainer(config)
    first: dict[str, float] = {}
    trainer.run([AtStep(1, lambda: first.update(trainer.losses))])
    assert trainer.loss_network is None
    assert trainer.losses["brushwork"] < 0.9 * first["brushwork"]
    assert load_checkpoint(config.out).config.brush == "swept"
    assert load_checkpoint(config.out).origin["loss_network_sha256"] is None


def test_a_pattern_is_learned_goes_on_and_is_taken_away_by_a_brush(
    config: TrainConfig, tmp_path: Path
) -> None:
    def run(out: str, steps: int = 1, resume: bool = False, **changes: Any) -> Trainer:
        changed = replace(config, out=tmp_path / out, steps=steps, **changes)
        trainer = Trainer(changed, resume=resume, start_from=None if resume else begin)
        trainer.run()
        return trainer

    def net(name: str) -> dict[str, torch.Tensor]:
        return load_checkpoint(tmp_path / name).net

    begin = Trainer(config).run()
    run("swirls", 4, pattern="swirls", stroke=1.0)
    drawn = drawn_pattern("swirls", artwork_planes(config.style_image)).transpose(2, 0, 1)
    for plane, wanted in zip(net("swirls")["seed.pattern"][0], drawn, strict=True):
        standardised = (wanted - wanted.mean()) / (wanted.std() + 1e-6)
        np.testing.assert_allclose(plane, standardised, atol=2e-3)
    assert load_checkpoint(tmp_path / "swirls").losses.keys() == {"pattern", "steadiness"}

    unbroken = net("swirls")
    trainer = Trainer(
        replace(config, out=tmp_path / "broken", steps=4, pattern="swirls", stroke=1.0),
        start_from=begin,
    )
    trainer.run([AtStep(2, trainer.stop)])
    run("broken", 4, resume=True, pattern="swirls", stroke=1.0)
    for key, value in net("broken").items():
        torch.testing.assert_close(value, unbroken[key], msg=key)

    with pytest.raises(TrainingError, match="learns the pattern swirls and cannot go on"):
        run("broken", 5, resume=True, pattern="waves", stroke=1.0)

    with pytest.raises(TrainingError, match="light network, rich was asked for"):
        run("broken", 5, resume=True, pattern="swirls", stroke=1.0, net="rich")

    with pytest.raises(TrainingError, match="its pattern with --stroke 1 and cannot go on"):
        run("broken", 5, resume=True, pattern="swirls", stroke=0.5)

    with pytest.raises(TrainingError, match="has done 4 steps, more than the 3 asked for"):
        run("broken", 3, resume=True, pattern="swirls", stroke=1.0)

    begin = tmp_path / "swirls"
    run("kept")
    with pytest.raises(TrainingError, match="learns no pattern and cannot go on"):
        run("kept", 2, resume=True, pattern="waves")
    assert torch.equal(net("kept")["seed.pattern"], unbroken["seed.pattern"])
    run("swept", brush="swept")
    assert "seed.pattern" not in net("swept")
    (tmp_path / "broken" / BEGUN_FROM_FILE).unlink()
    with pytest.raises(TrainingError, match="begun-from"):
        run("broken", 5, resume=True, pattern="swirls", stroke=1.0)


def test_a_surface_is_laid_over_what_is_learned_and_not_learned(
    config: TrainConfig, tmp_path: Path
) -> None:
    plain = load_checkpoint(Trainer(config).run()).net
    laid = replace(config, out=tmp_path / "laid", surface=True)
    trainer = Trainer(laid)
    trainer.run([AtStep(3, trainer.stop)])
    found = load_checkpoint(Trainer(laid, resume=True).run()).net
    assert found.keys() - plain.keys() == {"surface.tile", "surface.colour"}
    for name, value in plain.items():
        torch.testing.assert_close(found[name], value, msg=name)
    wanted = surface_of(read_picture(config.style_image), config.stroke)
    np.testing.assert_array_equal(found["surface.tile"], wanted.tile)
    assert isinstance(trainer.net, Light)
    photo = read_picture(config.style_image)
    shown = paint(trainer.net, photo)
    trainer.net.surface.take(None, None)
    assert not np.array_equal(paint(trainer.net, photo), shown), "previews have it"

    off = Trainer(replace(config, out=tmp_path / "off"), start_from=laid.out)
    assert "surface.tile" not in load_checkpoint(off.run()).net
    with pytest.raises(TrainingError, match="johnson network takes no surface"):
        Trainer(replace(laid, out=tmp_path / "johnson", net="johnson"))


def test_a_pattern_appears_on_a_flat_wall(config: TrainConfig) -> None:
    begin = Trainer(config).run()
    for number, photo in enumerate(config.photos.iterdir()):
        write_picture(photo, np.full((72, 90, 3), 90 + 5 * number, np.uint8))
    changed = replace(
        config, out=config.out / "waves", steps=80, pattern="waves", stroke=1.0,
        precision="fp32", learning_rate=5e-3,
    )  # fmt: skip
    trainer = Trainer(changed, start_from=begin)
    trainer.run()
    wall = paint(trainer.net, np.full((160, 160, 3), 140, np.uint8)).mean(axis=2)
    drawn = drawn_pattern("waves", artwork_planes(config.style_image))
    waves = cv2.resize(drawn[:40, :40, 0], (160, 160))
    inner = np.s_[20:-20, 20:-20]
    assert np.corrcoef(wall[inner].ravel(), waves[inner].ravel())[0, 1] > 0.5
    assert wall[inner].std() > 2


def test_a_run_is_not_started_over_by_mistake(config: TrainConfig) -> None:
    Trainer(config).run()
    with pytest.raises(TrainingError, match="--resume"):
        Trainer(config)


def test_a_run_whose_losses_weighed_otherwise_can_be_started_from_but_not_gone_on_with(
    config: TrainConfig, tmp_path: Path
) -> None:
    path = Trainer(replace(config, steps=1)).run()
    old = load_checkpoint(path)
    save_checkpoint(config.out, replace(old, config=replace(old.config, losses_edition=1)))
    with pytest.raises(TrainingError, match="--from"):
        Trainer(config, resume=True)
    Trainer(replace(config, out=tmp_path / "second"), start_from=config.out)


@pytest.mark.parametrize("noise", [False, True])
def test_a_run_paints_with_a_noise_map_only_where_it_is_asked_to(
    config: TrainConfig, tmp_path: Path, noise: bool
) -> None:
    first = load_checkpoint(Trainer(replace(config, steps=1, noise=True)).run())
    assert first.net["seed.scale"].abs().min() > 0
    second = replace(config, out=tmp_path / "second", steps=2, noise=noise)
    path = Trainer(second, start_from=config.out).run()
    assert (load_checkpoint(path).net["seed.scale"].abs().max() > 0) == noise
    Trainer(replace(second, steps=3), resume=True).run()


def test_a_run_can_start_from_another(config: TrainConfig, tmp_path: Path) -> None:
    first = load_checkpoint(Trainer(config).run())
    second = Trainer(replace(config, out=tmp_path / "second"), start_from=config.out)
    assert second.step == 0
    assert torch.equal(second.net.state_dict()["up2.weight"], first.net["up2.weight"])
    with pytest.raises(TrainingError, match="--net light"):
        Trainer(replace(config, out=tmp_path / "third", net="johnson"), start_from=config.out)


def test_losses_that_are_not_finite_keep_the_last_good_checkpoint(config: TrainConfig) -> None:
    trainer = Trainer(config)

    def poison() -> None:
        with torch.no_grad():
            next(trainer.net.parameters()).fill_(math.nan)

    trainer.config = replace(config, save_every=2)
    with pytest.raises(TrainingError, match=r"not finite.*--learning-rate"):
        trainer.run([AtStep(3, poison)])
    saved = load_checkpoint(config.out)
    assert saved.step == 2
    assert all(value.isfinite().all() for value in saved.net.values())


def test_a_tiny_painting_is_refused(config: TrainConfig) -> None:
    small = read_picture(config.style_image)[:20, :20]
    write_picture(config.style_image, small)
    with pytest.raises(TrainingError, match="20x20"):
        Trainer(config)


def test_a_device_that_is_not_there_is_named() -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    assert choose_device("auto").type in ("cpu", "mps")
    with pytest.raises(TrainingError, match="no device 'cuda'"):
        choose_device("cuda")


def test_the_learning_rate_rises_and_falls() -> None:
    assert one_cycle(0) == pytest.approx(0.04)
    assert one_cycle(0.05) == pytest.approx(1)
    assert one_cycle(0.525) == pytest.approx(0.5)
    assert one_cycle(1) == pytest.approx(0)


def test_the_style_comes_in_gradually() -> None:
    assert style_ramp(0) == pytest.approx(0.01)
    assert style_ramp(0.05) == pytest.approx(0.1)
    assert style_ramp(0.1) == style_ramp(1) == 1


@pytest.mark.parametrize("content", [b"", b"text", None])
def test_a_broken_checkpoint_is_an_error(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / CHECKPOINT_FILE).write_bytes(content)
    with pytest.raises(TrainingError, match="checkpoint"):
        load_checkpoint(tmp_path)


@pytest.mark.parametrize(("pays", "expected"), [(True, torch.bfloat16), (False, None)])
def test_bf16_is_taken_on_a_cpu_only_where_it_is_faster(
    monkeypatch: pytest.MonkeyPatch, pays: bool, expected: torch.dtype | None
) -> None:
    monkeypatch.setattr(device, "_bf16_pays_on_cpu", lambda: pays)
    assert device.autocast_dtype("auto", torch.device("cpu")) is expected
    assert device.autocast_dtype("fp32", torch.device("cpu")) is None


def test_a_cpu_without_bf16_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: False)
    monkeypatch.setattr(torch, "conv2d", None)
    assert not device._bf16_pays_on_cpu()


def test_steadiness_comes_in_after_the_painting() -> None:
    assert [steadiness_ramp(progress) for progress in (0, 0.2, 0.35, 0.5, 1)] == pytest.approx(
        [0, 0, 0.5, 1, 1]
    )


def test_a_run_can_start_from_what_is_predicted_from_its_artwork(
    config: TrainConfig, tmp_path: Path
) -> None:
    picture = config.style_image.rename(tmp_path / "painting.png.part")  # whatever it is called
    trainer = Trainer(replace(config, noise=True, style_image=picture), start_from=picture)
    picture.rename(config.style_image)
    (style,) = predict(read_picture(config.style_image), (config.stroke,))
    state = trainer.net.state_dict()
    predicted = in_colours_of(read_picture(config.style_image), weights(style))
    for name, values in predicted.items():
        np.testing.assert_array_equal(state[name].numpy().reshape(-1), values.reshape(-1))
    assert trainer.origin["started_from"] == {"name": "predicted"}

    grey = tmp_path / "grey.png"
    write_picture(grey, np.full((80, 80, 3), 90, np.uint8))
    with pytest.raises(TrainingError, match=r"one colour all over.* --from mosaic"):
        Trainer(replace(config, out=tmp_path / "grey"), start_from=grey)
    with pytest.raises(TrainingError, match=r"predicted from painting\.png is a light network"):
        johnson = replace(config, out=tmp_path / "johnson", net="johnson")
        Trainer(johnson, start_from=config.style_image)
