"""A preview of a painted video: five frames as one picture, and the time that all would take."""

import math
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from livestyle.contact_sheet import in_grid
from livestyle.files import WHOLE, Clip
from livestyle.frame import Frame
from livestyle.images import to_long_side, write_picture
from livestyle.output_file import check_output
from livestyle.render.file_painter import FilePainter
from livestyle.sources.pictures import PictureSequence, is_sequence

PREVIEW_FRAMES = 5
PREVIEW_PX = 480
"""Long side of each frame of a preview."""


def preview_video(
    video: Path,
    output: Path,
    paint: FilePainter,
    *,
    clip: Clip = WHOLE,
    overwrite: bool = False,
) -> float:
    """Paints five frames of a video, from its beginning to its end, into one picture.

    Args:
        video: the file to read.
        output: the picture: the originals in the upper row, what is painted in the lower one.
        paint: paints a frame.
        clip: which part, and at which size.
        overwrite: whether an older `output` may be replaced.

    Returns:
        How many seconds all frames would take to paint; 0.0 when their number is unknown.

    Raises:
        SourceError, EngineError, SinkError: what failed.
    """
    check_output(output, overwrite=overwrite, inputs=[video])
    with clip.open(video) as source:
        paint.begin(clip.zero_s(source))
        begins_s, length_s = clip.start_s or 0.0, source.duration_s
        ends_s = min(clip.end_s or length_s, length_s or math.inf)
        count: float = source.frame_count
        if length_s:
            count = (count or length_s * source.fps) * max(0.0, ends_s - begins_s) / length_s
    step_s = max(0.0, ends_s - begins_s) / PREVIEW_FRAMES
    originals, painted, took_s = [], [], []
    for number in range(PREVIEW_FRAMES if step_s else 1):
        frame = _frame_at(begins_s + (number + 0.5) * step_s, video, clip)
        if frame is None:
            continue
        began_s = time.perf_counter()
        (shown,) = [*paint(frame), *paint.flush()]
        painted.append(to_long_side(shown.pixels, PREVIEW_PX))
        took_s.append(time.perf_counter() - began_s)
        originals.append(to_long_side(frame.pixels, PREVIEW_PX))
    write_picture(output, in_grid([originals, painted]))
    # So far apart, no frame is smoothed with the one before it.
    smoothing_s = paint.smoothing_s(frame) if frame is not None else 0.0
    return (float(np.median(took_s)) + smoothing_s) * count


def _frame_at(at_s: float, video: Path, clip: Clip) -> Frame | None:
    """The frame of a time, counted from where the video begins."""
    with (clip if is_sequence(video) else replace(clip, start_s=at_s)).open(video) as source:
        if isinstance(source, PictureSequence):
            source.skip(round(at_s * source.fps - 0.5))
        return source.read()
