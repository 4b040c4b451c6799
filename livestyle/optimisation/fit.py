"""Photorealistic transfer: a high-resolution network is fitted to one photo and one artwork."""

import torch
import torch.nn.functional as F

from livestyle.errors import TrainingError
from livestyle.frame import Pixels
from livestyle.nets.hrnet import HRNet
from livestyle.nets.pixels import to_batch, to_pixels
from livestyle.nets.vgg import LossNetwork
from livestyle.optimisation.objective import (
    Objective,
    OnStep,
    Weights,
)

LEARNING_RATE = 5e-3
PHOTOREALISTIC_WEIGHTS = Weights(style=1e9)
"""A hundredth of what strokes take: the light and colours come over, the faces stay."""


def paint_photorealistic(
    loss_network: LossNetwork,
    content: Pixels,
    style: Pixels,
    *,
    steps: int = 300,
    weights: Weights = PHOTOREALISTIC_WEIGHTS,
    on_step: OnStep = lambda *_: None,
) -> Pixels:
    """A photo in the colours and light of another picture; its edges stay.

    Adam, 5e-3, falling to nothing along a cosine (arXiv 1904.11617 fits the same losses).

    Args:
        loss_network: a VGG opened with `objective.LAYERS`.
        content: the photo, RGB uint8 (H, W, 3), at least 16 px on each side.
        style: the picture whose look is wanted, RGB uint8 (H', W', 3).
        steps: of Adam.
        weights: factors of the losses.
        on_step: called after each step.

    Returns:
        RGB uint8 (H, W, 3).

    Raises:
        TrainingError: the loss is not finite.
    """
    torch.manual_seed(0)
    photo = to_batch(content)
    height, width = photo.shape[2:]
    multiple = HRNet.size_multiple
    photo = F.pad(photo, (0, -width % multiple, 0, -height % multiple), mode="reflect")
    objective = Objective(loss_network, photo, to_batch(style), weights)
    net = HRNet()
    optimiser = torch.optim.Adam(net.parameters(), lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for done in range(1, steps + 1):
        optimiser.zero_grad()
        loss = objective(net(photo))
        if not loss.isfinite():
            raise TrainingError(f"The loss is not finite after {done} steps; lower the weights.")
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        on_step(done, loss.item())
    with torch.no_grad():
        return to_pixels(net(photo)[:, :, :height, :width])
