"""Artworks as the training sees them: random parts at random sizes, each seen once and kept."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from livestyle.errors import TrainingError
from livestyle.frame import Pixels
from livestyle.images import resampled
from livestyle.nets.pixels import to_batch
from livestyle.nets.style_predictor import statistics
from livestyle.nets.vgg import LossNetwork
from livestyle.training.data.photo_cache import free_memory
from livestyle.training.data.photos import PhotoSet
from livestyle.training.losses import colour_statistics, gram_matrix
from livestyle.training.style_target import LONG_SIDE_PX, StyleTarget

PARTS = 2
"""Of every artwork. What they show follows from their number."""

SIDE_PX = 288
SCALES = (0.5, 1.0)
"""Of the artwork, whose long side has `LONG_SIDE_PX` at 1: small strokes and large ones."""

MIN_SIDE_PX = 160
RECOLOURED = 0.25
"""Share of the parts whose colour channels change places: paintings are browner than postcards."""

SHARE_OF_MEMORY = 0.4
"""Of what is free when the training begins; a part takes 1.2 MB."""


@dataclass(frozen=True, slots=True)
class Artwork:
    """A part of an artwork.

    Attributes:
        target: what the losses compare with; its Gram matrices are float16 until `wide`.
        statistics: of its features, see `livestyle.nets.style_predictor`; (STATISTICS_SIZE,).
    """

    target: StyleTarget
    statistics: Tensor

    def wide(self) -> StyleTarget:
        """The target with Gram matrices in float32."""
        grams = {layer: gram.float() for layer, gram in self.target.grams.items()}
        return StyleTarget(grams, self.target.colours)


class Artworks:
    """The parts of all artworks by number.

    Args:
        paintings: where they come from.
        loss_network: opened with `layers`.
        layers: where the Gram matrices are taken.
        dtype: autocast to this; None: none.
    """

    def __init__(
        self,
        paintings: PhotoSet,
        loss_network: LossNetwork,
        layers: tuple[str, ...],
        dtype: torch.dtype | None,
    ) -> None:
        self._paintings = paintings
        self._loss_network, self._layers, self._dtype = loss_network, layers, dtype
        self._kept: dict[int, Artwork] = {}
        self._room = int(free_memory() * SHARE_OF_MEMORY)

    def __len__(self) -> int:
        return len(self._paintings) * PARTS

    def part(self, number: int) -> Pixels:
        """What a part shows, RGB uint8, (H, W, 3), sides of up to `SIDE_PX`.

        Raises:
            TrainingError: no artwork can be read.
        """
        rng = np.random.default_rng(number)
        picture = self._paintings.read(number // PARTS)
        if picture is None:  # another in its place
            others = (self._paintings.read(int(i)) for i in rng.permutation(len(self._paintings)))
            picture = next((other for other in others if other is not None), None)
        if picture is None:
            raise TrainingError(f"None of the pictures in {self._paintings.path} can be read.")
        scale = LONG_SIDE_PX * rng.uniform(*SCALES) / max(picture.shape)
        height, width = (max(MIN_SIDE_PX, round(side * scale)) for side in picture.shape[:2])
        picture = resampled(picture, (width, height))
        top = int(rng.integers(max(1, height - SIDE_PX + 1)))
        left = int(rng.integers(max(1, width - SIDE_PX + 1)))
        picture = picture[top : top + SIDE_PX, left : left + SIDE_PX]
        if rng.random() < 0.5:
            picture = picture[:, ::-1]
        if rng.random() < RECOLOURED:
            picture = picture[:, :, rng.permutation(3)]
        return np.ascontiguousarray(picture)

    def seen(self, number: int) -> Artwork:
        """A part as the loss network sees it."""
        if number in self._kept:
            return self._kept[number]
        found = self.look(self.part(number))
        size = sum(gram.nbytes for gram in found.target.grams.values())
        if size <= self._room:
            self._room -= size
            self._kept[number] = found
        return found

    @torch.no_grad()
    def look(self, pixels: Pixels) -> Artwork:
        """An artwork, or a part of it, as the loss network sees it; RGB uint8, (H, W, 3)."""
        picture = to_batch(pixels).to(self._loss_network.mean.device)
        with torch.autocast(picture.device.type, self._dtype, self._dtype is not None):
            found = self._loss_network(picture.contiguous(memory_format=torch.channels_last))
        features = {layer: found[layer] for layer in self._layers}
        grams = {layer: gram_matrix(values).half() for layer, values in features.items()}
        return Artwork(StyleTarget(grams, colour_statistics(picture)), statistics(features)[0])
