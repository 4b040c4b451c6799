"""Frames at a constant rate."""

import math
from collections.abc import Generator, Iterable
from dataclasses import replace
from fractions import Fraction

from livestyle.frame import Frame


def at_rate(frames: Iterable[Frame], fps: Fraction) -> Generator[Frame, None, None]:
    """Drops and repeats frames until they come at a constant rate.

    Each moment shows the frame that is nearest in time, as with FFmpeg's `fps` filter; time counts
    from the first frame.
    """
    step_s = float(1 / fps)
    zero_s, held, count = 0.0, None, 0
    for frame in frames:
        if held is None:
            zero_s = frame.pts_s
        due = math.floor((frame.pts_s - zero_s) * float(fps) + 0.5)
        while held is not None and count < due:
            yield _at(held, count, zero_s, step_s)
            count += 1
        held = frame
    if held is None:
        return
    ends_s = held.pts_s - zero_s + (held.duration_s or step_s)
    while count < max(1, math.floor(ends_s * float(fps) + 0.5)):
        yield _at(held, count, zero_s, step_s)
        count += 1


def _at(frame: Frame, index: int, zero_s: float, step_s: float) -> Frame:
    return replace(frame, index=index, pts_s=zero_s + index * step_s, duration_s=step_s)
