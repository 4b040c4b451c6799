"""`livestyle styles`: what there is to paint with."""

import json
from pathlib import Path
from typing import Any

import click

from livestyle.cli.echo import echo
from livestyle.styles.library import DEFAULT_STYLE, add_style, find_style, list_styles, remove_style
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
    for style in found:
        card = style.card
        work = ", ".join(part for part in (card.title, card.artist, card.year) if part)
        echo(f"{card.name:<{width}}  {work}  [{', '.join(card.precisions)}]")


@styles.command()
@click.argument("name")
def show(name: str) -> None:
    """Print the card of a style."""
    echo(find_style(name).card.to_json())


@styles.command()
@click.argument("path", metavar="PACK|RUN|FOLDER|FILE", type=click.Path(path_type=Path))
def add(path: Path) -> None:
    """Install a style pack, a finished run, a style folder or a model file with its card."""
    style = add_style(path)
    echo(f"Added. Try it: livestyle cam --style {style.card.name}", err=True)
    echo(style.folder)


@styles.command()
@click.argument("name")
def remove(name: str) -> None:
    """Remove a style that was added."""
    remove_style(name)
    echo(f"Removed {name}.", err=True)


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
        "rich": bool(card.rich),
        "size_bytes": sum(file.size_bytes for file in card.all_files),
        "default": card.name == DEFAULT_STYLE,
    }
