"""Commands as their user runs them, and what other programs find in the files they leave."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

import av
import numpy as np
from media import Picture

LIMIT_S = 60.0
"""Longest wait for anything; what is waited for comes within a second or two."""


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


class Running:
    """A command in a process of its own."""

    def __init__(self, folder: Path, *args: object) -> None:
        command = [sys.executable, "-m", "livestyle.cli.main", *map(str, args)]
        with (
            NamedTemporaryFile("wb", dir=folder, suffix=".stdout", delete=False) as out,
            NamedTemporaryFile("wb", dir=folder, suffix=".stderr", delete=False) as err,
        ):
            self._out, self._err = Path(out.name), Path(err.name)
            self._process = subprocess.Popen(
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=err
            )

    @property
    def err(self) -> str:
        """What it has said so far."""
        return self._err.read_text()

    def wait_for(self, condition: Callable[[], object], what: str) -> None:
        """Waits until something is so, but not when the command ends first."""
        deadline_s = time.monotonic() + LIMIT_S
        while not condition():
            assert self._process.poll() is None, f"ended before {what}: {self.err}"
            assert time.monotonic() < deadline_s, f"not within {LIMIT_S:g} s: {what}\n{self.err}"
            time.sleep(0.05)

    def send(self, number: signal.Signals) -> None:
        """Sends a signal."""
        self._process.send_signal(number)

    def ended(self) -> Ended:
        """Waits for its end."""
        code = self._process.wait(LIMIT_S)
        return Ended(code, self._out.read_text(), self.err)

    def kill(self) -> None:
        """Ends it if it still runs."""
        self._process.kill()
        self._process.wait(LIMIT_S)


@dataclass(frozen=True)
class Clip:
    """What is in a video file: pictures, RGB uint8 (H, W, 3), when they are shown, and sound."""

    pictures: list[Picture]
    times_s: list[float]
    sound_s: float


def decoded(path: Path, *, whole: bool = True) -> Clip:
    """Plays a video file with PyAV; one that is not `whole` may break off."""
    pictures: list[Picture] = []
    times_s: list[float] = []
    sound_s = 0.0
    with av.open(str(path)) as container, suppress(*() if whole else (av.FFmpegError,)):
        for frame in container.decode():
            if isinstance(frame, av.VideoFrame):
                pictures.append(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8))
                times_s.append(float(frame.time))
            elif isinstance(frame, av.AudioFrame):
                sound_s += frame.samples / frame.sample_rate
    return Clip(pictures, times_s, sound_s)


def plays(path: Path) -> bool:
    """Whether there is a video with a picture in it, perhaps still being written."""
    try:
        with av.open(str(path)) as container:
            return next(container.decode(video=0), None) is not None
    except (OSError, av.FFmpegError):
        return False


def difference(one: Picture, other: Picture) -> float:
    """Mean difference of two pictures of one size, 0 to 255."""
    return float(np.abs(one.astype(int) - other.astype(int)).mean())
