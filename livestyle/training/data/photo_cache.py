"""Decoded photos, kept: in memory, or all in one tensor of the device that trains."""

import logging
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from livestyle.errors import TrainingError
from livestyle.frame import Pixels
from livestyle.images import resampled
from livestyle.training.data.faces import FaceFinder
from livestyle.training.data.photos import PhotoSet

log = logging.getLogger(__name__)

SHARE_OF_MEMORY = 0.5
"""Of what is free when a run begins."""

SIDES = 0.75, 1.0
"""A crop's side over its photo's short side."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A square of a photo: where it lies, how long its side is, and whether it is mirrored."""

    top: int
    left: int
    side: int
    flip: bool


def random_cut(size: tuple[int, int], crop_px: int, rng: np.random.Generator) -> Cut:
    """A square of a photo of (height, width); its side is 0.75 to 1 times the short side.

    Or is `crop_px` where that is larger, so that photos are not blown up without need.
    """
    height, width = size
    short = min(size)
    side = min(short, max(round(short * rng.uniform(*SIDES)), crop_px))
    top, left = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
    return Cut(top, left, side, bool(rng.random() < 0.5))


class Album:
    """Photos, decoded once and kept in memory as far as there is room for them.

    They are kept no larger than the crops need: nothing is re-encoded, nothing written to disk.

    Args:
        photos: where they come from.
        crop_px: side of the crops.
        room_bytes: memory that they may take; None: half of what is free.
        faces: finds the faces in them, which become a fourth channel; None: there is none.

    Attributes:
        channels: 3, or 4 with faces.
    """

    def __init__(
        self,
        photos: PhotoSet,
        crop_px: int,
        room_bytes: int | None = None,
        faces: FaceFinder | None = None,
    ) -> None:
        self.photos = photos
        self.channels = 4 if faces else 3
        self._faces = faces
        self._short_px = round(crop_px / SIDES[0])
        self._kept: dict[int, Pixels] = {}
        self._room = int(free_memory() * SHARE_OF_MEMORY) if room_bytes is None else room_bytes

    def __len__(self) -> int:
        return len(self.photos)

    def read(self, index: int) -> Pixels | None:
        """RGB uint8 (H, W, channels), or None for a photo that cannot be used.

        The fourth channel is 255 where there is a face, 0 elsewhere.
        """
        if index in self._kept:
            return self._kept[index]
        photo = self.photos.read(index)
        if photo is None:
            return None
        photo = _no_larger(photo, self._short_px)
        if self._faces:
            photo = np.dstack([photo, self._faces.mask(photo)])
        if photo.nbytes <= self._room:
            self._room -= photo.nbytes
            self._kept[index] = photo
        return photo


class DeviceAlbum:
    """All photos, decoded at the start, side by side in one uint8 tensor of the device.

    Args:
        album: where they come from.
        device: where they go.

    Raises:
        TrainingError: no photo can be read.
    """

    def __init__(self, album: Album, device: torch.device) -> None:
        with ThreadPoolExecutor() as threads:
            found = list(threads.map(album.read, range(len(album))))
        self.readable = [index for index, photo in enumerate(found) if photo is not None]
        photos = [photo for photo in found if photo is not None]
        if not photos:
            raise TrainingError(f"None of the {len(album)} photos can be read.")
        self.sizes = [(photo.shape[0], photo.shape[1]) for photo in photos]
        ends = np.cumsum([height * width for height, width in self.sizes])
        self._begins = [0, *ends[:-1].tolist()]
        shape = int(ends[-1]), album.channels
        self._pixels = torch.empty(shape, dtype=torch.uint8, device=device)
        for begin, end, photo in zip(self._begins, ends.tolist(), photos, strict=True):
            self._pixels[begin:end] = torch.tensor(photo.reshape(-1, album.channels), device=device)

    def cut(self, cuts: list[tuple[int, Cut]], crop_px: int) -> Tensor:
        """Crops, all at once.

        Args:
            cuts: number of a readable photo, and the square of it.
            crop_px: side that the squares are scaled to, bilinearly.

        Returns:
            RGB uint8, (N, channels, crop, crop).
        """
        rows = [
            (self._begins[n], self.sizes[n][1], cut.top, cut.left, cut.side, cut.flip)
            for n, cut in cuts
        ]
        table = torch.tensor(rows, dtype=torch.int64, device=self._pixels.device)
        begin, width, top, left, side, flip = table.T[:, :, None]
        centres = torch.arange(crop_px, device=table.device) + 0.5
        along = (centres * side / crop_px - 0.5).clamp(min=0)  # (N, crop)
        first = along.long()
        second = torch.minimum(first + 1, side - 1)
        part = along - first

        def pixels(y: Tensor, x: Tensor) -> Tensor:
            places = (begin + (top + y) * width)[:, :, None] + (left + x)[:, None, :]
            return self._pixels[places].float()  # (N, crop, crop, channels)

        right, down = part[:, None, :, None], part[:, :, None, None]
        upper = torch.lerp(pixels(first, first), pixels(first, second), right)
        lower = torch.lerp(pixels(second, first), pixels(second, second), right)
        crops = torch.lerp(upper, lower, down)
        crops = torch.where(flip[:, :, None, None].bool(), crops.flip(2), crops)
        return crops.round().to(torch.uint8).permute(0, 3, 1, 2)


def device_album(album: Album, device: torch.device) -> DeviceAlbum | None:
    """The photos on a CUDA device, if half of its free memory holds them; else None."""
    if device.type != "cuda":
        return None
    first = [photo for photo in map(album.read, range(min(len(album), 32))) if photo is not None]
    expected = len(album) * max((photo.nbytes for photo in first), default=0)
    free, _ = torch.cuda.mem_get_info()
    if expected > SHARE_OF_MEMORY * min(free, free_memory()):
        log.info("The photos stay in the machine's memory: the GPU's has no room for them.")
        return None
    return DeviceAlbum(album, device)


def free_memory() -> int:
    """Bytes of memory that programs can still have; half of all of it where that is unknown."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, OSError, ValueError):  # Windows
        return 2_000_000_000


def _no_larger(photo: Pixels, short_px: int) -> Pixels:
    height, width = photo.shape[:2]
    scale = short_px / min(height, width)
    if scale >= 1:
        return photo
    size = max(short_px, round(width * scale)), max(short_px, round(height * scale))
    return resampled(photo, size)
