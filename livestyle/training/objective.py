"""What a step weighs: the losses of one batch of photos."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from livestyle.errors import TrainingError
from livestyle.nets.light import NoiseMap
from livestyle.nets.vgg import LossNetwork
from livestyle.training.brushes import Brush
from livestyle.training.brushwork import brushed
from livestyle.training.config import TrainConfig
from livestyle.training.data.augmentation import in_another_light
from livestyle.training.losses import (
    brushwork_loss,
    colour_loss,
    colour_transfer,
    detail_loss,
    face_loss,
    relative_error,
    style_loss,
    total_variation_loss,
    ycbcr,
)
from livestyle.training.pattern_target import flatness, with_pattern
from livestyle.training.schedule import steadiness_ramp, style_ramp
from livestyle.training.steadiness import random_warp, steadiness_loss, through_a_sensor
from livestyle.training.style_target import StyleTarget

WEBCAM_NOISE = (0.0, 2 / 255)
"""Standard deviations of the noise that the network sees on photos, at an augmentation of 1."""

BRUSHWORK_WEIGHT = 20.0
"""Beside it a steadiness of 10, the default, leaves the strokes what they are."""

FLAT_WEIGHT = 5.0
"""How much more flat areas count, where a pattern is learned."""

CLOSEST = 3.0
"""How many times crops are enlarged at most, where a pattern is learned."""

BRUSH_SATURATION = 1.5
"""Of the colours that a brush takes up; what it smooths and draws over gets paler."""

MARGIN_PX = 16
"""Of a crop, painted but not judged. Where a loss network sees the edge of what is painted, edges
of its own padding count as the artwork's, which rewards a line drawn along the frame."""


@dataclass(frozen=True, slots=True)
class Painted:
    """A batch, painted.

    Attributes:
        photos: in the light that the network saw them in, RGB in [0, 1], (N, 3, H, W).
        faces: 1 where there is a face, (N, 1, H, W), or no channel: nobody looked for any.
        pictures: what the network made of them, (N, 3, H, W).
        fill: how much of its noise map each got, (N, 1, 1, 1).
        steadiness: the weighted loss; 0 before it weighs anything.
    """

    photos: Tensor
    faces: Tensor
    pictures: Tensor
    fill: Tensor
    steadiness: Tensor


def paint_batch(
    config: TrainConfig,
    share: slice,
    dtype: torch.dtype | None,
    net: nn.Module,
    crops: Tensor,
    progress: float,
) -> Painted:
    """Paints a batch; twice, while steadiness weighs something.

    Draws from torch's random numbers for the whole batch, whatever this process's share is.

    Args:
        config: the weights.
        share: this process's part of a batch.
        dtype: autocast to this; None: none.
        net: the network that learns.
        crops: this process's share, RGB uint8 (N, 3, H, W), with a fourth channel that is 255
            where there is a face; without it nothing counts as one.
        progress: share of the run that is done, 0 to 1.
    """
    weight = config.steadiness_weight * steadiness_ramp(progress)
    pixels = crops.to(memory_format=torch.channels_last).float() / 255
    photos, faces = pixels[:, :3], pixels[:, 3:]
    seen = photos
    if config.augment:
        photos = in_another_light(photos, config.batch, share, config.augment)
        low, high = (config.augment * sigma for sigma in WEBCAM_NOISE)
        seen = through_a_sensor(photos, config.batch, share, (low, high))
    with torch.autocast(crops.device.type, dtype, dtype is not None):
        if not weight:
            painted, fill = net(seen), photos.new_ones(len(photos), 1, 1, 1)
            return Painted(photos, faces, painted, fill, photos.new_zeros(()))
        height, width = photos.shape[2:]
        warp = random_warp(config.batch, height, width, photos.device).of(share)
        again = through_a_sensor(warp(photos), config.batch, share)
        fill = 1 - warp.moves
        painted, painted_again = net(torch.cat([seen, again]), torch.cat([fill, fill])).chunk(2)
    steadiness = weight * steadiness_loss(painted, painted_again, warp)
    return Painted(photos, faces, painted, fill, steadiness)


