"""Pictures side by side, named: the sheets that a user chooses from."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from livestyle.frame import Pixels

GAP_PX = 8
LABEL_PX = 34
FONT_PX = 18


def labelled(pixels: Pixels, name: str) -> Pixels:
    """The picture with its name under it, on white."""
    height, width = pixels.shape[:2]
    tile = Image.new("RGB", (width, height + LABEL_PX), "white")
    tile.paste(Image.fromarray(pixels))
    font = ImageFont.load_default(FONT_PX)
    ImageDraw.Draw(tile).text((width / 2, height + LABEL_PX / 2), name, "black", font, anchor="mm")
    return np.asarray(tile)


def in_grid(rows: Sequence[Sequence[Pixels]], gap_px: int = GAP_PX) -> Pixels:
    """Pictures in rows and columns on white, with gaps between them.

    Args:
        rows: RGB uint8 (H, W, 3) each, all of the size of the first; rows may be short.
        gap_px: between neighbours.
    """
    height, width = (side + gap_px for side in rows[0][0].shape[:2])
    columns = max(len(row) for row in rows)
    page = np.full((len(rows) * height - gap_px, columns * width - gap_px, 3), 255, np.uint8)
    for y, row in enumerate(rows):
        for x, tile in enumerate(row):
            top, left = y * height, x * width
            page[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return page
