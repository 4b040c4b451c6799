"""What a network is to paint that learns a pattern: what it painted, and the pattern where the
photo is flat.

Pictures are YCbCr with luma in [0, 1] and chroma about 0, (H, W, 3), float32.
"""

import cv2
import numpy as np

from livestyle.training.brushwork import Floats, blurred, floats, slopes

EDGE, NEAR_PX = 1e-3, 25
"""The squared slope above which a photo is not flat, and how far around it is looked for."""

CALMED_PX = 5
"""Deviation of the blur of what was painted on flat areas: the pattern takes its place."""

SKIN_SHARE = 0.8
"""By which a pattern is weaker on skin: it would be a tattoo."""

SKIN, SKIN_DEVIATION = (-0.085, 0.085), 0.053
"""Cb and Cr of skin, and how far from them it may be."""

FACE_SHARE = 0.9
"""By which a pattern is weaker in faces."""

BANDS, FROM_MEAN, MAX_TINT = 5, 2.0, 0.15
"""Into how many tones an artwork is divided, and how much further from its mean chroma than theirs
a pattern's tints are, at most."""

SHARPENED = 0.15
"""A network that imitates softens; so what it imitates is sharpened beforehand."""


def with_pattern(
    painted: Floats,
    photo: Floats,
    faces: Floats,
    pattern: Floats,
    tints: Floats,
    relief: float,
) -> Floats:
    """A painted photo with a pattern on its flat areas.

    Args:
        painted: the photo as a network painted it.
        photo: the same as it was.
        faces: 1 in faces, 0 elsewhere, (H, W).
        pattern: of mean 0 and deviation 1, (H, W). All zeros: none.
        tints: of `tints_of`.
        relief: how much lighter and darker the pattern is than what it is on, 0 to 1.
    """
    lit = 0.15 + 0.85 * np.clip((painted[..., 0] - 0.06) / 0.2, 0, 1)
    people = (1 - SKIN_SHARE * skin_coloured(photo)) * (1 - FACE_SHARE * faces)
    flat = flatness(photo[..., 0]) * lit * people
    base = painted + flat[..., None] * (blurred(painted, CALMED_PX) - painted)
    luma = base[..., 0]
    between = np.clip(4 * luma * (1 - luma), 0, 1)  # neither black nor white takes a pattern
    room = flat * (0.25 + 0.75 * between)
    lighter = relief * np.tanh(1.4 * pattern)
    tones = np.linspace(-1, 1, len(tints))
    tinted = [np.interp(np.tanh(pattern), tones, tint) for tint in tints.T]
    patterned = floats(base + room[..., None] * np.dstack([lighter, *tinted]))
    return floats(patterned + SHARPENED * (patterned - blurred(patterned, 1.2)))


def tints_of(artwork: Floats) -> Floats:
    """Chroma of a pattern's tones from the darkest to the lightest, Cb and Cr, (BANDS, 2): how the
    artwork's darker and lighter parts differ from its mean."""
    colours = artwork.reshape(-1, 3)
    order = np.argsort(colours[:, 0], kind="stable")
    bands = [colours[part, 1:].mean(axis=0) for part in np.array_split(order, BANDS)]
    tints = FROM_MEAN * (np.array(bands) - colours[:, 1:].mean(axis=0))
    return floats(np.clip(tints, -MAX_TINT, MAX_TINT))


def flatness(luma: Floats) -> Floats:
    """1 where nothing is to be seen and nothing is near, 0 at edges, (H, W)."""
    across, down = slopes(luma)
    edges = blurred(across * across + down * down, 5)
    widened = cv2.dilate(edges, np.ones((NEAR_PX, NEAR_PX), np.uint8))
    edges = np.maximum(edges, 0.4 * blurred(floats(widened), 5)) / EDGE
    return floats(1 / (1 + edges**1.5))


def skin_coloured(photo: Floats) -> Floats:
    """1 where a photo has about the colour of skin, 0 where not, (H, W)."""
    blue, red = photo[..., 1] - SKIN[0], photo[..., 2] - SKIN[1]
    alike = np.exp(-0.5 * (blue**2 + red**2) / SKIN_DEVIATION**2)
    lit = np.clip((photo[..., 0] - 0.06) / 0.12, 0, 1)
    return blurred(floats(alike * lit), 3)
