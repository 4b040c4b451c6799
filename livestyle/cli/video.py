"""`livestyle video`: files in, painted files out, every frame."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from livestyle.cli.echo import echo
from livestyle.cli.options import (
    SIZE,
    FiniteRange,
    encoding_options,
    overwrite_option,
    painting_options,
)
from livestyle.cli.signals import ending_cleanly
from livestyle.engines import EngineOptions, load
from livestyle.errors import LivestyleError, SinkError
from livestyle.files import Clip, frame_painter, video_pipeline
from livestyle.frame import Frame
from livestyle.plain import printable
from livestyle.render.compositing import Look
from livestyle.sinks.formats import RecordOptions
from livestyle.styles.library import find_style


class SecondsType(click.ParamType[float]):
    """Seconds, or [hours:]minutes:seconds."""

    name = "TIME"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Seconds."""
        try:
            seconds = 0.0
            for part in str(value).split(":"):
                seconds = seconds * 60 + float(part)
        except ValueError:
            self.fail(f"{value!r} is not a time like 75 or 1:15.", param, ctx)
        if not 0 <= seconds < float("inf"):
            self.fail(f"{value!r} is not a time from 0 on.", param, ctx)
        return seconds


@click.command()
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.argument("output", type=click.Path(path_type=Path))
@painting_options
@click.option("--size", type=SIZE, help="Scale to exactly this.")
@click.option("--height", type=click.IntRange(1, 16384), help="Scale to this height.")
@click.option("--start", "start_s", type=SecondsType(), help="Begin here, in s or m:s.")
@click.option("--end", "end_s", type=SecondsType(), help="End here, in s or m:s.")
@encoding_options
@click.option("--steady", default=0.0, show_default=True, metavar="0..1",
              type=FiniteRange(0, 1),
              help="Take the flicker out of what stands still.")  # fmt: skip
@overwrite_option
def video(
    inputs: Sequence[Path],
    output: Path,
    style: str,
    look: Look,
    engine: EngineOptions,
    size: tuple[int, int] | None,
    height: int | None,
    start_s: float | None,
    end_s: float | None,
    encoding: RecordOptions,
    steady: float,
    overwrite: bool,
) -> None:
    """Repaint video files: every frame, at its own time, with its sound.

    OUTPUT is a file, or a folder when there are several INPUTS.
    """
    if size and height:
        raise click.UsageError("Take --size or --height, not both.")
    if start_s is not None and end_s is not None and end_s <= start_s:
        raise click.UsageError("--end must come after --start.")
    clip = Clip(size, height, start_s, end_s)
    jobs = _jobs(inputs, output)
    failures: list[LivestyleError] = []
    with load(find_style(style), engine) as stylizer:
        for origin, target in jobs:
            paint = frame_painter(stylizer, look, steady)
            try:
                repaint(origin, target, paint, clip, encoding, overwrite=overwrite)
            except LivestyleError as error:
                if len(jobs) == 1:
                    raise
                failures.append(error)
                echo(f"livestyle: {error}", err=True)
            else:
                echo(target)
    if failures:
        raise type(failures[0])(
            f"{len(failures)} of {len(jobs)} videos could not be repainted (see above)."
        )


@contextmanager
def progress_of(origin: Path) -> Iterator[Callable[[int, int], None]]:
    """A progress bar for one file: call it with the frames done, and their number if known."""
    label = printable(origin.name)
    with click.progressbar(length=0, label=label, file=sys.stderr, show_pos=True) as bar:

        def show(done: int, frames: int) -> None:
            bar.length = frames
            bar.update(done - bar.pos)

        yield show


def repaint(
    origin: Path,
    target: Path,
    paint: Callable[[Frame], Frame],
    clip: Clip,
    encoding: RecordOptions,
    *,
    overwrite: bool,
) -> None:
    """Paints one file into another, with a progress bar; Ctrl-C ends it cleanly.

    Raises:
        SourceError, EngineError, SinkError: what failed.
    """
    with (
        progress_of(origin) as show,
        video_pipeline(
            origin,
            target,
            paint,
            clip=clip,
            encoding=encoding,
            overwrite=overwrite,
            on_progress=show,
        ) as pipeline,
        ending_cleanly(pipeline.stop),
    ):
        pipeline.run()
    echo(f"{pipeline.shown} frames.", err=True)


def _jobs(inputs: Sequence[Path], output: Path) -> list[tuple[Path, Path]]:
    """Pairs of where from and where to."""
    if len(inputs) == 1 and not output.is_dir():
        return [(inputs[0], output)]
    if output.suffix and not output.is_dir():
        raise click.UsageError("Several videos go into a folder; give its name as OUTPUT.")
    targets = [output / path.with_suffix(".mp4").name for path in inputs]
    if len(set(targets)) < len(targets):
        raise click.UsageError("Two of the videos have the same name; repaint them one by one.")
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(f"The folder {output} cannot be made ({error}).") from error
    return list(zip(inputs, targets, strict=True))
