"""Pictures to make styles of."""

from pathlib import Path

import numpy as np
from PIL import Image

from livestyle.frame import Pixels


def artwork(seed: int = 0, size: tuple[int, int] = (200, 150)) -> Pixels:
    """Coloured patches with soft edges, RGB uint8 (H, W, 3), another one for each seed."""
    patches = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), np.uint8)
    return np.asarray(Image.fromarray(patches).resize(size, Image.Resampling.BILINEAR))


def save_artwork(path: Path, seed: int = 0, size: tuple[int, int] = (200, 150)) -> Path:
    """Writes one, in the format that the suffix says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(artwork(seed, size)).save(path)
    return path
