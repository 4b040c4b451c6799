"""Files painted: pictures and videos, each into another file."""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

import numpy as np

from livestyle.engines import EngineOptions, load
from livestyle.errors import SourceError
from livestyle.frame import Frame, Pixels
from livestyle.images import MAX_PIXELS, Picture, encode_picture, open_picture, write_picture
from livestyle.live.metrics import Metrics
from livestyle.live.pipeline import Pipeline
from livestyle.output_file import check_output
from livestyle.protocols import Sink, Stylizer, Tileable
from livestyle.render.compositing import Look, apply
from livestyle.render.file_painter import FilePainter, FilmPainter
from livestyle.render.scaling import painted_within
from livestyle.render.style_timeline import StyleTimeline, TimedStyles
from livestyle.render.tiles import painted_in_tiles
from livestyle.sinks.formats import RecordOptions
from livestyle.sinks.pictures import PictureSink
from livestyle.sinks.recorder import Recorder
from livestyle.sinks.unfinished import unfinished
from livestyle.sources.animation import AnimatedPicture
from livestyle.sources.file import VideoFile
from livestyle.sources.pictures import PictureSequence, is_pattern, is_sequence
from livestyle.styles.library import DEFAULT_STYLE, find_style
from livestyle.styles.style import Style

log = logging.getLogger(__name__)


FileSource: TypeAlias = VideoFile | AnimatedPicture | PictureSequence


@dataclass(frozen=True, slots=True)
class Clip:
    """Which part of a video is read, and at which size.

    Attributes:
        size: (width, height) that frames are scaled to; None leaves them.
        height: the same, by height alone; the width follows.
        start_s, end_s: in seconds from where the file begins; None: its ends.
        fps: frames are dropped and repeated until they come at this rate; None leaves them. Of
            numbered pictures, how many are shown a second; None: 25.
    """

    size: tuple[int, int] | None = None
    height: int | None = None
    start_s: float | None = None
    end_s: float | None = None
    fps: float | None = None

    def open(self, path: Path) -> FileSource:
        """The video, animation, or numbered pictures, scaled and cut.

        Raises:
            SourceError: it cannot be opened, or would become too large.
        """
        file = self._opened(path, self.size)
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
        return self._opened(path, size)

    def zero_s(self, source: FileSource) -> float:
        """The time stamp at which it begins in a source that it opened."""
        if isinstance(source, PictureSequence):
            return 0.0
        return source.origin_s + (self.start_s or 0.0)

    def _opened(self, path: Path, size: tuple[int, int] | None) -> FileSource:
        if is_sequence(path):
            if self.start_s is not None or self.end_s is not None:
                raise SourceError(f"{path}: numbered pictures have no --start and --end.")
            return PictureSequence(path, self.fps or 25.0, size)
        kind = AnimatedPicture if path.suffix.lower() == ".webp" else VideoFile
        return kind(path, size, self.start_s, self.end_s, self.fps)


MOST_AT_ONCE = 16_000_000
"""Pixels of a picture that are painted at once where larger ones are painted in tiles: the same
painting in a fraction of the time, in 1.0 GB of memory with int8 and 1.9 with fp32."""

MOST_PAINTED = 10_000_000
"""Pixels that are painted where an engine has no tiles, so that its device has the memory."""

FULL_STYLE = Look()
WHOLE = Clip()
FILE_ENCODING = RecordOptions()


