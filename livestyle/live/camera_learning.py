"""CameraLearning: a style becomes better while it is shown, on what the camera sees.

The learning is a process of its own at the lowest priority, so that the show goes before it: what
it writes every half minute is made a style, whose files the `StyleWatcher` notices and loads.
"""

import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.resources import files
from importlib.util import find_spec
from itertools import chain, count
from pathlib import Path
from threading import Event, Thread

import numpy as np

from livestyle.errors import EngineError, LivestyleError, StyleError
from livestyle.frame import Pixels
from livestyle.images import resampled, write_picture
from livestyle.installation import install_command, predicted_styles
from livestyle.protocols import Closable
from livestyle.styles.from_picture.picture_style import weights_of, write_learned
from livestyle.styles.library import add_style, list_styles
from livestyle.styles.style import Style, open_style

log = logging.getLogger(__name__)

MODULE = "livestyle.training.on_camera"
BEGIN_FILE, WEIGHTS_FILE, STATUS_FILE = "begin.npz", "weights.npz", "status.json"
"""As that module calls them; it imports torch, which the show does without."""

LOOK_S = 0.5
SETTLED_S = 5.0
"""After which the show has its usual rate, and the learning begins."""

FRAME_EVERY_S = 2.0
MOST_FRAMES = 200
FRAME_PX = 300
"""Short side of the frames that are kept: a little more than a crop."""

LEAST_SHARE = 0.8
"""Of the rate before, that the show keeps; else it is said."""

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class LearningOptions:
    """How to learn.

    Attributes:
        loss_network: "vgg19" or "vgg16".
        vgg_weights: file to take its weights from; None: torchvision's.
    """

    loss_network: str = "vgg19"
    vgg_weights: Path | None = None


def _free_name(name: str) -> str:
    """The name, or the first of name_2, name_3 ... that no style has."""
    taken = {style.card.name for style in list_styles()}
    names = chain([name], (f"{name}_{number}" for number in count(2)))
    return next(each for each in names if each not in taken)


