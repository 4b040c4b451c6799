"""Batches of crops, cut from photos ahead of the training or on its device."""

import queue
import threading
from functools import lru_cache
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from livestyle.errors import TrainingError
from livestyle.frame import Pixels
from livestyle.images import resampled
from livestyle.training.config import TrainConfig
from livestyle.training.data.faces import FaceFinder
from livestyle.training.data.photo_cache import Album, Cut, DeviceAlbum, device_album, random_cut
from livestyle.training.data.photos import PhotoSet


class Crops(Protocol):
    """Endless batches of random square crops.

    Photos are taken in shuffled rounds; each crop is taken at a random scale and place and
    flipped half of the time. What a crop shows follows from the seed and its number in the run
    alone: not from the batches before, nor from how many processes share the work.
    """

    def next(self) -> Tensor:
        """RGB uint8, (N, 3, crop, crop); with faces a fourth channel, 255 where there is one.

        Raises:
            TrainingError: no photo can be read.
        """

    def close(self) -> None:
        """Ends what runs in the background."""


def open_crops(
    photos: PhotoSet, config: TrainConfig, start: int, share: slice, device: torch.device
) -> Crops:
    """The crops of a run.

    Args:
        photos: where they come from.
        config: crop, batch and seed, and whether faces weigh anything.
        start: number of batches to pass over, when a run goes on.
        share: the part of each batch that is wanted.
        device: where a GPU trains and has room, the photos are kept and cut there.
    """
    faces = FaceFinder() if config.face_weight else None
    album = Album(photos, config.crop_px, faces=faces)
    if on_device := device_album(album, device):
        return DeviceCrops(on_device, config, start, share)
    return ThreadedCrops(album, config, start, share)


class DeviceCrops:
    """Crops that are cut where the photos lie, when they are asked for."""

    def __init__(self, album: DeviceAlbum, config: TrainConfig, start: int, share: slice) -> None:
        self._album, self._config, self._number, self._share = album, config, start, share

    def next(self) -> Tensor:
        """As of `Crops`."""
        crop_px, cuts = self._config.crop_px, []
        for position, rng in _positions(self._config, self._number, self._share):
            photo = _photo_at(position, len(self._album.sizes), self._config.seed)
            cuts.append((photo, random_cut(self._album.sizes[photo], crop_px, rng)))
        self._number += 1
        return self._album.cut(cuts, crop_px)

    def close(self) -> None:
        """Nothing runs in the background."""


class ThreadedCrops:
    """Crops that one thread prepares ahead."""

    def __init__(self, album: Album, config: TrainConfig, start: int, share: slice) -> None:
        self._album, self._config, self._share = album, config, share
        self._queue: queue.Queue[Tensor | Exception] = queue.Queue(maxsize=4)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(start,), daemon=True)
        self._thread.start()

    def next(self) -> Tensor:
        """As of `Crops`.

        Raises:
            TrainingError: no photo can be read.
        """
        item = self._queue.get()
        if isinstance(item, Exception):
            raise item
        return item

    def close(self) -> None:
        """Ends the thread."""
        self._stopped.set()
        while not self._queue.empty():
            self._queue.get_nowait()
        self._thread.join()

    def _work(self, number: int) -> None:
        try:
            while not self._stopped.is_set():
                crops = [
                    self._crop(position, rng)
                    for position, rng in _positions(self._config, number, self._share)
                ]
                self._put(torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2))
                number += 1
        except Exception as error:  # handed to the training thread, which raises it
            self._put(error)

    def _put(self, item: Tensor | Exception) -> None:
        while not self._stopped.is_set():
            try:
                self._queue.put(item, timeout=0.1)
                return
            except queue.Full:
                continue

    def _crop(self, position: int, rng: np.random.Generator) -> Pixels:
        count, crop_px = len(self._album), self._config.crop_px
        photo = self._album.read(_photo_at(position, count, self._config.seed))
        if photo is None:  # another in its place, wherever in the set
            others = (self._album.read(int(i)) for i in rng.permutation(count))
            photo = next((other for other in others if other is not None), None)
        if photo is None:
            raise TrainingError(
                f"None of the {count} photos in {self._album.photos.path} can be used; see "
                "--verbose for what is wrong with each."
            )
        return cut_out(photo, random_cut((photo.shape[0], photo.shape[1]), crop_px, rng), crop_px)


def cut_out(photo: Pixels, cut: Cut, crop_px: int) -> Pixels:
    """The square of a photo, scaled to `crop_px`; uint8 (H, W, channels) in and out."""
    square = photo[cut.top : cut.top + cut.side, cut.left : cut.left + cut.side]
    if cut.flip:
        square = square[:, ::-1]
    square = np.ascontiguousarray(square)
    if cut.side == crop_px:
        return square
    size = crop_px, crop_px
    pixels = resampled(square[..., :3], size)
    if square.shape[2] == 3:
        return pixels
    return np.dstack([pixels, resampled(square[..., 3], size)])


def _positions(
    config: TrainConfig, number: int, share: slice
) -> list[tuple[int, np.random.Generator]]:
    """For each crop of the share of a batch: its number in the run, its random numbers."""
    first = number * config.batch
    return [
        (first + place, np.random.default_rng((config.seed, 0, first + place)))
        for place in range(config.batch)[share]
    ]


def _photo_at(position: int, count: int, seed: int) -> int:
    """The photo of the crop of that number: each round through all photos has its own order."""
    round_number, place = divmod(position, count)
    return int(_order(count, seed, round_number)[place])


@lru_cache(maxsize=2)
def _order(count: int, seed: int, round_number: int) -> NDArray[np.int64]:
    return np.random.default_rng((seed, 1, round_number)).permutation(count)
