"""Measures against cases whose answer is known."""

import numpy as np
import pytest

from livestyle.frame import Pixels
from livestyle.training.evaluation import (
    exact_flow_error,
    mean_change,
    moving_camera_ratio,
    random_pixel_maps,
    still_camera_flicker,
    with_noise,
)


def scene(width: int = 96, height: int = 64, shift: int = 0) -> Pixels:
    """A smooth, textured picture; shifted by whole pixels it is a moving camera."""
    x, y = np.meshgrid(np.arange(width) + shift, np.arange(height))
    waves = [np.sin(x / 5 + c) + np.cos(y / 7 - c) + np.sin((x + y) / 11) for c in range(3)]
    return (np.stack(waves, axis=2) * 30 + 128).astype(np.uint8)


def identity(pixels: Pixels) -> Pixels:
    return pixels


def flickering(pixels: Pixels) -> Pixels:
    """Amplifies what changes around mid grey by four."""
    stretched = np.clip((pixels.astype(int) - 128) * 4 + 128, 0, 255)
    return np.asarray(stretched, np.uint8)


def grey(pixels: Pixels) -> Pixels:
    return np.full_like(pixels, 128)


def test_the_identity_flickers_as_its_camera_and_grey_not_at_all() -> None:
    assert still_camera_flicker(identity, scene()) == pytest.approx(1.0)
    assert still_camera_flicker(grey, scene()) == 0
    assert still_camera_flicker(flickering, scene()) > 1.5


def test_the_exact_flow_error_of_the_identity_is_the_noise() -> None:
    # the mean absolute value of noise with a deviation of 2 is 2 sqrt(2 / pi) = 1.6 levels
    assert exact_flow_error(identity, [scene()]) * 255 == pytest.approx(1.6, abs=0.15)
    assert exact_flow_error(grey, [scene()]) == 0
    assert exact_flow_error(flickering, [scene()]) > 2 * exact_flow_error(identity, [scene()])


def test_a_warp_stays_small_and_knows_what_it_lost() -> None:
    x, y, valid = random_pixel_maps(96, 64, np.random.default_rng(0))
    assert x.shape == y.shape == valid.shape == (64, 96)
    assert np.abs(x - np.arange(96)).max() < 20
    assert 0.5 < valid.mean() < 1


def test_a_style_fixed_to_the_screen_warps_worse_than_one_fixed_to_the_scene() -> None:
    rng = np.random.default_rng(0)
    frames = [with_noise(scene(shift=2 * t), rng) for t in range(4)]
    screen = rng.integers(0, 60, frames[0].shape, dtype=np.uint8)
    assert moving_camera_ratio(frames, frames) == pytest.approx(1.0)
    assert moving_camera_ratio(frames, [255 - frame for frame in frames]) == pytest.approx(
        1, abs=0.05
    )
    assert moving_camera_ratio(frames, [frame // 2 + screen for frame in frames]) > 2


def test_mean_change() -> None:
    frames = [np.full((2, 2, 3), value, np.uint8) for value in (10, 14, 12)]
    assert mean_change(frames) == 3.0
