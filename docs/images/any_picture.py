"""Paints any-picture.jpg: pictures that were never trained on, and the demo in the style of each;
and any-picture-strips.jpg: between two styles, by strength, and by size of the strokes.

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
from livestyle.engines import load
from livestyle.frame import Pixels
from livestyle.render.compositing import Look, apply
from livestyle.sources.demo import Demo
from livestyle.styles.library import find_style
from livestyle.styles.style import open_picture_style

NAMES = ("hubble_deep_field.jpg", "ihc.png", "coffee.png", "retina.jpg", "brick.png")
MIXED, OTHER = "coffee.png", "mosaic"
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
STROKES = (0.5, 0.7, 1.0, 1.4, 2.0)
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
    strips(folder / MIXED, photo)
    for name in NAMES:
        artwork = np.asarray(Image.open(folder / name).convert("RGB"))
        with livestyle.load(str(folder / name)) as style:
            columns.append(np.concatenate([square(artwork), square(style.paint(photo))]))
    save("any-picture.jpg", columns)


def strips(picture: Path, photo: Pixels) -> None:
    """Three rows: shares of another style, strengths, and strokes."""
    rows: list[list[Pixels]] = [[], [], []]
    for share in SHARES:
        with load(find_style(f"{picture}+{OTHER}:{share}")) as style:
            rows[0].append(square(style(photo)))
    with load(open_picture_style(picture)) as style:
        painted = style(photo)
    rows[1] = [square(apply(photo, painted, Look(strength=share))) for share in SHARES]
    for stroke in STROKES:
        with load(open_picture_style(picture, stroke)) as style:
            rows[2].append(square(style(photo)))
    save("any-picture-strips.jpg", [np.concatenate(column) for column in zip(*rows, strict=True)])


def save(name: str, columns: list[Pixels]) -> None:
    """Writes columns side by side."""
    gap = np.full((len(columns[0]), GAP_PX, 3), 255, np.uint8)
    parts = [part for column in columns for part in (column, gap)][:-1]
    picture = Image.fromarray(np.concatenate(parts, axis=1))
    picture.save(Path(__file__).with_name(name), quality=86)


if __name__ == "__main__":
    main()
