"""A sweep: short runs over style strength and stroke size, and one sheet to choose from."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
from PIL import Image

from livestyle.contact_sheet import in_grid, labelled
from livestyle.frame import Pixels
from livestyle.images import read_picture, write_picture
from livestyle.training.callbacks.callback import Callback
from livestyle.training.callbacks.preview import paint, square
from livestyle.training.checkpoint import checkpoints_in
from livestyle.training.config import TrainConfig
from livestyle.training.loop import Trainer

STRENGTHS = 0.5, 1.0, 2.0
STROKES = 0.7, 1.4
SHEET_FILE = "sheet.jpg"
SHEET_PHOTOS = 3
SIDE_PX = 192
GAP_PX = 4


@dataclass(frozen=True, slots=True)
class Cell:
    """One short run of a sweep.

    Attributes:
        strength: of the style, see `TrainConfig.style_strength`.
        stroke: size of the strokes, see `TrainConfig.stroke`.
    """

    strength: float
    stroke: float

    def __str__(self) -> str:
        return f"strength {self.strength:g}, stroke {self.stroke:g}"

    @property
    def folder(self) -> str:
        """Name of its run's folder."""
        return f"strength-{self.strength:g}-stroke-{self.stroke:g}"


CELLS = tuple(Cell(strength, stroke) for stroke, strength in product(STROKES, STRENGTHS))


class Sweep:
    """Runs the cells one after the other; photos and loss network are loaded once.

    Args:
        config: of every cell but for strength and stroke; `out` gets a folder for each.
        resume: go on with what is in `out`; finished cells are only painted.
        start_from: whose network every cell starts from; None: fresh weights.
    """

    def __init__(
        self, config: TrainConfig, *, resume: bool = False, start_from: Path | None = None
    ) -> None:
        self._config, self._resume, self._start_from = config, resume, start_from
        self._painted: dict[Cell, Pixels] = {}
        self._trainer: Trainer | None = None
        self._stopped = False

    @property
    def sheet(self) -> Path:
        """Where the sheet is."""
        return self._config.out / SHEET_FILE

    def stop(self) -> None:
        """Asks for the end after the step that is being done; from any thread."""
        self._stopped = True
        if self._trainer:
            self._trainer.stop()

    def run(
        self, callbacks: Callable[[Cell], Sequence[Callback]] = lambda _: ()
    ) -> Iterator[tuple[Cell, Path]]:
        """Trains cell after cell; the sheet is written anew after each.

        Args:
            callbacks: those of a cell's run.

        Yields:
            Each finished cell and its run's folder. A cell that is stopped is not finished.

        Raises:
            TrainingError: as `Trainer` does.
            SinkError: the sheet cannot be written.
        """
        for cell in CELLS:
            trainer = self._open(cell)
            if not self._stopped:
                trainer.run(callbacks(cell))
            if self._stopped:
                return
            self._paint(cell, trainer)
            yield cell, trainer.config.out

    def _open(self, cell: Cell) -> Trainer:
        config = replace(
            self._config,
            style_strength=cell.strength,
            stroke=cell.stroke,
            out=self._config.out / cell.folder,
        )
        resume = self._resume and bool(checkpoints_in(config.out))
        self._trainer = Trainer(
            config, resume=resume, start_from=self._start_from, beside=self._trainer
        )
        return self._trainer

    def _paint(self, cell: Cell, trainer: Trainer) -> None:
        """Adds a cell to the sheet."""
        photos = [square(photo, SIDE_PX) for photo in trainer.photos.sample(SHEET_PHOTOS)]
        painted = in_grid([[paint(trainer.net, photo) for photo in photos]], GAP_PX)
        self._painted[cell] = labelled(painted, str(cell))
        height, width = painted.shape[:2]
        artwork = _within(read_picture(self._config.style_image), (width, height))
        rows = [[labelled(in_grid([photos], GAP_PX), "photos"), labelled(artwork, "artwork")]]
        for stroke in STROKES:
            row = [tile for cell, tile in self._painted.items() if cell.stroke == stroke]
            rows += [row] if row else []
        write_picture(self.sheet, in_grid(rows, 3 * GAP_PX), quality=92)


def _within(picture: Pixels, size: tuple[int, int]) -> Pixels:
    """The whole picture in the middle of a white one of (width, height)."""
    image = Image.fromarray(picture)
    image.thumbnail(size, Image.Resampling.LANCZOS)
    page = Image.new("RGB", size, "white")
    page.paste(image, ((size[0] - image.width) // 2, (size[1] - image.height) // 2))
    return np.asarray(page)
