"""Steadiness losses: the same thing, moved or seen through a sensor, is painted the same.

No optical flow is estimated: photos are moved by a warp that is known. This is the compound
regularisation of ReReVST (Wang et al., IEEE TIP 2020, section III-B): compare W(net(x)) with
net(W(x) + n). Half of a batch stands still, so that plain noise stability is learned too.

What moves is painted without the network's seed, for strokes that the seed puts on a flat wall
stay where they are on the screen: steady before a still camera, and nowhere else. A network that
had them weighed where things move would leave the wall empty.
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
        moves: 1.0 for pictures that move, 0.0 for those that stand still; (N, 1, 1, 1).
    """

    grid: Tensor
    valid: Tensor
    moves: Tensor

    def __call__(self, pictures: Tensor) -> Tensor:
        """Moves pictures, (N, C, H, W) in and out."""
        return F.grid_sample(
            pictures, self.grid, mode="bilinear", padding_mode="reflection", align_corners=True
        )

    def of(self, share: slice) -> "Warp":
        """The movements of a part of the batch."""
        return Warp(self.grid[share], self.valid[share], self.moves[share])


def random_warp(count: int, height: int, width: int, device: torch.device | str = "cpu") -> Warp:
    """Movements for a batch from torch's random numbers; every other one stands still."""
    coarse = torch.empty(count, 2, 4, 4).uniform_(-COARSE_SHIFT_PX, COARSE_SHIFT_PX)
    coarse += torch.empty(count, 2, 1, 1).uniform_(-COMMON_SHIFT_PX, COMMON_SHIFT_PX)
    moves = ((torch.arange(count) + torch.randint(2, ())) % 2).float()[:, None, None, None]
    coarse *= moves
    flow_px = F.interpolate(coarse.to(device), (height, width), mode="bicubic", align_corners=True)
    ys = torch.linspace(-1, 1, height, device=device)
    xs = torch.linspace(-1, 1, width, device=device)
    y, x = torch.meshgrid(ys, xs, indexing="ij")
    grid = torch.stack(
        [x + flow_px[:, 0] * 2 / (width - 1), y + flow_px[:, 1] * 2 / (height - 1)], dim=-1
    )
    valid = (grid.abs() <= 1).all(dim=-1, keepdim=True).permute(0, 3, 1, 2).float()
    return Warp(grid, valid, moves.to(device))


def through_a_sensor(
    pictures: Tensor,
    batch: int | None = None,
    share: slice = slice(None),
    sigmas: tuple[float, float] = SENSOR_NOISE,
) -> Tensor:
    """Pictures with Gaussian noise, stronger on one and weaker on another.

    Args:
        pictures: RGB in [0, 1], (N, 3, H, W).
        batch: pictures in the whole batch, where these are a part of one: the noise is drawn for
            all of it, so that each gets the same wherever it is computed.
        share: which of them these are.
        sigmas: the least and the greatest standard deviation.
    """
    count = batch or len(pictures)
    sigma = torch.empty(count, 1, 1, 1).uniform_(*sigmas)[share].to(pictures)
    noise = torch.randn((count, *pictures.shape[1:]), device=pictures.device)[share]
    return (pictures + sigma * noise).clamp(0, 1)


def steadiness_loss(painted: Tensor, painted_again: Tensor, warp: Warp) -> Tensor:
    """Mean of |W(net(x)) - net(W(x) + n)| over the pixels that W finds, a scalar.

    The mean over pictures of each one's mean, so that a batch may be split.

    Args:
        painted: net(x), (N, C, H, W).
        painted_again: net(W(x) + n), likewise.
        warp: W.
    """
    difference = (warp(painted.float()) - painted_again.float()).abs() * warp.valid
    pixels = warp.valid.sum(dim=(1, 2, 3)) * painted.shape[1]
    return (difference.sum(dim=(1, 2, 3)) / pixels.clamp(min=1)).mean()
