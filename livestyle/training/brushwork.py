"""Brushwork: photos as a painter's filter renders them, for a network to imitate.

Gram matrices say what an artwork's texture is like, and not that a stroke is long, follows a form
and has two edges. So the strokes are drawn, by the means of non-photorealistic rendering, and the
network learns to draw them: the photo is smoothed along its forms and sharpened across them (Kang
and Lee, Computer Graphics Forum 27(7), 2008), and the strokes are the network's own noise map,
smeared along the forms as well (line integral convolution, Cabral and Leedom, SIGGRAPH 1993).
Where a photo is flat, strokes take the brush's direction.

All pictures here are YCbCr with luma in [0, 1] and chroma about 0, (H, W, 3), float32; lengths are
in pixels.
"""

import math

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from livestyle.training.brushes import Brush

Floats = NDArray[np.float32]

FLAT = 1e-4
"""Of the structure tensor: below this a brush's own direction is stronger than the photo's."""

STEP_PX = 2.0
"""Between two samples along a line of flow."""

SHARP = 15.0
"""How fast an edge is sharpened in full, over the second derivative of luma across it."""

CUT_SHARP = 14.0
"""How hard paper meets ink."""

PASSES = 2
"""How often the photo is smoothed along its forms and sharpened across them."""

SHARPENED = 0.5
"""A network that imitates softens; so what it imitates is sharpened beforehand."""


def brushed(picture: Floats, noise: Floats, faces: Floats, brush: Brush) -> Floats:
    """A picture, painted.

    Args:
        picture: what to paint, in its colours.
        noise: of mean 0 and deviation 1, (H, W): where the strokes are. All zeros: no strokes.
        faces: 1 in faces, 0 elsewhere, (H, W).
        brush: how.
    """
    painted = picture
    for _ in range(PASSES):
        flow = _flow(painted[..., 0])
        painted = _across_sharpened(along(painted, flow, brush.calm), flow)
    painted = floats(painted + brush.spares_faces * faces[..., None] * (picture - painted))
    flow = _flow(painted[..., 0], brush.angle)
    strokes = along(blurred(noise, brush.width), flow, brush.length)
    strokes = floats(strokes / (strokes.std() + 1e-6))
    drawn = _drawn(painted, strokes, faces, brush)
    return floats(drawn + SHARPENED * (drawn - blurred(drawn, 1.2)))


def _drawn(painted: Floats, strokes: Floats, faces: Floats, brush: Brush) -> Floats:
    """Strokes, contours and light on smoothed planes."""
    bold = 1 - brush.spares_faces * faces
    softly = np.tanh(1.4 * strokes)
    luma, chroma = painted[..., 0].copy(), painted[..., 1:].copy()
    contours = _contours(luma)
    between = np.clip(4 * luma * (1 - luma), 0, 1)  # neither black nor white takes a stroke
    detail = np.clip(4 * np.abs(luma - blurred(luma, 6)), 0, 0.7)
    room = bold * (0.15 + 0.85 * between) * (1 - detail)
    if brush.tones:
        luma += bold * (_posterised(luma, brush.tones) - luma)
    if brush.cut:
        grain = luma + brush.cut * (0.2 + between) * softly * (1 - detail)
        luma += bold * (1 / (1 + np.exp(-CUT_SHARP * (grain - 0.42))) - luma)
    luma += brush.relief * softly * room
    chroma += floats(brush.tint) * (softly * room)[..., None]
    kept = 1 - brush.contours * contours
    return floats(np.dstack([luma * kept, chroma * kept[..., None]]))


