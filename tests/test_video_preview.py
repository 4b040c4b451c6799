"""The preview of a painted video, and the time that it foretells."""

import time
from pathlib import Path

import numpy as np
import pytest
from live_fakes import ValueStylizer
from media import make_clip
from PIL import Image

from livestyle.files import Clip
from livestyle.frame import Pixels
from livestyle.render.compositing import Look
from livestyle.render.file_painter import FilePainter
from livestyle.render.motion import Motion, MotionEstimator
from livestyle.video_preview import preview_video


class Clock:
    """Time that passes only when something is done."""

    now_s = 0.0

    def perf_counter(self) -> float:
        return self.now_s


class SlowStylizer(ValueStylizer):
    """Takes two seconds for a picture."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(100)
        self._clock = clock

    def __call__(self, pixels: Pixels) -> Pixels:
        self._clock.now_s += 2.0
        return super().__call__(pixels)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Motion between two pictures takes half a second to be found."""
    clock = Clock()
    between = MotionEstimator.between

    def slow(self: MotionEstimator, one: Pixels, other: Pixels) -> tuple[Motion, Motion]:
        clock.now_s += 0.5
        return between(self, one, other)

    monkeypatch.setattr(time, "perf_counter", clock.perf_counter)
    monkeypatch.setattr(MotionEstimator, "between", slow)
    return clock


@pytest.mark.parametrize(
    ("steady", "strength", "frame_s"), [(0.0, 1.0, 2.0), (1.0, 1.0, 2.5), (1.0, 0.0, 0.0)]
)
@pytest.mark.parametrize(
    ("clip", "count"), [(Clip(), 50), (Clip(start_s=1.0, end_s=3.0), 20), (Clip(end_s=60.0), 50)]
)
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])  # which tells how many frames it has, or not
def test_the_time_of_all_frames_is_that_of_the_network_and_of_smoothing(
    suffix: str,
    clip: Clip,
    count: int,
    steady: float,
    strength: float,
    frame_s: float,
    clock: Clock,
    tmp_path: Path,
) -> None:
    video = make_clip(tmp_path / f"clip{suffix}", frames=50, fps=10)
    paint = FilePainter(SlowStylizer(clock), Look(strength=strength), steady)
    whole_s = preview_video(video, tmp_path / "preview.png", paint, clip=clip)
    assert whole_s == pytest.approx(count * frame_s, rel=0.03)


def test_numbered_pictures_are_shown_from_the_first_to_the_last(
    clock: Clock, tmp_path: Path
) -> None:
    for number in range(1, 51):
        Image.new("RGB", (48, 36), (5 * number, 0, 0)).save(tmp_path / f"{number}.png")
    paint = FilePainter(SlowStylizer(clock), Look(), 0.0)
    assert preview_video(tmp_path, tmp_path / "out.png", paint) == pytest.approx(50 * 2.0)
    sheet = np.asarray(Image.open(tmp_path / "out.png"))
    shown = [int(sheet[100, left + 100, 0]) // 5 for left in range(0, 5 * 488, 488)]
    assert shown == pytest.approx([6, 16, 26, 36, 46], abs=1)
