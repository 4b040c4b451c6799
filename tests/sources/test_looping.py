"""A video file that begins again at its end."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from media import make_clip, plain
from opened import read_one

from livestyle.errors import SourceError
from livestyle.sources.file import VideoFile
from livestyle.sources.loop import Loop
from livestyle.sources.opening import SourceOptions, open_source

SIZE = (64, 48)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Four frames at 25 fps, each brighter than the one before."""
    return make_clip(
        tmp_path / "clip.mp4", frames=4, size=SIZE, fps=25,
        picture=lambda index, size: plain(size, (60 * index, 60 * index, 60 * index)),
    )  # fmt: skip


def test_it_begins_again_and_time_goes_on_without_a_jump(clip: Path) -> None:
    loop = open_source(str(clip), SourceOptions(loop=True))
    frames = [read_one(loop) for _ in range(11)]
    loop.close()
    assert [frame.index for frame in frames] == list(range(11))
    steps = [after.pts_s - before.pts_s for before, after in pairwise(frames)]
    assert steps == pytest.approx([1 / 25] * 10)
    brightness = np.array([frame.pixels.mean() for frame in frames])
    assert brightness == pytest.approx(np.array([0, 60, 120, 180] * 3)[:11], abs=6)


def test_a_single_frame_is_shown_again_at_its_rate(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "one.mp4", frames=1, size=SIZE, fps=10)
    loop = Loop(lambda: VideoFile(path))
    times_s = [read_one(loop).pts_s for _ in range(4)]
    loop.close()
    assert np.diff(times_s) == pytest.approx([0.1] * 3)


def test_frames_are_scaled_in_every_round(clip: Path) -> None:
    loop = open_source(str(clip), SourceOptions(loop=True, size=(32, 24)))
    assert {read_one(loop).size for _ in range(9)} == {(32, 24)}
    loop.close()


def test_a_file_that_goes_away_is_an_error_not_an_end(clip: Path) -> None:
    loop = Loop(lambda: VideoFile(clip))
    for _ in range(4):
        loop.read()
    clip.unlink()
    with pytest.raises(SourceError, match="is not there"):
        loop.read()
    loop.close()


def test_a_file_that_is_replaced_by_one_of_another_size_is_an_error(clip: Path) -> None:
    loop = Loop(lambda: VideoFile(clip))
    for _ in range(4):
        loop.read()
    make_clip(clip, frames=2, size=(32, 24))
    with pytest.raises(SourceError, match="from 64x48 to 32x24"):
        loop.read()
    loop.close()


@pytest.mark.parametrize("spec", ["demo", "0", "/dev/video0", "http://127.0.0.1:9/", "rtsp://x/"])
def test_only_files_are_looped(spec: str) -> None:
    with pytest.raises(SourceError, match="Only a video file can be looped"):
        open_source(spec, SourceOptions(loop=True))
