"""`livestyle sheet`: every style on one picture, named."""

import sys
from pathlib import Path

import click

from livestyle.cli.echo import echo
from livestyle.cli.image import PIPE, standard_input
from livestyle.cli.options import engine_options, overwrite_option, style_names
from livestyle.contact_sheet import in_grid, labelled
from livestyle.engines import EngineOptions, load
from livestyle.errors import StyleError
from livestyle.frame import Pixels
from livestyle.images import encode_picture, read_picture, resampled, write_picture
from livestyle.output_file import check_output
from livestyle.styles.library import find_styles, list_styles

COLUMNS = 3, 4, 5
"""Tried in this order of wishes: fewest empty places, then fewest rows."""


@click.command()
@click.argument("picture", metavar="INPUT", type=click.Path(path_type=Path, allow_dash=True))
@click.argument("output", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--styles", metavar="NAME,NAME", callback=style_names,
              help="These styles, in this order.  [default: all]")  # fmt: skip
@click.option("--width", default=480, show_default=True, type=click.IntRange(32, 4096),
              help="Of each picture, in pixels.")  # fmt: skip
@engine_options
@overwrite_option
def sheet(
    picture: Path,
    output: Path,
    styles: tuple[str, ...],
    width: int,
    engine: EngineOptions,
    overwrite: bool,
) -> None:
    """Paint INPUT in every style, or in some, and write one named overview to OUTPUT.

    Either may be -: standard input, and a PNG to standard output.
    """
    if output != PIPE:
        check_output(output, overwrite=overwrite, inputs=[picture])
    chosen = [style for name in styles for style in find_styles(name)] or list_styles()
    original = _to_width(read_picture(standard_input() if picture == PIPE else picture), width)
    tiles = [labelled(original, "original")]
    for style in chosen:
        with load(style, engine) as stylizer:
            tiles.append(labelled(stylizer(original), style.card.name))
    if len(tiles) == 1:
        raise StyleError("There are no styles here. Add one with `livestyle styles add`.")
    page = in_grid(_in_rows(tiles))
    if output == PIPE:
        encode_picture(sys.stdout.buffer, page, "PNG")
        sys.stdout.buffer.flush()
    else:
        write_picture(output, page)
        echo(output)


def _to_width(pixels: Pixels, width: int) -> Pixels:
    height = max(1, round(pixels.shape[0] * width / pixels.shape[1]))
    return resampled(pixels, (width, height))


def _in_rows(tiles: list[Pixels]) -> list[list[Pixels]]:
    """Tiles in rows that leave few places empty."""
    columns = min(COLUMNS, key=lambda columns: (-len(tiles) % columns, -columns))
    return [tiles[start : start + columns] for start in range(0, len(tiles), columns)]
