"""What a network in training paints: one picture, and the sheet of a run through time."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from livestyle.contact_sheet import in_grid, labelled
from livestyle.errors import SourceError
from livestyle.frame import Pixels
from livestyle.images import read_picture, resampled, write_picture
from livestyle.nets.pixels import to_batch, to_pixels
from livestyle.styles.card import PREVIEW_FILE
from livestyle.training.callbacks.callback import Callback, Progress

if TYPE_CHECKING:
    from livestyle.training.loop import Trainer

COLUMNS_FOLDER = "previews"
PREVIEW_PHOTOS = 6
SIDE_PX = 192
GAP_PX = 4
FIRST_STEP = 25
MAX_COLUMNS = 8


class Preview(Callback):
    """Keeps the run's `preview.jpg`: a row for each photo, a column for each doubling of steps.

    The first column has the photos, the last one what the network paints now. The columns lie as
    single pictures in `previews`, so that a resumed run goes on with them.
    """

    def started(self, trainer: "Trainer") -> None:
        self._trainer = trainer
        self._photos = [square(p, SIDE_PX) for p in trainer.photos.sample(PREVIEW_PHOTOS)]
        self._columns: dict[int, Pixels] = {}
        self._folder = trainer.config.out / COLUMNS_FOLDER
        self._folder.mkdir(exist_ok=True)
        for path in self._folder.glob("*.jpg"):
            self._take_up(path)

    def stepped(self, progress: Progress) -> None:
        if progress.step in milestones(progress.step):
            self._add_column(progress.step)
            self._write()

    def saved(self, checkpoint: Path) -> None:
        self._add_column(self._trainer.step)
        self._write()

    def _add_column(self, step: int) -> None:
        if self._photos and step not in self._columns:
            painted = [[paint(self._trainer.net, photo)] for photo in self._photos]
            self._columns[step] = in_grid(painted, GAP_PX)
            write_picture(self._folder / f"{step:06}.jpg", self._columns[step], quality=92)

    def _write(self) -> None:
        """Milestones and the last column stay, the others go."""
        kept = set(milestones(max(self._columns, default=0)))
        for step in sorted(self._columns)[:-1]:
            if step not in kept:
                del self._columns[step]
                (self._folder / f"{step:06}.jpg").unlink(missing_ok=True)
        if self._columns:
            photos = in_grid([[photo] for photo in self._photos], GAP_PX)
            named = [labelled(photos, "photo")]
            named += [labelled(self._columns[s], f"step {s}") for s in sorted(self._columns)]
            path = self._trainer.config.out / PREVIEW_FILE
            write_picture(path, in_grid([named], GAP_PX), quality=90)

    def _take_up(self, path: Path) -> None:
        """A column of the run before it was interrupted; one of another run goes."""
        rows = len(self._photos)
        shape = (rows * (SIDE_PX + GAP_PX) - GAP_PX, SIDE_PX, 3)
        with suppress(SourceError, ValueError):  # a broken file, or one that somebody put there
            step, column = int(path.stem), read_picture(path)
            if column.shape == shape and step <= self._trainer.step:
                self._columns[step] = column
                return
        path.unlink()


def milestones(step: int) -> list[int]:
    """The steps up to this one that the sheet shows: each twice the one before, the last few."""
    steps = [FIRST_STEP]
    while steps[-1] * 2 <= step:
        steps.append(steps[-1] * 2)
    return steps[-(MAX_COLUMNS - 1) :]


def paint(net: nn.Module, photo: Pixels) -> Pixels:
    """A photo repainted, RGB uint8 (H, W, 3) in and out; H and W are cut to multiples of 4."""
    height, width = (side // 4 * 4 for side in photo.shape[:2])
    device = next(net.parameters()).device
    net.eval()
    with torch.inference_mode():
        return to_pixels(net(to_batch(photo[:height, :width]).to(device)))


def square(photo: Pixels, side_px: int = 256) -> Pixels:
    """The middle of a photo as a square."""
    height, width = photo.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return resampled(photo[top : top + side, left : left + side], (side_px, side_px))
