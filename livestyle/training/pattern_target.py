"""What a network is to paint that learns a pattern: what it painted, and the pattern where the
photo is flat.

Pictures are YCbCr with luma in [0, 1] and chroma about 0, (H, W, 3), float32.
"""

import math

import cv2
import numpy as np

from livestyle.training.brushwork import Floats, blurred, floats, slopes

EDGE, NEAR_PX = 1e-3, 25
"""The squared slope above which a photo is not flat, and how far around it is looked for."""

CALMED_PX = 5
"""Deviation of the blur of what was painted on flat areas: the pattern takes its place."""

SKIN_SHARE = 0.85
"""By which a pattern is weaker on skin: it would be a tattoo."""

SKIN_CHROMA, OFF_SKIN = (0.02, 0.06, 0.13), (0.06, 0.035)
"""Of skin, pale or not: Cr - Cb from where on, from where on in full, and up to where; deviations
beyond that and across it, in Cr + Cb. Both over the square root of 2."""

FACE_SHARE = 0.9
"""By which a pattern is weaker in faces."""

DARK = 0.1, 0.22
"""Luma up to which a pattern is hardly seen, and how much more it takes to be seen in full."""

SHARPENED = 0.4
"""A network that imitates softens; so what it imitates is sharpened beforehand."""


def with_pattern(
    painted: Floats,
    photo: Floats,
    faces: Floats,
    pattern: Floats,
    flat: Floats,
    hides: float = 0.0,
) -> Floats:
    """A painted photo with a pattern on its flat areas.

    Args:
        painted: the photo as a network painted it.
        photo: the same as it was.
        faces: 1 in faces, 0 elsewhere, (H, W).
        pattern: what is added to luma and chroma, (H, W, 3). All zeros: nothing.
        flat: of `flatness` of the photo.
        hides: how much of the chroma below it the pattern takes the place of, 0 to 1.
    """
    lit = 0.05 + 0.95 * np.clip((painted[..., 0] - DARK[0]) / DARK[1], 0, 1)
    people = (1 - SKIN_SHARE * skin_coloured(photo)) * (1 - FACE_SHARE * faces)
    flat = flat * lit * people
    base = painted + flat[..., None] * (blurred(painted, CALMED_PX) - painted)
    luma = base[..., 0]
    between = np.clip(4 * luma * (1 - luma), 0, 1)  # neither black nor white takes a pattern
    room = (flat * (0.4 + 0.6 * between))[..., None]
    kept = 1 - room * np.array([0, hides, hides])
    patterned = floats(kept * base + room * pattern)
    return floats(patterned + SHARPENED * (patterned - blurred(patterned, 1.2)))


def flatness(luma: Floats) -> Floats:
    """1 where nothing is to be seen and nothing is near, 0 at edges, (H, W)."""
    across, down = slopes(luma)
    edges = blurred(across * across + down * down, 5)
    widened = cv2.dilate(edges, np.ones((NEAR_PX, NEAR_PX), np.uint8))
    edges = np.maximum(edges, 0.4 * blurred(floats(widened), 5)) / EDGE
    return floats(1 / (1 + edges**1.5))


def skin_coloured(photo: Floats) -> Floats:
    """1 where a photo has about the colour of skin, 0 where not, (H, W)."""
    warm = (photo[..., 2] - photo[..., 1]) / math.sqrt(2)
    across = (photo[..., 2] + photo[..., 1]) / math.sqrt(2)
    least, full, most = SKIN_CHROMA
    alike = np.clip((warm - least) / (full - least), 0, 1)
    alike *= np.exp(-0.5 * (np.maximum(warm - most, 0) / OFF_SKIN[0]) ** 2)
    alike *= np.exp(-0.5 * (across / OFF_SKIN[1]) ** 2)
    lit = np.clip((photo[..., 0] - 0.06) / 0.12, 0, 1)
    return blurred(floats(alike * lit), 3)
