"""An artwork as paint alone, without the grain of paper, canvas and reproduction."""

import cv2
import numpy as np

from livestyle.frame import Pixels
from livestyle.images import to_long_side

LONG_SIDE_PX = 1100
"""Smaller artworks are enlarged to this, but no more than `MOST_ENLARGED`; larger are reduced."""
MOST_ENLARGED = 3.0
GRAIN, COLOUR_GRAIN = 8.0, 11.0
"""Strength of denoising by non-local means, of light and of colour, in levels of 255."""
EDGE_PX, EDGE_LEVELS, EDGE_SIGMA_PX = 9, 20.0, 5.0
"""What differs less, within so many pixels, becomes one plane of paint (bilateral filter)."""
SHARP_SIGMA_PX, SHARP_AMOUNT = 3.0, 1.2
"""Unsharp mask."""


def without_grain(artwork: Pixels) -> Pixels:
    """An artwork whose planes are even and whose edges are crisp.

    A style loss takes all it sees for the painter's hand: the weave of a canvas, the grain of a
    scan, the blocks of a JPEG file. A network that learns them paints a mesh over everything.

    Args:
        artwork: RGB uint8, (H, W, 3).

    Returns:
        Likewise, of 1100 pixels on the long side, or three times the size.
    """
    own_px = max(artwork.shape[:2])
    if own_px > LONG_SIDE_PX:  # denoising takes a minute for a large photograph
        artwork = to_long_side(artwork, LONG_SIDE_PX)
    even = np.empty_like(artwork)
    cv2.fastNlMeansDenoisingColored(artwork, even, GRAIN, COLOUR_GRAIN)
    even = to_long_side(even, round(min(LONG_SIDE_PX, MOST_ENLARGED * own_px)))
    planes = cv2.bilateralFilter(even, EDGE_PX, EDGE_LEVELS, EDGE_SIGMA_PX).astype(np.float32)
    blurred = cv2.GaussianBlur(planes, (0, 0), SHARP_SIGMA_PX)
    return np.clip(planes + SHARP_AMOUNT * (planes - blurred), 0, 255).astype(np.uint8)
