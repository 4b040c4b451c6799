"""Trains the encoder: a small network that sees in a picture what the loss network sees in it."""

import math
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from livestyle.nets.style_predictor import PictureEncoder
from livestyle.training.any_picture.painter_training import PainterTraining
from livestyle.training.device import channels_last

BATCH = 16
CROP_PX = 240
"""Of an artwork's part: what is seen of it varies, what is to be told of it does not."""

LEARNING_RATE = 2e-3
WEIGHT_DECAY = 0.02
WARM_UP_STEPS = 100


class EncoderTraining:
    """The training of the encoder, whole.

    Args:
        run: of the painter, whose artworks it sees and whose predictor's components it learns.
    """

    def __init__(self, run: PainterTraining) -> None:
        torch.manual_seed(run.config.seed)
        self.encoder = channels_last(PictureEncoder(), run.device)
        self.step, self.steps = 0, run.config.encoder_steps
        self.loss = math.inf
        self._artworks, self._predictor = run.artworks, run.networks.predictor
        self._device, self._dtype = run.device, run.dtype
        self._rng = np.random.default_rng(run.config.seed)
        self._optimiser = torch.optim.AdamW(
            self.encoder.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY
        )

    def run(self, stepped: Callable[["EncoderTraining"], bool]) -> None:
        """Trains until the steps are done, or `stepped` says so."""
        self.encoder.train()
        while self.step < self.steps:
            self._train()
            if stepped(self):
                return

    def _train(self) -> None:
        for group in self._optimiser.param_groups:
            group["lr"] = LEARNING_RATE * self._rate()
        count = min(BATCH, len(self._artworks))
        numbers = self._rng.choice(len(self._artworks), count, replace=False).tolist()
        crops = torch.cat([self._crop(number) for number in numbers])
        wanted = torch.stack([self._artworks.seen(number).statistics for number in numbers])
        crops = crops.to(self._device, memory_format=torch.channels_last)
        with torch.autocast(self._device.type, self._dtype, self._dtype is not None):
            found = self.encoder(crops)
        loss = (found.float() - self._predictor.components(wanted)).square().mean()
        self._optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self._optimiser.step()
        self.step += 1
        value = float(loss.detach())
        self.loss = value if math.isinf(self.loss) else 0.98 * self.loss + 0.02 * value

    def _crop(self, number: int) -> Tensor:
        """A square of an artwork's part, RGB in [0, 1], (1, 3, CROP_PX, CROP_PX)."""
        part = self._artworks.part(number)
        height, width = part.shape[:2]
        side = min(height, width, CROP_PX)
        top, left = self._rng.integers(height - side + 1), self._rng.integers(width - side + 1)
        square = part[top : top + side, left : left + side]
        if self._rng.random() < 0.5:
            square = square[:, ::-1]
        pixels = torch.from_numpy(np.ascontiguousarray(square)).permute(2, 0, 1)[None].float() / 255
        if side != CROP_PX:
            pixels = F.interpolate(pixels, (CROP_PX, CROP_PX), mode="bilinear")
        return pixels

    def _rate(self) -> float:
        """Factor of the learning rate: a warm-up, then a cosine down to 0."""
        warm = min(1.0, (self.step + 1) / WARM_UP_STEPS)
        return warm * (0.5 + 0.5 * math.cos(math.pi * self.step / self.steps))
