from itertools import pairwise

import cv2
import numpy as np
import pytest

from livestyle.frame import Pixels
from livestyle.render.motion_smoothing import MotionSmoothing

SIZE = (320, 240)


def wide_scene(seed: int) -> Pixels:
    """A picture wider than a frame, with detail of many sizes: what a camera pans over."""
    random = np.random.default_rng(seed)
    parts = [
        cv2.resize(random.integers(0, 256, (n, 2 * n, 3), np.uint8), (480, 240))
        for n in (6, 24, 96)
    ]
    return np.asarray(np.mean(parts, axis=0), np.uint8)


def pan(scene: Pixels, count: int, step_px: int = 3) -> list[Pixels]:
    """A camera that moves to the right."""
    return [np.ascontiguousarray(scene[:, n * step_px : n * step_px + 320]) for n in range(count)]


def painted(originals: list[Pixels]) -> list[Pixels]:
    """As a network does: strokes of its own, anew in every frame."""
    random = np.random.default_rng(5)
    strokes = [cv2.resize(random.normal(0, 40, (60, 80, 3)), SIZE) for _ in originals]
    pairs = zip(originals, strokes, strict=True)
    return [np.clip(o + s, 0, 255).astype(np.uint8) for o, s in pairs]


def smoothed(originals: list[Pixels], frames: list[Pixels], amount: float = 1.0) -> list[Pixels]:
    smoothing = MotionSmoothing(amount)
    ready = [
        pixels
        for original, frame in zip(originals, frames, strict=True)
        for pixels in smoothing(original, frame)
    ]
    return ready + smoothing.flush()


def flicker_along(pan_px: int, frames: list[Pixels]) -> float:
    """How far each frame is from the one before, moved as the camera did."""
    return float(
        np.mean(
            [
                np.abs(
                    a[20:-20, 20 + pan_px : -20].astype(int) - b[20:-20, 20 : -20 - pan_px]
                ).mean()
                for a, b in pairwise(frames)
            ]
        )
    )


def sharpness(frames: list[Pixels]) -> float:
    return float(np.mean([np.abs(cv2.Laplacian(f, cv2.CV_32F)).mean() for f in frames]))


def test_strokes_move_with_the_scene_and_stay_sharp() -> None:
    originals = pan(wide_scene(0), 40)
    frames = painted(originals)
    result = smoothed(originals, frames)
    assert len(result) == len(frames)
    assert flicker_along(3, result) < flicker_along(3, frames) / 2
    assert sharpness(result) > 0.9 * sharpness(frames)


@pytest.mark.parametrize("count", [0, 1, 2, 7, 13, 14, 40])
def test_every_frame_comes_out_once_and_in_its_place(count: int) -> None:
    originals = pan(wide_scene(0), count)
    result = smoothed(originals, originals)
    assert len(result) == count
    for got, wanted in zip(result, originals, strict=True):
        assert np.abs(got.astype(int) - wanted).mean() < 3


def test_nothing_of_one_scene_is_seen_in_the_next() -> None:
    first, second = pan(wide_scene(1), 9), pan(wide_scene(2), 9)
    dark = [np.full_like(frame, 10) for frame in first]
    light = [np.full_like(frame, 240) for frame in second]
    result = smoothed(first + second, dark + light)
    assert [int(frame.mean()) for frame in result] == [10] * 9 + [240] * 9


def test_what_somebody_walks_in_front_of_is_not_smeared() -> None:
    """A block crosses the picture: where it was, there is no trace of it."""
    scene = wide_scene(3)[:, :320]
    originals = []
    for n in range(26):
        picture = scene.copy()
        picture[60:180, 10 + 8 * n : 70 + 8 * n] = (250, 20, 20)
        originals.append(picture)
    for n, (got, wanted) in enumerate(zip(smoothed(originals, originals), originals, strict=True)):
        behind = slice(max(0, 10 + 8 * n - 40), max(1, 10 + 8 * n - 4))
        assert np.abs(got[60:180, behind].astype(int) - wanted[60:180, behind]).mean() < 6
        assert np.abs(got.astype(int) - wanted).mean() < 3


def test_no_amount_changes_nothing_and_waits_for_nothing() -> None:
    originals = pan(wide_scene(0), 3)
    smoothing = MotionSmoothing(0.0)
    assert [smoothing(frame, frame)[0] is frame for frame in originals] == [True] * 3


def test_another_size_begins_anew() -> None:
    small = [np.full((60, 80, 3), 50, np.uint8)] * 3
    large = [np.full((120, 160, 3), 90, np.uint8)] * 3
    result = smoothed(small + large, small + large)
    assert [frame.shape[0] for frame in result] == [60] * 3 + [120] * 3
