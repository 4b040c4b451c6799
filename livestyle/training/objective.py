"""What a step weighs: the losses of one batch of photos."""

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
)
from livestyle.training.schedule import steadiness_ramp, style_ramp
from livestyle.training.steadiness import random_warp, steadiness_loss, through_a_sensor
from livestyle.training.style_target import StyleTarget

WEBCAM_NOISE = (0.0, 2 / 255)
"""Standard deviations of the noise that the network sees on photos, at an augmentation of 1."""

BRUSHWORK_WEIGHT = 20.0
"""Beside it a steadiness of 10, the default, leaves the strokes what they are."""

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
        size = batch.photos.shape[2:]
        noise = batch.fill * noise_of(net, *size).to(batch.fill)
        noise = F.interpolate(noise, size, mode="bilinear")
        faces = batch.faces if batch.faces.shape[1] else torch.zeros_like(noise)
        pictures = colour_transfer(batch.photos, self.colours, BRUSH_SATURATION)
        brush = self.brush.scaled(config.stroke, config.style_strength)
        drawn = [
            brushed(_rows(picture), _rows(strokes), _rows(face), brush)
            for picture, strokes, face in zip(pictures, noise, faces, strict=True)
        ]
        wanted = torch.from_numpy(np.stack(drawn)).permute(0, 3, 1, 2).to(crops.device)
        loss = brushwork_loss(_inner(batch.pictures), _inner(wanted))
        return {"brushwork": BRUSHWORK_WEIGHT * loss, "steadiness": batch.steadiness}


def _rows(planes: Tensor) -> NDArray[np.float32]:
    """(C, H, W) -> (H, W, C), or (H, W) of one channel, as NumPy has it."""
    rows = planes.float().permute(1, 2, 0).contiguous().cpu().numpy()
    return rows[..., 0] if rows.shape[2] == 1 else rows


def noise_of(net: nn.Module, height: int, width: int) -> Tensor:
    """The noise that a network added to its last batch, (1, 1, height / 4, width / 4).

    Raises:
        TrainingError: it has none.
    """
    for module in net.modules():
        if isinstance(module, NoiseMap):
            return module.noise(height // 4, width // 4)
    raise TrainingError(
        "A brush draws its strokes from a network's noise map, and this network has none. "
        "Take --net light."
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
