"""Trains the painter: its style follows from what the loss network sees in an artwork."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call

from livestyle.errors import TrainingError
from livestyle.frame import Pixels
from livestyle.images import read_picture, to_long_side
from livestyle.nets.conditional import ConditionalLight
from livestyle.nets.light import Light
from livestyle.nets.style_predictor import COMPONENTS, StylePredictor
from livestyle.nets.vgg import load_loss_network
from livestyle.styles.from_picture.painter import RELATED
from livestyle.training.any_picture.artworks import Artworks
from livestyle.training.any_picture.config import AnyPictureConfig
from livestyle.training.any_picture.known_styles import learn_known_styles
from livestyle.training.data.crops import open_crops
from livestyle.training.data.photos import PhotoSet
from livestyle.training.device import (
    autocast_dtype,
    channels_last,
    choose_device,
    keep_freed_memory,
)
from livestyle.training.distributed import join_process_group
from livestyle.training.divergence import RUNNING_MEAN
from livestyle.training.objective import Objective, in_precision
from livestyle.training.schedule import STEADINESS_RAMP, STYLE_RAMP
from livestyle.training.style_target import LONG_SIDE_PX

log = logging.getLogger(__name__)

WARM_UP_STEPS = 200
"""At the beginning of every piece: Adam's memory is not kept between them."""

FADE_SHARE = 0.15
"""Of the steps, at the end: the learning rate goes down to nothing."""

STEADY_FROM = 4000
"""Steps after which the steadiness loss has its whole weight."""

AVERAGED = 0.998
"""Of the running mean of the weights, which is what is kept."""

GREATEST_LOSS = 4.0
"""An artwork's losses above it count like this much: a blank sheet is far from everything."""

STATISTICS_NOISE = 0.1
GRADIENT_NORM = 0.1
FITTED_ON = 400
"""Artworks whose statistics give the principal axes."""

KNOWN_VIEWS, KNOWN_SHARE = 12, (0.6, 1.0)
"""Of the artwork of a known style: how many, and how much of its sides they show."""


