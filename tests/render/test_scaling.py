"""Painting at another size than the frame's, and what that does to strokes."""

import cv2
import numpy as np
import pytest

from livestyle.frame import Pixels
from livestyle.render.renderer import FrameRenderer
from livestyle.render.scaling import (
    Size,
    locked_scale,
    painted_at,
    painted_within,
    scaled_size,
    sized,
)
from livestyle.sources.demo import Demo


@pytest.mark.parametrize(
    ("size", "scale", "expected"),
    [
        ((641, 479), 1.0, (641, 479)),
        ((640, 480), 0.5, (320, 240)),
        ((1280, 720), 0.7, (896, 504)),
        ((100, 70), 0.5, (64, 64)),
        ((17, 5), 0.5, (17, 5)),
        ((320, 240), 2.0, (640, 480)),
    ],
)
def test_scaled_sizes(size: Size, scale: float, expected: Size) -> None:
    assert scaled_size(size, scale) == expected


@pytest.mark.parametrize(
    "size", [(320, 240), (640, 480), (1280, 720), (1920, 1080), (1080, 1920), (427, 325)]
)
def test_locked_strokes_cost_the_same_at_every_size(size: Size) -> None:
    width, height = scaled_size(size, locked_scale(size))
    assert width * height == pytest.approx(640 * 480, rel=0.03)
    assert width / height == pytest.approx(size[0] / size[1], rel=0.03)


def test_a_picture_of_the_reference_size_is_painted_as_it_is() -> None:
    assert locked_scale((640, 480)) == 1.0


@pytest.mark.parametrize("lock", [False, True])
def test_the_lock_decides_what_the_brush_paints_at(lock: bool) -> None:
    brush = FrameRenderer((1280, 960), steady=0, crossfade_s=0, target_fps=None, stroke_lock=lock)
    assert brush.size == ((640, 480) if lock else (1280, 960))
    assert brush.scale == (0.5 if lock else 1.0)


def test_a_picture_painted_smaller_comes_back_in_its_own_size() -> None:
    pixels = np.zeros((90, 121, 3), np.uint8)
    pixels[:, 60:] = 200
    seen: list[tuple[int, ...]] = []

    def invert(small: Pixels) -> Pixels:
        seen.append(small.shape)
        return np.asarray(255 - small, np.uint8)

    painted = painted_at((64, 64), pixels, invert)
    assert seen == [(64, 64, 3)]
    assert painted.shape == pixels.shape
    assert (painted[:, :54] == 255).all()
    assert (painted[:, 66:] == 55).all()


def test_fine_detail_of_the_camera_survives_and_its_noise_does_not() -> None:
    pixels = np.full((240, 320, 3), 100, np.uint8)
    pixels[100:102, 160:162] = 220  # an eye's highlight, lost at half size
    pixels[10::2, 10::2] += 3  # less than the noise that is let through

    painted = painted_at((160, 120), pixels, lambda small: np.full_like(small, 128))
    assert painted[100, 160].min() > 128 + 40
    assert (painted[10:90] == 128).all()


def test_a_huge_picture_is_painted_in_fewer_pixels_and_keeps_its_detail() -> None:
    """As a whole: a network that sees tiles, each by itself, would leave seams."""
    seen = []

    def paint(pixels: Pixels) -> Pixels:
        seen.append(pixels.shape)
        return 255 - pixels

    picture = np.full((300, 400, 3), 60, np.uint8)
    picture[100, 100:300] = 250
    painted = painted_within(30_000, picture, paint)
    assert len(seen) == 1 and seen[0][0] * seen[0][1] <= 31_000
    assert painted.shape == picture.shape
    assert np.abs(painted[200:].astype(int) - 195).max() <= 2
    assert abs(int(painted[100, 200, 0]) - int(painted[104, 200, 0])) > 40, "the line is there"
    assert np.array_equal(painted_within(120_000, picture, paint), 255 - picture)


@pytest.mark.parametrize("frame_size", [(1920, 1080), (1280, 720), (3840, 2160), (1921, 1081)])
def test_what_the_network_sees_is_the_picture_without_moire(frame_size: Size) -> None:
    size = scaled_size(frame_size, locked_scale(frame_size))
    lines = np.indices((frame_size[1], frame_size[0])).sum(0) % 2 * 255
    fine = np.repeat(lines.astype(np.uint8)[..., np.newaxis], 3, axis=2)
    assert np.ptp(sized(fine, size).astype(int)) < 64
    picture = Demo(frame_size, paced=False).scene(5)
    areas = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    assert cv2.PSNR(sized(picture, size), areas) > 45
