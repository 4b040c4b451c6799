"""The live window on a real X server, with real keys."""

import ctypes
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from cli_runs import Ended, Running, decoded, difference
from media import Picture, make_clip, plain
from models import blur_model, save_style
from pictures import save_artwork
from PIL import Image
from servers import HttpServer, mjpeg

from livestyle.installation import predicted_styles
from livestyle.sources.demo import Demo
from livestyle.ui.thumbnail_strip import Strip

NEEDED = ("Xvfb", "xdotool", "import")
missing = [name for name in NEEDED if shutil.which(name) is None]
pytestmark = pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")

SIZE = (640, 480)
"""Of the demo and of the window: neither is scaled."""

LETTERS = {"font_px": 17, "margin_px": 17}
"""Of the words on a picture of that size."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """An X server of our own; its DISPLAY."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "800x600x24", "-r"]
    process = subprocess.Popen(
        [*command, "-nolisten", "tcp", "-noreset"], pass_fds=[writing], stderr=subprocess.DEVNULL
    )
    os.close(writing)
    with os.fdopen(reading) as answer:
        number = answer.readline().strip()
    assert number, "Xvfb does not start"
    yield f":{number}"
    process.terminate()
    process.wait()


@pytest.fixture
def screen(server: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Picture]:
    """Sets DISPLAY; photographs the screen: RGB uint8 (H, W, 3)."""
    monkeypatch.setenv("DISPLAY", server)

    def photograph() -> Picture:
        shot = subprocess.run(["import", "-window", "root", "bmp:-"], capture_output=True)
        bgr = cv2.imdecode(np.frombuffer(shot.stdout, np.uint8), cv2.IMREAD_COLOR)
        assert bgr is not None, shot.stderr
        return np.asarray(bgr[..., ::-1], np.uint8)

    return photograph


def window(title: str) -> str | None:
    """The number of the window with this title."""
    found = subprocess.run(
        ["xdotool", "search", "--name", f"^{title}$"], capture_output=True, text=True
    )
    return found.stdout.split()[-1] if found.stdout else None


def appears(cam: Running, style: str = "mosaic") -> None:
    """Waits for the window, and maps it once more.

    Without a window manager a window is mapped at once, and the Qt inside opencv-python at times
    loses word of that: it takes keys then, but never paints.
    """
    cam.wait_for(lambda: window(f"{style} - livestyle"), "the window")
    number = window(f"{style} - livestyle")
    assert number
    subprocess.run(["xdotool", "windowunmap", number, "windowmap", number], check=True)


def press(title: str, key: str) -> None:
    number = window(title)
    assert number, f"no window {title}"
    subprocess.run(["xdotool", "key", "--window", number, key], stderr=subprocess.DEVNULL)
    # Where the key took the window away, its release is lost, and the server holds it down.
    subprocess.run(["xdotool", "keyup", key], check=True)


