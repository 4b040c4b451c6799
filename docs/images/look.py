"""Paints look.jpg: one picture at different strengths, and in its own colours.

python docs/images/look.py
"""

from pathlib import Path

import numpy as np
from PIL import Image

import livestyle
from livestyle.sources.demo import Demo

LOOKS = (
    livestyle.Look(strength=0),
    livestyle.Look(strength=0.5),
    livestyle.Look(),
    livestyle.Look(keep_color=True),
)


def main() -> None:
    with Demo(paced=False) as demo:
        photo = demo.scene(0)
    with livestyle.load("composition_vii") as style:
        row = [livestyle.paint_image(photo, None, style, look=look) for look in LOOKS]
    gap = np.full((photo.shape[0], 8, 3), 255, np.uint8)
    parts = [part for picture in row for part in (picture, gap)][:-1]
    sheet = Image.fromarray(np.concatenate(parts, axis=1))
    sheet.resize((1600, round(1600 * sheet.height / sheet.width)), Image.Resampling.LANCZOS).save(
        Path(__file__).with_name("look.jpg"), quality=88
    )


if __name__ == "__main__":
    main()
