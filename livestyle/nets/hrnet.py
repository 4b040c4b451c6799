"""A high-resolution network that is fitted to one photo and one artwork.

Li et al., "High-Resolution Network for Photorealistic Style Transfer" (arXiv 1904.11617): one
branch keeps the full size from the first layer to the last, so that edges stay where they are,
while branches at 1/2 and 1/4 size see more of the picture and are joined to it again and again.

    1/1   photo -> 16 -> 32 -> 32 | 32 -> 64 | 64 | 64 -> 64 -> 32 -> 16 -> picture
    1/2          32 (of 16) -> 32 | 32 (of 32)
    1/4                        32 (of 32) | 32 (of 32)

Bars join maps; those of the lower branches are enlarged to full size where they enter it.

The picture itself comes out of the last convolution, unbounded, as from the authors' network. With
`skip` that convolution sees the photo beside its 16 features, which the authors' does not: edges
then need not be learned; in the same number of steps both losses are lower (docs/one-picture.md).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SPREAD = 0.25
"""Standard deviation of a photo's values about 0.5, so that layers see and give unit variance."""


class HRNet(nn.Module):
    """Three resolutions that exchange; full size is kept throughout.

    Args:
        skip: let the last convolution see the photo too.

    Attributes:
        skip: whether it does.
        size_multiple: H and W of the input must be multiples of this.
        reach_px: a pixel of the output depends on no input farther away, but for the statistics
            of the norms.
    """

    size_multiple = 4
    reach_px = 64

    def __init__(self, skip: bool = True) -> None:
        super().__init__()
        self.skip = skip
        self.enter = Bottleneck(3, 16)
        self.full_1 = Bottleneck(16, 32)
        self.full_2 = Bottleneck(32, 32)
        self.full_3 = Bottleneck(64, 64)
        self.half_1 = Bottleneck(32, 32)
        self.to_half_1 = _conv(16, 32, stride=2)
        self.to_half_2 = _conv(32, 32, stride=2)
        self.to_quarter_1 = _conv(32, 32, stride=4)
        self.to_quarter_2 = _conv(32, 32, stride=2)
        self.leave = nn.Sequential(Bottleneck(192, 64), Bottleneck(64, 32), Bottleneck(32, 16))
        self.picture = _conv(16 + 3 * skip, 3)
        if skip:
            self.start_as(torch.eye(3), torch.zeros(3))

    def forward(self, x: Tensor) -> Tensor:
        """The photo, repainted.

        Args:
            x: RGB in [0, 1], (N, 3, H, W), H and W multiples of 4 and at least 16.

        Returns:
            RGB about [0, 1], not bounded, (N, 3, H, W).
        """
        photo = (x - 0.5) / SPREAD
        entered = self.enter(photo)
        full, half = self.full_1(entered), self.to_half_1(entered)
        quarter = torch.cat([self.to_quarter_1(full), self.to_quarter_2(half)], 1)
        joined_half = torch.cat([self.to_half_2(full), self.half_1(half)], 1)
        joined = torch.cat([self.full_2(full), _enlarged(half, 2)], 1)
        features = self.leave(
            torch.cat([self.full_3(joined), _enlarged(joined_half, 2), _enlarged(quarter, 4)], 1)
        )
        if self.skip:
            features = torch.cat([features, photo.to(features.dtype)], 1)
        painted: Tensor = self.picture(features).float() * SPREAD + 0.5
        return painted

    def start_as(self, matrix: Tensor, offset: Tensor) -> None:
        """Lets the last convolution begin with a linear map of the photo's colours.

        Args:
            matrix, offset: (3, 3) and (3,); RGB in [0, 1] becomes `matrix @ rgb + offset`.
        """
        assert self.picture.bias is not None
        with torch.no_grad():
            self.picture.weight[:, -3:] = 0
            self.picture.weight[:, -3:, 1, 1] = matrix
            self.picture.bias.copy_((matrix.sum(1) * 0.5 + offset - 0.5) / SPREAD)

    def keep_norms(self) -> None:
        """Fixes all norms at the statistics that they have kept."""
        for module in self.modules():
            if isinstance(module, Norm):
                module.kept = True


class Bottleneck(nn.Module):
    """1x1 to a quarter of the width, 3x3, 1x1 back, each with norm and ReLU, and a shortcut."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        narrow = outputs // 4
        self.narrow = nn.Conv2d(inputs, narrow, 1)
        self.norm1 = Norm(narrow)
        self.look = _conv(narrow, narrow)
        self.norm2 = Norm(narrow)
        self.widen = nn.Conv2d(narrow, outputs, 1)
        self.norm3 = Norm(outputs)
        same = inputs == outputs
        self.shortcut = (
            nn.Identity() if same else nn.Sequential(nn.Conv2d(inputs, outputs, 1), Norm(outputs))
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, outputs, H, W)."""
        y = torch.relu(self.norm1(self.narrow(x)))
        y = torch.relu(self.norm2(self.look(y)))
        y = torch.relu(self.norm3(self.widen(y)))
        return torch.relu(y + self.shortcut(x))


class Norm(nn.Module):
    """Instance normalisation whose statistics can be kept.

    While the network is fitted they are those of the picture (arXiv 1607.08022). Kept ones, those
    of a forward pass inside `keeping_statistics`, make the network the same function everywhere:
    in each tile of a larger picture, and in each frame of a video.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.keeps = self.kept = False
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("scale", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Shapes (N, C, H, W) in and out."""
        if self.kept:
            shape = (1, -1, 1, 1)
            return (x - self.mean.to(x.dtype).view(shape)) * self.scale.to(x.dtype).view(shape)
        if self.keeps:
            variance, mean = torch.var_mean(x.detach().float(), (0, 2, 3), correction=0)
            self.mean.copy_(mean)
            self.scale.copy_((variance + self.eps).rsqrt())
        if x.shape[0] == 1:  # the same for one picture, and twice as fast on a CPU as channels_last
            return F.batch_norm(x, None, None, training=True, eps=self.eps)
        return F.instance_norm(x, eps=self.eps)


def keep_statistics(net: HRNet, photo: Tensor) -> None:
    """Fixes the norms at their statistics for one photo, (1, 3, H, W)."""
    norms = [module for module in net.modules() if isinstance(module, Norm)]
    for norm in norms:
        norm.keeps, norm.kept = True, False
    with torch.no_grad():
        net(photo)
    for norm in norms:
        norm.keeps = False
    net.keep_norms()


def _enlarged(x: Tensor, scale: int) -> Tensor:
    return F.interpolate(x, scale_factor=float(scale), mode="bilinear", align_corners=False)


def _conv(inputs: int, outputs: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, stride, padding=1, padding_mode="reflect")
