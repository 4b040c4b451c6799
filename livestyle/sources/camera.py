"""Cameras, through OpenCV: what is asked for is read back, and a camera that hangs is noticed."""

import logging
import sys
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from livestyle.errors import SourceError
from livestyle.frame import Pixels
from livestyle.sources.latest_frame import LatestFrameSource

log = logging.getLogger(__name__)

Bgr = NDArray[np.uint8]

_BACKENDS = {"linux": cv2.CAP_V4L2, "darwin": cv2.CAP_AVFOUNDATION, "win32": cv2.CAP_DSHOW}
_DEVICES = Path("/dev")
_V4L = Path("/sys/class/video4linux")
_COMMON_SIZES = ((640, 480), (1280, 720), (1920, 1080))
_FAILED_READS = 10
_FAILED_READ_PAUSE_S = 0.05
_COARSE = 16


class Capture(Protocol):
    """What is used of `cv2.VideoCapture`."""

    def isOpened(self) -> bool: ...  # noqa: N802
    def set(self, prop: int, value: float, /) -> bool: ...
    def get(self, prop: int, /) -> float: ...
    def read(self) -> tuple[bool, Bgr | None]: ...
    def release(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Mode:
    """What a camera grants.

    Attributes:
        size: (width, height) in pixels.
        fps: pictures per second; 0.0 when it does not say.
        format: of the pictures on the wire, as a FOURCC ("MJPG", "YUYV"); "" when unknown.
    """

    size: tuple[int, int]
    fps: float
    format: str


class Camera(LatestFrameSource[Bgr]):
    """A camera by index or device path."""

    def __init__(
        self,
        device: int | str,
        size: tuple[int, int] | None = None,
        fps: float | None = None,
        open_timeout_s: float = 10.0,
        stall_timeout_s: float = 5.0,
        cancel: threading.Event | None = None,
        open_capture: Callable[[int | str], Capture] | None = None,
    ) -> None:
        """Opens the camera and waits for its first picture.

        Args:
            device: index, or path such as "/dev/video0".
            size: (width, height) to ask for; what is granted stands in `size`.
            fps: rate to ask for; what is granted stands in `fps`.
            open_timeout_s: limit for opening.
            stall_timeout_s: limit without a new picture.
            cancel: gives up opening when it is set.
            open_capture: opens the device; OpenCV's own way when None.

        Raises:
            SourceError: no such camera, in use, or no picture in time.
        """
        super().__init__(camera_label(device), stall_timeout_s)
        self._device = device
        self._asked_size, self._asked_fps = size, fps
        self._open_capture = open_capture or _open_capture
        self._start(open_timeout_s, cancel)
        rate = f" and {self.fps:g} fps" if self.fps else ""
        granted = f"{self.size[0]}x{self.size[1]}{rate}"
        if (size and size != self.size) or (fps and abs(fps - self.fps) > 0.5):
            asked = " at ".join(
                ([f"{size[0]}x{size[1]}"] if size else []) + ([f"{fps:g} fps"] if fps else [])
            )
            log.warning("%s was asked for %s and gives %s.", self.name, asked, granted)
        self.name = f"{self.name} at {granted}"

    def _produce(self) -> Generator[Bgr, None, None]:
        capture = self._open_capture(self._device)
        try:
            if not capture.isOpened():
                raise SourceError(_does_not_open(self._device))
            self._ask(capture)
            yield from self._new_pictures(capture)
        finally:
            capture.release()

    def _ask(self, capture: Capture) -> None:
        _ask_for(capture, self._asked_size)
        if self._asked_fps is not None:
            capture.set(cv2.CAP_PROP_FPS, self._asked_fps)
        self.fps = max(0.0, float(capture.get(cv2.CAP_PROP_FPS)))

    def _new_pictures(self, capture: Capture) -> Generator[Bgr, None, None]:
        """What the camera gives, until it fails or repeats itself for the stall time.

        Some drivers answer with their last picture for ever after the camera is gone; a real
        sensor's noise makes no two pictures alike.
        """
        failed = 0
        last: Bgr | None = None
        changed_s = time.perf_counter()
        while True:
            good, picture = capture.read()
            if not good or picture is None:
                failed += 1
                if failed == _FAILED_READS:
                    raise SourceError(f"{self.name} gives no pictures any more.")
                if self._pause(_FAILED_READ_PAUSE_S):
                    return
                continue
            failed = 0
            now_s = time.perf_counter()
            if last is None or not _same(picture, last):
                changed_s = now_s
            elif now_s - changed_s > self._stall_timeout_s:
                raise SourceError(
                    f"{self.name} has given one and the same picture for "
                    f"{self._stall_timeout_s:g} s: it hangs, or its shutter is closed."
                )
            last = picture
            yield picture

    def _pixels(self, item: Bgr) -> Pixels:
        code = cv2.COLOR_GRAY2RGB if item.ndim == 2 else cv2.COLOR_BGR2RGB
        return np.asarray(cv2.cvtColor(item, code), np.uint8)


def camera_label(device: int | str) -> str:
    """What messages call a camera: "camera 0", "camera /dev/video0"."""
    return f"camera {device}"


def found_cameras() -> list[str]:
    """Cameras that are plugged in, as "/dev/video0 (its name)"; empty where it is not known."""
    return [
        f"{node} ({name})" if (name := camera_name(node)) else str(node) for node in camera_nodes()
    ]


def camera_nodes() -> list[Path]:
    """Linux's device files of cameras, by number; none on other systems."""
    return sorted(_DEVICES.glob("video[0-9]*"), key=_number)


def camera_name(node: Path) -> str:
    """What the driver calls the camera behind a device file; "" when it does not say."""
    label = _V4L / node.name / "name"
    return label.read_text(errors="replace").strip() if label.is_file() else ""


def backend_name() -> str:
    """What OpenCV calls the way it reads cameras here: "V4L2", "AVFOUNDATION", "DSHOW"."""
    return str(cv2.videoio_registry.getBackendName(_BACKENDS.get(sys.platform, cv2.CAP_ANY)))


def granted_modes(
    device: int | str,
    limit_s: float = 5.0,
    open_capture: Callable[[int | str], Capture] | None = None,
) -> list[Mode]:
    """Asks a camera for the common sizes, as `Camera` would, and tells what it grants.

    Args:
        device: index or path.
        limit_s: for all of it; a camera that hangs is left behind with its thread.
        open_capture: opens the device; OpenCV's own way when None.

    Raises:
        SourceError: it does not open, or not in time.
    """
    opening = open_capture or _open_capture
    modes: list[Mode] = []
    failures: list[Exception] = []

    def ask() -> None:
        try:
            modes.extend(_ask_for_modes(opening(device), device))
        except Exception as error:
            failures.append(error)

    asking = threading.Thread(target=ask, name=f"modes of {camera_label(device)}", daemon=True)
    asking.start()
    asking.join(limit_s)
    if asking.is_alive():
        raise SourceError(
            f"{camera_label(device).capitalize()} has not answered for {limit_s:g} s. "
            "Plug it out and in again, or end the program that holds it."
        )
    if failures:
        raise SourceError(str(failures[0])) from failures[0]
    return modes


def _ask_for_modes(capture: Capture, device: int | str) -> list[Mode]:
    """What an open capture grants of the common sizes, each mode once; lets the capture go."""
    try:
        if not capture.isOpened():
            raise SourceError(_does_not_open(device))
        granted = []
        for size in _COMMON_SIZES:
            _ask_for(capture, size)
            granted.append(_granted(capture))
        return list(dict.fromkeys(granted))
    finally:
        capture.release()


def _ask_for(capture: Capture, size: tuple[int, int] | None) -> None:
    # MJPG first: uncompressed, many USB cameras grant large sizes at a few fps only.
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    if size is not None:
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])


