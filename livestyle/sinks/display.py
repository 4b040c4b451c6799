"""The display that a window needs: whether there is one, and how large its screen is."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import cv2

from livestyle.errors import SinkError

_NO_DISPLAY = (
    "No window can be opened: {found}. "
    "Run on a desktop, set DISPLAY, or leave the window out with --no-display."
)


@contextmanager
def display_connection() -> Iterator[tuple[int, int] | None]:
    """Connects to the display, as OpenCV will do inside the block.

    The Qt inside opencv-python knows X only, and without a server it aborts the whole process
    where no `except` can catch it. The connection is held until Qt has its own: some servers
    restart when their last client disconnects, and refuse connections while they do.

    Yields:
        (width, height) of the screen in pixels; None where it cannot be found out.

    Raises:
        SinkError: there is no X server, or it refuses the connection.
    """
    chosen = os.environ.get("QT_QPA_PLATFORM", "xcb")
    uses_x = cv2.currentUIFramework().startswith("QT") and chosen.startswith("xcb")
    if not (sys.platform.startswith("linux") and uses_x):
        yield _screen_size()
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
            refusal = f"no X server accepts the connection at DISPLAY={display}"
            raise SinkError(_NO_DISPLAY.format(found=refusal))
        yield _x_screen_size(xcb, connection)
    finally:
        xcb.xcb_disconnect(connection)


def _screen_size() -> tuple[int, int] | None:
    """(width, height) of the main screen on Windows and macOS; None elsewhere."""
    with suppress(OSError, AttributeError):
        if sys.platform == "win32":
            metrics = ctypes.windll.user32.GetSystemMetrics
            return metrics(0), metrics(1)
        if sys.platform == "darwin":
            graphics = ctypes.CDLL("/System/Library/Frameworks/CoreGraphics.framework/CoreGraphics")
            screen = graphics.CGMainDisplayID()
            return graphics.CGDisplayPixelsWide(screen), graphics.CGDisplayPixelsHigh(screen)
    return None


class _XScreen(ctypes.Structure):
    """The beginning of xcb_screen_t."""

    _fields_ = (
        ("root", ctypes.c_uint32),
        ("default_colormap", ctypes.c_uint32),
        ("white_pixel", ctypes.c_uint32),
        ("black_pixel", ctypes.c_uint32),
        ("current_input_masks", ctypes.c_uint32),
        ("width_px", ctypes.c_uint16),
        ("height_px", ctypes.c_uint16),
    )


class _XScreenIterator(ctypes.Structure):
    """xcb_screen_iterator_t."""

    _fields_ = (
        ("screen", ctypes.POINTER(_XScreen)),
        ("left", ctypes.c_int),
        ("index", ctypes.c_int),
    )


def _x_screen_size(xcb: ctypes.CDLL, connection: ctypes.c_void_p) -> tuple[int, int] | None:
    xcb.xcb_get_setup.restype = ctypes.c_void_p
    xcb.xcb_setup_roots_iterator.restype = _XScreenIterator
    setup = ctypes.c_void_p(xcb.xcb_get_setup(connection))
    screens = xcb.xcb_setup_roots_iterator(setup)
    if screens.left < 1:
        return None
    screen = screens.screen.contents
    return screen.width_px, screen.height_px
