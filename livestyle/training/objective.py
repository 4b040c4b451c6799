"""What a step weighs: the losses of one batch of photos."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from livestyle.nets.vgg import LossNetwork
from livestyle.training.config import TrainConfig
from livestyle.training.data.augmentation import in_another_light
from livestyle.training.losses import (
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

MARGIN_PX = 16
"""Of a crop, painted but not judged. Where a loss network sees the edge of what is painted, edges
of its own padding count as the artwork's, which rewards a line drawn along the frame."""


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
        """Weighted losses by name.

        Draws from torch's random numbers for the whole batch, whatever this process's share is.

        Args:
            net: the network that learns.
            crops: this process's share, RGB uint8 (N, 3, H, W), with a fourth channel that is 255
                where there is a face; without it nothing counts as one.
            progress: share of the run that is done, 0 to 1.
        """
        config, batch = self.config, self.config.batch
        steadiness_weight = config.steadiness_weight * steadiness_ramp(progress)
        pixels = crops.to(memory_format=torch.channels_last).float() / 255
        photos, faces = pixels[:, :3], pixels[:, 3:]
        seen = photos
        if config.augment:
            photos = in_another_light(photos, batch, self.share, config.augment)
            low, high = (config.augment * sigma for sigma in WEBCAM_NOISE)
            seen = through_a_sensor(photos, batch, self.share, (low, high))
        with torch.autocast(crops.device.type, self.dtype, self.dtype is not None):
            with torch.no_grad():
                wanted = self.loss_network(_inner(photos), until=config.content_layer)
            if steadiness_weight:
                height, width = photos.shape[2:]
                warp = random_warp(batch, height, width, photos.device).of(self.share)
                again = through_a_sensor(warp(photos), batch, self.share)
                fill = 1 - warp.moves
                painted, painted_again = net(
                    torch.cat([seen, again]), torch.cat([fill, fill])
                ).chunk(2)
            else:
                painted = net(seen)
            inner = _inner(painted)
            features = self.loss_network(inner)
        losses = {
            "content": config.content_weight
            * relative_error(features[config.content_layer], wanted[config.content_layer]),
            "style": config.style_weight
            * config.style_strength
            * style_ramp(progress)
            * style_loss(features, self.target.grams, config.style_layer_weights),
            "tv": config.tv_weight * total_variation_loss(inner.float()),
            "steadiness": painted.new_zeros((), dtype=torch.float32),
        }
        if steadiness_weight:
            steadiness = steadiness_loss(painted, painted_again, warp)
            losses["steadiness"] = steadiness_weight * steadiness
        weighs_faces = bool(config.face_weight and faces.shape[1])
        if config.colour_weight or config.detail_weight or weighs_faces:
            transferred = colour_transfer(_inner(photos), self.target.colours)
            if config.colour_weight:
                losses["colour"] = config.colour_weight * colour_loss(inner, transferred)
            if config.detail_weight:
                losses["detail"] = config.detail_weight * detail_loss(inner, transferred)
            if weighs_faces:
                losses["face"] = config.face_weight * face_loss(inner, transferred, _inner(faces))
        return losses


def _inner(crops: Tensor) -> Tensor:
    """Crops without margins, (N, C, H, W) in and out; of small crops an eighth is left off."""
    margin = min(MARGIN_PX, min(crops.shape[2:]) // 8)
    return crops[:, :, margin : crops.shape[2] - margin, margin : crops.shape[3] - margin]


def in_precision(loss_network: LossNetwork, dtype: torch.dtype | None) -> LossNetwork:
    """The loss network with its weights cast once: autocast would cast frozen ones every time."""
    if dtype is not None:
        loss_network.features.to(dtype)
    return loss_network