def _granted(capture: Capture) -> Mode:
    width, height = (
        int(capture.get(prop)) for prop in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
    )
    code = max(0, int(capture.get(cv2.CAP_PROP_FOURCC)))
    letters = (code & 0xFFFFFFFF).to_bytes(4, "little").decode("ascii", "replace")
    return Mode(
        size=(width, height),
        fps=max(0.0, float(capture.get(cv2.CAP_PROP_FPS))),
        format=letters if letters.isascii() and letters.isprintable() else "",
    )


def _number(node: Path) -> int:
    """12 for video12, so that it comes after video2."""
    digits = node.name.removeprefix("video")
    return int(digits) if digits.isdigit() else sys.maxsize


def _open_capture(device: int | str) -> Capture:
    path = Path(device if isinstance(device, str) else f"/dev/video{device}")
    if sys.platform == "linux" and not path.exists():
        # OpenCV would try every backend and write a page of its own warnings.
        raise SourceError(_not_there(device))
    return cv2.VideoCapture(device, _BACKENDS.get(sys.platform, cv2.CAP_ANY))  # type: ignore[return-value]


def _not_there(device: int | str) -> str:
    cameras = found_cameras()
    found = f"Found: {', '.join(cameras)}." if cameras else "No camera was found."
    return f"There is no {camera_label(device)}. {found} Try --source demo, which needs none."


def _does_not_open(device: int | str) -> str:
    cameras = found_cameras()
    found = f" Found: {', '.join(cameras)}." if cameras else ""
    return (
        f"{camera_label(device).capitalize()} does not open: it is not there, another program "
        f"uses it, or this one is not allowed to.{found} Try --source demo, which needs none."
    )


def _same(one: Bgr, other: Bgr) -> bool:
    """Whether two pictures are equal bit for bit; a coarse look answers nearly always."""
    return np.array_equal(one[::_COARSE, ::_COARSE], other[::_COARSE, ::_COARSE]) and bool(
        np.array_equal(one, other)
    )
