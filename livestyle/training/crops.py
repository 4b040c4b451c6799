"""Batches of crops, cut from photos in a thread of their own."""

import queue
import threading
from collections.abc import Iterator

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from livestyle.errors import TrainingError
from livestyle.frame import Pixels
from livestyle.training.data import PhotoSet


class Crops:
    """Endless batches of random square crops, prepared ahead by one thread.

    Photos are taken in shuffled rounds; each crop is taken at a random scale and place and
    flipped half of the time. The same seed gives the same batches.

    Args:
        photos: where they come from.
        crop_px: side of the crops.
        batch: crops per batch.
        seed: of the order and the crops.
        start: number of batches to pass over, when a run goes on.
    """

    def __init__(
        self, photos: PhotoSet, crop_px: int, batch: int, seed: int, start: int = 0
    ) -> None:
        self._photos, self._crop_px, self._batch, self._seed = photos, crop_px, batch, seed
        self._queue: queue.Queue[Tensor | Exception] = queue.Queue(maxsize=4)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(start,), daemon=True)
        self._thread.start()

    def next(self) -> Tensor:
        """RGB uint8, (N, 3, crop, crop).

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

    def _work(self, start: int) -> None:
        try:
            order = self._order(start * self._batch)
            number = start
            while not self._stopped.is_set():
                rng = np.random.default_rng((self._seed, number))
                crops = [self._crop(order, rng) for _ in range(self._batch)]
                self._put(torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).contiguous())
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

    def _order(self, start: int) -> Iterator[int]:
        """Photo numbers for ever, each round in another order."""
        count = len(self._photos)
        round_number, offset = divmod(start, count)
        while True:
            order = np.random.default_rng((self._seed, 1, round_number)).permutation(count)
            yield from (int(i) for i in order[offset:])
            round_number, offset = round_number + 1, 0

    def _crop(self, order: Iterator[int], rng: np.random.Generator) -> Pixels:
        for _ in range(2 * len(self._photos)):
            photo = self._photos.read(next(order))
            if photo is not None:
                return random_crop(photo, self._crop_px, rng)
        raise TrainingError(
            f"None of the {len(self._photos)} photos in {self._photos.path} can be read."
        )


def random_crop(photo: Pixels, side_px: int, rng: np.random.Generator) -> Pixels:
    """A square of a photo, resized to `side_px`, flipped half of the time.

    The square's side lies between 0.75 and 1 times the photo's short side, or is `side_px` where
    that is larger, so that photos are not blown up without need.
    """
    height, width = photo.shape[:2]
    short = min(height, width)
    side = round(short * rng.uniform(0.75, 1.0))
    side = min(short, max(side, side_px))
    top = int(rng.integers(height - side + 1))
    left = int(rng.integers(width - side + 1))
    square = photo[top : top + side, left : left + side]
    if rng.random() < 0.5:
        square = square[:, ::-1]
    if side == side_px:
        return np.ascontiguousarray(square)
    resized = Image.fromarray(np.ascontiguousarray(square)).resize(
        (side_px, side_px), Image.Resampling.LANCZOS
    )
    return np.asarray(resized)
