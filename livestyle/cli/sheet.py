"""`livestyle sheet`: every style on one picture, named."""

from pathlib import Path

import click
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from livestyle.engines import load
from livestyle.errors import StyleError
from livestyle.frame import Pixels
from livestyle.library import list_styles
from livestyle.picture import read_picture, write_picture

GAP_PX = 8
LABEL_PX = 34
COLUMNS = 3, 4, 5
"""Tried in this order of wishes: fewest empty places, then fewest rows."""


@click.command()
@click.argument("picture", metavar="INPUT", type=click.Path(path_type=Path))
@click.argument("output", type=click.Path(path_type=Path))
@click.option("--width", default=480, show_default=True, type=click.IntRange(32, 4096),
              help="Of each picture, in pixels.")  # fmt: skip
def sheet(picture: Path, output: Path, width: int) -> None:
    """Paint INPUT in every style and write one named overview to OUTPUT."""
    original = _to_width(read_picture(picture), width)
    tiles = [_labelled(original, "original")]
    for style in list_styles():
        stylizer = load(style)
        try:
            tiles.append(_labelled(stylizer(original), style.card.name))
        finally:
            stylizer.close()
    if len(tiles) == 1:
        raise StyleError("There are no styles here. Add one with `livestyle styles add`.")
    write_picture(output, _grid(tiles))
    click.echo(output)


def _to_width(pixels: Pixels, width: int) -> Pixels:
    height = max(1, round(pixels.shape[0] * width / pixels.shape[1]))
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS))


def _labelled(pixels: Pixels, name: str) -> Pixels:
    """The picture with its name under it, on white."""
    height, width = pixels.shape[:2]
    tile = Image.new("RGB", (width, height + LABEL_PX), "white")
    tile.paste(Image.fromarray(pixels))
    font = ImageFont.load_default(18)
    ImageDraw.Draw(tile).text((width / 2, height + LABEL_PX / 2), name, "black", font, anchor="mm")
    return np.asarray(tile)


def _grid(tiles: list[Pixels]) -> Pixels:
    """Tiles of one size in rows, with gaps between them and few places left empty."""
    columns = min(COLUMNS, key=lambda columns: (-len(tiles) % columns, -columns))
    columns = min(columns, len(tiles))
    height, width = (side + GAP_PX for side in tiles[0].shape[:2])
    rows = -(-len(tiles) // columns)
    page = np.full((rows * height - GAP_PX, columns * width - GAP_PX, 3), 255, np.uint8)
    for number, tile in enumerate(tiles):
        top, left = number // columns * height, number % columns * width
        page[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return page