def are_related(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    """Whether two light networks come from one another by training; see `ConditionalLight.span`."""
    rows = [
        torch.cat([value.float().flatten() for value in network.values() if value.dim() == 4])
        for network in (first, second)
    ]
    return bool(torch.corrcoef(torch.stack(rows))[0, 1] > RELATED)


class PainterAndPredictor(nn.Module):
    """The networks that learn together."""

    def __init__(self) -> None:
        super().__init__()
        self.painter = ConditionalLight()
        self.predictor = StylePredictor(self.painter.style_size)


class PainterTraining:
    """One piece of the training of the painter.

    Args:
        config: what to do.
        state: tensors of an earlier piece by name; None begins anew.
        networks: state dicts of related light networks to begin with, by the names of their
            styles; none: fresh weights.
        step: steps done.
    """

    def __init__(
        self,
        config: AnyPictureConfig,
        state: dict[str, Tensor] | None,
        networks: dict[str, dict[str, Tensor]],
        step: int,
    ) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        self.step = step
        self.losses: dict[str, float] = {}
        self.device = choose_device(config.device)
        if self.device.type == "cpu":
            keep_freed_memory()
        self.processes = join_process_group(self.device)
        self._share = self.processes.share(config.pictures)
        self._per_picture = config.per_picture()
        self.dtype = autocast_dtype(config.precision, self.device)
        layers = self._per_picture.style_layers
        loss_network = load_loss_network(
            config.loss_network, (self._per_picture.content_layer, *layers), config.vgg_weights
        )
        self._loss_network = channels_last(in_precision(loss_network, self.dtype), self.device)
        self.photos, paintings = PhotoSet(config.photos), PhotoSet(config.paintings)
        self.photos.check_enough()
        self.artworks = Artworks(paintings, self._loss_network, layers, self.dtype)
        self._light = channels_last(Light(), self.device)
        self.networks = PainterAndPredictor()
        if state:
            self.networks.load_state_dict(state)
        else:
            if networks:
                self.networks.painter.span(list(networks.values()))
            others = self._fit()
            if config.begin_with:
                known = self._known(config.begin_with, networks)
                learn_known_styles(self.networks.painter, self.networks.predictor, known, others)
        self.networks.to(self.device)
        self._averaged = {k: v.detach().clone() for k, v in self.networks.state_dict().items()}
        self._begun_at = step
        self._optimiser = torch.optim.Adam(self.networks.parameters(), lr=config.learning_rate)

    @property
    def state(self) -> dict[str, Tensor]:
        """The running mean of the networks' tensors, by name."""
        return self._averaged

    def run(self, hours: float | None, stepped: Callable[["PainterTraining"], bool]) -> None:
        """Trains until the steps are done, the time is up, or `stepped` says so.

        Args:
            hours: wall time that it may take; None: no limit.
            stepped: called after every step; True ends.
        """
        ends_s = time.monotonic() + (hours or 1e6) * 3600
        batches = replace(self._per_picture, batch=self.config.pictures)
        crops = open_crops(self.photos, batches, self.step, self._share, self.device)
        try:
            while self.step < self.config.steps:
                self._train_on(crops.next().to(self.device))
                done = int(stepped(self) or time.monotonic() > ends_s)
                (done,) = self.processes.agreed([done])
                if done:
                    return
        finally:
            crops.close()

    def _train_on(self, photos: Tensor) -> None:
        """One step on RGB uint8 (N, 3, H, W), each photo with an artwork of its own."""
        for group in self._optimiser.param_groups:
            group["lr"] = self.config.learning_rate * self._rate()
        torch.manual_seed(self.config.seed * 1_000_003 + self.step)
        rng = np.random.default_rng((self.config.seed, 2, self.step))
        numbers = rng.choice(len(self.artworks), self.config.pictures, replace=False)[self._share]
        self._light.train()
        self._optimiser.zero_grad(set_to_none=True)
        losses: dict[str, Tensor] = {}
        for number, photo in zip(numbers.tolist(), photos.split(1), strict=True):
            for name, value in self._backward(number, photo).items():
                losses[name] = losses.get(name, torch.zeros(())) + value.cpu() / len(photos)
        for weight in self.networks.parameters():
            if weight.grad is not None:
                weight.grad = self.processes.mean(weight.grad)
        torch.nn.utils.clip_grad_norm_(self.networks.parameters(), GRADIENT_NORM)
        self._optimiser.step()
        self._note(losses)

    def _backward(self, number: int, photo: Tensor) -> dict[str, Tensor]:
        """Adds the gradients of one pair; returns its weighted losses."""
        artwork = self.artworks.seen(number)
        painter, predictor = self.networks.painter, self.networks.predictor
        components = predictor.components(artwork.statistics[None])
        components = components + STATISTICS_NOISE * torch.randn_like(components)
        weights = painter.weights(predictor(components)[0])
        objective = Objective(
            self._per_picture, self._loss_network, artwork.wide(), slice(0, 1), self.dtype
        )
        losses = objective(With(self._light, weights), photo, self._progress())
        total = torch.stack(list(losses.values())).sum()
        scale = min(1.0, GREATEST_LOSS / float(total.detach())) / self.config.pictures
        torch.autograd.backward(total * scale * self.processes.count)
        return {name: value.detach() for name, value in losses.items()}

    def _note(self, losses: dict[str, Tensor]) -> None:
        self.step += 1
        here = self.step - self._begun_at
        for name, value in losses.items():
            mean = self.losses.get(name, float(value))
            keep = min(RUNNING_MEAN, 1 - 1 / here)
            self.losses[name] = keep * mean + (1 - keep) * float(value)
        share = 1 - min(AVERAGED, 1 - 1 / here)
        with torch.no_grad():
            for name, value in self.networks.state_dict().items():
                self._averaged[name].lerp_(value, share)

    def _rate(self) -> float:
        """Factor of the learning rate."""
        warm = min(1.0, (self.step - self._begun_at + 1) / WARM_UP_STEPS)
        left = (self.config.steps - self.step) / (FADE_SHARE * self.config.steps)
        return min(warm, 1.0, left)

    def _progress(self) -> float:
        """Where the losses' ramps stand: that of style is over, that of steadiness is not."""
        steady = STEADINESS_RAMP[1] - STYLE_RAMP
        return min(1.0, STYLE_RAMP + steady * self.step / STEADY_FROM)

    def _fit(self) -> Tensor:
        """Centre and axes of the statistics, from some artworks; returns these, (N, C)."""
        count = min(FITTED_ON, len(self.artworks))
        numbers = np.random.default_rng(self.config.seed).permutation(len(self.artworks))[:count]
        seen = [self.artworks.seen(int(number)).statistics.cpu() for number in numbers]
        if count <= COMPONENTS:
            log.warning("%d artworks are few; some thousand are better.", count)
            seen += [seen[i % count] for i in range(COMPONENTS + 1 - count)]
        self.networks.predictor.fit(torch.stack(seen))
        return torch.stack(seen)

    def _known(
        self, folder: Path, networks: dict[str, dict[str, Tensor]]
    ) -> list[tuple[dict[str, Tensor], Tensor]]:
        """The networks whose artworks are in a folder, each with the statistics of views of it."""
        known: list[tuple[dict[str, Tensor], Tensor]] = []
        rng = np.random.default_rng((self.config.seed, 3))
        for path in sorted(folder.iterdir()):
            if path.stem not in networks:
                continue
            artwork = to_long_side(read_picture(path), LONG_SIDE_PX)
            views = [self.artworks.look(_view(artwork, rng)) for _ in range(KNOWN_VIEWS)]
            known.append((networks[path.stem], torch.stack([view.statistics for view in views])))
        if not known:
            raise TrainingError(
                f"No picture in {folder} is named like a style that the training begins with: "
                f"{', '.join(networks) or 'there is none'}."
            )
        return known


def _view(artwork: Pixels, rng: np.random.Generator) -> Pixels:
    """A part of an artwork, most of it."""
    height, width = (round(side * rng.uniform(*KNOWN_SHARE)) for side in artwork.shape[:2])
    top = int(rng.integers(artwork.shape[0] - height + 1))
    left = int(rng.integers(artwork.shape[1] - width + 1))
    return np.ascontiguousarray(artwork[top : top + height, left : left + width])


class With(nn.Module):
    """A network with other weights, which gradients go through."""

    def __init__(self, net: nn.Module, weights: dict[str, Tensor]) -> None:
        super().__init__()
        self._net = (net,)
        self._weights = weights

    def forward(self, x: Tensor, fill: Tensor | None = None) -> Tensor:
        """As of the network."""
        return functional_call(self._net[0], self._weights, (x, fill))  # type: ignore[no-any-return]
