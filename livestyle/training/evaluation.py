"""How steady a style is, in numbers."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from livestyle.frame import Pixels

Paint = Callable[[Pixels], Pixels]

SENSOR_NOISE = 2.0
"""Standard deviation, in levels of 255."""


def exact_flow_error(paint: Paint, photos: Sequence[Pixels], seed: int = 0) -> float:
    """Mean |W(net(I)) - net(W(I) + n)| for known smooth warps W and sensor noise n.

    ReReVST's compound regularisation (Wang et al. 2020) as a measure: no flow is estimated, so
    nothing but the network is at fault. In levels of 1, over the pixels valid under W.
    """
    rng = np.random.default_rng(seed)
    errors = []
    for photo in photos:
        warp_x, warp_y, valid = random_pixel_maps(photo.shape[1], photo.shape[0], rng)

        def warped(pixels: Pixels, x: NDArray[np.float32], y: NDArray[np.float32]) -> Pixels:
            return np.asarray(cv2.remap(pixels, x, y, cv2.INTER_LINEAR), np.uint8)

        noisy = with_noise(warped(photo, warp_x, warp_y), rng)
        expected = warped(paint(photo), warp_x, warp_y).astype(np.float32)
        errors.append(np.abs(expected - paint(noisy))[valid].mean() / 255)
    return float(np.mean(errors))


def still_camera_flicker(paint: Paint, photo: Pixels, frames: int = 10, seed: int = 0) -> float:
    """mean |O_t - O_t-1| / mean |I_t - I_t-1| on a still scene with sensor noise."""
    rng = np.random.default_rng(seed)
    seen = [with_noise(photo, rng) for _ in range(frames)]
    return mean_change([paint(frame) for frame in seen]) / mean_change(seen)


def moving_camera_ratio(originals: Sequence[Pixels], painted: Sequence[Pixels]) -> float:
    """Warping error E_warp of the painted clip over that of the original (Lai et al. 2018).

    Each frame is compared with the one before it, brought over by the original's DIS optical
    flow, where forward and backward flow agree.
    """
    return _warping_error(originals, painted) / _warping_error(originals, originals)


def mean_change(frames: Sequence[Pixels]) -> float:
    """Mean absolute difference of neighbouring frames, in levels of 255."""
    pairs = pairwise(frames)
    return float(np.mean([np.abs(a.astype(np.float32) - b).mean() for a, b in pairs]))


def with_noise(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """The picture as a sensor would give it."""
    noisy = pixels + rng.normal(0, SENSOR_NOISE, pixels.shape)
    return np.clip(np.round(noisy), 0, 255).astype(np.uint8)


def random_pixel_maps(
    width: int, height: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    """A smooth random warp of up to some 10 pixels.

    Returns:
        Where each pixel is taken from, x and y as (H, W), and which of them lie in the picture.
    """
    coarse = rng.uniform(-8, 8, (2, 4, 4)).astype(np.float32)
    shift = rng.uniform(-4, 4, (2, 1, 1)).astype(np.float32)
    flow = [cv2.resize(part, (width, height), interpolation=cv2.INTER_CUBIC) for part in coarse]
    grid_x, grid_y = np.meshgrid(np.arange(width), np.arange(height))
    x = (grid_x + flow[0] + shift[0]).astype(np.float32)
    y = (grid_y + flow[1] + shift[1]).astype(np.float32)
    return x, y, _inside(x, y)


def _inside(x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which of the coordinates, (H, W) each, lie in a picture of that size."""
    height, width = x.shape
    inside: NDArray[np.bool_] = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    return inside


def _warping_error(originals: Sequence[Pixels], measured: Sequence[Pixels]) -> float:
    greys = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in originals]
    flow_of = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    errors = []
    for index in range(1, len(originals)):
        height, width = greys[index].shape
        empty = np.zeros((height, width, 2), np.float32)
        backward = flow_of.calc(greys[index], greys[index - 1], empty.copy())
        forward = flow_of.calc(greys[index - 1], greys[index], empty)
        grid_x, grid_y = np.meshgrid(np.arange(width), np.arange(height))
        x = (grid_x + backward[..., 0]).astype(np.float32)
        y = (grid_y + backward[..., 1]).astype(np.float32)
        there_and_back = backward + cv2.remap(forward, x, y, cv2.INTER_LINEAR)
        visible = (np.linalg.norm(there_and_back, axis=2) < 1.0) & _inside(x, y)
        before = cv2.remap(measured[index - 1], x, y, cv2.INTER_LINEAR).astype(np.float32)
        errors.append(np.abs(before - measured[index])[visible].mean() / 255)
    return float(np.mean(errors))
