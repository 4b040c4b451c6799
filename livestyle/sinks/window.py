"""The window: shows pictures with OpenCV and receives keys, clicks and the mouse wheel."""

import logging
import os
from collections import deque
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from livestyle.errors import SinkError
from livestyle.frame import Frame, Pixels
from livestyle.protocols import Sink
from livestyle.resize import resized
from livestyle.sinks.display import display_connection

_log = logging.getLogger(__name__)

_LARGEST_PX = (1280, 960)
_SMALLEST_PX = (640, 480)
_SHARE_OF_SCREEN = 0.9
"""What a window takes of a small screen: the rest is left to its title bar and to panels."""

_SLIGHTLY = 1.6
"""A picture that is shown shrunk by less than this, such as Full HD at 1280x720, is interpolated
linearly: that takes a third of the time of averaging areas, and no viewer sees the difference."""

_KEPT_EVENTS = 8
_KEY_NAMES = {
    8: "backspace", 127: "backspace", 9: "tab", 10: "enter", 13: "enter", 27: "esc", 32: "space",
    0xFF08: "backspace", 0xFF09: "tab", 0xFF0D: "enter", 0xFF8D: "enter",
    0xFF51: "left", 0xFF52: "up", 0xFF53: "right", 0xFF54: "down",  # X11
    0xFF55: "pageup", 0xFF56: "pagedown",
    0xF702: "left", 0xF700: "up", 0xF703: "right", 0xF701: "down",  # macOS
    0xF72C: "pageup", 0xF72D: "pagedown",
    0x250000: "left", 0x260000: "up", 0x270000: "right", 0x280000: "down",  # Windows
    0x210000: "pageup", 0x220000: "pagedown",
}  # fmt: skip
_GTK_CTRL_ALT = (0x04 | 0x08) << 16


class Window(Sink):
    """Shows frames on the screen and receives keys and clicks. Belongs to the main thread.

    The window opens at the size of its first picture, within bounds, and may then be resized;
    the picture keeps its proportions, with black beside it. A window closed by its user stays
    closed: further pictures are not shown.
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
        self._clicks: deque[tuple[int, int]] = deque(maxlen=_KEPT_EVENTS)
        self._wheel: deque[str] = deque(maxlen=_KEPT_EVENTS)
        with display_connection() as self._screen_size:
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

    def show(self, pixels: Pixels, draw: Callable[[Pixels], Pixels] | None = None) -> None:
        """Shows a picture. It appears with the next `poll_key`.

        Args:
            pixels: RGB uint8 (H, W, 3).
            draw: draws on the picture after it was scaled to the window; is given RGB uint8 of
                the window's size, which it does not write to, and returns the same.
        """
        if not self.is_open:
            return  # imshow would open the window again
        height, width = pixels.shape[:2]
        if not self._shown:
            self._opened_at = self._size or _opening_size((width, height), self._screen_size)
            cv2.resizeWindow(self._name, self._opened_at)
            cv2.setMouseCallback(self._name, self._take_mouse_event)
        shown = _letterboxed(pixels, self._area())
        if draw:
            shown = draw(shown)
        cv2.imshow(self._name, cv2.cvtColor(shown, cv2.COLOR_RGB2BGR))
        self._shown = True

    def poll_key(self, wait_ms: int = 1) -> str | None:
        """Lets the window draw itself and take events, then gives the key pressed, if any.

        Args:
            wait_ms: how long to wait for a key, at least 1.

        Returns:
            The character the key stands for; "space", "esc", "enter", "tab", "backspace", "left",
            "right", "up", "down", "pageup" or "pagedown"; "wheelup" or "wheeldown" for a turn of
            the mouse wheel; None without a key, for one that has no character, and for one
            pressed together with Ctrl. OpenCV's Qt windows tell neither whether Alt was held nor
            the case of letters: they are small then.
        """
        key = _key_name(cv2.waitKeyEx(max(1, wait_ms)))
        if key is None and self._wheel:
            return self._wheel.popleft()
        return key

    def poll_click(self) -> tuple[int, int] | None:
        """The oldest place that was clicked and not yet taken.

        Returns:
            (x, y) in pixels of the window, as `draw` was given it; None without a click.
        """
        return self._clicks.popleft() if self._clicks else None

    @property
    def is_fullscreen(self) -> bool:
        """Whether the window fills the screen."""
        return self._property(cv2.WND_PROP_FULLSCREEN) == cv2.WINDOW_FULLSCREEN

    def set_title(self, title: str) -> None:
        """Changes what stands in the title bar."""
        if self.is_open:
            cv2.setWindowTitle(self._name, title)

    def toggle_fullscreen(self) -> None:
        """Fills the screen, or goes back."""
        if self.is_open:
            mode = cv2.WINDOW_NORMAL if self.is_fullscreen else cv2.WINDOW_FULLSCREEN
            cv2.setWindowProperty(self._name, cv2.WND_PROP_FULLSCREEN, mode)

    def close(self) -> None:
        """Takes the window off the screen."""
        if self.is_open:
            self._open = False
            cv2.destroyWindow(self._name)
            cv2.waitKey(1)  # only now does it go

    def _take_mouse_event(self, event: int, x: int, y: int, flags: int, data: object) -> None:
        """Called by OpenCV inside `poll_key`, with x and y in pixels of what was shown last.

        OpenCV's Qt windows also zoom: in with a turn up, out with a turn down. No flag stops that.
        """
        if event == cv2.EVENT_LBUTTONDOWN:
            self._clicks.append((x, y))
        elif event == cv2.EVENT_MOUSEWHEEL:
            self._wheel.append("wheelup" if flags > 0 else "wheeldown")

    def _area(self) -> tuple[int, int]:
        """(width, height) of what the window has for a picture, in pixels."""
        if not self._shown:
            return self._opened_at
        try:
            *_, width, height = cv2.getWindowImageRect(self._name)
        except cv2.error:
            return self._opened_at
        return (width, height) if min(width, height) > 0 else self._opened_at

    def _property(self, name: int) -> float:
        """One of OpenCV's window properties; -1 when the window is gone."""
        try:
            return cv2.getWindowProperty(self._name, name)
        except cv2.error:
            return -1.0


