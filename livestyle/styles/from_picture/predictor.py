"""The style vector of a picture: what the painter needs to know of it."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from livestyle.errors import StyleError
from livestyle.frame import Pixels
from livestyle.openvino_core import shared_core
from livestyle.styles.from_picture.painter import PREDICTOR_FILE, any_picture_folder

LONG_SIDE_PX = 512
"""What the predictor sees of a picture at a stroke of 1, as in its training."""

MIN_SIDE_PX, MAX_SIDE_PX = 64, 1024
MIN_STROKE, MAX_STROKE = 0.5, 1.2
FLAT = 3.0
"""Standard deviation of the pixels, 0 to 255: below it, there is nothing to paint like."""


def predict(picture: Pixels, strokes: Sequence[float] = (1.0,)) -> list[NDArray[np.float32]]:
    """The style vectors of a picture.

    Args:
        picture: RGB uint8, (H, W, 3).
        strokes: sizes of the strokes; one vector comes for each.

    Raises:
        StyleError: there is nothing in the picture, or it is no more than a line.
    """
    core = shared_core()
    model = core.read_model(str(any_picture_folder() / PREDICTOR_FILE))
    compiled = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    frames = [_seen(picture, stroke) for stroke in strokes]
    return [np.array(compiled([frame[np.newaxis]])[0]).reshape(-1) for frame in frames]


def _seen(picture: Pixels, stroke: float) -> Pixels:
    """The picture as the predictor sees it."""
    height, width = picture.shape[:2]
    if min(height, width) < 8 or max(height, width) > 40 * min(height, width):
        raise StyleError(
            f"The picture has {width}x{height} pixels, too few to see a style in. Take one with "
            f"at least {MIN_SIDE_PX} on each side, better {LONG_SIDE_PX}."
        )
    if float(picture.std(axis=(0, 1)).max()) < FLAT:
        raise StyleError(
            "The picture has one colour all over, so that there is no style in it. Take another."
        )
    scale = LONG_SIDE_PX * stroke / max(height, width)
    scale = max(scale, MIN_SIDE_PX / min(height, width))
    size = tuple(min(MAX_SIDE_PX, max(8, round(side * scale))) for side in (width, height))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, size, interpolation=interpolation), np.uint8)
