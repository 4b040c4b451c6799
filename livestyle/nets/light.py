"""Light: the network that repaints live on two CPU cores.

Johnson et al. (arXiv 1603.08155) spend most of their multiplications in 9x9 convolutions at full
size. Light strides at once, works at a quarter of the size and takes the last step back by
sub-pixel convolution (arXiv 1609.05158), which costs a twentieth.

    frame -> 5x5 /2 -> 3x3 /2, seed -> residual blocks at 1/4 -> x2, 3x3 -> 3x3, shuffle x2, surface

Rich is the same twice as wide, for machines that have the time.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SEED_SIDE = 160
"""Of the noise tile, at a quarter of the picture's size: what is painted on a wall repeats after
640 px. After 256 px, walls looked papered."""

SURFACE_SIDE = 320
"""Of a surface's tile, in pixels of the picture: half of what the noise repeats after, so that
large pictures, which are painted in parts, have no seams."""

PATTERN_SCALE = 0.4
"""Of a pattern at first. With a fifth of that, networks learned to ignore it."""


class Light(nn.Module):
    """Style transfer network of 7 kMAC per pixel and 87 thousand parameters.

    Attributes:
        size_multiple: H and W of the input must be multiples of this.
    """

    size_multiple = 4

    def __init__(self, width: int = 32, blocks: int = 4, half_width: int = 16) -> None:
        super().__init__()
        self.down1 = _conv(3, half_width, 5, stride=2)
        self.norm1 = nn.InstanceNorm2d(half_width, affine=True)
        self.down2 = _conv(half_width, width, 3, stride=2)
        self.norm2 = nn.InstanceNorm2d(width, affine=True)
        self.seed = NoiseMap(width)
        self.trunk = nn.Sequential(*(ResidualBlock(width) for _ in range(blocks)))
        self.up1 = _conv(width, half_width, 3)
        self.detail = nn.Conv2d(half_width, half_width, 1, bias=False)
        nn.init.zeros_(self.detail.weight)
        self.norm3 = nn.InstanceNorm2d(half_width, affine=True)
        self.up2 = _conv(half_width, 3 * 2**2, 3)
        start_as_nearest(self.up2)
        self.surface = Surface()

    def forward(self, x: Tensor, fill: Tensor | None = None) -> Tensor:
        """Repaints a batch.

        Args:
            x: RGB in [0, 1], (N, 3, H, W), H and W multiples of 4 and at least 16.
            fill: how much of the seed each picture gets, 0 to 1, (N, 1, 1, 1); None: all of it.

        Returns:
            RGB in [0, 1], (N, 3, H, W).
        """
        half = torch.relu(self.norm1(self.down1(x * 2 - 1)))
        x = torch.relu(self.seed(self.norm2(self.down2(half)), fill))
        x = F.interpolate(self.trunk(x), scale_factor=2.0, mode="nearest")
        x = torch.relu(self.norm3(self.up1(x) + self.detail(half)))
        x = self.surface(F.pixel_shuffle(self.up2(x), 2))
        return torch.tanh(x) * 0.5 + 0.5

    @torch.no_grad()
    def level_sub_pixels(self) -> None:
        """Changes the last convolution such that the four sub-pixels of a position answer flat
        features alike. They begin so; training leads them apart, and then flat paint has lines."""
        weight = self.up2.weight.view(3, 4, *self.up2.weight.shape[1:])
        response = weight.sum((-2, -1), keepdim=True)
        taps = self.up2.weight[0, 0].numel()
        weight += (response.mean(1, keepdim=True) - response) / taps
        assert self.up2.bias is not None
        bias = self.up2.bias.view(3, 4)
        bias.copy_(bias.mean(1, keepdim=True).expand(3, 4))


class Rich(Light):
    """Light of twice the width: 26 kMAC per pixel and 341 thousand parameters."""

    def __init__(self) -> None:
        super().__init__(width=64, half_width=32)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with instance normalisation, added to their input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = _conv(width, width, 3)
        self.norm1 = nn.InstanceNorm2d(width, affine=True)
        self.conv2 = _conv(width, width, 3)
        self.norm2 = nn.InstanceNorm2d(width, affine=True)
        nn.init.zeros_(self.norm2.weight)  # starts as the identity, so the photo comes through

    def forward(self, x: Tensor) -> Tensor:
        """Shapes (N, width, H, W) in and out."""
        y = torch.relu(self.norm1(self.conv1(x)))
        residual: Tensor = self.norm2(self.conv2(y))
        return x + residual


class NoiseMap(nn.Module):
    """Adds a fixed noise tile, scaled per channel, so that flat regions can be painted too.

    A convolutional network gives a clear sky one flat colour, because it sees the same thing
    everywhere. Texture networks (arXiv 1603.03417) feed noise for that; here the noise is a
    constant of the picture plane, so a still camera gives a still picture. Where the camera moves,
    what it paints stays behind on the screen; so it can be left out.

    Of noise a network can make strokes, and not what is larger than it sees. So it may have a
    pattern of its own as well, strokes that swirl, which it adds in the same way.

    Attributes:
        tile: the noise, (1, 1, SEED_SIDE, SEED_SIDE), the same in every network.
        pattern: seamless, (1, C, SEED_SIDE, SEED_SIDE), every plane of mean 0 and deviation 1;
            None: there is none.
        pattern_scale: what each channel gets of each plane, (width, C, 1, 1).
        shift: how far both are rolled, in rows and columns: in training a random way for every
            batch, else 0 unless it was set.
    """

    tile: Tensor
    pattern: Tensor | None
    pattern_scale: nn.Parameter | None
    shift: tuple[int, int]

    def __init__(self, width: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        tile = torch.randn(1, 1, SEED_SIDE, SEED_SIDE, generator=generator)
        self.register_buffer("tile", tile, persistent=False)
        self.register_load_state_dict_pre_hook(_make_ready)  # type: ignore[no-untyped-call]
        self.scale = nn.Parameter(torch.full((1, width, 1, 1), 0.1))
        self.take_pattern(None)
        self.shift = 0, 0

    def forward(self, x: Tensor, fill: Tensor | None = None) -> Tensor:
        """Shapes (N, width, H, W) in and out, fill as of `Light`."""
        if self.training:
            rows, columns = torch.randint(SEED_SIDE, (2,)).tolist()
            self.shift = rows, columns
        size = x.shape[2:]
        added = self.scale * self.laid(self.tile, *size)
        if self.pattern is not None and self.pattern_scale is not None:
            added = added + F.conv2d(self.laid(self.pattern, *size), self.pattern_scale)
        if fill is not None:
            added = added * fill
        return x + added.to(x.dtype)

    def train(self, mode: bool = True) -> "NoiseMap":
        """Without training, both lie where they belong."""
        self.shift = 0, 0
        return super().train(mode)

    def laid(self, tile: Tensor, height: int, width: int) -> Tensor:
        """The noise or the pattern as it lay over the last batch, (1, C, height, width)."""
        tile = tile.roll(self.shift, (2, 3)) if any(self.shift) else tile
        rows, columns = height // SEED_SIDE + 1, width // SEED_SIDE + 1
        return tile.repeat(1, 1, rows, columns)[:, :, :height, :width]

    def take_pattern(self, pattern: Tensor | None) -> None:
        """Adds a pattern from now on, in every channel a little otherwise, or none; optimisers
        that were made before do not know of it."""
        self.register_buffer("pattern", pattern)
        scale = None
        if pattern is not None:
            generator = torch.Generator().manual_seed(0)
            shape = self.scale.shape[1], pattern.shape[1], 1, 1
            drawn = PATTERN_SCALE * torch.randn(shape, generator=generator)
            scale = nn.Parameter(drawn.to(self.scale.device))
        self.register_parameter("pattern_scale", scale)

    def leave_out(self) -> None:
        """Adds nothing from now on, and learns nothing."""
        for scale in (self.scale, self.pattern_scale):
            if scale is not None:
                nn.init.zeros_(scale).requires_grad_(False)


class Surface(nn.Module):
    """Adds what an artwork is painted on, canvas or paper, as a constant of the picture plane.

    It is added in front of the last tanh, so that neither black nor white takes much of it. Nothing
    is learned under it: in training it is left out.

    Attributes:
        tile: seamless, (1, 1, SURFACE_SIDE, SURFACE_SIDE); None: there is none.
        colour: what each channel gets of it, (1, 3, 1, 1).
    """

    tile: Tensor | None
    colour: Tensor | None

    def __init__(self) -> None:
        super().__init__()
        self.register_load_state_dict_pre_hook(_lay_surface)  # type: ignore[no-untyped-call]
        self.take(None, None)

    def forward(self, x: Tensor) -> Tensor:
        """Shapes (N, 3, H, W) in and out."""
        if self.training or self.tile is None or self.colour is None:
            return x
        height, width = x.shape[2:]
        rows, columns = height // SURFACE_SIDE + 1, width // SURFACE_SIDE + 1
        laid = self.tile.repeat(1, 1, rows, columns)[:, :, :height, :width]
        return x + (self.colour * laid).to(x.dtype)

    def take(self, tile: Tensor | None, colour: Tensor | None) -> None:
        """Adds that from now on, or nothing."""
        self.register_buffer("tile", tile)
        self.register_buffer("colour", colour)


def _lay_surface(surface: nn.Module, state: dict[str, Any], prefix: str, *_: Any) -> None:
    """Has a surface where the state has one."""
    assert isinstance(surface, Surface)
    tile, colour = (state.get(f"{prefix}{name}") for name in ("tile", "colour"))
    alike = (None if tensor is None else torch.zeros_like(tensor) for tensor in (tile, colour))
    surface.take(*alike)


def _make_ready(noise_map: nn.Module, state: dict[str, Any], prefix: str, *_: Any) -> None:
    """Has a pattern where the state has one. Checkpoints of earlier versions have the tile, a
    smaller one, or the scale of a pattern of one plane in another order."""
    assert isinstance(noise_map, NoiseMap)
    state.pop(f"{prefix}tile", None)
    pattern = state.get(f"{prefix}pattern")
    if pattern is None:
        noise_map.take_pattern(None)
        return
    planes = pattern.shape[1]
    if noise_map.pattern is None or noise_map.pattern.shape[1] != planes:
        noise_map.take_pattern(torch.zeros_like(noise_map.tile).repeat(1, planes, 1, 1))
    scale = f"{prefix}pattern_scale"
    if scale in state:
        state[scale] = state[scale].reshape(-1, planes, 1, 1)


def start_as_nearest(conv: nn.Conv2d, scale: int = 2) -> None:
    """ICNR (arXiv 1707.02937): the sub-pixels of each output start equal, so no checkerboard."""
    with torch.no_grad():
        first = conv.weight[:: scale**2]
        conv.weight.copy_(first.repeat_interleave(scale**2, dim=0))
        if conv.bias is not None:
            conv.bias.zero_()


def _conv(inputs: int, outputs: int, side: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, side, stride, padding=side // 2, padding_mode="reflect")
