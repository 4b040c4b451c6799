"""`livestyle video`: files in, painted files out, every frame."""

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from livestyle.cli.echo import echo
from livestyle.cli.options import (
    SIZE,
    FiniteRange,
    Painting,
    encoding_of,
    encoding_options,
    painting_of,
    painting_options,
)
from livestyle.cli.signals import ending_cleanly
from livestyle.engines import load
from livestyle.errors import LivestyleError, SinkError, SourceError
from livestyle.frame import Frame
from livestyle.images import MAX_PIXELS
from livestyle.live.metrics import Metrics
from livestyle.live.pipeline import Pipeline
from livestyle.plain import printable
from livestyle.protocols import Stylizer
from livestyle.render.compositing import apply
from livestyle.render.smoothing import TemporalSmoothing
from livestyle.sinks.recorder import Recorder, RecordOptions
from livestyle.sources.file import VideoFile
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


@dataclass(frozen=True, slots=True)
class Cut:
    """Which part of the input is wanted, and how large."""

    size: tuple[int, int] | None
    height: int | None = None
    start_s: float | None = None
    end_s: float | None = None

    def open(self, path: Path) -> VideoFile:
        """The input, scaled and cut."""
        file = VideoFile(path, self.size, self.start_s, self.end_s)
        if not self.height:
            return file
        width, height = file.size
        file.close()
        size = max(1, round(width * self.height / height)), self.height
        if size[0] * size[1] > MAX_PIXELS:
            raise SourceError(
                f"{path} would become {size[0]}x{size[1]}; the limit is "
                f"{MAX_PIXELS // 1_000_000} million pixels. Take a smaller --height."
            )
        return VideoFile(path, size, self.start_s, self.end_s)


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
@click.option("--overwrite", is_flag=True, help="Replace an older output.")
def video(
    inputs: Sequence[Path],
    output: Path,
    size: tuple[int, int] | None,
    height: int | None,
    start_s: float | None,
    end_s: float | None,
    steady: float,
    overwrite: bool,
    **options: Any,
) -> None:
    """Repaint video files: every frame, at its own time, with its sound.

    OUTPUT is a file, or a folder when there are several INPUTS.
    """
    if size and height:
        raise click.UsageError("Take --size or --height, not both.")
    if start_s is not None and end_s is not None and end_s <= start_s:
        raise click.UsageError("--end must come after --start.")
    painting = painting_of(options)
    cut = Cut(size, height, start_s, end_s)
    encoding = encoding_of(options)
    jobs = _jobs(inputs, output)
    failures: list[LivestyleError] = []
    stylizer = load(find_style(painting.style), painting.engine)
    try:
        for origin, target in jobs:
            try:
                repaint(
                    origin, target, _painter(stylizer, painting, steady), cut, encoding, overwrite
                )
            except LivestyleError as error:
                if len(jobs) == 1:
                    raise
                failures.append(error)
                echo(f"livestyle: {error}", err=True)
            else:
                echo(target)
    finally:
        stylizer.close()
    if failures:
        raise type(failures[0])(
            f"{len(failures)} of {len(jobs)} videos could not be repainted (see above)."
        )


def _painter(stylizer: Stylizer, painting: Painting, steady: float) -> Callable[[Frame], Frame]:
    """What paints the frames of one file."""
    smoothed = TemporalSmoothing(steady)

    def paint(frame: Frame) -> Frame:
        original = frame.pixels
        if painting.look.strength <= 0:  # the network's work would not be seen
            return frame.painted(apply(original, original, painting.look), painting.style)
        painted = smoothed(original, stylizer(original))
        return frame.painted(apply(original, painted, painting.look), painting.style)

    return paint


def repaint(
    origin: Path,
    target: Path,
    paint: Callable[[Frame], Frame],
    cut: Cut,
    encoding: RecordOptions,
    overwrite: bool,
) -> None:
    """Paints every frame of one file into another, at its own time, with its sound.

    Raises:
        SourceError, StyleError, EngineError, SinkError: what failed.
    """
    with ExitStack() as opened:
        source = cut.open(origin)
        opened.callback(source.close)
        recorder = Recorder(
            target,
            fps=source.fps,
            options=encoding,
            time_base=source.time_base,
            audio_from=origin,
            start_s=cut.start_s or 0.0,
            end_s=cut.end_s,
            overwrite=overwrite,
            partial_if_full=True,
        )
        opened.callback(recorder.close)
        with click.progressbar(
            length=source.frame_count, label=printable(origin.name), file=sys.stderr, show_pos=True
        ) as bar:
            pipeline = Pipeline(source, paint, [recorder, Ticker(bar.update)], Metrics())
            with ending_cleanly(pipeline.stop):
                pipeline.run()
    echo(f"{recorder.frames} frames.", err=True)


class Ticker:
    """A sink that moves a progress bar."""

    def __init__(self, advance: Callable[[int], None]) -> None:
        self._advance = advance

    def write(self, frame: Frame) -> None:
        """One frame further."""
        self._advance(1)

    def close(self) -> None:
        """The bar is finished by its own context."""


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
