"""`livestyle image`: pictures in, painted pictures out."""

import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from livestyle.cli.echo import echo
from livestyle.cli.options import painting_of, painting_options
from livestyle.engines import load
from livestyle.errors import LivestyleError, SinkError, SourceError
from livestyle.frame import Pixels
from livestyle.images import SUFFIXES, encode_picture, read_picture, write_picture
from livestyle.render.compositing import apply
from livestyle.styles.library import find_style

PIPE = Path("-")


@click.command()
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@click.argument("output", type=click.Path(path_type=Path, allow_dash=True))
@painting_options
def image(inputs: Sequence[Path], output: Path, **options: Any) -> None:
    """Repaint pictures.

    INPUTS are pictures or folders of them, or - for standard input. OUTPUT is a picture, - for
    standard output (PNG), or a folder when there are several.
    """
    painting = painting_of(options)
    jobs = _jobs(inputs, output)
    failures: list[LivestyleError] = []
    stylizer = load(find_style(painting.style), painting.engine)
    try:
        for origin, target in jobs:
            try:
                original = _read(origin)
                painted = stylizer(original) if painting.look.strength > 0 else original
                _write(target, apply(original, painted, painting.look))
            except LivestyleError as error:
                if len(jobs) == 1:
                    raise
                failures.append(error)
                echo(f"livestyle: {error}", err=True)
    finally:
        stylizer.close()
    if failures:
        raise type(failures[0])(
            f"{len(failures)} of {len(jobs)} pictures could not be repainted (see above)."
        )


def _jobs(inputs: Sequence[Path], output: Path) -> list[tuple[Path, Path]]:
    """Pairs of where from and where to."""
    pictures = [found for path in inputs for found in _pictures(path)]
    if not pictures:
        raise SourceError(f"There are no pictures in {', '.join(map(str, inputs))}.")
    several = len(pictures) > 1 or any(path.is_dir() for path in inputs)
    if several and (output == PIPE or output.suffix.lower() in SUFFIXES):
        raise click.UsageError("Several pictures go into a folder; give its name as OUTPUT.")
    if several or output.is_dir():
        jobs = [(picture, output / name) for picture, name in pictures]
    else:
        jobs = [(pictures[0][0], output)]
    if len({target for _, target in jobs}) < len(jobs):
        raise click.UsageError("Two of the pictures have the same name; repaint them one by one.")
    for picture, target in jobs:
        if picture.exists() and target.exists() and target.samefile(picture):
            raise SinkError(f"{target} is what is being read. Name another place to write to.")
    return jobs


def _pictures(path: Path) -> list[tuple[Path, Path]]:
    """The picture, or those in the folder, each with its name in an output folder."""
    if path == PIPE:
        return [(path, Path("painted.png"))]
    if not path.is_dir():
        return [(path, Path(path.name))]
    found = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES)
    return [(picture, picture.relative_to(path)) for picture in found]


class StandardInput(io.BytesIO):
    """What came through the pipe, under a name that messages can use."""

    def __str__(self) -> str:
        return "standard input"


def _read(origin: Path) -> Pixels:
    return read_picture(StandardInput(sys.stdin.buffer.read()) if origin == PIPE else origin)


def _write(target: Path, pixels: Pixels) -> None:
    if target == PIPE:
        encode_picture(sys.stdout.buffer, pixels, "PNG")
        sys.stdout.buffer.flush()  # whoever reads it may have left, which must show now
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(f"The folder {target.parent} cannot be made ({error}).") from error
    write_picture(target, pixels)
