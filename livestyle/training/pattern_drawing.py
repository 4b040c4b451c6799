"""Drawings of patterns: what a network may have beside its noise, to paint walls and skies with.

Strokes that follow a photo's forms need forms. Where there are none, a network can only paint what
it is given: so a pattern is drawn once, in an artwork's colours, and stays with the network, 160 x
160 numbers of luma and as many of each chroma. Its strokes run along a flow of our own, by line
integral convolution (Cabral and Leedom, SIGGRAPH 1993), and it is seamless. Pictures are YCbCr
with luma in [0, 1] and chroma about 0; lengths are in pixels of the picture; there are four to a
number.
"""

import math
from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from livestyle.nets.light import SEED_SIDE
from livestyle.training.artwork_colours import Palette, palette_of, tints_of
from livestyle.training.brushwork import Floats, along, blurred, floats

SIDE_PX = 4 * SEED_SIDE

SHAPES, LINES, SEED = 120, 40, 11
BLACK = np.array([-0.34, 0.02, -0.01], np.float32)
NEUTRAL = 0.7
"""Of the mean hue of shapes: so much of it is taken away, that no wall is all of one hue."""

RELIEFS = {"swirls": 0.16, "waves": 0.16, "swell": 0.2}
"""How much lighter and darker strokes are than what they are painted on, 0 to 1."""


def drawn_pattern(name: str, artwork: Floats, stroke: float = 1.0) -> Floats:
    """A pattern: what it adds to luma, Cb and Cr of a flat place, (SEED_SIDE, SEED_SIDE, 3); the
    same at every call.

    Args:
        name: in `livestyle.training.patterns.PATTERNS`.
        artwork: whose colours it has, (H, W, 3).
        stroke: size of the pattern; rounded to 1, 1/2, 1/4 and so on, that it stays seamless. Its
            strokes stay as thick, as thinner ones are a blur in the network.
    """
    times = 2 ** max(0, round(-math.log2(stroke)))
    side = SEED_SIDE // times
    if name == "shapes":
        whole = _shapes(palette_of(artwork), times)
    else:
        whole = _tinted(_figures(name, times), RELIEFS[name], tints_of(artwork))
    small = cv2.resize(whole, (side, side), interpolation=cv2.INTER_AREA)
    return floats(np.tile(small, (times, times, 1)))


def _tinted(figures: Floats, relief: float, tints: Floats) -> Floats:
    """Strokes in light and colours, (SIDE_PX, SIDE_PX, 3), from the darkest to the lightest."""
    tones = np.linspace(-1, 1, len(tints))
    chroma = [np.interp(np.tanh(figures), tones, tint) for tint in tints.T]
    return floats(np.dstack([relief * np.tanh(1.4 * figures), *chroma]))


@cache
def _figures(name: str, thick: int) -> Floats:
    """Strokes, (SIDE_PX, SIDE_PX), of mean 0 and deviation 1, so many times as thick."""
    return DRAWINGS[name](np.random.default_rng(0), thick)


def _swirls(rng: np.random.Generator, thick: int) -> Floats:
    """Short strokes in a drift with whirls, as in the sky of The Starry Night."""
    x, y = _grid()
    turn = 2 * np.pi / SIDE_PX
    flow_x = np.full_like(x, 0.6)
    flow_y = 0.12 + 0.3 * np.sin(2 * turn * x + 1.5 * np.sin(turn * y))
    for centre in _apart(rng, 10, 136):
        radius, sense = rng.uniform(48, 96), rng.choice([-1, 1])
        dx, dy = _wrapped(x - centre[0]), _wrapped(y - centre[1])
        distance = np.hypot(dx, dy) + 1e-3
        share = np.exp(-((distance / radius) ** 4))
        speed = 1.6 * sense * share / distance
        flow_x = flow_x * (1 - share) - speed * (dy + 0.25 * sense * dx)
        flow_y = flow_y * (1 - share) + speed * (dx - 0.25 * sense * dy)
    return _strokes(rng, flow_x, flow_y, reach=36 * thick**0.5, width=2.4 * thick)


def _waves(rng: np.random.Generator, thick: int) -> Floats:
    """Long bands that undulate, as in the sky of The Scream."""
    x, y = (2 * np.pi / SIDE_PX * places for places in _grid())
    angle = 0.5 * np.sin(x + 1.3 * np.sin(y)) + 0.35 * np.sin(2 * x + 2 * np.sin(y + 1) + 2)
    angle += 0.15 * np.sin(3 * x + 1.5 * np.sin(2 * y))
    return _strokes(rng, np.cos(angle), np.sin(angle), reach=104, width=4 * thick)


def _swell(rng: np.random.Generator, thick: int) -> Floats:
    """Fine and broad strokes along a rough sea's crests."""
    heights = _soft(rng, 72) + 0.35 * _soft(rng, 32)
    down, across = np.gradient(heights)
    drift = 2 * down.std()
    flow = down + drift, 0.4 * drift - across
    fine = _strokes(rng, *flow, reach=72, width=2 * thick)
    return _standardised(0.75 * fine + 1.2 * _strokes(rng, *flow, reach=108, width=14))


DRAWINGS: dict[str, Callable[[np.random.Generator, int], Floats]] = {
    "swirls": _swirls,
    "waves": _waves,
    "swell": _swell,
}
"""What draws strokes."""


