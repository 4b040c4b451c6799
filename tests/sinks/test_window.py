"""Window, on a real X server: each test drives one in a process of its own, as Qt lives once."""

import ctypes
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from livestyle.errors import SinkError
from livestyle.sinks.window import Window, _key_name

ROOT = Path(__file__).parents[2]
PATIENCE_S = 20.0
TRIES = 5
needs_screen = pytest.mark.skipif(
    not sys.platform.startswith("linux")
    or not all(map(shutil.which, ("Xvfb", "xdotool", "import"))),
    reason="needs Xvfb, xdotool and ImageMagick's import",
)

SHOWING = """
import sys, numpy as np
from livestyle.sinks.window import Window

def say(*words):
    print(*words, flush=True)

window = Window("livestyle test")
picture = np.zeros(({height}, {width}, 3), np.uint8)
picture[:] = (250, 20, 60)
def draw(pixels):
    pixels = pixels.copy()
    pixels[2:40:2, 2:40] = 255  # lines of one pixel
    pixels[3:40:2, 2:40] = 0
    return pixels

window.show(picture, draw)
window.poll_key(50)
say("shown")
while window.is_open:
    window.show(picture, draw)
    key = window.poll_key(10)
    if key:
        say("key", key)
    click = window.poll_click()
    if click:
        say("click", *click)
    if key == "t":
        window.set_title("another title")
    if key == "f":
        window.toggle_fullscreen()
        say("fullscreen" if window.is_fullscreen else "window")
    if key == "q":
        window.close()
window.show(picture)
window.set_title("too late")
window.toggle_fullscreen()
window.poll_key(50)
say("open" if window.is_open else "closed")
sys.stdin.readline()
window.close()
"""


def x_server(size: str) -> Iterator[str]:
    """DISPLAY of a screen of that size without a window manager."""
    reads, writes = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writes), "-screen", "0", f"{size}x24", "-nolisten", "tcp"],
        pass_fds=[writes],
        stderr=subprocess.DEVNULL,
    )
    os.close(writes)
    with os.fdopen(reads) as answer:
        number = answer.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait()


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """DISPLAY of a screen of 1280x1024."""
    yield from x_server("1280x1024")


