"""The window: the one place where pixels turn BGR and keys come in."""

import ctypes
import logging
import os
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2

from livestyle.errors import SinkError
from livestyle.frame import Frame, Pixels
from livestyle.protocols import Sink

_log = logging.getLogger(__name__)

_LARGEST_PX = (1280, 960)
_SMALLEST_PX = (640, 480)
_KEPT_CLICKS = 8
_KEY_NAMES = {27: "esc", 32: "space"}
_NO_DISPLAY = (
    "No window can be opened: {found}. "
    "Run on a desktop, set DISPLAY, or leave the window out with --no-display."
)


class Window(Sink):
    """Shows frames on the screen and hears its keys. Belongs to the main thread.

    The window opens at the size of its first picture, within bounds, and may then be resized;
    the picture keeps its proportions, with black beside it. A window closed by its user stays
    closed: further pictures are passed over.
    """

    def __init__(self, title: str, *, size: tuple[int, int] | None = None) -> None:
        """Opens the window.

        Args:
            title: stands in the title bar.
            size: (width, height) in pixels to open at; None: that of the first picture.

        Raises:
            SinkError: there is no display, or this OpenCV cannot open windows.
        """
        _quiet_fonts()
        self._name = title
        self._size = size
        self._shown = False
        self._open = True
        self._picture_size = self._bars = (0, 0)
        self._clicks: deque[tuple[int, int]] = deque(maxlen=_KEPT_CLICKS)
        with _display():
            try:
                cv2.namedWindow(
                    title, cv2.WINDOW_NORMAL | cv2.WINDOW_FREERATIO | cv2.WINDOW_GUI_NORMAL
                )
            except cv2.error as error:
                _log.debug("namedWindow failed: %s", error)
                raise SinkError(
                    "This OpenCV cannot open windows. Install opencv-python in place of "
                    "opencv-python-headless, or leave the window out with --no-display."
                ) from error

    @property
    def is_open(self) -> bool:
        """False once the window was closed, by its button or by `close`."""
        # Before the first picture some backends call an open window invisible.
        if self._open and self._shown and self._property(cv2.WND_PROP_VISIBLE) < 1:
            self._open = False
        return self._open

    def write(self, frame: Frame) -> None:
        """Shows the frame."""
        self.show(frame.pixels)

    def show(self, pixels: Pixels) -> None:
        """Shows a picture, RGB uint8 (H, W, 3). It appears with the next `poll_key`."""
        if not self.is_open:
            return  # imshow would open the window again
        if not self._shown:
            height, width = pixels.shape[:2]
            cv2.resizeWindow(self._name, self._size or _opening_size(width, height))
            cv2.setMouseCallback(self._name, self._hear_mouse)
        width, height = pixels.shape[1], pixels.shape[0]
        self._picture_size = width, height
        self._bars = beside, above = self._bars_for(width, height) if self._shown else (0, 0)
        shown = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
        if beside or above:  # those that OpenCV would draw have the colour of the desktop
            shown = cv2.copyMakeBorder(
                shown, above, above, beside, beside, cv2.BORDER_CONSTANT, value=(0, 0, 0)
            )
        cv2.imshow(self._name, shown)
        self._shown = True

    def poll_key(self, wait_ms: int = 1) -> str | None:
        """Lets the window draw itself and hear its user, then gives the key pressed, if any.

        Args:
            wait_ms: how long to wait for a key, at least 1.

        Returns:
            The character the key stands for, letters in lower case whatever Shift, Ctrl and the
            locks do; "space" or "esc"; None without a key or for one that has no character.
        """
        return _key_name(cv2.waitKeyEx(max(1, wait_ms)))

    def poll_click(self) -> tuple[int, int] | None:
        """The oldest place that was clicked and not yet taken.

        Returns:
            (x, y) in pixels of the picture shown last, however large the window shows it; None
            without a click in the picture.
        """
        return self._clicks.popleft() if self._clicks else None

    def set_title(self, title: str) -> None:
        """Changes what stands in the title bar."""
        if self.is_open:
            cv2.setWindowTitle(self._name, title)

    def toggle_fullscreen(self) -> None:
        """Fills the screen, or goes back."""
        if self.is_open:
            is_full = self._property(cv2.WND_PROP_FULLSCREEN) == cv2.WINDOW_FULLSCREEN
            mode = cv2.WINDOW_NORMAL if is_full else cv2.WINDOW_FULLSCREEN
            cv2.setWindowProperty(self._name, cv2.WND_PROP_FULLSCREEN, mode)

    def close(self) -> None:
        """Takes the window off the screen."""
        if self.is_open:
            self._open = False
            cv2.destroyWindow(self._name)
            cv2.waitKey(1)  # only now does it go

    def _hear_mouse(self, event: int, x: int, y: int, flags: int, data: object) -> None:
        """Called by OpenCV inside `poll_key`, with x and y in pixels of the picture with bars."""
        width, height = self._picture_size
        x, y = x - self._bars[0], y - self._bars[1]
        if event == cv2.EVENT_LBUTTONDOWN and 0 <= x < width and 0 <= y < height:
            self._clicks.append((x, y))

    def _bars_for(self, width: int, height: int) -> tuple[int, int]:
        """What is missing (beside, above) on each side of a picture to the window's proportions,
        in pixels of the picture."""
        try:
            *_, window_width, window_height = cv2.getWindowImageRect(self._name)
        except cv2.error:
            return 0, 0
        if window_width < 1 or window_height < 1:  # not on the screen yet
            return 0, 0
        beside = height * window_width / window_height - width
        above = width * window_height / window_width - height
        return max(0, round(beside / 2)), max(0, round(above / 2))

    def _property(self, name: int) -> float:
        """One of OpenCV's window properties; -1 when the window is gone."""
        try:
            return cv2.getWindowProperty(self._name, name)
        except cv2.error:
            return -1.0