class CameraLearning(Closable):
    """Learns beside a show until it no longer improves, or is closed.

    Args:
        style: of a picture.
        options: how to learn.
        seen: gives the latest frame of the camera, RGB uint8 (H, W, 3), or None.
        fps: gives the rate of the show.
        improved: is given the better style, every half minute.

    Raises:
        StyleError: the style is not that of a picture.
        EngineError: torch is not installed.
    """

    def __init__(
        self,
        style: Style,
        options: LearningOptions,
        *,
        seen: Callable[[], Pixels | None],
        fps: Callable[[], float],
        improved: Callable[[Style], None],
    ) -> None:
        if style.file is None or not style.card.fine:
            raise StyleError(
                f"{style.card.name} is not the style of a picture, so that there is nothing to "
                "learn from. Give the picture of an artwork: --style FILE.jpg --learn."
            )
        if find_spec("torch") is None:
            raise EngineError(f"--learn needs torch. Install it with: {install_command('train')}")
        self._style, self._options = style, options
        self._picture = style.file.resolve()
        self._seen, self._fps, self._improved = seen, fps, improved
        self._latest: Style | None = None
        self._kept_as = ""
        self._notice = ""
        self._usual_fps = 0.0
        self._has_warned = False
        self._closing = Event()
        self._folder = Path(tempfile.mkdtemp(prefix="livestyle-learning-"))
        self._thread = Thread(target=self._run, name="livestyle-learning", daemon=True)
        self._thread.start()

    def take_notice(self) -> str:
        """The latest sentence for the screen, told once; "" when there is nothing new."""
        notice, self._notice = self._notice, ""
        return notice

    def keep(self) -> None:
        """Keeps what was learned as a style of the user's own, and says so."""
        style = self._latest
        if style is None:
            self._notice = "nothing was learned yet"
            return
        name = self._kept_as or _free_name(style.card.name)
        renamed = replace(style, card=replace(style.card, name=name))
        folder = predicted_styles() / f"{self._folder.name}-kept"
        try:
            write_learned(folder, renamed, weights_of(style))
            kept = add_style(folder, overwrite=True)  # an older state of this one at most
        except LivestyleError as error:
            self._notice = f"it cannot be kept: {error}"
        else:
            self._kept_as = name
            self._notice = f"kept as {name}, in {kept.folder}"
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Ends the learning; what was not kept is gone."""
        self._closing.set()
        self._thread.join()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self) -> None:
        try:
            if not self._closing.wait(SETTLED_S):
                self._learn()
        except Exception as error:  # whatever happens here, the show goes on
            log.warning("%s no longer learns: %s", self._style.card.name, error)
            self._notice = f"{self._style.card.name} no longer learns: {error}"

    def _learn(self) -> None:
        frames = self._folder / "frames"
        frames.mkdir()
        shutil.copy(str(files("livestyle.sources") / "demo.jpg"), frames)
        self._keep_frame(frames, 0)
        np.savez(self._folder / BEGIN_FILE, **weights_of(self._style))  # type: ignore[arg-type]
        self._usual_fps = self._fps()
        log_path = self._folder / "log.txt"
        with log_path.open("wb") as log_file, self._process(frames, log_file.fileno()) as process:
            self._notice = f"{self._style.card.name} is learning"
            try:
                self._follow(process, frames)
            finally:
                process.terminate()
        if process.returncode and not self._closing.is_set():
            said = log_path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise EngineError(said[-1] if said else f"exit code {process.returncode}")

    def _process(self, frames: Path, log_file: int) -> "subprocess.Popen[bytes]":
        """Begins to learn in another process, which gives itself the lowest priority."""
        asked = {
            "picture": str(self._picture),
            "frames": str(frames),
            "out": str(self._folder),
            "loss_network": self._options.loss_network,
            "vgg_weights": str(self._options.vgg_weights.resolve())
            if self._options.vgg_weights
            else None,
            "device": "auto",
            "threads": max(1, (os.cpu_count() or 2) - 1),
        }
        idle = getattr(subprocess, "IDLE_PRIORITY_CLASS", 0)  # Windows, where it cannot itself
        return subprocess.Popen(
            [sys.executable, "-m", MODULE, json.dumps(asked)],
            stdin=subprocess.DEVNULL,
            stdout=log_file,
            stderr=log_file,
            cwd=_ROOT,  # whence -m imports first: never from where the user happens to be
            start_new_session=True,  # Ctrl-C is for this process, which then ends the other
            creationflags=idle,
        )

    def _follow(self, process: "subprocess.Popen[bytes]", frames: Path) -> None:
        """Gives frames and takes weights until the learning ends, or the show."""
        number, stamp, next_s = 1, 0, time.monotonic()
        has_ended = False
        while not (has_ended or self._closing.wait(LOOK_S)):
            has_ended = process.poll() is not None  # before what it wrote last is looked for
            if time.monotonic() >= next_s:
                next_s += FRAME_EVERY_S
                number += self._keep_frame(frames, number)
            path = self._folder / STATUS_FILE  # written after the weights
            if path.exists() and path.stat().st_mtime_ns != stamp:
                stamp = path.stat().st_mtime_ns
                self._take(json.loads(path.read_text(encoding="utf-8")))
        if process.poll() == 0:
            self._notice = f"{self._style.card.name} has learned what it can; k keeps it"

    def _keep_frame(self, frames: Path, number: int) -> int:
        """Writes the latest frame; 1 if there was one."""
        if (frame := self._seen()) is None:
            return 0
        height, width = frame.shape[:2]
        scale = min(1.0, FRAME_PX / min(height, width))
        small = resampled(frame, (round(width * scale), round(height * scale)))
        write_picture(frames / f"{number % MOST_FRAMES:04}.jpg", small, quality=92)
        return 1

    def _take(self, status: dict[str, float]) -> None:
        """Makes a style of the weights that were written, and gives it on."""
        with np.load(self._folder / WEIGHTS_FILE, allow_pickle=False) as file:
            learned = {name: np.asarray(file[name], np.float32) for name in file.files}
        folder = predicted_styles() / f"{self._folder.name}-{status['step']}"
        write_learned(folder, self._style, learned)
        before, self._latest = self._latest, open_style(folder)
        self._improved(self._latest)
        if before is not None:
            shutil.rmtree(before.folder, ignore_errors=True)
        minutes, seconds = divmod(round(status["seconds"]), 60)
        self._notice = f"{self._style.card.name} has learned for {minutes}:{seconds:02}; k keeps it"
        fps = self._fps()
        if fps < LEAST_SHARE * self._usual_fps and not self._has_warned:
            self._has_warned = True
            self._notice = f"learning takes time from the show: {fps:.0f} frames a second now"