class Shown:
    """A window in another process, and the hands and eyes of somebody before the screen."""

    def __init__(self, display: str, size: tuple[int, int] = (320, 240)) -> None:
        self._env = environment(display)
        self._process = subprocess.Popen(
            [sys.executable, "-c", SHOWING.format(width=size[0], height=size[1])],
            env=self._env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.hear() == "shown", self._process.communicate(timeout=5)[1]
        self.id = self.windows("livestyle test")[0]
        self.xdotool("windowfocus", "--sync", self.id)

    def hear(self) -> str:
        """The next line that the process says."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def press(self, key: str) -> None:
        self.xdotool("key", key)

    def click(self, x: int, y: int) -> None:
        """In pixels of the screen."""
        self.xdotool("mousemove", str(x), str(y), "click", "1")

    def xdotool(self, *words: str) -> str:
        done = subprocess.run(
            ["xdotool", *words], env=self._env, capture_output=True, text=True,
            timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        return done.stdout

    def windows(self, title: str) -> list[str]:
        """Those on the screen with that title."""
        return self.xdotool("search", "--onlyvisible", "--name", f"^{title}$").split()

    def screen(self, tmp_path: Path) -> np.ndarray:
        """The screen as it is: RGB uint8 (H, W, 3)."""
        path = tmp_path / "screen.png"
        subprocess.run(["import", "-window", "root", path], env=self._env, check=True)
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))

    def end(self) -> str:
        """Lets the process go; what it said last and what it complained about."""
        try:
            said, complaints = self._process.communicate("\n", timeout=PATIENCE_S / 2)
        except subprocess.TimeoutExpired:
            self.press("q")  # once in some thousand times the X server drops a key
            said, complaints = self._process.communicate(timeout=PATIENCE_S / 2)
        assert self._process.returncode == 0, complaints
        return said + complaints

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()


@pytest.fixture
def show(display: str) -> Iterator[Callable[..., Shown]]:
    shown: list[Shown] = []

    def start(size: tuple[int, int] = (320, 240)) -> Shown:
        shown.append(Shown(display, size))
        return shown[-1]

    yield start
    for each in shown:
        each.kill()


def environment(display: str | None) -> dict[str, str]:
    rest = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    paths = os.pathsep.join([str(ROOT), rest.get("PYTHONPATH", "")])
    return rest | {"PYTHONPATH": paths} | ({} if display is None else {"DISPLAY": display})


def eventually(holds: Callable[[], bool], patience_s: float = PATIENCE_S) -> bool:
    """Whether it comes to hold before patience ends."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return False


def press_close_button(display: str, window: str) -> None:
    """Sends what a window manager sends when somebody clicks on the cross."""

    class ClientMessage(ctypes.Structure):
        _fields_ = [
            ("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int),
            ("display", ctypes.c_void_p), ("window", ctypes.c_ulong),
            ("message_type", ctypes.c_ulong), ("format", ctypes.c_int),
            ("data", ctypes.c_long * 5), ("room", ctypes.c_long * 24),
        ]  # fmt: skip

    client_message, no_mask = 33, 0
    x = ctypes.CDLL("libX11.so.6")
    x.XOpenDisplay.restype = ctypes.c_void_p
    x.XInternAtom.restype = ctypes.c_ulong
    connection = ctypes.c_void_p(x.XOpenDisplay(display.encode()))
    event = ClientMessage(client_message, 0, 1, connection, int(window))
    event.message_type = x.XInternAtom(connection, b"WM_PROTOCOLS", 0)
    event.format = 32
    event.data[0] = x.XInternAtom(connection, b"WM_DELETE_WINDOW", 0)
    x.XSendEvent(connection, ctypes.c_ulong(int(window)), 0, no_mask, ctypes.byref(event))
    x.XCloseDisplay(connection)


def painting(show: Callable[..., Shown], tmp_path: Path) -> Shown:
    """A window that paints in its corner.

    Without a window manager Qt at times misses that its window was mapped, and never paints; then
    another one is opened.
    """

    def paints(window: Shown) -> bool:
        return tuple(window.screen(tmp_path)[100, 100]) == (250, 20, 60)

    for _ in range(TRIES):
        window = show()
        if eventually(partial(paints, window), 3.0):
            return window
        window.kill()
    pytest.fail(f"none of {TRIES} windows ever painted")


@needs_screen
def test_it_shows_real_pixels_and_complains_of_nothing(
    show: Callable[..., Shown], tmp_path: Path
) -> None:
    window = painting(show, tmp_path)
    assert tuple(window.screen(tmp_path)[1000, 1200]) == (0, 0, 0)
    window.press("q")
    assert "Qt" not in window.end().replace("key q", "")


@needs_screen
@pytest.mark.parametrize(
    "size,opens_at",
    [((1, 1), (480, 480)), ((160, 120), (640, 480)), ((800, 600), (800, 600)),
     ((4000, 2000), (1152, 576))],
)  # fmt: skip
def test_it_opens_at_a_size_to_look_at(
    show: Callable[..., Shown], size: tuple[int, int], opens_at: tuple[int, int]
) -> None:
    window = show(size)
    wanted = f"Geometry: {opens_at[0]}x{opens_at[1]}"
    assert eventually(lambda: wanted in window.xdotool("getwindowgeometry", window.id))


@pytest.fixture
def small_display() -> Iterator[str]:
    """DISPLAY of a screen of 640x480."""
    yield from x_server("640x480")


@needs_screen
@pytest.mark.parametrize(
    "size,opens_at", [((1280, 720), (576, 324)), ((320, 240), (576, 432)), ((400, 800), (216, 432))]
)
def test_it_opens_no_larger_than_the_screen(
    small_display: str, size: tuple[int, int], opens_at: tuple[int, int]
) -> None:
    window = Shown(small_display, size)
    wanted = f"Geometry: {opens_at[0]}x{opens_at[1]}"
    try:
        assert eventually(lambda: wanted in window.xdotool("getwindowgeometry", window.id))
    finally:
        window.kill()


@pytest.mark.parametrize(
    "code,name",
    [(ord("q"), "q"), (0x10000 | ord("Q"), "Q"), (0x40000 | ord("q"), None),
     (0x50000 | ord("Q"), None), (0x80000 | ord("q"), None), (0x100000 | ord("q"), "q"),
     (17, None), (3, None), (0x250000, "left"), (0xFF53, "right"), (0x10FF53, "right"),
     (0xF703, "right"), (0xFF0D, "enter"), (9, "tab"), (0xFF09, "tab"),
     (0xF6, "ö"), (0x10065E5, "日"), (0x100FF53, "right"),
     (0xFFE1, None), (-1, None)],
)  # fmt: skip
def test_codes_of_every_window_system_get_one_name(code: int, name: str | None) -> None:
    assert _key_name(code) == name


@needs_screen
def test_keys_arrive_by_name_and_change_the_title(show: Callable[..., Shown]) -> None:
    window = show()
    pressed = {
        "a": "a", "1": "1", "bracketleft": "[", "bracketright": "]", "space": "space",
        "N": "n", "Escape": "esc", "F1": None, "Left": "left", "Down": "down", "Next": "pagedown",
        "Return": "enter", "BackSpace": "backspace", "slash": "/", "underscore": "_",
        "ctrl+m": None, "ctrl+q": None, "ctrl+c": None, "t": "t", "f": "f", "q": "q",
    }  # fmt: skip
    for key, name in pressed.items():
        window.press(key)
        if name is not None:
            assert window.hear() == f"key {name}"
        if key == "f":
            assert window.hear() in ("fullscreen", "window")
        if key == "t":
            assert eventually(lambda: bool(window.windows("another title")))
    assert window.hear() == "closed"
    assert not window.windows("another title")


@needs_screen
def test_clicks_arrive_in_pixels_of_the_window_however_large_it_is(
    show: Callable[..., Shown],
) -> None:
    def lands(at: tuple[int, int]) -> bool:
        window.click(*at)
        heard = window.hear().split()
        return heard[0] == "click" and all(
            abs(int(is_at) - wanted) <= 2 for is_at, wanted in zip(heard[1:], at, strict=True)
        )

    def is_at(size: str) -> bool:
        return f"Geometry: {size}" in window.xdotool("getwindowgeometry", window.id)

    window = show((320, 240))
    assert eventually(lambda: is_at("640x480"))
    assert lands((10, 10))
    assert lands((320, 240))
    window.xdotool("windowsize", "--sync", window.id, "1000", "480")
    assert eventually(lambda: is_at("1000x480"))
    assert eventually(lambda: lands((500, 240)))  # the window follows its frame a little later
    assert lands((990, 470)), "bars at the sides count, too: words may lie there"
    window.xdotool("windowsize", "--sync", window.id, "1280", "1024")  # as fullscreen does
    assert eventually(lambda: is_at("1280x1024"))
    assert eventually(lambda: lands((1278, 1020)))


@needs_screen
def test_the_wheel_arrives_like_a_key(show: Callable[..., Shown]) -> None:
    window = show((640, 480))
    window.xdotool("mousemove", "100", "100", "click", "5")
    assert window.hear() == "key wheeldown"
    window.xdotool("click", "4")
    assert window.hear() == "key wheelup"


@needs_screen
@pytest.mark.parametrize("size", ["640x480", "1000x480", "1280x1024"])
def test_what_is_drawn_on_the_picture_is_sharp_in_a_window_of_any_size(
    show: Callable[..., Shown], tmp_path: Path, size: str
) -> None:
    window = painting(show, tmp_path)
    window.xdotool("windowsize", "--sync", window.id, *size.split("x"))

    def is_sharp() -> bool:
        lines = window.screen(tmp_path)[2:40, 10]
        return bool((lines[::2] == 255).all() and (lines[1::2] == 0).all())

    assert eventually(is_sharp)


@needs_screen
def test_beside_a_picture_of_other_proportions_it_is_black(
    show: Callable[..., Shown], tmp_path: Path
) -> None:
    window = painting(show, tmp_path)
    picture, bar = (250, 20, 60), (0, 0, 0)

    def has(colours: dict[tuple[int, int], tuple[int, int, int]]) -> bool:
        seen = window.screen(tmp_path)
        return all(tuple(seen[y, x]) == colour for (x, y), colour in colours.items())

    window.xdotool("windowsize", "--sync", window.id, "1000", "480")
    assert eventually(lambda: has({(170, 240): bar, (190, 240): picture, (500, 3): picture,
                                   (810, 240): picture, (830, 240): bar}))  # fmt: skip
    window.xdotool("windowsize", "--sync", window.id, "640", "1000")
    assert eventually(lambda: has({(320, 250): bar, (320, 270): picture, (3, 500): picture,
                                   (320, 730): picture, (320, 750): bar}))  # fmt: skip


@needs_screen
def test_closed_by_its_button_it_stays_closed(display: str, show: Callable[..., Shown]) -> None:
    window = show()
    press_close_button(display, window.id)
    assert window.hear() == "closed"
    assert not window.windows("livestyle test")
    window.end()


@needs_screen
@pytest.mark.parametrize("display", [None, "", ":987", "nowhere.invalid:0"])
def test_without_a_display_it_says_so_and_lives_on(display: str | None) -> None:
    script = (
        "from livestyle.errors import SinkError\n"
        "from livestyle.sinks.window import Window\n"
        "try:\n    Window('x')\nexcept SinkError as error:\n    print('said:', error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(display), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("said:") and "--no-display" in done.stdout


def test_an_opencv_without_windows_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import cv2

    def refuse(*args: object) -> None:
        raise cv2.error("The function is not implemented. Rebuild the library with GTK+")

    monkeypatch.setattr(cv2, "currentUIFramework", lambda: "")
    monkeypatch.setattr(cv2, "namedWindow", refuse)
    with pytest.raises(SinkError, match="opencv-python-headless"):
        Window("x")
