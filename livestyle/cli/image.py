"""`livestyle image`: pictures in, painted pictures out."""

import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from livestyle.cli.echo import echo
from livestyle.cli.options import MAX_SIDE_PX, overwrite_option, painting_options
from livestyle.engines import EngineOptions, load
from livestyle.errors import LivestyleError, SinkError, SourceError
from livestyle.files import paint_image
from livestyle.frame import Pixels
from livestyle.images import FOUND_SUFFIXES, SUFFIXES
from livestyle.render.compositing import Look
from livestyle.styles.library import find_style

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

PIPE = Path("-")

Job = tuple[Path, Path]
"""Where a picture comes from, and where it goes."""


@click.command()
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@click.argument("output", type=click.Path(path_type=Path, allow_dash=True))
@painting_options
@click.option("--height", type=click.IntRange(1, MAX_SIDE_PX), help="Scale to this height.")
@click.option(
    "--quality",
    default=95,
    show_default=True,
    type=click.IntRange(1, 100),
    help="Of JPEG, WebP, AVIF and HEIC; higher is better and larger.",
)
@overwrite_option
def image(
    inputs: Sequence[Path],
    output: Path,
    style: str,
    look: Look,
    engine: EngineOptions,
    height: int | None,
    quality: int,
    overwrite: bool,
) -> None:
    """Repaint pictures.

    INPUTS are pictures or folders of them, or - for standard input. OUTPUT is a picture, - for
    standard output (PNG), or a folder, which is made if need be: for several pictures, or where
    its name has no ending.

    Every pixel is painted, so strokes are finer in larger pictures; `cam` keeps them as large as
    at 640x480. Pictures of more than 16 megapixels are painted in tiles, without seams, which takes
    several times as long.
    """
    paint = partial(paint_image, look=look, height=height, quality=quality, overwrite=overwrite)
    jobs = _jobs(inputs, output)
    failures: list[LivestyleError] = []
    with (
        load(find_style(style), engine) as stylizer,
        click.progressbar(
            jobs,
            label="pictures",
            file=sys.stderr,
            show_pos=True,
            hidden=len(jobs) == 1 or not sys.stderr.isatty(),
        ) as bar,
        tile_progress(hidden=len(jobs) > 1 or not sys.stderr.isatty()) as show,
    ):
        for origin, target in bar:
            try:
                _paint(origin, target, partial(paint, style=stylizer, on_progress=show))
            except LivestyleError as error:
                if len(jobs) == 1:
                    raise
                failures.append(error)
                echo(f"livestyle: {error}", err=True)
    if done := len(jobs) - len(failures):
        where = (
            jobs[0][1]
            if len(jobs) == 1 and not output.is_dir()
            else f"{done} of {len(jobs)} pictures into {output}"
        )
        if output != PIPE:
            echo(f"Painted {where}.", err=True)
    if failures:
        raise type(failures[0])(
            f"{len(failures)} of {len(jobs)} pictures could not be repainted (see above)."
        )


@contextmanager
def tile_progress(*, hidden: bool) -> Iterator[Callable[[int, int], None]]:
    """A progress bar for the tiles of a picture; none is drawn before it is called."""
    bar: ProgressBar[int] = click.progressbar(
        length=0, label="painting in tiles", file=sys.stderr, hidden=hidden
    )

    def show(done: int, work: int) -> None:
        bar.length = work
        bar.update(done - bar.pos)

    try:
        yield show
    finally:
        if bar.pos:
            bar.render_finish()


class StandardInput(io.BytesIO):
    """What came through the pipe, under a name that messages can use."""

    def __str__(self) -> str:
        return "standard input"


def standard_input() -> StandardInput:
    """All that comes through the pipe."""
    return StandardInput(sys.stdin.buffer.read())


def _paint(origin: Path, target: Path, paint: Callable[..., Pixels]) -> None:
    picture = standard_input() if origin == PIPE else origin
    if target == PIPE:
        paint(picture, sys.stdout.buffer)
        sys.stdout.buffer.flush()  # whoever reads it may have left, which must show now
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(f"The folder {target.parent} cannot be made ({error}).") from error
    paint(picture, target)


def _jobs(inputs: Sequence[Path], output: Path) -> list[Job]:
    """What there is to do, known to be possible before the first picture is painted."""
    pictures = [found for path in inputs for found in _pictures(path, output)]
    if not pictures:
        raise SourceError(f"There are no pictures in {', '.join(map(str, inputs))}.")
    is_picture = output.suffix.lower() in SUFFIXES
    several = len(pictures) > 1 or any(path.is_dir() for path in inputs)
    if several and (output == PIPE or (is_picture and not output.is_dir())):
        raise click.UsageError(
            f"{len(pictures)} pictures go into a folder, and {output} is a picture. "
            "Give a folder's name as the last argument."
        )
    if several or output.is_dir() or not (output.suffix or output == PIPE):
        jobs = [(picture, output / name) for picture, name in pictures]
    else:
        jobs = [(pictures[0][0], output)]
    jobs = _without_clash(jobs)
    for picture, target in jobs:
        if picture.exists() and target.exists() and target.samefile(picture):
            raise SinkError(f"{target} is what is being read. Name another place to write to.")
    return jobs


def _without_clash(jobs: list[Job]) -> list[Job]:
    """The same, with a number in the name of each target that was there before."""
    targets: dict[Path, Path] = {}
    for picture, target in jobs:
        free, number = target, 2
        while free in targets:
            free = target.with_stem(f"{target.stem}-{number}")
            number += 1
        targets[free] = picture
    return [(picture, target) for target, picture in targets.items()]


def _pictures(path: Path, output: Path) -> list[Job]:
    """The picture, or those in the folder, each with its name in an output folder.

    Pictures in the output folder are results, not inputs, where it lies in the folder.
    """
    if path == PIPE:
        return [(path, Path("painted.png"))]
    if not path.is_dir():
        return [(path, Path(path.name))]
    results = output.resolve()
    is_inside = results != path.resolve()
    return [
        (picture, picture.relative_to(path))
        for picture in sorted(path.rglob("*"))
        if picture.suffix.lower() in FOUND_SUFFIXES
        and not (is_inside and picture.resolve().is_relative_to(results))
    ]
