"""`livestyle styles`: what there is to paint with."""

import json
from pathlib import Path
from typing import Any

import click

from livestyle.cli.echo import echo
from livestyle.cli.options import overwrite_option
from livestyle.styles.card import PREDICTED, UNKNOWN, StyleCard, is_style_name
from livestyle.styles.from_picture.predictor import MAX_STROKE, MIN_STROKE
from livestyle.styles.library import (
    DEFAULT_STYLE,
    add_style,
    find_style,
    list_styles,
    remove_style,
    styles_folder,
)
from livestyle.styles.style import Style


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def styles(ctx: click.Context, /, as_json: bool) -> None:
    """List the styles, or show, add and remove one."""
    if ctx.invoked_subcommand:
        return
    found = list_styles()
    if as_json:
        echo(json.dumps([_row(style) for style in found], indent=2, ensure_ascii=False))
        return
    if not found:
        echo("There are no styles. Add one with: livestyle styles add FILE", err=True)
    width = max((len(style.card.name) for style in found), default=0)
    for number, style in enumerate(found, 1):
        card = style.card
        own = f"  yours, in {style.folder}" if _is_own(style) else ""
        echo(f"{number:3}  {card.name:<{width}}  {_work(card)}{own}")


@styles.command(short_help="Print the card of a style.")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print the card as JSON.")
def show(name: str, as_json: bool) -> None:
    """Print the card of a style: artwork, licence, training, model files."""
    style = find_style(name)
    card = style.card
    if as_json:
        echo(card.to_json())
        return
    photos = card.training.get("photos") or card.training.get(PREDICTED)
    exact = "its fp32 file" if PREDICTED in card.training else "the trained network"
    rows = {
        "name": card.name,
        "artwork": _work(card),
        "licence": card.licence,
        "source": card.source,
        "network": f"{card.net}, {card.parameters:,} parameters, {card.kmac_per_pixel:g} kMAC "
        "per pixel",
        "trained on": photos if isinstance(photos, str) else "",
        "drawn": ", ".join(_drawn(card)),
        "folder": f"{style.folder}{' (yours)' * _is_own(style)}",
    }
    for key, value in rows.items():
        if value:
            echo(f"{key:11} {value}")
    for file in card.all_files:
        echo(
            f"{'file':11} {file.path}, {file.size_bytes / 1024:.0f} kB"
            + (f", {file.psnr_db:.1f} dB from {exact}" if file.psnr_db else "")
        )


@styles.command(short_help="Install a pack, run, folder, model file or picture.")
@click.argument("path", metavar="PACK|RUN|FOLDER|FILE|PICTURE", type=click.Path(path_type=Path))
@click.option("--name", metavar="NAME", help="Name of a picture's style. [default: its file name]")
@click.option(
    "--stroke",
    type=click.FloatRange(MIN_STROKE, MAX_STROKE),
    default=1.0,
    show_default=True,
    help="Size of the strokes of a picture's style, a factor.",
)
@overwrite_option
def add(path: Path, name: str | None, stroke: float, overwrite: bool) -> None:
    """Install a style pack, a finished run, a style folder, a model file with its card, or the
    style of a picture, which is predicted in a second or two."""
    if name is not None and not is_style_name(name):
        raise click.UsageError("Names of styles have small letters, digits, - and _ only.")
    style = add_style(path, overwrite=overwrite, name=name, stroke=stroke)
    echo(f"Added. Try it: livestyle cam --style {style.card.name}", err=True)
    echo(style.folder)


@styles.command()
@click.argument("name")
def remove(name: str) -> None:
    """Remove a style that was added."""
    remove_style(name)
    echo(f"Removed {name}.", err=True)


def _drawn(card: StyleCard) -> list[str]:
    """What the network has of `train --brush`, `--pattern` and `--surface`."""
    drawn = [
        f"{kind} {card.training[kind]}" for kind in ("brush", "pattern") if kind in card.training
    ]
    return drawn + ["surface"] * bool(card.training.get("surface"))


def _work(card: StyleCard) -> str:
    """The artwork, in a line."""
    artist = "" if card.artist == UNKNOWN else card.artist
    return ", ".join(part for part in (card.title, artist, card.year) if part)


def _is_own(style: Style) -> bool:
    """Whether the user added it."""
    return style.folder.is_relative_to(styles_folder())


def _row(style: Style) -> dict[str, Any]:
    card = style.card
    return {
        "name": card.name,
        "title": card.title,
        "artist": card.artist,
        "licence": card.licence,
        "net": card.net,
        "parameters": card.parameters,
        "kmac_per_pixel": card.kmac_per_pixel,
        "precisions": list(card.precisions),
        "size_bytes": sum(file.size_bytes for file in card.all_files),
        "default": card.name == DEFAULT_STYLE,
        "own": _is_own(style),
    }
