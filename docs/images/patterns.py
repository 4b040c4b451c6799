"""Paints patterns.jpg: the demo picture in the churches, with each pattern there is.

python docs/images/patterns.py
"""

from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image

from livestyle.contact_sheet import in_grid, labelled
from livestyle.engines import load
from livestyle.frame import Pixels
from livestyle.images import resampled
from livestyle.nets.pixels import to_batch
from livestyle.sources.demo import Demo
from livestyle.styles.library import find_style
from livestyle.training.brushwork import Floats
from livestyle.training.data.faces import FaceFinder
from livestyle.training.losses import ycbcr
from livestyle.training.pattern_drawing import drawn_pattern
from livestyle.training.pattern_target import flatness, with_pattern
from livestyle.training.patterns import PATTERNS

STYLE = "churches"
SIZE, SHOWN = (640, 480), (300, 225)
RGB = np.array([[1, 0, 1.402], [1, -0.344136, -0.714136], [1, 1.772, 0]], np.float32)


def main() -> None:
    with Demo(SIZE, paced=False) as demo:
        scene = demo.scene(0)
    stylizer = load(find_style(STYLE))
    painted = stylizer(scene)
    stylizer.close()
    tiles = [labelled(resampled(patterned(scene, painted, name), SHOWN), name) for name in PATTERNS]
    row = [labelled(resampled(painted, SHOWN), "without"), *tiles]
    Image.fromarray(in_grid([row])).save(
        Path(__file__).parent.with_name("patterns.jpg"), quality=88
    )


def patterned(scene: Pixels, painted: Pixels, name: str) -> Pixels:
    """The painted scene with a pattern, as a network is to paint it."""
    width, height = SIZE
    tile = np.tile(drawn_pattern(name, planes(painted)), (2, 2, 1))
    pattern = cv2.resize(tile, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)[:height, :width]
    faces = FaceFinder().mask(scene).astype(np.float32) / 255
    flat = flatness(planes(scene)[..., 0])
    picture = with_pattern(planes(painted), planes(scene), faces, pattern, flat, PATTERNS[name])
    return np.rint((picture @ RGB.T).clip(0, 1) * 255).astype(np.uint8)


def planes(picture: Pixels) -> Floats:
    """RGB uint8 -> YCbCr, (H, W, 3)."""
    with torch.no_grad():
        return ycbcr(to_batch(picture))[0].permute(1, 2, 0).contiguous().numpy()


if __name__ == "__main__":
    main()