def _flow(luma: Floats, flat_angle: float | None = None) -> Floats:
    """Unit vectors along the edges, (H, W, 2), from the smoothed structure tensor; at an angle
    where there are none."""
    across, down = slopes(luma)
    products = np.dstack([across * across, across * down, down * down])
    tensor = blurred(products, 3.5) + 0.15 * blurred(products, 8)
    if flat_angle is not None:
        x, y = -math.sin(flat_angle), math.cos(flat_angle)
        tensor += FLAT * floats([x * x, x * y, y * y])
    xx, xy, yy = (tensor[..., part] for part in range(3))
    angle = 0.5 * np.arctan2(2 * xy, xx - yy) + np.pi / 2
    return floats(np.dstack([np.cos(angle), np.sin(angle)]))


def slopes(luma: Floats) -> tuple[Floats, Floats]:
    """Derivatives of the softened luma, across and down, in 1 / pixel."""
    soft = blurred(luma, 1.4)
    across, down = (cv2.Scharr(soft, cv2.CV_32F, *order) / 16 for order in ((1, 0), (0, 1)))
    return floats(across), floats(down)


def along(picture: Floats, flow: Floats, reach: float) -> Floats:
    """Gaussian mean along the lines of a flow, `reach` pixels each way."""
    total, weights = picture.copy(), 1.0
    for sign in (1, -1):
        place, direction = _places(flow), floats(sign * flow)
        for step in range(1, round(reach / STEP_PX) + 1):
            place = floats(place + STEP_PX * direction)
            found = _sampled(flow, place)
            ahead = found[..., :1] * direction[..., :1] + found[..., 1:] * direction[..., 1:]
            turned = np.where(ahead < 0, -found, found)  # an edge runs both ways
            direction = floats(turned)
            weight = math.exp(-2 * (step * STEP_PX / reach) ** 2)
            cv2.scaleAdd(_sampled(picture, place), weight, total, total)
            weights += weight
    return floats(total / weights)


def _across_sharpened(picture: Floats, flow: Floats, reach: float = 2.0) -> Floats:
    """A shock filter: of an edge the darker side gets darker and the lighter one lighter."""
    across = reach * np.dstack([flow[..., 1], -flow[..., 0]])
    luma = blurred(picture[..., 0], 1.3)
    here = _places(flow)
    bend = _sampled(luma, here + across) + _sampled(luma, here - across) - 2 * luma
    near, far = (_sampled(picture, here + side * across) for side in (0.7, -0.7))
    rises = (_sampled(luma, here + 0.7 * across) < _sampled(luma, here - 0.7 * across))[..., None]
    darker, lighter = np.where(rises, near, far), np.where(rises, far, near)
    share = np.clip(bend * SHARP, -1, 1)[..., None]
    wanted = np.where(share > 0, darker, lighter)
    return floats(picture + np.abs(share) * (wanted - picture))


def _contours(luma: Floats) -> Floats:
    """1 where a dark line belongs: a difference of Gaussians, on the darker side of edges."""
    fine, wide = (blurred(luma, sigma) for sigma in (1.5, 3.6))
    return floats(np.clip(17 * (wide - fine) - 0.15, 0, 1))


def _posterised(luma: Floats, tones: int) -> Floats:
    """Luma in a few tones with soft steps."""
    scaled = luma * tones
    floor = np.floor(scaled)
    return floats((floor + 1 / (1 + np.exp(-10 * (scaled - floor - 0.5)))) / tones)


def _places(flow: Floats) -> Floats:
    """x and y of every pixel, (H, W, 2)."""
    height, width = flow.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    return floats(np.dstack([x, y]))


def _sampled(picture: Floats, places: NDArray[np.floating]) -> Floats:
    """Values at places between pixels, mirrored beyond the border."""
    x, y = floats(places[..., 0]), floats(places[..., 1])
    return floats(cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101))


def blurred(picture: NDArray[np.floating], sigma: float) -> Floats:
    """By a Gaussian of a deviation in pixels."""
    return floats(cv2.GaussianBlur(floats(picture), (0, 0), sigma))


def floats(values: ArrayLike) -> Floats:
    """As OpenCV wants them."""
    return np.ascontiguousarray(values, np.float32)
