"""A run in TensorBoard, for those who have it: losses, rate, flicker and painted photos."""

import logging
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from livestyle.training.callbacks.callback import Callback, Progress
from livestyle.training.callbacks.history import LOSSES_EVERY, History
from livestyle.training.callbacks.preview import PREVIEW_PHOTOS, SIDE_PX, paint, square

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

    from livestyle.training.loop import Trainer

log = logging.getLogger(__name__)


class TensorBoard(Callback):
    """Writes TensorBoard's event files into the run's folder: `tensorboard --logdir runs`.

    Where the package is missing, or a file cannot be written, the run goes on without.

    Args:
        history: a watcher of the same run, told before this one.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._writer: SummaryWriter | None = None

    def started(self, trainer: "Trainer") -> None:
        self._trainer = trainer
        self._photos = [square(p, SIDE_PX) for p in trainer.photos.sample(PREVIEW_PHOTOS)]
        try:
            from torch.utils.tensorboard import SummaryWriter

            # Steps after the last checkpoint are taken again by a resumed run.
            self._writer = SummaryWriter(str(trainer.config.out), purge_step=trainer.step + 1)
        except Exception as error:  # missing, broken, or unable to write: none of it ends a run
            log.info("No TensorBoard files are written: %s", error)

    def stepped(self, progress: Progress) -> None:
        if self._writer and progress.step % LOSSES_EVERY == 0:
            rate = self._trainer.optimiser.param_groups[0]["lr"]
            self._scalar("learning_rate", rate, progress.step)
            for name, value in progress.losses.items():
                self._scalar(f"loss/{name}", value, progress.step)

    def saved(self, checkpoint: Path) -> None:
        if not self._writer:
            return
        step = self._trainer.step
        for name, value in self._history.steadiness.items():
            self._scalar(f"steadiness/{name}", value, step)
        with suppress(OSError):
            for number, photo in enumerate(self._photos):
                painted = paint(self._trainer.net, photo)
                self._writer.add_image(f"photo {number}", painted, step, dataformats="HWC")
            self._writer.flush()

    def ended(self) -> None:
        if self._writer:
            with suppress(OSError):
                self._writer.close()

    def _scalar(self, name: str, value: float, step: int) -> None:
        if self._writer:
            with suppress(OSError):
                self._writer.add_scalar(name, value, step)
