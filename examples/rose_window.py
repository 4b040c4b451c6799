"""Draws a leaded glass window: the artwork of the style `mosaic`, free for any use (CC0).

    python rose_window.py rose_window.png

Circles cut a disc into panes as in a rose window, cells of Voronoi fill the rest. Each pane has a
glass of its own, streaked and lighter towards its middle, and lead around it.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE_PX = 1024
SUPERSAMPLING = 2
LEAD_PX = 5

GLASS = {  # name: RGB
    "cobalt": (24, 62, 158), "azure": (58, 134, 200), "turquoise": (64, 170, 170),
    "emerald": (28, 122, 74), "olive": (142, 150, 52), "amber": (232, 164, 36),
    "orange": (226, 104, 34), "ruby": (176, 28, 44), "rose": (226, 130, 140),
    "violet": (104, 56, 130), "cream": (244, 232, 204), "pearl": (214, 220, 226),
}  # fmt: skip
RINGS = (  # outer radius as a share of the window's, glasses from inside to outside
    (0.17, ("cream", "amber", "rose")),
    (0.36, ("ruby", "orange", "rose", "amber")),
    (0.56, ("cobalt", "azure", "violet", "turquoise")),
    (0.76, ("emerald", "olive", "amber", "turquoise", "cream")),
    (1.00, ("cobalt", "ruby", "azure", "violet", "orange")),
)
SURROUND = ("cream", "pearl", "cream", "rose", "azure", "amber")


def main(path: Path) -> None:
    """Writes the picture."""
    rng = np.random.default_rng(1906)
    side = SIDE_PX * SUPERSAMPLING
    y, x = np.mgrid[:side, :side].astype(np.float32) / side * 2 - 1
    panes = _panes(x, y, rng)
    picture = _glass(panes, np.hypot(x, y) / 0.92, rng)
    picture[_lead(panes)] = (30, 24, 22)
    picture = cv2.GaussianBlur(picture, (0, 0), 0.7 * SUPERSAMPLING)
    picture = cv2.resize(picture, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    grain = rng.normal(0, 3, (*picture.shape[:2], 1))
    rgb = np.clip(picture + grain, 0, 255).astype(np.uint8)
    cv2.imwrite(str(path), rgb[..., ::-1])


def _panes(
    x: NDArray[np.float32], y: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.int64]:
    """A number for each pane, (side, side)."""
    radius, angle = np.hypot(x, y) / 0.92, np.arctan2(y, x)
    bits = np.zeros(x.shape, np.int64)
    for count, distance, reach in ((12, 0.46, 0.46), (12, 0.74, 0.26), (24, 0.92, 0.13)):
        turn = np.pi / 12 if count == 12 and reach < 0.3 else 0.0
        inside = np.zeros(x.shape, np.int64)
        for k in range(count):
            a = turn + 2 * np.pi * k / count
            dx, dy = x / 0.92 - distance * np.cos(a), y / 0.92 - distance * np.sin(a)
            inside += (np.hypot(dx, dy) < reach).astype(np.int64) << k % 12
        bits = bits * 8191 + inside
    ring = np.searchsorted([outer for outer, _ in RINGS], radius.ravel()).reshape(x.shape)
    sector = ((angle + np.pi) / (2 * np.pi) * 24).astype(np.int64) % 24
    window = np.where(ring == 0, -1000 - sector // 3, bits * 31 + ring)
    window = np.where(radius < 0.055, -2000, window)
    outside = -1 - _voronoi(x, y, rng)
    names = np.where(radius < 1, window, outside)
    _, numbers = np.unique(names, return_inverse=True)
    return np.asarray(numbers.reshape(x.shape), np.int64)


def _voronoi(
    x: NDArray[np.float32], y: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.int64]:
    seeds = rng.uniform(-1, 1, (140, 2)).astype(np.float32)
    best, owner = np.full(x.shape, 9, np.float32), np.zeros(x.shape, np.int64)
    for number, (sx, sy) in enumerate(seeds):
        distance = np.hypot(x - sx, y - sy)
        nearer = distance < best
        best[nearer], owner[nearer] = distance[nearer], number
    return owner


def _glass(
    panes: NDArray[np.int64], radius: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.float32]:
    side = panes.shape[0]
    count = int(panes.max()) + 1
    sizes = np.bincount(panes.ravel(), minlength=count)
    mean_radius = np.bincount(panes.ravel(), radius.ravel(), count) / sizes
    colours = np.zeros((count, 3), np.float32)
    for number in range(count):
        kinds = next((k for outer, k in RINGS if mean_radius[number] < outer), SURROUND)
        colours[number] = GLASS[kinds[rng.integers(len(kinds))]]
    colours *= rng.uniform(0.8, 1.15, (count, 1))
    streaks = np.zeros((side, side), np.float32)
    for cells, weight in ((6, 0.6), (20, 0.3), (70, 0.15)):
        noise = rng.normal(0, 1, (cells, cells * 3)).astype(np.float32)
        streaks += weight * cv2.resize(noise, (side, side), interpolation=cv2.INTER_CUBIC)
    depth = cv2.distanceTransform((~_lead(panes)).astype(np.uint8), cv2.DIST_L2, 3)
    light = 0.88 + 0.22 * np.minimum(depth / (34 * SUPERSAMPLING), 1) + 0.09 * streaks
    return np.asarray(colours[panes] * light[..., None], np.float32)


def _lead(panes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Where panes meet."""
    edge = np.zeros(panes.shape, np.uint8)
    edge[1:] |= panes[1:] != panes[:-1]
    edge[:, 1:] |= panes[:, 1:] != panes[:, :-1]
    width = LEAD_PX * SUPERSAMPLING
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    return np.asarray(cv2.dilate(edge, kernel) > 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
