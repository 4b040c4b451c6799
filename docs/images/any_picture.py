"""Paints any-picture.jpg: pictures that were never trained on, and the demo in the style of each.

pip install scikit-image; python docs/images/any_picture.py

The pictures are scikit-image's, free for any use: bricks (CC0Textures), coffee (Rachel Michetti,
CC0), the Hubble deep field (NASA), a tissue section in blue and brown (CC0), a retina (public
domain).
"""

from pathlib import Path

import numpy as np
import skimage
from PIL import Image, ImageOps

import livestyle
from livestyle.frame import Pixels
from livestyle.sources.demo import Demo

NAMES = ("hubble_deep_field.jpg", "ihc.png", "coffee.png", "retina.jpg", "brick.png")
SIDE_PX, GAP_PX = 320, 6


def square(pixels: Pixels) -> Pixels:
    """The middle of a picture, `SIDE_PX` on each side."""
    image = Image.fromarray(pixels)
    return np.asarray(ImageOps.fit(image, (SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS))


def main() -> None:
    folder = Path(skimage.__file__).parent / "data"
    with Demo(paced=False) as demo:
        photo = demo.scene(0)
    columns = []
    for name in NAMES:
        artwork = np.asarray(Image.open(folder / name).convert("RGB"))
        with livestyle.load(str(folder / name)) as style:
            columns.append(np.concatenate([square(artwork), square(style.paint(photo))]))
    gap = np.full((2 * SIDE_PX, GAP_PX, 3), 255, np.uint8)
    parts = [part for column in columns for part in (column, gap)][:-1]
    Image.fromarray(np.concatenate(parts, axis=1)).save(
        Path(__file__).with_name("any-picture.jpg"), quality=86
    )


if __name__ == "__main__":
    main()
