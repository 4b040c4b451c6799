"""The thing that travels: one picture and the times it was taken."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""RGB picture, uint8, (H, W, 3), C-contiguous. Never written to after it was handed on."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture with its time stamps.

    Attributes:
        pixels: RGB uint8, (H, W, 3).
        index: position in the source, from 0.
        pts_s: presentation time in the source's own clock, in seconds; the first frame need
            not be 0.
        captured_s: `time.perf_counter()` when the frame reached this program.
        style: name of the style the pixels were painted in; None while they are unpainted.
        is_mirrored: whether left and right were exchanged on the way.
        duration_s: how long it is shown, where its source says so; 0.0: until the next one.
    """

    pixels: Pixels
    index: int
    pts_s: float
    captured_s: float
    style: str | None = None
    is_mirrored: bool = False
    duration_s: float = 0.0

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        height, width = self.pixels.shape[:2]
        return width, height

    def painted(self, pixels: Pixels, style: str | None, is_mirrored: bool = False) -> "Frame":
        """The same moment with other pixels."""
        return replace(self, pixels=pixels, style=style, is_mirrored=is_mirrored)
