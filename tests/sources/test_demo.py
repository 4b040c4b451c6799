"""The demo: a camera that everybody has."""

import time

import numpy as np
import pytest
from opened import read_one

from livestyle.errors import SourceError
from livestyle.sources import SourceOptions, open_source
from livestyle.sources.demo import Demo


def test_is_640x480_at_30_fps_unless_asked_otherwise() -> None:
    source = open_source("demo")
    assert (source.size, source.fps) == ((640, 480), 30.0)
    other = open_source("demo", SourceOptions(size=(320, 200), fps=12.5))
    assert (other.size, other.fps) == ((320, 200), 12.5)
    assert read_one(other).size == (320, 200)


def test_the_same_tick_is_the_same_picture_and_every_tick_is_another() -> None:
    one, other = (Demo((160, 120), paced=False) for _ in range(2))
    frames = [read_one(one) for _ in range(5)]
    for frame in frames:
        assert np.array_equal(frame.pixels, read_one(other).pixels)
        assert frame.pts_s == pytest.approx(frame.index / 30)
    assert len({frame.pixels.tobytes() for frame in frames}) == 5


def test_it_moves_slowly_with_a_sensors_noise() -> None:
    demo = Demo(paced=False)
    now, next_one, later = (demo.scene(tick).astype(float) for tick in (300, 301, 390))
    assert 1 < np.abs(next_one - now).mean() < 10
    assert np.abs(later - now).mean() > 2 * np.abs(next_one - now).mean()


@pytest.mark.parametrize("size", [(640, 480), (1, 1), (3, 500), (500, 3), (479, 641), (1920, 1080)])
def test_the_view_never_leaves_the_picture(size: tuple[int, int]) -> None:
    demo = Demo(size, paced=False)
    last = demo._picture.shape[0] - 1
    corners = np.array([[x, y, 1] for x in (0, size[0] - 1) for y in (0, size[1] - 1)]).T
    for tick in range(0, 20_000, 37):
        seen = demo._camera_at(tick / 30) @ corners
        assert seen.min() > -1e-6
        assert seen.max() < last + 1e-6


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (801, 3), (40_000, 2), (2, 40_000)])
def test_any_size_gives_frames(size: tuple[int, int]) -> None:
    assert read_one(Demo(size, paced=False)).size == size


def test_keeps_its_pace_and_loses_what_nobody_takes() -> None:
    demo = Demo((16, 12), 50.0)
    first = read_one(demo)
    time.sleep(0.3)
    second = read_one(demo)
    assert second.index == 1
    assert second.pts_s - first.pts_s > 0.2
    third = read_one(demo)
    assert third.captured_s - second.captured_s < 0.1
    assert third.pts_s > second.pts_s


def test_a_rate_of_nothing_is_refused() -> None:
    with pytest.raises(SourceError, match="above 0"):
        Demo(fps=-1)