def _opening_size(width: int, height: int) -> tuple[int, int]:
    """The (width, height) a window opens at for a picture: larger ones shrunk, tiny ones grown."""
    shrink = min(1.0, _LARGEST_PX[0] / width, _LARGEST_PX[1] / height)
    grow = max(1.0, min(_SMALLEST_PX[0] / width, _SMALLEST_PX[1] / height))
    scale = shrink * grow
    return max(1, round(width * scale)), max(1, round(height * scale))


def _key_name(code: int) -> str | None:
    """Names a code of `cv2.waitKeyEx`, in whose upper bits GTK puts Shift, Ctrl and the locks."""
    code = -1 if code < 0 else code & 0xFFFF
    if code in _KEY_NAMES:
        return _KEY_NAMES[code]
    return chr(code).lower() if 32 < code < 127 else None


def _quiet_fonts() -> None:
    """Keeps Qt from complaining, line after line, about the font folder that opencv-python names
    but does not ship; a window of pictures needs no fonts."""
    folder = os.environ.get("QT_QPA_FONTDIR")
    if folder and not Path(folder).is_dir():
        os.environ["QT_QPA_FONTDIR"] = str(Path(cv2.__file__).parent)


@contextmanager
def _display() -> Iterator[None]:
    """Connects to the X server, as Qt will inside.

    The Qt inside opencv-python knows X only, and without a server it aborts the whole process
    where no `except` can catch it. The connection is held until Qt has its own: some servers
    start over when their last client leaves, and turn away who comes meanwhile.

    Raises:
        SinkError: no server answers, or it turns us away.
    """
    chosen = os.environ.get("QT_QPA_PLATFORM", "xcb")
    uses_x = cv2.currentUIFramework().startswith("QT") and chosen.startswith("xcb")
    if not (sys.platform.startswith("linux") and uses_x):
        yield
        return
    display = os.environ.get("DISPLAY")
    if not display:
        raise SinkError(_NO_DISPLAY.format(found="DISPLAY is not set"))
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError as error:
        raise SinkError(_NO_DISPLAY.format(found="libxcb.so.1 is not installed")) from error
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    try:
        if xcb.xcb_connection_has_error(connection):
            refusal = f"no X server lets us in at DISPLAY={display}"
            raise SinkError(_NO_DISPLAY.format(found=refusal))
        yield
    finally:
        xcb.xcb_disconnect(connection)