def _shapes(palette: Palette, thick: int) -> Floats:
    """Free shapes and black lines on a ground of brushed light, as in Kandinsky's Compositions, so
    many times as large."""
    rng = np.random.default_rng(SEED)
    angle = 0.5 * np.pi * _soft(rng, 80)
    brushed = _strokes(rng, np.cos(angle), np.sin(angle), reach=40, width=2.4 * thick)
    painted = _ground(rng, palette.ground)
    for number in range((SHAPES + LINES) // thick):
        along_it, across = _somewhere(rng, angle)
        length = thick * rng.uniform(18, 72)
        across = across - rng.uniform(-0.012, 0.012) / thick * along_it**2
        place = along_it / length
        if number < SHAPES // thick:
            half = length * rng.uniform(0.18, 0.5) * np.sqrt(np.clip(1 - place**2, 0, 1))
            half = half * (1 + rng.uniform(-0.5, 0.5) * place)
            cover, colour = np.clip((half - np.abs(across)) / 3, 0, 1), rng.choice(palette.colours)
            if rng.random() < 0.5:  # fades to one side
                side = rng.choice([-1, 1]) * np.clip(across / (half.max() + 1), -1, 1)
                cover = cover * (0.675 + 0.325 * side)
        else:
            half = thick * rng.uniform(1.6, 3.6) * (1 - 0.6 * place**2)
            cover, colour = np.clip((half - np.abs(across)) / 1.5, 0, 1), BLACK
        cover = (cover * (np.abs(place) < 1))[..., None]
        painted += cover * (colour - painted)
    painted[..., 0] += 0.07 * np.tanh(1.4 * brushed)
    painted[..., 1:] -= NEUTRAL * painted[..., 1:].mean((0, 1))
    return floats(painted)


def _somewhere(rng: np.random.Generator, angle: Floats) -> tuple[Floats, Floats]:
    """How far every pixel lies from a place, along about a flow's angle there and across it."""
    x, y = _grid()
    centre = rng.uniform(0, SIDE_PX, 2)
    turn = angle[int(centre[1]), int(centre[0])] + rng.normal(0, 0.4)
    dx, dy = _wrapped(x - centre[0]), _wrapped(y - centre[1])
    along_it = dx * np.cos(turn) + dy * np.sin(turn)
    across = dy * np.cos(turn) - dx * np.sin(turn)
    return floats(along_it), floats(across)


def _ground(rng: np.random.Generator, colours: Floats) -> Floats:
    """Colours that pass into one another, (SIDE_PX, SIDE_PX, 3)."""
    places = _soft(rng, 70) + 0.25 * _soft(rng, 25)
    ranks = np.argsort(np.argsort(places.ravel())).reshape(places.shape) / places.size
    tones = np.linspace(0, 1, len(colours))
    return floats(np.dstack([np.interp(ranks, tones, plane) for plane in colours.T]))


def _strokes(
    rng: np.random.Generator, flow_x: Floats, flow_y: Floats, reach: float, width: float
) -> Floats:
    """Noise smeared along a flow, seamless."""
    margin = 2 * round(reach)
    speed = np.hypot(flow_x, flow_y) + 1e-9
    flow = floats(np.dstack([flow_x / speed, flow_y / speed]))
    noise = _standardised(_seamless(_noise(rng), lambda wide: blurred(wide, width), margin))
    edges = ((margin, margin), (margin, margin))
    wide_flow = np.pad(flow, (*edges, (0, 0)), "wrap")
    return _standardised(_seamless(noise, lambda wide: along(wide, wide_flow, reach), margin))


def _seamless(picture: Floats, change: Callable[[Floats], Floats], margin: int) -> Floats:
    """A change that looks `margin` pixels around, with the other end beyond each border."""
    changed = change(np.pad(picture, margin, "wrap"))
    return changed[margin:-margin, margin:-margin]


def _soft(rng: np.random.Generator, sigma: float) -> Floats:
    """Smooth noise."""
    margin = min(round(4 * sigma), SIDE_PX - 1)
    return _standardised(_seamless(_noise(rng), lambda wide: blurred(wide, sigma), margin))


def _noise(rng: np.random.Generator) -> Floats:
    return rng.standard_normal((SIDE_PX, SIDE_PX), np.float32)


def _apart(rng: np.random.Generator, count: int, distance: float) -> list[Floats]:
    """Points at least so far from one another, or a little less if there is no room."""
    found: list[Floats] = []
    while len(found) < count:
        point = rng.uniform(0, SIDE_PX, 2)
        if all(np.hypot(*_wrapped(point - other)) > distance for other in found):
            found.append(floats(point))
        distance *= 0.999
    return found


def _wrapped(difference: NDArray[np.floating]) -> Floats:
    """The shorter way round, where a pattern's ends meet."""
    return floats((difference + SIDE_PX / 2) % SIDE_PX - SIDE_PX / 2)


def _grid() -> tuple[Floats, Floats]:
    """x and y of every pixel."""
    y, x = np.mgrid[0:SIDE_PX, 0:SIDE_PX].astype(np.float32)
    return x, y


def _standardised(picture: Floats) -> Floats:
    """Of mean 0 and deviation 1."""
    return floats((picture - picture.mean()) / picture.std())