def _opening_size(size: tuple[int, int], screen: tuple[int, int] | None = None) -> tuple[int, int]:
    """The (width, height) a window opens at for a picture: large ones shrunk, tiny ones grown,
    and none too large for the screen."""
    width, height = size
    grow = max(1.0, min(_SMALLEST_PX[0] / width, _SMALLEST_PX[1] / height))
    bounds = [_LARGEST_PX]
    if screen:
        bounds.append((round(screen[0] * _SHARE_OF_SCREEN), round(screen[1] * _SHARE_OF_SCREEN)))
    scale = min(grow, *(min(bound[0] / width, bound[1] / height) for bound in bounds))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _letterboxed(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """The picture as large as it fits into (width, height), with black on the sides left over."""
    height, width = pixels.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    inner = max(1, round(width * scale)), max(1, round(height * scale))
    scaled = resized(pixels, inner, slightly=_SLIGHTLY)
    if inner == size:
        return scaled
    whole = np.zeros((size[1], size[0], 3), np.uint8)
    left, top = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    whole[top : top + inner[1], left : left + inner[0]] = scaled
    return whole


def _key_name(code: int) -> str | None:
    """Names a code of `cv2.waitKeyEx`, in whose upper bits GTK puts Shift, Ctrl and the locks."""
    if code < 0:
        return None
    if name := _KEY_NAMES.get(code):
        return name
    if code >> 16 and code & _GTK_CTRL_ALT:
        return None
    if code >> 24 == 1 and 0x100 <= code & 0xFFFFFF < 0xFF00:  # X11's way to say a character
        return chr(code & 0xFFFF)
    code &= 0xFFFF
    if name := _KEY_NAMES.get(code):
        return name
    return chr(code) if 32 < code < 127 or 0xA0 < code <= 0xFF else None


def _quiet_fonts() -> None:
    """Keeps Qt from warning about the font folder that opencv-python names but does not ship; a
    window of pictures needs no fonts."""
    folder = os.environ.get("QT_QPA_FONTDIR")
    if folder and not Path(folder).is_dir():
        os.environ["QT_QPA_FONTDIR"] = str(Path(cv2.__file__).parent)
