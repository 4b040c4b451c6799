"""One way to resize: nearly what averaging areas gives, in a part of its time."""

import cv2
import numpy as np
import pytest

from livestyle.frame import Pixels
from livestyle.resize import resized
from livestyle.sources.demo import Demo


def psnr_db(one: Pixels, other: Pixels) -> float:
    error = float(np.mean((one.astype(np.float64) - other) ** 2))
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((1920, 1080), (736, 416)),
        ((1280, 720), (736, 416)),
        ((1280, 720), (1260, 708)),
        ((640, 480), (384, 288)),
        ((640, 480), (160, 120)),
        ((3840, 2160), (736, 416)),
        ((1000, 100), (300, 90)),
    ],
)
def test_a_smaller_picture_is_that_of_averaged_areas(
    before: tuple[int, int], after: tuple[int, int]
) -> None:
    picture = Demo(before, paced=False).scene(5)
    smaller = resized(picture, after)
    assert smaller.shape == (after[1], after[0], 3)
    areas = cv2.resize(picture, after, interpolation=cv2.INTER_AREA)
    assert psnr_db(smaller, np.asarray(areas, np.uint8)) > 43


def test_what_shrinks_slightly_enough_is_interpolated_linearly() -> None:
    picture = Demo((960, 540), paced=False).scene(5)
    size = (640, 360)
    linear = cv2.resize(picture, size)
    assert (resized(picture, size, slightly=1.6) == linear).all()
    assert (resized(picture, size) != linear).any()
    assert (resized(picture, (480, 270), slightly=1.6) == resized(picture, (480, 270))).all()


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_whole_factors_are_averaged_exactly(factor: int) -> None:
    checks = np.indices((96, 128)).sum(0) % 2 * 255
    picture = np.repeat(checks.astype(np.uint8)[..., np.newaxis], 3, axis=2)
    assert (abs(resized(picture, (128 // factor, 96 // factor)).astype(int) - 128) <= 1).all()


def test_the_same_size_is_the_same_picture() -> None:
    picture = np.zeros((9, 7, 3), np.uint8)
    assert resized(picture, (7, 9)) is picture
    assert resized(picture, None) is picture


@pytest.mark.parametrize("size", [(1, 1), (1, 480), (640, 1), (3, 1000), (641, 479), (2, 2)])
def test_any_size_is_reached(size: tuple[int, int]) -> None:
    picture = np.full((480, 640, 3), 77, np.uint8)
    assert (resized(picture, size) == np.full((size[1], size[0], 3), 77)).all()
