"""The colours of an artwork that a pattern is drawn in.

Pictures are YCbCr with luma in [0, 1] and chroma about 0, (H, W, 3), float32.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from livestyle.training.brushwork import Floats, floats

BANDS, FROM_MEAN, MAX_TINT = 5, 2.0, 0.15
"""Into how many tones an artwork is divided, and how much further from its mean chroma than theirs
a pattern's tints are, at most."""

COLOURS, GROUNDS, COLOURS_SIDE_PX, SAMPLE = 10, 5, 256, 8000
"""How many colours are looked for, and the long side and pixels of what they are looked for in."""

RELIEF, LIGHTER, VIVIDNESS, MAX_CHROMA = 0.6, 0.04, 1.4, 0.25
"""How much of the artwork's light and dark a palette has and how much lighter it is; how many times
the artwork's its chroma is, and how large at most."""


HUES_COUNT = np.array([0.7, 1.5, 1.5])
"""For more than light, where colours are grouped."""


def tints_of(artwork: Floats) -> Floats:
    """Chroma of a pattern's tones from the darkest to the lightest, Cb and Cr, (BANDS, 2): how the
    artwork's darker and lighter parts differ from its mean."""
    colours = artwork.reshape(-1, 3)
    order = np.argsort(colours[:, 0], kind="stable")
    bands = [colours[part, 1:].mean(axis=0) for part in np.array_split(order, BANDS)]
    tints = FROM_MEAN * (np.array(bands) - colours[:, 1:].mean(axis=0))
    return floats(np.clip(tints, -MAX_TINT, MAX_TINT))


@dataclass(frozen=True, slots=True)
class Palette:
    """An artwork's colours, luma about its mean, a little more vivid.

    Attributes:
        colours: those of all of it, rare ones counted for more than their share, (COLOURS, 3).
        ground: those of its lighter half, as they are shared, from cold to warm, (GROUNDS, 3).
    """

    colours: Floats
    ground: Floats


def palette_of(artwork: Floats) -> Palette:
    """The palette of an artwork."""
    height, width = artwork.shape[:2]
    scale = COLOURS_SIDE_PX / max(height, width)
    small = cv2.resize(artwork, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    pixels = floats(small).reshape(-1, 3)
    counts, edges = np.histogramdd(pixels, bins=(4, 12, 12))
    cells = tuple(
        np.clip(np.digitize(plane, edge) - 1, 0, len(edge) - 2)
        for plane, edge in zip(pixels.T, edges, strict=True)
    )
    rarity = 1 / np.sqrt(counts[cells])
    drawn = np.random.default_rng(0).choice(len(pixels), SAMPLE, p=rarity / rarity.sum())
    lighter = pixels[pixels[:, 0] >= np.median(pixels[:, 0])]
    ground = _centres(lighter, GROUNDS)
    found = (
        _centres(pixels[drawn], COLOURS),
        ground[np.argsort(ground[:, 2] - ground[:, 1])],
    )
    middle = pixels[:, 0].mean()
    return Palette(*(_in_reach(colours, middle) for colours in found))


def _centres(pixels: Floats, count: int) -> Floats:
    """The clusters of k-means, each by the more vivid half of its pixels, (count, 3); hues count
    for more than light."""
    cv2.setRNGSeed(0)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 60, 1e-4)
    weighed = floats(pixels * HUES_COUNT)
    unknown = np.empty(0, np.int32)  # nobody has labelled them yet
    _, labels, centres = cv2.kmeans(weighed, count, unknown, stop, 5, cv2.KMEANS_PP_CENTERS)
    found = []
    for number, centre in enumerate(centres / HUES_COUNT):
        some = pixels[labels[:, 0] == number]
        if not len(some):  # an artwork of fewer colours
            some = centre[np.newaxis]
        vivid = np.hypot(some[:, 1], some[:, 2])
        found.append(some[vivid >= np.median(vivid)].mean(axis=0))
    return floats(found)


def _in_reach(colours: Floats, middle: float) -> Floats:
    """As much lighter and darker than the middle, and as vivid, as a network can paint them."""
    luma = LIGHTER + RELIEF * (colours[:, :1] - middle)
    far = np.hypot(colours[:, 1:2], colours[:, 2:])
    vivid = np.minimum(VIVIDNESS, MAX_CHROMA / np.maximum(far, 1e-6))
    return floats(np.hstack([luma, vivid * colours[:, 1:]]))