class ClientMessage(ctypes.Structure):
    """Xlib's XClientMessageEvent, in the room of an XEvent."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("rest", ctypes.c_long * 12),
    )


def click_close_button(number: str) -> None:
    """Sends what a window manager sends when its close button is clicked."""
    x = ctypes.CDLL("libX11.so.6")
    x.XOpenDisplay.restype = ctypes.c_void_p
    x.XInternAtom.restype = ctypes.c_ulong
    display = ctypes.c_void_p(x.XOpenDisplay(None))
    delete = x.XInternAtom(display, b"WM_DELETE_WINDOW", 0)
    protocols = x.XInternAtom(display, b"WM_PROTOCOLS", 0)
    message = ClientMessage(type=33, window=int(number), message_type=protocols, format=32)
    message.data[0] = delete
    x.XSendEvent(display, ctypes.c_ulong(int(number)), 0, ctypes.c_long(0), ctypes.byref(message))
    x.XCloseDisplay(display)


def with_settings(path: Path) -> tuple[Picture, dict[str, str]]:
    with Image.open(path) as picture:
        return np.asarray(picture), {str(key): str(value) for key, value in picture.info.items()}


def save(cam: Running, style: str) -> Path:
    """Presses w until a picture in this style is written."""
    folder = Path("kept")
    asked_s = -np.inf

    def written() -> bool:
        nonlocal asked_s
        if time.monotonic() - asked_s > 2:
            press(f"{style} - livestyle", "w")
            asked_s = time.monotonic()
        return any(folder.glob(f"livestyle-{style}-*.png"))

    cam.wait_for(written, f"a picture in {style}")
    return min(folder.glob(f"livestyle-{style}-*.png"))


def test_keys(
    start: Callable[..., Running],
    livestyle: Callable[..., Ended],
    screen: Callable[[], Picture],
) -> None:
    """Swaps, a picture, a recording, and the end, all from the keyboard."""
    rows = json.loads(livestyle("styles", "--json").out)
    names = [row["name"] for row in rows]
    second, third = names[1], names[2 % len(names)]
    assert names[0] == "mosaic"
    options = ("--report", "r.json", "--folder", "kept", "--steady", "0")
    cam = start("cam", "--source", "demo", *options)
    appears(cam)

    picture, settings = with_settings(save(cam, "mosaic"))
    assert settings["style"] == "mosaic" and settings["source"].startswith("demo")
    scene = Demo(SIZE).scene(round(float(settings["pts_s"]) * Demo.FPS))
    assert np.array_equal(picture, 255 - scene), "the picture is not the painted frame"

    press("mosaic - livestyle", "2")
    cam.wait_for(lambda: window(f"{second} - livestyle"), f"the swap to {second}")
    save(cam, second)
    press(f"{second} - livestyle", "n")
    cam.wait_for(lambda: window(f"{third} - livestyle"), f"the swap to {third}")
    for path in Path("kept").glob("*.png"):
        path.unlink()
    save(cam, third)

    press(f"{third} - livestyle", "r")
    cam.wait_for(lambda: [*Path("kept").glob("*.partial")], "the recording")
    partial = next(iter(Path("kept").glob("*.partial")))
    cam.wait_for(lambda: partial.exists() and partial.stat().st_size, "recorded frames")
    press(f"{third} - livestyle", "r")
    cam.wait_for(lambda: [*Path("kept").glob("*.mp4")], "the finished recording")
    press(f"{third} - livestyle", "q")
    ended = cam.ended()
    assert (ended.code, ended.out) == (0, ""), ended.err
    (recording,) = Path("kept").glob("*.mp4")
    assert len(decoded(recording).pictures) > 0
    report = json.loads(Path("r.json").read_text())
    assert [entry["style"] for entry in report["style_history"]] == ["mosaic", second, third]
    assert [(swap["from"], swap["to"]) for swap in report["swaps"]] == [
        ("mosaic", second),
        (second, third),
    ]
    assert all(swap["ms"] > 0 for swap in report["swaps"])


def test_a_click_on_a_thumbnail_swaps_to_its_style(
    start: Callable[..., Running],
    livestyle: Callable[..., Ended],
    screen: Callable[[], Picture],
) -> None:
    rows = json.loads(livestyle("styles", "--json").out)
    names = [row["name"] for row in rows]
    strip = Strip()
    strip.draw(np.zeros((SIZE[1], SIZE[0], 3), np.uint8), names, "mosaic", {}, **LETTERS)
    places = [(x, y) for x in range(0, SIZE[0], 9) for y in range(0, SIZE[1], 9)]
    x, y = next(at for at in places if strip.name_at(*at) == names[1])
    cam = start("cam", "--source", "demo", "--folder", "kept")
    appears(cam)
    save(cam, "mosaic")  # now it hears its keys
    before = screen()[y - 2 : y + 2, x - 2 : x + 2]
    press("mosaic - livestyle", "t")
    cam.wait_for(
        lambda: difference(screen()[y - 2 : y + 2, x - 2 : x + 2], before) > 5, "the thumbnails"
    )
    subprocess.run(["xdotool", "mousemove", str(x), str(y), "click", "1"], check=True)
    cam.wait_for(lambda: window(f"{names[1]} - livestyle"), f"the swap to {names[1]}")
    press(f"{names[1]} - livestyle", "q")
    assert cam.ended().code == 0


def test_a_style_that_is_new_in_its_folder_can_be_played(
    start: Callable[..., Running], screen: Callable[[], Picture]
) -> None:
    save_style(Path("mine/one"), "one")
    cam = start("-v", "cam", "--source", "demo", "--style", "mine", "--folder", "kept")
    appears(cam, "one")
    save(cam, "one")  # now it hears its keys
    save_style(Path("mine/two"), "two", blur_model())
    cam.wait_for(lambda: "two is new" in cam.err, "the new style")
    press("one - livestyle", "n")  # new ones come last
    cam.wait_for(lambda: window("two - livestyle"), "the swap to it")
    press("two - livestyle", "q")
    assert cam.ended().code == 0


def test_what_keys_did_is_painted_again(
    start: Callable[..., Running],
    livestyle: Callable[..., Ended],
    screen: Callable[[], Picture],
) -> None:
    """A session played with keys, and `livestyle render` of it."""
    cam = start("cam", "--source", "demo", "--size", "160x120", "--session", "s",
                "--folder", "kept")  # fmt: skip
    appears(cam)
    save(cam, "mosaic")
    press("mosaic - livestyle", "m")
    cam.wait_for(lambda: '"mirror": true' in Path("s/timeline.jsonl").read_text(), "the mirror")
    press("mosaic - livestyle", "2")
    cam.wait_for(lambda: '"abstract", "strength"' in Path("s/timeline.jsonl").read_text(), "a swap")
    cam.wait_for(lambda: window("abstract - livestyle"), "the title, which comes a frame later")
    save(cam, "abstract")
    press("abstract - livestyle", "q")
    ended = cam.ended()
    assert ended.code == 0 and "`livestyle render s show.mp4`" in ended.err, ended.err
    assert livestyle("render", "s", "show.mp4").code == 0

    lines = [json.loads(line) for line in Path("s/timeline.jsonl").read_text().splitlines()]
    scenes = [line for line in lines if "at_s" in line]
    assert [(s["style"], s["mirror"]) for s in scenes] == [
        ("mosaic", False), ("mosaic", True), ("abstract", True),
    ]  # fmt: skip
    kept, show = decoded(Path("s/frames.mp4")), decoded(Path("show.mp4"))
    assert show.times_s == pytest.approx(kept.times_s, abs=0.001)
    for time_s, original, painted in zip(kept.times_s, kept.pictures, show.pictures, strict=True):
        if time_s < scenes[1]["at_s"] - 0.001:
            assert difference(painted, 255 - original) < 8, time_s
        elif time_s < scenes[2]["at_s"] - 0.001:
            assert difference(painted, 255 - original[:, ::-1]) < 8, time_s
        else:
            assert difference(painted, 255 - original[:, ::-1]) > 20, time_s


def test_pictures_opened_by_keys_are_styles_that_can_be_mixed_and_painted_again(
    start: Callable[..., Running],
    livestyle: Callable[..., Ended],
    screen: Callable[[], Picture],
) -> None:
    save_artwork(Path("Quilt.png"))
    save_artwork(Path("leaf.png"), seed=1)
    Path("text.png").write_text("no picture")
    cam = start("cam", "--source", "demo", "--size", "160x120", "--session", "s",
                "--folder", "kept")  # fmt: skip

    def type_after(style: str, *keys: str) -> None:
        for key in keys:
            press(f"{style} - livestyle", key)
            time.sleep(0.1)  # a window of Qt keeps the latest key alone

    def shows(style: str) -> None:
        cam.wait_for(lambda: window(f"{style} - livestyle"), style)

    appears(cam)
    save(cam, "mosaic")  # now it hears its keys
    type_after("mosaic", "o", *"te", "Tab", "Return")
    cam.wait_for(lambda: "text.png is not a picture" in cam.err, "what is wrong with it")
    type_after("mosaic", "o", *"qui", "Tab", "Return")
    shows("quilt")
    type_after("quilt", "period")  # the next is the first: no light network
    cam.wait_for(lambda: "mosaic cannot be mixed" in cam.err, "what is wrong with it")
    type_after("quilt", "o", *"leaf", "period", *"png", "Return")
    shows("leaf")
    save(cam, "leaf")  # a frame of it has been shown, and is in the session
    type_after("leaf", "p")
    shows("quilt")
    save(cam, "quilt")
    type_after("quilt", "period")
    shows("quilt80_leaf20")
    save(cam, "quilt80_leaf20")
    type_after("quilt80_leaf20", "q")
    assert cam.ended().code == 0

    lines = [json.loads(line) for line in Path("s/timeline.jsonl").read_text().splitlines()]
    scenes = [line["style"] for line in lines if "at_s" in line]
    assert scenes == ["mosaic", "quilt", "leaf", "quilt", "quilt80_leaf20"]
    shutil.rmtree(predicted_styles())
    rendered = livestyle("render", "s", "show.mp4")
    assert rendered.code == 0 and "has changed" not in rendered.err, rendered.err


def test_the_screen_shows_the_painted_picture(
    start: Callable[..., Running], screen: Callable[[], Picture]
) -> None:
    cam = start("cam", "--source", "demo", "--folder", "kept")
    appears(cam)
    save(cam, "mosaic").unlink()  # now it hears its keys
    press("mosaic - livestyle", "space")
    picture, _ = with_settings(save(cam, "mosaic"))
    shown = np.s_[: SIZE[1], : SIZE[0]]
    # Frozen, and the notices fade: soon nothing but the picture is there. The frame that was
    # saved may be the last one before the freeze, a few pixels away.
    cam.wait_for(lambda: difference(screen()[shown], picture) < 8, "the picture on the screen")
    press("mosaic - livestyle", "q")
    assert cam.ended().code == 0


def test_the_window_closed_by_its_button(
    start: Callable[..., Running], screen: Callable[[], Picture]
) -> None:
    cam = start("cam", "--source", "demo", "--record", "out.mp4", "--report", "r.json")
    appears(cam)
    cam.wait_for(lambda: screen().any(), "a picture")
    number = window("mosaic - livestyle")
    assert number
    click_close_button(number)
    ended = cam.ended()
    assert (ended.code, ended.out) == (0, ""), ended.err
    shown = json.loads(Path("r.json").read_text())["frames"]["shown"]
    assert len(decoded(Path("out.mp4")).pictures) == shown


def test_a_lost_camera_is_told_on_the_screen(
    start: Callable[..., Running], screen: Callable[[], Picture]
) -> None:
    black = mjpeg(lambda _: plain(SIZE, (0, 0, 0)), fps=20)
    camera = HttpServer(black)
    try:
        cam = start("cam", "--source", camera.url)
        appears(cam)

        def words() -> bool:
            """Whether a dark plate lies where the status stands, on what is painted white."""
            return bool((screen()[380:410, 300:340] < 128).any())

        cam.wait_for(lambda: screen().any() and not words(), "the picture")
        camera.close()
        cam.wait_for(words, "the status")
        camera = HttpServer(black, port=camera.port)
        cam.wait_for(lambda: not words(), "the picture again")
        press("mosaic - livestyle", "Escape")
        press("mosaic - livestyle", "Escape")
        assert cam.ended().code == 0
    finally:
        camera.close()


def test_a_clip_in_a_window_ends_by_itself(
    start: Callable[..., Running], screen: Callable[[], Picture]
) -> None:
    make_clip(Path("clip.mp4"), frames=6)
    cam = start("cam", "--source", "clip.mp4", "--report", "r.json")
    assert cam.ended().code == 0, cam.err
    assert json.loads(Path("r.json").read_text())["frames"]["shown"] == 6