@dataclass(frozen=True, slots=True)
class Objective:
    """The weighted losses of a batch. Nothing is computed whose weight is 0.

    Attributes:
        config: the weights.
        loss_network: what the losses look through.
        target: the artwork.
        share: this process's part of a batch.
        dtype: autocast to this; None: none.
    """

    config: TrainConfig
    loss_network: nn.Module
    target: StyleTarget
    share: slice
    dtype: torch.dtype | None

    def __call__(self, net: nn.Module, crops: Tensor, progress: float) -> dict[str, Tensor]:
        """Weighted losses by name; arguments as of `paint_batch`."""
        config, layer = self.config, self.config.content_layer
        batch = paint_batch(config, self.share, self.dtype, net, crops, progress)
        photos, inner = _inner(batch.photos), _inner(batch.pictures)
        with torch.autocast(crops.device.type, self.dtype, self.dtype is not None):
            with torch.no_grad():
                wanted = self.loss_network(photos, until=layer)
            features = self.loss_network(inner)
        losses = {
            "content": config.content_weight * relative_error(features[layer], wanted[layer]),
            "style": config.style_weight
            * config.style_strength
            * style_ramp(progress)
            * style_loss(features, self.target.grams, config.style_layer_weights),
            "tv": config.tv_weight * total_variation_loss(inner.float()),
            "steadiness": batch.steadiness,
        }
        weighs_faces = bool(config.face_weight and batch.faces.shape[1])
        if config.colour_weight or config.detail_weight or weighs_faces:
            transferred = colour_transfer(photos, self.target.colours)
            if config.colour_weight:
                losses["colour"] = config.colour_weight * colour_loss(inner, transferred)
            if config.detail_weight:
                losses["detail"] = config.detail_weight * detail_loss(inner, transferred)
            if weighs_faces:
                faces = _inner(batch.faces)
                losses["face"] = config.face_weight * face_loss(inner, transferred, faces)
        return losses


@dataclass(frozen=True, slots=True)
class BrushObjective:
    """The weighted losses of a batch that is to look as a brush paints it.

    Attributes:
        config: the weights.
        brush: how strokes are drawn.
        colours: mean and covariance of the artwork's colours, of `colour_statistics`.
        share, dtype: as of `Objective`.
    """

    config: TrainConfig
    brush: Brush
    colours: Tensor
    share: slice
    dtype: torch.dtype | None

    def __call__(self, net: nn.Module, crops: Tensor, progress: float) -> dict[str, Tensor]:
        """As of `Objective`.

        Raises:
            TrainingError: the network has no noise map.
        """
        config = self.config
        batch = paint_batch(config, self.share, self.dtype, net, crops, progress)
        noise_map = noise_map_of(net)
        noise = _enlarged(noise_map, noise_map.tile, batch)
        faces = batch.faces if batch.faces.shape[1] else torch.zeros_like(noise)
        pictures = colour_transfer(batch.photos, self.colours, BRUSH_SATURATION)
        brush = self.brush.scaled(config.stroke, config.style_strength)
        drawn = [
            brushed(picture, grain, face, brush)
            for picture, grain, face in zip(*map(rows_of, (pictures, noise, faces)), strict=True)
        ]
        return {"brushwork": imitation_loss(batch, drawn), "steadiness": batch.steadiness}


@dataclass(frozen=True, slots=True)
class PatternObjective:
    """The weighted losses of a batch that is to look as a network painted it, with a pattern on
    its flat areas.

    Attributes:
        config: the weights.
        pattern: what it adds to luma and chroma, (1, 3, SEED_SIDE, SEED_SIDE).
        hides: how much of the colour below it the pattern hides, 0 to 1.
        begun_from: the network as it was, with a noise map.
        share, dtype: as of `Objective`.
    """

    config: TrainConfig
    pattern: Tensor
    hides: float
    begun_from: nn.Module
    share: slice
    dtype: torch.dtype | None

    def __call__(self, net: nn.Module, crops: Tensor, progress: float) -> dict[str, Tensor]:
        """As of `Objective`."""
        crops = _closer(crops)
        batch = paint_batch(self.config, self.share, self.dtype, net, crops, progress)
        noise_map = noise_map_of(net)
        noise_map_of(self.begun_from).shift = noise_map.shift  # that strokes lie where they lay
        device = crops.device.type
        with torch.no_grad(), torch.autocast(device, self.dtype, self.dtype is not None):
            before = self.begun_from(batch.photos, batch.fill)
        patterns = rows_of(_enlarged(noise_map, self.config.style_strength * self.pattern, batch))
        photos = rows_of(ycbcr(batch.photos))
        faces = batch.faces if batch.faces.shape[1] else torch.zeros_like(batch.photos[:, :1])
        flats = [flatness(photo[..., 0]) for photo in photos]
        drawn = [
            with_pattern(*places, self.hides)
            for places in zip(
                rows_of(ycbcr(before)), photos, rows_of(faces), patterns, flats, strict=True
            )
        ]
        weights = 1 + FLAT_WEIGHT * _batched([flat[..., None] for flat in flats], batch)
        loss = imitation_loss(batch, drawn, weights / weights.mean())
        return {"pattern": loss, "steadiness": batch.steadiness}


