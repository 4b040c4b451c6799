"""How much `--steady` calms a still camera, and what it leaves behind what moves.

    python benchmarks/steadiness.py STILL_CLIP MOVING_CLIP [--style mosaic] [--frames 60]

Still camera: one frame of the clip with fresh sensor noise each time, and the clip as it is.
Flicker is mean |O_t - O_(t-1)| / mean |I_t - I_(t-1)|. Ghosting, on the moving clip: how far the
steadied picture is from the painted one, over all pixels and over those that moved; and the same
right after a cut between the two clips. Ends with the time it takes beside one network run.
"""

import argparse
import time
from collections.abc import Callable, Iterable
from itertools import cycle, islice, pairwise
from pathlib import Path

import cv2
import numpy as np

from livestyle.engines import load
from livestyle.frame import Pixels
from livestyle.render.smoothing import TemporalSmoothing
from livestyle.sources.file import VideoFile
from livestyle.styles.library import find_style

AMOUNTS = (0.0, 0.3, 0.5, 0.7, 0.9)
NOISE_SIGMA = 2.0
MOVED_LEVELS = 12
"""Input pixels that changed by more than this are called moved."""


def read(clip: Path, size: tuple[int, int], count: int) -> list[Pixels]:
    """The first frames of a clip."""
    source = VideoFile(clip, size)
    try:
        return [frame.pixels for frame in islice(iter(source.read, None), count)]
    finally:
        source.close()


def noisy(picture: Pixels, count: int) -> list[Pixels]:
    """The picture again and again through a noisy sensor."""
    random = np.random.default_rng(0)
    return [
        np.clip(picture + random.normal(0, NOISE_SIGMA, picture.shape), 0, 255).astype(np.uint8)
        for _ in range(count)
    ]


def change(pictures: Iterable[Pixels]) -> float:
    """Mean |P_t - P_(t-1)|, in levels."""
    return float(np.mean([cv2.absdiff(a, b).mean() for a, b in pairwise(pictures)]))


def steadied(originals: list[Pixels], painted: list[Pixels], amount: float) -> list[Pixels]:
    steady = TemporalSmoothing(amount)
    return [steady(o, p) for o, p in zip(originals, painted, strict=True)]


def print_flicker(name: str, originals: list[Pixels], painted: list[Pixels]) -> None:
    camera = change(originals)
    print(f"{name}: the camera's picture changes by {camera:.2f} levels a frame")
    for amount in AMOUNTS:
        flicker = change(steadied(originals, painted, amount)) / camera
        print(f"  --steady {amount}: flicker {flicker:.2f}")


def print_ghosts(name: str, originals: list[Pixels], painted: list[Pixels]) -> None:
    print(f"{name}: levels from steadied to painted, all pixels / those that moved")
    moved = [
        cv2.blur(cv2.absdiff(a, b), (5, 5)).max(axis=2) > MOVED_LEVELS
        for a, b in pairwise(originals)
    ]
    for amount in AMOUNTS[1:]:
        pairs = list(zip(steadied(originals, painted, amount), painted, strict=True))[1:]
        distances = [cv2.absdiff(a, b).mean(axis=2) for a, b in pairs]
        there = np.concatenate([d[m] for d, m in zip(distances, moved, strict=True)])
        where_moved = f"{there.mean():.2f}" if there.size else "-"
        print(f"  --steady {amount}: {np.mean(distances):.2f} / {where_moved}")


def median_ms(run: Callable[[], object], rounds: int = 40) -> float:
    times = []
    for _ in range(rounds):
        began_s = time.perf_counter()
        run()
        times.append((time.perf_counter() - began_s) * 1e3)
    return float(np.median(times))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("still", type=Path)
    parser.add_argument("moving", type=Path)
    parser.add_argument("--style", default="mosaic")
    parser.add_argument("--frames", type=int, default=60)
    args = parser.parse_args()
    network = load(find_style(args.style))
    still, moving = (read(clip, (640, 480), args.frames) for clip in (args.still, args.moving))
    noise = noisy(still[0], args.frames)
    painted = {id(clip): [network(p) for p in clip] for clip in (still, moving, noise)}
    print_flicker(f"one frame with noise of sigma {NOISE_SIGMA:g}", noise, painted[id(noise)])
    print_flicker(args.still.name, still, painted[id(still)])
    print_ghosts(args.moving.name, moving, painted[id(moving)])
    cut = still[:10] + moving[:1]
    print_ghosts("a cut", cut[-2:], painted[id(still)][9:10] + painted[id(moving)][:1])
    steady, pairs = TemporalSmoothing(0.7), cycle(zip(noise, painted[id(noise)], strict=True))
    ms = median_ms(lambda: steady(*next(pairs)))
    print(f"640x480: steadying {ms:.2f} ms, the network {median_ms(lambda: network(still[0])):.1f}")
    network.close()


if __name__ == "__main__":
    main()
