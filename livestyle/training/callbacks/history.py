"""A run's figures over time, in two small tables that any program reads."""

import csv
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from livestyle.frame import Pixels
from livestyle.training.callbacks.callback import Callback, Progress
from livestyle.training.callbacks.preview import paint, square
from livestyle.training.evaluation import exact_flow_error, moving_camera_ratio

if TYPE_CHECKING:
    from livestyle.training.loop import Trainer

LOSSES_FILE, STEADINESS_FILE = "losses.csv", "steadiness.csv"
LOSSES_EVERY = 10
STEADINESS_PHOTOS = 3

Table = dict[str, list[float]]
"""Column -> values; the first column is the step."""


class History(Callback):
    """Writes the running means of the losses every ten steps, and the flicker at each checkpoint.

    `losses.csv` has step, content, style, tv, steadiness, and colour losses if they weigh anything.
    `steadiness.csv` has step; flow_error, of some photos under a known warp, see
    `exact_flow_error`; and clip_ratio, of the clip, see `moving_camera_ratio`. A resumed run goes
    on with them.

    Args:
        clip: frames of a moving camera, RGB uint8 (H, W, 3), two or more.

    Attributes:
        steadiness: the last figures of `steadiness.csv`, by name; empty before the first.
    """

    def __init__(self, clip: Sequence[Pixels]) -> None:
        self._clip = clip

    def started(self, trainer: "Trainer") -> None:
        self._trainer = trainer
        self._photos = [square(photo) for photo in trainer.photos.sample(STEADINESS_PHOTOS)]
        self.steadiness: dict[str, float] = {}
        for name in (LOSSES_FILE, STEADINESS_FILE):
            _cut(trainer.config.out / name, trainer.step)

    def stepped(self, progress: Progress) -> None:
        if progress.step % LOSSES_EVERY == 0 or progress.step == progress.steps:
            _append(self._trainer.config.out / LOSSES_FILE, progress.step, progress.losses)

    def saved(self, checkpoint: Path) -> None:
        if not self._photos:
            return
        paints = partial(paint, self._trainer.net)
        self.steadiness = {
            "flow_error": exact_flow_error(paints, self._photos),
            "clip_ratio": moving_camera_ratio(self._clip, [paints(frame) for frame in self._clip]),
        }
        _append(self._trainer.config.out / STEADINESS_FILE, self._trainer.step, self.steadiness)


def read_table(path: Path) -> Table:
    """One of the tables, empty when there is none; a line that is not whole is passed over."""
    try:
        with path.open(newline="") as file:
            names, *lines = csv.reader(file)
    except (OSError, ValueError):
        return {}
    table: Table = {name: [] for name in names}
    for line in lines:
        try:
            values = [float(value) for value in line]
        except ValueError:
            continue
        if len(values) == len(names):
            for name, value in zip(names, values, strict=True):
                table[name].append(value)
    return table


def _append(path: Path, step: int, figures: dict[str, float]) -> None:
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if is_new:
            writer.writerow(["step", *figures])
        writer.writerow([step, *(f"{value:.6g}" for value in figures.values())])


def _cut(path: Path, last_step: int) -> None:
    """Drops the lines of steps that a resumed run, or a new one, takes again."""
    table = read_table(path)
    path.unlink(missing_ok=True)
    for step, *values in zip(*table.values(), strict=True):
        if step <= last_step:
            _append(path, int(step), dict(zip(list(table)[1:], values, strict=True)))