def paint_image(
    picture: str | Path | BinaryIO | Pixels,
    output: str | Path | BinaryIO | None = None,
    style: str | Path | Style | Stylizer = DEFAULT_STYLE,
    *,
    look: Look = FULL_STYLE,
    engine: EngineOptions | None = None,
    height: int | None = None,
    quality: int = 95,
    overwrite: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> Pixels:
    """Paints one picture.

    Args:
        picture: a path, an open file, or RGB uint8 (H, W, 3).
        output: the file to write, whose suffix picks the format; an open one gets a PNG; None
            writes none.
        style: a name, a path, or a style that is loaded already and stays so.
        look: strength and colours.
        engine: what runs the network.
        height: in pixels, that it is scaled to before; its width follows. None leaves it.
        quality: of JPEG, WebP, AVIF and HEIC, 1 to 100.
        overwrite: whether an older `output` may be replaced.
        on_progress: told how much work is done, and of how much, if it is painted in tiles.

    Returns:
        The painted picture, RGB uint8 (H, W, 3).

    Raises:
        SourceError, StyleError, EngineError, SinkError: what failed.
    """
    picture = Path(picture) if isinstance(picture, str) else picture
    output = Path(output) if isinstance(output, str) else output
    if isinstance(output, Path):
        check_output(output, overwrite=overwrite, inputs=_paths_of(picture))
    opened = Picture(picture) if isinstance(picture, np.ndarray) else open_picture(picture)
    opened = opened.to_height(height) if height else opened
    original = opened.pixels
    with _loaded(style, engine) as stylizer:
        painted = _painted(original, stylizer, on_progress) if look.strength else original
    painted = apply(original, painted, look)
    if isinstance(output, Path):
        write_picture(output, painted, quality=quality, like=opened)
    elif output is not None:
        encode_picture(output, painted, "PNG", like=opened)
    return painted


def _painted(
    pixels: Pixels, stylizer: Stylizer, on_progress: Callable[[int, int], None] | None
) -> Pixels:
    """At its own size, at once or in tiles; without tiles, in `MOST_PAINTED` pixels."""
    count = pixels.shape[0] * pixels.shape[1]
    if count > MOST_PAINTED and isinstance(stylizer, Tileable):
        network = stylizer.tile_network()
        if network and count <= MOST_AT_ONCE:
            return stylizer(pixels)
        if network:
            return painted_in_tiles(pixels, network, on_progress=on_progress)
    return painted_within(MOST_PAINTED, pixels, stylizer)


def paint_video(
    video: str | Path,
    output: str | Path,
    style: str | Path | Style | Stylizer | StyleTimeline = DEFAULT_STYLE,
    *,
    look: Look = FULL_STYLE,
    engine: EngineOptions | None = None,
    steady: float = 0.0,
    clip: Clip = WHOLE,
    encoding: RecordOptions = FILE_ENCODING,
    overwrite: bool = False,
    resume: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> int:
    """Paints every frame of a video into another, at its own time, with its sound.

    Args:
        video: the file to read, or numbered pictures: a folder of them or shots/%05d.png.
        output: the file to write, whose suffix picks the container, or numbered pictures such as
            out/%05d.png.
        style: a name, a path, a style that is loaded already and stays so, or several in turn.
        look: strength and colours.
        engine: what runs the network.
        steady: 0.0 to 1.0: how long strokes stay on what they are painted on, see
            `MotionSmoothing`.
        clip: which part, and at which size.
        encoding: codec and quality.
        overwrite: whether an older `output` may be replaced.
        resume: go on from what an interrupted run left beside `output`, if it left something.
        on_progress: told after each frame how many are done, and of how many; 0: unknown.

    Returns:
        The number of frames.

    Raises:
        SourceError, StyleError, EngineError, SinkError: what failed.
    """
    opening: AbstractContextManager[Stylizer] | TimedStyles
    if isinstance(style, StyleTimeline):
        opening = TimedStyles(style, engine)
    else:
        opening = _loaded(style, engine)
    with (
        opening as stylizer,
        video_pipeline(
            Path(video),
            Path(output),
            FilePainter(stylizer, look, steady),
            clip=clip,
            encoding=encoding,
            overwrite=overwrite,
            resume=resume,
            on_progress=on_progress,
        ) as pipeline,
    ):
        pipeline.run()
        return pipeline.shown


@contextmanager
def video_pipeline(
    video: Path,
    output: Path,
    paint: FilmPainter | Callable[[Frame], Frame],
    *,
    clip: Clip = WHOLE,
    encoding: RecordOptions = FILE_ENCODING,
    overwrite: bool = False,
    resume: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> Iterator[Pipeline]:
    """Opens both files, and gives the pipeline between them to run.

    Args:
        video, output, clip, encoding, overwrite, on_progress: see `paint_video`.
        paint: paints the frames, one after the other.
        resume: see `paint_video`; only a `FilmPainter` can.

    Raises:
        SourceError: the video cannot be opened.
        SinkError: the output cannot be written.
    """
    with ExitStack() as opened:
        source = clip.open(video)
        opened.callback(source.close)
        sink: PictureSink | Recorder
        done = 0
        if is_pattern(output):
            sink = PictureSink(output, overwrite=overwrite, resume=resume)
            done = sink.frames
        else:
            begun = unfinished(output) if resume else []
            done = begun[0].frames if begun else 0
            sink = Recorder(
                output,
                fps=source.fps,
                options=encoding,
                time_base=source.time_base,
                audio_from=video if isinstance(source, VideoFile) else None,
                start_s=clip.start_s or 0.0,
                end_s=clip.end_s,
                overwrite=overwrite,
                is_whole=lambda: source.is_over and sink.frames == source.frames_read,
                resume_from=begun,
            )
        opened.callback(sink.close)
        if resume:
            log.warning(
                "%s: %s.", output, f"{done} frames are there already" if done else "begins anew"
            )
        sinks: list[Sink] = [sink]
        if on_progress:
            sinks.append(_Progress(on_progress, done, source.frame_count))
        if isinstance(paint, FilmPainter):
            paint.begin(clip.zero_s(source), done)
            yield Pipeline(source, paint, sinks, Metrics(), flush=paint.flush)
        else:
            yield Pipeline(source, paint, sinks, Metrics())


class _Progress(Sink):
    """A sink that counts."""

    def __init__(self, on_progress: Callable[[int, int], None], done: int, frames: int) -> None:
        self._on_progress = on_progress
        self._done, self._frames = done, frames

    def write(self, frame: Frame) -> None:
        """One frame further."""
        self._done += 1
        self._on_progress(self._done, self._frames)

    def close(self) -> None:
        """Nothing is held."""


def _paths_of(picture: Path | BinaryIO | Pixels) -> list[Path]:
    """The file that a picture is read from, if it is one."""
    if isinstance(picture, Path):
        return [picture]
    name = getattr(picture, "name", None)  # of an open file; a number where it has no name
    return [Path(name)] if isinstance(name, str) else []


@contextmanager
def _loaded(
    style: str | Path | Style | Stylizer, engine: EngineOptions | None
) -> Iterator[Stylizer]:
    """The style, ready to paint; closed at the end if it was loaded here."""
    if isinstance(style, str | Path):
        style = find_style(str(style))
    if isinstance(style, Style):
        with load(style, engine) as stylizer:
            yield stylizer
    else:
        yield style
