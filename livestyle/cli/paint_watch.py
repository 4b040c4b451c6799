"""How `livestyle paint` is seen while it works."""

import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from livestyle.cli.echo import echo
from livestyle.cli.progress import LINE_EVERY_S, duration
from livestyle.errors import SinkError
from livestyle.frame import Frame, Pixels
from livestyle.images import write_picture
from livestyle.optimisation.progress import Step
from livestyle.resize import resized
from livestyle.sinks.recorder import Recorder
from livestyle.sinks.window import Window

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

PREVIEW_EVERY_S = 3.0
DISPLAY_EVERY_S = 0.2
TIMELAPSE_FPS = 25.0
TIMELAPSE_FRAMES = 250
LAST_FRAMES = 50
"""The picture stands for two seconds at the end."""


class PaintProgress:
    """A bar on a terminal; elsewhere a line every half a minute. Both with losses and time left."""

    def __init__(self) -> None:
        self._bar: ProgressBar[int] | None = None
        self._began_s = self._said_s = time.monotonic()
        self._figures = ""

    def stepped(self, step: Step) -> None:
        """One step further."""
        now_s = time.monotonic()
        self._figures = "  ".join(f"{name} {loss:.3g}" for name, loss in step.losses.items())
        if sys.stderr.isatty():
            if self._bar is None:
                self._bar = click.progressbar(
                    length=step.steps, item_show_func=lambda _: self._figures, show_pos=True,
                    show_percent=False, width=24, file=sys.stderr,
                )  # fmt: skip
            self._bar.update(1)
        elif now_s - self._said_s >= LINE_EVERY_S or step.done == step.steps:
            self._said_s = now_s
            left_s = (now_s - self._began_s) / step.done * (step.steps - step.done)
            echo(
                f"step {step.done}/{step.steps}  {self._figures}  {duration(left_s)} left", err=True
            )

    def finished(self, pixels: Pixels) -> None:
        """Nothing more comes."""
        self.close()

    def close(self) -> None:
        """Ends the bar's line."""
        if self._bar:
            self._bar.render_finish()
            self._bar = None


class PreviewFile:
    """A picture of the work, written anew every few seconds, whole each time.

    Attributes:
        path: of the picture.
    """

    def __init__(self, path: Path, *, stays: bool) -> None:
        self.path = path
        self._stays = stays
        self._written_s = -PREVIEW_EVERY_S

    def stepped(self, step: Step) -> None:
        """Writes it if it is time."""
        if time.monotonic() - self._written_s >= PREVIEW_EVERY_S:
            write_picture(self.path, step.picture(), quality=90)
            self._written_s = time.monotonic()

    def finished(self, pixels: Pixels) -> None:
        """The last picture; a preview that nobody named goes, the output is beside it."""
        if self._stays:
            write_picture(self.path, pixels, quality=90)

    def close(self) -> None:
        """Removes a preview that nobody named."""
        if not self._stays:
            with suppress(OSError):
                self.path.unlink(missing_ok=True)


class Snapshots:
    """Pictures of every so many steps, NAME-00100.png."""

    def __init__(self, output: Path, every: int, *, overwrite: bool) -> None:
        self._output, self._every, self._overwrite = output, every, overwrite

    def stepped(self, step: Step) -> None:
        """Keeps this one if it is its turn."""
        if step.done % self._every:
            return
        path = self._output.with_name(f"{self._output.stem}-{step.done:05}{self._output.suffix}")
        if path.exists() and not self._overwrite:
            raise SinkError(f"{path} is already there. Allow it with --overwrite.")
        write_picture(path, step.picture())

    def finished(self, pixels: Pixels) -> None:
        """The output is the last one."""

    def close(self) -> None:
        """Nothing is open."""


class TimeLapse:
    """The work as a video of some ten seconds, through the project's recorder."""

    def __init__(self, path: Path, *, overwrite: bool) -> None:
        self._recorder = Recorder(path, fps=TIMELAPSE_FPS, overwrite=overwrite)
        self._size: tuple[int, int] | None = None
        self._kept: list[Pixels] = []

    def stepped(self, step: Step) -> None:
        """Adds this step if it is its turn; more of the first ones, where more happens."""
        every = max(1, step.steps // TIMELAPSE_FRAMES)
        if step.done % every == 0 or step.done < TIMELAPSE_FRAMES // 10:
            self._write(step.picture())

    def finished(self, pixels: Pixels) -> None:
        """The result stands a while."""
        for _ in range(LAST_FRAMES):
            self._write(pixels)

    def close(self) -> None:
        """Finishes the video."""
        self._recorder.close()

    def _write(self, pixels: Pixels) -> None:
        if self._size is None:
            self._size = _filmed(pixels)
        pixels = resized(pixels, self._size)
        index = self._recorder.frames
        self._recorder.write(Frame(pixels, index, index / TIMELAPSE_FPS, time.perf_counter()))


def _filmed(pixels: Pixels, long_side_px: int = 768) -> tuple[int, int]:
    """(width, height) of the video, whatever size the work begins at."""
    height, width = pixels.shape[:2]
    scale = long_side_px / max(height, width)
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


class Display:
    """The work in a window."""

    def __init__(self, title: str) -> None:
        self._window = Window(title)
        self._shown_s = -DISPLAY_EVERY_S

    def stepped(self, step: Step) -> None:
        """Shows the picture as it is."""
        if time.monotonic() - self._shown_s >= DISPLAY_EVERY_S:
            self._window.show(step.picture())
            self._window.poll_key()
            self._shown_s = time.monotonic()

    def finished(self, pixels: Pixels) -> None:
        """Shows the result."""
        self._window.show(pixels)
        self._window.poll_key()

    def close(self) -> None:
        """Takes the window away."""
        self._window.close()
