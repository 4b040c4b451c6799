"""The virtual camera: other programs see the painted picture as if a camera had taken it."""

import logging
import sys
from threading import Condition, Thread
from typing import Any

import cv2
import numpy as np

from livestyle.errors import SinkError
from livestyle.frame import Frame, Pixels
from livestyle.installation import install_command
from livestyle.protocols import Sink
from livestyle.resize import resized

log = logging.getLogger(__name__)

USUAL_FPS = 30.0
"""Told to the driver when the source does not know its own rate."""

JOIN_S = 2.0
"""Patience with a driver at the end; after that its thread is left behind."""

_OBS = (
    "Install OBS Studio (https://obsproject.com), open it, click Start Virtual Camera and then "
    "Stop Virtual Camera once, and end programs that send to it."
)
FIXES = {
    "linux": "Load the driver with `sudo modprobe v4l2loopback exclusive_caps=1 "
    "card_label=livestyle` (on Debian and Ubuntu `sudo apt install v4l2loopback-dkms` brings it), "
    "and end programs that send to it.",
    "darwin": _OBS,
    "win32": _OBS,
}


class VirtualCamera(Sink):
    """Sends frames to other programs, always the newest one, from a thread of its own.

    The size is fixed when it opens; frames of another size are scaled. A mirrored picture is
    turned back, so that others can read what is written in it.

    Attributes:
        device: name of the camera in other programs, or its device file.
        size: (width, height) in pixels of what is sent; even, as drivers want it.
        skipped: frames that were replaced by newer ones because the driver was slow.
    """

    def __init__(
        self,
        size: tuple[int, int],
        fps: float,
        *,
        keeps_mirror: bool = False,
        may_fail: bool = False,
    ) -> None:
        """Opens the first free virtual camera.

        Args:
            size: (width, height) of the frames to come, in pixels.
            fps: about how many come in a second; 0.0 when unknown.
            keeps_mirror: send mirrored frames as they are.
            may_fail: pass over frames after a failure, instead of raising with the next one;
                `take_notice` tells of it and `close` raises.

        Raises:
            SinkError: pyvirtualcam is not installed, or there is no such driver.
        """
        self.size = _even(size)
        self.skipped = 0
        self._keeps_mirror = keeps_mirror
        self._may_fail = may_fail
        self._camera = _opened(self.size, fps or USUAL_FPS)
        self.device = str(self._camera.device)
        self._changed = Condition()
        self._newest: Frame | None = None
        self._closed = False
        self._error: SinkError | None = None
        self._is_told = False
        self._notice = ""
        self._thread = Thread(target=self._send_frames, name="virtual camera", daemon=True)
        self._thread.start()

    def write(self, frame: Frame) -> None:
        """Hands the frame over and returns at once.

        Raises:
            SinkError: the camera failed, and may not.
        """
        with self._changed:
            if self._error is not None:
                if self._may_fail:
                    return
                self._is_told = True
                raise self._error
            self.skipped += self._newest is not None
            self._newest = frame
            self._changed.notify_all()

    def take_notice(self) -> str:
        """The latest sentence for the screen, told once; "" when there is nothing new."""
        with self._changed:
            notice, self._notice = self._notice, ""
            return notice

    def close(self) -> None:
        """Takes the camera away from other programs.

        Raises:
            SinkError: it failed before, and nobody was told by `write`.
        """
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(JOIN_S)
        if self._thread.is_alive():
            log.warning("the virtual camera %s does not answer; going on without it", self.device)
        if self._error is not None and not self._is_told:
            self._is_told = True
            raise self._error

    def _send_frames(self) -> None:
        try:
            while (frame := self._take()) is not None:
                self._camera.send(self._prepared(frame))
        except Exception as error:  # drivers raise what they like
            self._keep(error)
        try:
            self._camera.close()
        except Exception as error:
            self._keep(error)

    def _take(self) -> Frame | None:
        """Waits for a frame; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._newest is not None)
            frame, self._newest = self._newest, None
            return frame

    def _prepared(self, frame: Frame) -> Pixels:
        """The pixels to send: RGB uint8 (H, W, 3) of exactly `size`, contiguous."""
        pixels = frame.pixels
        if frame.is_mirrored and not self._keeps_mirror:
            pixels = np.asarray(cv2.flip(pixels, 1), np.uint8)
        return np.ascontiguousarray(resized(pixels, self.size))

    def _keep(self, error: Exception) -> None:
        message = f"The virtual camera {self.device} failed ({error})."
        log.warning("%s", message)
        with self._changed:
            if self._error is None:
                self._error = SinkError(f"{message} {_fix()}")
                self._error.__cause__ = error
                self._notice = f"virtual camera stopped: {error}"


def _opened(size: tuple[int, int], fps: float) -> Any:
    """The first free virtual camera, a `pyvirtualcam.Camera` for RGB pictures."""
    try:
        from pyvirtualcam import Camera
    except ImportError as error:
        raise SinkError(
            f"A virtual camera needs pyvirtualcam, which cannot be imported ({error}). "
            f"Install it with `{install_command('vcam')}`."
        ) from error
    try:
        return Camera(*size, fps)
    except Exception as error:  # RuntimeError where there is none; a driver may have others
        found = "; ".join(line.partition(". ")[0].strip(" .") for line in str(error).splitlines())
        raise SinkError(
            f"No virtual camera of {size[0]}x{size[1]} can be opened: "
            f"{found or 'this system has no driver for one'}. {_fix()}"
        ) from error


def _fix() -> str:
    return FIXES.get(sys.platform, "Leave out --virtual-camera: none is known for this system.")


def _even(size: tuple[int, int]) -> tuple[int, int]:
    """The size with sides rounded up to even ones."""
    return size[0] + size[0] % 2, size[1] + size[1] % 2
