"""Steadiness losses: the same thing, moved or seen through a sensor, is painted the same.

No optical flow is estimated: photos are moved by a warp that is known. This is the compound
regularisation of ReReVST (Wang et al., IEEE TIP 2020, section III-B): compare W(net(x)) with
net(W(x) + n). Half of a batch stands still, so that plain noise stability is learned too.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

COARSE_SHIFT_PX = 8.0
"""How far the corners of the warp's coarse 4 x 4 grid move, at most."""

COMMON_SHIFT_PX = 8.0
"""How far the whole picture moves, at most."""

SENSOR_NOISE = (1 / 255, 5 / 255)
"""Standard deviations of the noise, from good light to a dim room."""


@dataclass(frozen=True, slots=True)
class Warp:
    """A smooth movement of pictures.

    Attributes:
        grid: where each pixel is taken from, as `F.grid_sample` wants it, (N, H, W, 2).
        valid: 1.0 where that lies within the picture, else 0.0; (N, 1, H, W).
    """

    grid: Tensor
    valid: Tensor

    def __call__(self, pictures: Tensor) -> Tensor:
        """Moves pictures, (N, C, H, W) in and out."""
        return F.grid_sample(
            pictures, self.grid, mode="bilinear", padding_mode="reflection", align_corners=True
        )


def random_warp(count: int, height: int, width: int, device: torch.device | str = "cpu") -> Warp:
    """Movements for a batch from torch's random numbers; every other one stands still."""
    coarse = torch.empty(count, 2, 4, 4).uniform_(-COARSE_SHIFT_PX, COARSE_SHIFT_PX)
    coarse += torch.empty(count, 2, 1, 1).uniform_(-COMMON_SHIFT_PX, COMMON_SHIFT_PX)
    coarse[1::2] = 0
    flow_px = F.interpolate(coarse.to(device), (height, width), mode="bicubic", align_corners=True)
    ys = torch.linspace(-1, 1, height, device=device)
    xs = torch.linspace(-1, 1, width, device=device)
    y, x = torch.meshgrid(ys, xs, indexing="ij")
    grid = torch.stack(
        [x + flow_px[:, 0] * 2 / (width - 1), y + flow_px[:, 1] * 2 / (height - 1)], dim=-1
    )
    valid = (grid.abs() <= 1).all(dim=-1, keepdim=True).permute(0, 3, 1, 2).float()
    return Warp(grid, valid)


def through_a_sensor(pictures: Tensor) -> Tensor:
    """Pictures in [0, 1] with Gaussian noise, stronger on one and weaker on another."""
    sigma = torch.empty(len(pictures), 1, 1, 1).uniform_(*SENSOR_NOISE).to(pictures)
    noise = torch.randn(pictures.shape).to(pictures)
    return (pictures + sigma * noise).clamp(0, 1)


def steadiness_loss(painted: Tensor, painted_again: Tensor, warp: Warp) -> Tensor:
    """Mean of |W(net(x)) - net(W(x) + n)| over the pixels that W finds, a scalar.

    Args:
        painted: net(x), (N, C, H, W).
        painted_again: net(W(x) + n), likewise.
        warp: W.
    """
    difference = (warp(painted.float()) - painted_again.float()).abs() * warp.valid
    return difference.sum() / (warp.valid.sum() * painted.shape[1]).clamp(min=1)
