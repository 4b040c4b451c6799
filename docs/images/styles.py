"""Paints styles.jpg: the demo picture, and the same in every style in the box.

python docs/images/styles.py
"""

from pathlib import Path

from PIL import Image

import livestyle
from livestyle.contact_sheet import in_grid, labelled
from livestyle.images import resampled
from livestyle.sources.demo import Demo
from livestyle.styles.library import DEFAULT_STYLE

SHOWN = (312, 234)
COLUMNS = 5


def main() -> None:
    with Demo(paced=False) as demo:
        scene = demo.scene(0)
    tiles = [labelled(resampled(scene, SHOWN), "original")]
    names = sorted(style.card.name for style in livestyle.list_styles())
    for name in [DEFAULT_STYLE, *(name for name in names if name != DEFAULT_STYLE)]:
        with livestyle.load(name) as style:
            tiles.append(labelled(resampled(style(scene), SHOWN), name))
    rows = [tiles[at : at + COLUMNS] for at in range(0, len(tiles), COLUMNS)]
    Image.fromarray(in_grid(rows)).save(Path(__file__).parent.with_name("styles.jpg"), quality=88)


if __name__ == "__main__":
    main()
