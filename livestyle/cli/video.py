"""`livestyle video`: files in, painted files out, every frame."""

import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from livestyle.cli.echo import echo
from livestyle.cli.options import (
    SIZE,
    FiniteRange,
    encoding_options,
    is_set,
    overwrite_option,
    painting_options,
    resume_option,
)
from livestyle.cli.signals import ending_cleanly
from livestyle.engines import EngineOptions, load
from livestyle.errors import LivestyleError, SinkError
from livestyle.files import Clip, video_pipeline
from livestyle.frame import Frame
from livestyle.plain import printable
from livestyle.protocols import Stylizer
from livestyle.render.compositing import Look
from livestyle.render.file_painter import FilePainter, FilmPainter
from livestyle.render.style_timeline import StyleTimeline, TimedStyles
from livestyle.sinks.formats import RecordOptions
from livestyle.styles.library import find_style
from livestyle.video_preview import preview_video

PIPE = Path("-")

_KEPT_SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".webm", ".gif", ".ts"})
"""A video in a folder of results keeps these; any other becomes .mp4."""

_VIDEO_SUFFIXES = _KEPT_SUFFIXES | {
    ".3gp", ".asf", ".avi", ".dv", ".flv", ".m2ts", ".mpeg", ".mpg", ".mts", ".mxf", ".ogv",
    ".vob", ".wmv",
}  # fmt: skip


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


class StylesType(click.ParamType[StyleTimeline]):
    """Styles, and from when on they paint: TIME:STYLE,...,fade=SECONDS."""

    name = "TIME:STYLE,..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> StyleTimeline:
        """The timeline."""
        if isinstance(value, StyleTimeline):
            return value
        try:
            return StyleTimeline.parse(str(value))
        except ValueError as error:
            self.fail(f"{value!r}: {error}.", param, ctx)


@click.command()
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@click.argument("output", type=click.Path(path_type=Path))
@painting_options
@click.option(
    "--styles",
    type=StylesType(),
    help="Several styles in turn, as in 0:mosaic,12.5:udnie,fade=1: from when on each paints, and "
    "how many seconds one fades into the next. Instead of --style.",
)
@click.option("--size", type=SIZE, help="Scale to exactly this.")
@click.option("--height", type=click.IntRange(1, 16384), help="Scale to this height.")
@click.option("--start", "start_s", type=SecondsType(), help="Begin here, in s or m:s.")
@click.option("--end", "end_s", type=SecondsType(), help="End here, in s or m:s.")
@click.option("--fps", type=FiniteRange(0.1, 240), help="Frames per second.  [default: its own]")
@encoding_options
@click.option(
    "--steady",
    default=0.0,
    show_default=True,
    metavar="0..1",
    type=FiniteRange(0, 1),
    help="Temporal smoothing along the motion, for strokes that stay on what they are painted on; "
    "0 is none. It halves the flicker of a moving camera, and may take longer than the network.",
)
@click.option(
    "--preview",
    is_flag=True,
    help="Paint five frames into OUTPUT.preview.png, and tell the time that all take.",
)
@resume_option
@overwrite_option
@click.pass_context
def video(
    ctx: click.Context,
    /,
    inputs: Sequence[Path],
    output: Path,
    style: str,
    styles: StyleTimeline | None,
    look: Look,
    engine: EngineOptions,
    size: tuple[int, int] | None,
    height: int | None,
    start_s: float | None,
    end_s: float | None,
    fps: float | None,
    encoding: RecordOptions,
    steady: float,
    preview: bool,
    resume: bool,
    overwrite: bool,
) -> None:
    """Repaint video files: every frame with its time stamp, and the sound.

    INPUTS are videos or folders of them, numbered pictures (a folder, or shots/%05d.png), or - for
    standard input. OUTPUT is a video, an animated picture (.gif .webp .apng), numbered pictures
    (out/%05d.png), or a folder when there are several; what is in it already is then left as it is.

    Every pixel is painted, so strokes are finer in larger videos; `cam` keeps them as large as at
    640x480.
    """
    if size and height:
        raise click.UsageError("Take --size or --height, not both.")
    if start_s is not None and end_s is not None and end_s <= start_s:
        raise click.UsageError("--end must come after --start.")
    if styles and is_set(ctx, "style"):
        raise click.UsageError("Take --style or --styles, not both.")
    clip = Clip(size, height, start_s, end_s, fps)
    with ExitStack() as opened:
        if PIPE in inputs:
            standard_input = opened.enter_context(_spooled())
            inputs = [standard_input if path == PIPE else path for path in inputs]
        jobs, done = _jobs(inputs, output, overwrite=overwrite)
        for target in done:
            echo(f"{target} is there already and is left as it is.", err=True)
        stylizer: Stylizer | TimedStyles = (
            TimedStyles(styles, engine) if styles else load(find_style(style), engine)
        )
        opened.callback(stylizer.close)
        failures: list[LivestyleError] = []
        for origin, target in jobs:
            paint = FilePainter(stylizer, look, steady)
            try:
                if preview:
                    target = _previewed(origin, target, paint, clip, overwrite=overwrite)
                else:
                    repaint(
                        origin, target, paint, clip, encoding, overwrite=overwrite, resume=resume
                    )
            except LivestyleError as error:
                if len(jobs) == 1 and not done:
                    raise
                failures.append(error)
                echo(f"livestyle: {error}", err=True)
            else:
                echo(target)
    if output.is_dir():
        painted = len(jobs) - len(failures)
        counts = f"{painted} painted, {len(done)} there already, {len(failures)} failed"
        echo(f"{counts}, in {output}.", err=True)
    if failures:
        raise type(failures[0])(
            f"{len(failures)} of {len(jobs)} videos could not be repainted (see above)."
        )