def _closer(crops: Tensor) -> Tensor:
    """A part of each crop, enlarged to its size, uint8 in and out: in the frame of a camera walls
    and skies are larger than in small photos."""
    side = min(crops.shape[2:])
    height = width = round(side / float(1 + (CLOSEST - 1) * torch.rand(())))
    top, left = (int(torch.randint(whole - height + 1, ())) for whole in crops.shape[2:])
    part = crops[:, :, top : top + height, left : left + width].float()
    enlarged = F.interpolate(part, (side, side), mode="bicubic", align_corners=False)
    return enlarged.round().clamp(0, 255).to(torch.uint8)


def imitation_loss(
    batch: Painted, drawn: Sequence[NDArray[np.float32]], weights: Tensor | None = None
) -> Tensor:
    """The weighted loss of a batch that is to look as it was drawn.

    Args:
        batch: what was painted.
        drawn: N times (H, W, 3), in YCbCr.
        weights: what each place counts, (N, 1, H, W); None: all alike.
    """
    places = 1.0 if weights is None else _inner(weights)
    wanted = _inner(_batched(drawn, batch))
    return BRUSHWORK_WEIGHT * brushwork_loss(_inner(batch.pictures), wanted, places)


def _batched(rows: Sequence[NDArray[np.float32]], batch: Painted) -> Tensor:
    """N times (H, W, C) -> (N, C, H, W), where the batch is."""
    return torch.from_numpy(np.stack(rows)).permute(0, 3, 1, 2).to(batch.pictures.device)


def _enlarged(noise_map: NoiseMap, tile: Tensor, batch: Painted) -> Tensor:
    """What lay over a batch, as large as its pictures and as far as each is filled,
    (N, C, H, W)."""
    height, width = batch.photos.shape[2:]
    laid = batch.fill * noise_map.laid(tile, height // 4, width // 4).to(batch.fill)
    return F.interpolate(laid, (height, width), mode="bicubic")


def rows_of(planes: Tensor) -> list[NDArray[np.float32]]:
    """(N, C, H, W) -> N times (H, W, C), or (H, W) of one channel, as NumPy has it."""
    rows = planes.float().permute(0, 2, 3, 1).contiguous().cpu().numpy()
    return list(rows[..., 0] if rows.shape[3] == 1 else rows)


def noise_map_of(net: nn.Module) -> NoiseMap:
    """The noise map of a network.

    Raises:
        TrainingError: it has none.
    """
    for module in net.modules():
        if isinstance(module, NoiseMap):
            return module
    raise TrainingError(
        "Brushes and patterns are painted by way of a network's noise map, and this network has "
        "none. Take --net light."
    )


def _inner(crops: Tensor) -> Tensor:
    """Crops without margins, (N, C, H, W) in and out; of small crops an eighth is left off."""
    margin = min(MARGIN_PX, min(crops.shape[2:]) // 8)
    return crops[:, :, margin : crops.shape[2] - margin, margin : crops.shape[3] - margin]


def in_precision(loss_network: LossNetwork, dtype: torch.dtype | None) -> LossNetwork:
    """The loss network with its weights cast once: autocast would cast frozen ones every time."""
    if dtype is not None:
        loss_network.features.to(dtype)
    return loss_network
