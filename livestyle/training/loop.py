"""The training loop: crops in, losses down, checkpoints out."""

import logging
import math
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from livestyle.errors import TrainingError
from livestyle.nets import build_net
from livestyle.nets.vgg import load_loss_network
from livestyle.training.artwork import style_target
from livestyle.training.checkpoint import (
    CHECKPOINT_FILE,
    Checkpoint,
    load_checkpoint,
    save_checkpoint,
)
from livestyle.training.config import TrainConfig
from livestyle.training.crops import Crops
from livestyle.training.data import PhotoSet
from livestyle.training.device import autocast_dtype, channels_last, choose_device
from livestyle.training.losses import (
    content_loss,
    style_loss,
    total_variation_loss,
)
from livestyle.training.origin import STARTED_FROM, name_of, origin_of
from livestyle.training.preview import square
from livestyle.training.schedule import one_cycle, steadiness_ramp, style_ramp
from livestyle.training.steadiness import random_warp, steadiness_loss, through_a_sensor
from livestyle.training.watcher import Progress, Watcher

log = logging.getLogger(__name__)

RUNNING_MEAN = 0.98
WEIGHING_PHOTOS = 16
GRADIENT_NORM = 1.0
"""Far below what the weighted losses give, so that only the direction counts."""


class Trainer:
    """One training run, its checkpoint in one folder.

    Args:
        config: what to do.
        resume: go on from the folder's checkpoint.
        start_from: checkpoint file or folder whose network is the start; None: fresh weights.

    Raises:
        TrainingError: picture, photos, weights or device are not as they must be.
    """

    def __init__(
        self, config: TrainConfig, *, resume: bool = False, start_from: Path | None = None
    ) -> None:
        if not resume and (config.out / CHECKPOINT_FILE).exists():
            raise TrainingError(
                f"{config.out} holds a run already. Go on with it through --resume, or take "
                "another --out."
            )
        torch.manual_seed(config.seed)
        self.config = config
        self.device = choose_device(config.device)
        self.photos = PhotoSet(config.photos)
        layers = (config.content_layer, *config.style_layers)
        self.loss_network = channels_last(
            load_loss_network(config.loss_network, layers, config.vgg_weights), self.device
        )
        self.autocast_dtype = autocast_dtype(config.precision, self.device)
        self.target = style_target(
            self.loss_network,
            config.style_layers,
            config.style_image,
            config.stroke,
            [square(photo) for photo in self.photos.sample(WEIGHING_PHOTOS)],
        )
        self.net = channels_last(build_net(config.net), self.device)
        self.optimiser = torch.optim.Adam(self.net.parameters(), lr=config.learning_rate)
        self.step = 0
        self.losses: dict[str, float] = {}
        self.origin = origin_of(config, len(self.photos))
        if start_from:
            start = load_checkpoint(start_from)
            self._take_network(start)
            self.origin[STARTED_FROM] = name_of(start)
        if resume:
            self._restore(load_checkpoint(config.out))
        config.out.mkdir(parents=True, exist_ok=True)

    def run(self, watchers: Sequence[Watcher] = ()) -> Path:
        """Trains to the end; whatever ends it early leaves a checkpoint first.

        Args:
            watchers: are told of steps and checkpoints, in this order.

        Returns:
            The checkpoint file.

        Raises:
            TrainingError: no photo can be read, or the losses are not finite any more. Then the
                last good checkpoint stays.
        """
        config = self.config
        for watcher in watchers:
            watcher.started(self)
        crops = Crops(self.photos, config.crop_px, config.batch, config.seed, start=self.step)
        try:
            while self.step < config.steps:
                self._note(self._train_on(crops.next().to(self.device)))
                progress = Progress(self.step, config.steps, dict(self.losses))
                for watcher in watchers:
                    watcher.stepped(progress)
                if self.step % config.save_every == 0 and self.step < config.steps:
                    self._save(watchers)
            return self._save(watchers)
        except KeyboardInterrupt:
            self._save(watchers)
            raise
        finally:
            crops.close()
            for watcher in watchers:
                watcher.ended()

    def _train_on(self, crops: Tensor) -> dict[str, Tensor]:
        """One step on RGB uint8 (N, 3, H, W); returns the weighted losses."""
        config = self.config
        photos = crops.to(memory_format=torch.channels_last).float() / 255
        for group in self.optimiser.param_groups:
            group["lr"] = config.learning_rate * one_cycle(self.step / config.steps)
        torch.manual_seed(config.seed * 1_000_003 + self.step)  # a resumed run sees the same noise
        self.net.train()
        with torch.autocast(self.device.type, self.autocast_dtype, self.autocast_dtype is not None):
            with torch.no_grad():
                target = self.loss_network(photos, until=config.content_layer)
            warp = random_warp(len(photos), config.crop_px, config.crop_px, self.device)
            again = through_a_sensor(warp(photos))
            painted, painted_again = self.net(torch.cat([photos, again])).chunk(2)
            features = self.loss_network(painted)
        losses = {
            "content": config.content_weight
            * content_loss(features[config.content_layer], target[config.content_layer]),
            "style": config.style_weight
            * config.style_strength
            * self.target.factor
            * style_ramp(self.step / config.steps)
            * style_loss(features, self.target.grams),
            "tv": config.tv_weight * total_variation_loss(painted.float()),
            "steadiness": config.steadiness_weight
            * steadiness_ramp(self.step / config.steps)
            * steadiness_loss(painted, painted_again, warp),
        }
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(torch.stack(list(losses.values())).sum())
        # A flat photo, divided by its own small deviation in the norms, has gradients a hundred
        # times the others'. Adam would remember it for long; so every step gets the same norm.
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), GRADIENT_NORM)
        self.optimiser.step()
        return losses

    def _note(self, losses: dict[str, Tensor]) -> None:
        values = {name: float(loss.detach()) for name, loss in losses.items()}
        if not all(math.isfinite(value) for value in values.values()):
            raise TrainingError(
                f"The losses are not finite at step {self.step} ({values}). The last checkpoint "
                "is kept; go on from it with --resume and a lower --learning-rate."
            )
        self.step += 1
        for name, value in values.items():
            mean = self.losses.get(name, value)
            keep = min(RUNNING_MEAN, 1 - 1 / self.step)
            self.losses[name] = keep * mean + (1 - keep) * value

    def _save(self, watchers: Sequence[Watcher]) -> Path:
        moments = {
            f"{number}.{name}": value
            for number, state in self.optimiser.state_dict()["state"].items()
            for name, value in state.items()
        }
        state = Checkpoint(
            self.config, self.step, self.net.state_dict(), moments, self.losses, self.origin
        )
        path = save_checkpoint(self.config.out, state)
        for watcher in watchers:
            watcher.saved(path)
        return path

    def _take_network(self, checkpoint: Checkpoint) -> None:
        if checkpoint.config.net != self.config.net:
            raise TrainingError(
                f"The checkpoint of {checkpoint.config.name} is of a {checkpoint.config.net} "
                f"network, {self.config.net} was asked for. Pass --net {checkpoint.config.net}."
            )
        self.net.load_state_dict(checkpoint.net)

    def _restore(self, checkpoint: Checkpoint) -> None:
        self._take_network(checkpoint)
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in checkpoint.moments.items():
            number, name = key.split(".", 1)
            state.setdefault(int(number), {})[name] = value
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": state, "param_groups": groups})
        self.step, self.losses = checkpoint.step, dict(checkpoint.losses)
        self.origin[STARTED_FROM] = checkpoint.origin.get(STARTED_FROM)
