from itertools import pairwise

import numpy as np
import pytest

from livestyle.frame import Pixels
from livestyle.render.smoothing import TemporalSmoothing

SIZE = (160, 120)


def scene(seed: int = 0, size: tuple[int, int] = SIZE) -> Pixels:
    """Large soft-cornered blocks, as different from scene to scene as two rooms."""
    width, height = size
    blocks = np.random.default_rng(seed).integers(30, 220, (6, 8, 3), np.uint8)
    tall, wide = -(-height // 6), -(-width // 8)
    return np.ascontiguousarray(blocks.repeat(tall, 0).repeat(wide, 1)[:height, :width])


def noisy(picture: Pixels, sigma: float, seed: int) -> Pixels:
    noise = np.random.default_rng(seed).normal(0, sigma, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def flicker(pictures: list[Pixels]) -> float:
    pairs = pairwise(pictures)
    return float(np.mean([np.abs(a.astype(int) - b).mean() for a, b in pairs]))


def painted_noise(seed: int) -> Pixels:
    """What a network makes of noise: far more of it."""
    return noisy(scene(9), 25, seed + 1000)


def test_a_still_camera_flickers_at_most_a_third_as_much() -> None:
    steady = TemporalSmoothing(0.7)
    painted = [painted_noise(n) for n in range(20)]
    shown = [steady(noisy(scene(), 2, n), picture) for n, picture in enumerate(painted)]
    assert flicker(shown[3:]) < flicker(painted[3:]) / 3


def test_more_is_steadier_and_none_is_nothing() -> None:
    painted = [painted_noise(n) for n in range(12)]
    results = []
    for amount in (0.0, 0.3, 0.6, 1.0):
        steady = TemporalSmoothing(amount)
        shown = [steady(noisy(scene(), 2, n), picture) for n, picture in enumerate(painted)]
        results.append(flicker(shown))
    assert results == sorted(results, reverse=True)
    assert results[0] == flicker(painted)


def test_what_moves_leaves_no_trail() -> None:
    steady, ground = TemporalSmoothing(1.0), scene()
    for step in range(20):
        original = ground.copy()
        original[40:80, 4 * step : 4 * step + 24] = (250, 240, 20)
        painted = 255 - original
        shown = steady(noisy(original, 2, step), painted)
        # What it has left and what it covers now are as painted; only the far part may be held.
        assert np.abs(shown[40:80].astype(int) - painted[40:80]).max() <= 1


def test_slow_light_is_followed() -> None:
    steady = TemporalSmoothing(0.7)
    for step in range(60):
        original = np.full((120, 160, 3), 60 + step, np.uint8)
        shown = steady(original, original)
        assert np.abs(shown.astype(int) - original).max() <= 6


def test_another_scene_begins_anew_even_where_it_looks_alike() -> None:
    steady = TemporalSmoothing(1.0)
    steady(scene(1), np.full((120, 160, 3), 10, np.uint8))
    after = scene(2)
    after[:, :48] = scene(1)[:, :48]
    painted = np.full((120, 160, 3), 200, np.uint8)
    assert (steady(after, painted) == 200).all()


def test_another_style_or_size_begins_anew() -> None:
    steady, original = TemporalSmoothing(1.0), scene()
    steady(original, original, "a")
    assert (steady(original, 255 - original, "b") == 255 - original).all()
    larger = scene(size=(170, 130))
    assert (steady(larger, 255 - larger, "b") == 255 - larger).all()


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (641, 479)])
def test_any_size_and_nothing_is_written_to(size: tuple[int, int]) -> None:
    steady, original = TemporalSmoothing(0.7), scene(size=size)
    painted = 255 - original
    original.flags.writeable = painted.flags.writeable = False
    for _ in range(3):
        shown = steady(original, painted)
        shown.flags.writeable = False
        assert shown.shape == painted.shape and shown.dtype == np.uint8
    assert np.abs(shown.astype(int) - painted).max() <= 1
