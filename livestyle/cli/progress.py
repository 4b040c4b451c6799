"""How a training run shows on the terminal, and in a log."""

import sys
import time
from typing import TYPE_CHECKING

import click

from livestyle.cli.echo import echo
from livestyle.training.callbacks.callback import Callback, Progress

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

    from livestyle.training.loop import Trainer

LINE_EVERY_S = 30.0


class ProgressShown(Callback):
    """A bar on a terminal; elsewhere a line every half a minute.

    Both have images per second, the losses' running means and the time that is left.
    """

    def __init__(self) -> None:
        self._bar: ProgressBar[int] | None = None

    def started(self, trainer: "Trainer") -> None:
        self._batch, self._first = trainer.config.batch, trainer.step
        self._began_s = self._said_s = time.monotonic()
        self._figures = ""
        if sys.stderr.isatty():
            self._bar = click.progressbar(
                length=trainer.config.steps - trainer.step,
                item_show_func=lambda _: self._figures,
                show_pos=True,
                show_percent=False,
                width=24,
                file=sys.stderr,
            )
            self._bar.render_progress()

    def stepped(self, progress: Progress) -> None:
        now_s = time.monotonic()
        done = progress.step - self._first
        images_per_s = done * self._batch / max(now_s - self._began_s, 1e-6)
        losses = "  ".join(f"{name} {loss:.3g}" for name, loss in progress.losses.items() if loss)
        self._figures = f"{images_per_s:.1f} images/s  {losses}"
        if self._bar:
            self._bar.length = progress.steps - self._first  # changes with --hours
            self._bar.update(1)
        elif now_s - self._said_s >= LINE_EVERY_S or progress.step == progress.steps:
            self._said_s = now_s
            left_s = (progress.steps - progress.step) * self._batch / images_per_s
            echo(
                f"step {progress.step}/{progress.steps}  {self._figures}  {duration(left_s)} left",
                err=True,
            )

    def ended(self) -> None:
        if self._bar:
            self._bar.render_finish()


def duration(seconds: float) -> str:
    """A time as people say it."""
    minutes = round(seconds / 60)
    if minutes < 2:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"