def _previewed(
    origin: Path, target: Path, paint: FilePainter, clip: Clip, *, overwrite: bool
) -> Path:
    """Writes the preview of a video beside its target, and says how long the whole would take."""
    picture = target.with_name(f"{target.name}.preview.png")
    whole_s = preview_video(origin, picture, paint, clip=clip, overwrite=overwrite)
    if whole_s:
        minutes, seconds = divmod(round(whole_s), 60)
        echo(f"All frames would take about {minutes}:{seconds:02} to paint.", err=True)
    return picture


@contextmanager
def _spooled() -> Iterator[Path]:
    """Standard input as a file: a video is read twice, for its pictures and its sound."""
    with TemporaryDirectory(prefix="livestyle-") as folder:
        path = Path(folder) / "standard-input"
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield path


@contextmanager
def progress_of(origin: Path) -> Iterator[Callable[[int, int], None]]:
    """A progress bar for one file: call it with the frames done, and their number if known."""
    label, hidden = printable(origin.name), not sys.stderr.isatty()
    with click.progressbar(
        length=0, label=label, file=sys.stderr, show_pos=True, hidden=hidden
    ) as bar:

        def show(done: int, frames: int) -> None:
            bar.length = frames
            bar.update(done - bar.pos)

        yield show


def repaint(
    origin: Path,
    target: Path,
    paint: FilmPainter | Callable[[Frame], Frame],
    clip: Clip,
    encoding: RecordOptions,
    *,
    overwrite: bool,
    resume: bool = False,
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
            resume=resume,
            on_progress=show,
        ) as pipeline,
        ending_cleanly(pipeline.stop),
    ):
        pipeline.run()
    echo(f"Painted {pipeline.shown} frames of {origin.name}.", err=True)


def _jobs(
    inputs: Sequence[Path], output: Path, *, overwrite: bool
) -> tuple[list[tuple[Path, Path]], list[Path]]:
    """Pairs of where from and where to; and the results that are in a folder already."""
    videos = [video for path in inputs for video in _videos(path)]
    several = len(videos) > 1 or videos != list(inputs)
    if not several and not output.is_dir():
        return [(videos[0], output)], []
    if output.suffix and not output.is_dir():
        raise click.UsageError("Several videos go into a folder; give its name as OUTPUT.")
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(f"The folder {output} cannot be made ({error}).") from error
    targets: dict[Path, Path] = {}
    for video in videos:
        suffix = video.suffix.lower() if video.suffix.lower() in _KEPT_SUFFIXES else ".mp4"
        target, number = output / f"{video.stem}{suffix}", 2
        while target in targets:
            target = output / f"{video.stem}-{number}{suffix}"
            number += 1
        targets[target] = video
    done = [target for target in targets if target.exists() and not overwrite and several]
    return [(video, target) for target, video in targets.items() if target not in done], done


def _videos(path: Path) -> list[Path]:
    """The video, or those in the folder; a folder of pictures alone is one video."""
    if not path.is_dir():
        return [path]
    return sorted(p for p in path.iterdir() if p.suffix.lower() in _VIDEO_SUFFIXES) or [path]
