import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest
from live_fakes import ListSink, ValueStylizer, make_frame, wait_until
from PIL import Image

from livestyle import images
from livestyle.errors import SinkError
from livestyle.frame import Frame, Pixels
from livestyle.live.metrics import Metrics
from livestyle.live.player import Player
from livestyle.live.recording import RecordingSwitch
from livestyle.render.compositing import Look
from livestyle.ui.controls import KEYS, Controls


class Desk:
    """A view without a window, and controls connected to it."""

    def __init__(self, folder: Path) -> None:
        self.shows_figures = self.shows_help = self.shows_styles = False
        self.fullscreen = False
        self.frame: Frame | None = None
        self.said: list[str] = []
        self.quits = 0
        self.sinks: dict[Path, ListSink] = {}
        self.folder = folder
        self.player = Player(
            ["a", "b", "c"],
            lambda name: ValueStylizer(),
            first="a",
            size=(8, 6),
            look=Look(),
            metrics=Metrics(),
        )
        wait_until(lambda: len(self.player.ready) == 3)
        self.recording = RecordingSwitch(self.open_recorder)
        self.controls = Controls(
            self.player,
            self,
            quit=self.quit,
            folder=folder,
            recording=self.recording,
            settings={"source": "camera 0"},
        )

    def say(self, notice: str) -> None:
        self.said.append(notice)

    def toggle_fullscreen(self) -> None:
        self.fullscreen = not self.fullscreen

    def quit(self) -> None:
        self.quits += 1

    def open_recorder(self, path: Path) -> ListSink:
        path.touch()
        self.sinks[path] = ListSink()
        return self.sinks[path]

    def press(self, *keys: str) -> None:
        for key in keys:
            assert self.controls.press(key)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "pictures")
    yield desk
    desk.controls.close()
    desk.recording.close()
    desk.player.close()


def test_styles(desk: Desk) -> None:
    for key, style in [("2", "b"), ("3", "c"), ("1", "a"), ("n", "b"), ("p", "a"), ("9", "a")]:
        desk.press(key)
        assert desk.player.current == style


def test_strength_stays_between_nothing_and_all(desk: Desk) -> None:
    desk.press("]")
    assert desk.player.look.strength == 1.0
    desk.press("[", "[", "[")
    assert desk.player.look.strength == 0.7
    assert desk.said[-1] == "strength 70%"
    desk.press(*["["] * 12)
    assert desk.player.look.strength == 0.0
    desk.press("]")
    assert desk.player.look.strength == 0.1


@pytest.mark.parametrize(("key", "field"), [("c", "keep_color"), ("s", "split"), ("m", "mirror")])
def test_looks(desk: Desk, key: str, field: str) -> None:
    desk.press(key)
    assert desk.player.look == Look(**{field: True})
    assert desk.said[-1].endswith(" on")
    desk.press(key.upper())
    assert desk.player.look == Look()
    assert desk.said[-1].endswith(" off")


def test_screen_keys(desk: Desk) -> None:
    for on in (True, False):
        desk.press("f", "i", "h", "t")
        assert (desk.fullscreen, desk.shows_figures) == (on, on)
        assert (desk.shows_help, desk.shows_styles) == (on, on)


def test_a_style_that_was_clicked_on(desk: Desk) -> None:
    desk.controls.choose("c")
    assert desk.player.current == "c"


@pytest.mark.parametrize("key", ["space", " "])
def test_freeze(desk: Desk, key: str) -> None:
    desk.press(key)
    assert desk.player.frozen
    desk.press(key)
    assert not desk.player.frozen
    assert desk.said == ["frozen", "live"]


@pytest.mark.parametrize("key", ["q", "Q", "esc", "\x1b"])
def test_quit(desk: Desk, key: str) -> None:
    desk.press(key)
    assert desk.quits == 1


@pytest.mark.parametrize("key", ["x", "0", "enter", "", "ö"])
def test_other_keys_do_nothing(desk: Desk, key: str) -> None:
    assert not desk.controls.press(key)
    assert desk.said == []


def test_pictures_are_saved_with_their_settings_and_never_over_another(desk: Desk) -> None:
    desk.press("w")
    desk.frame = make_frame(7, size=(32, 24), style="b")
    desk.player.look = Look(strength=0.5, keep_color=True)
    desk.press("w", "w", "w")
    desk.controls.close()
    paths = sorted(desk.folder.glob("livestyle-b-????????-??????*.png"))
    assert len(paths) == 3
    assert sorted(desk.said) == sorted(f"saved {path.name}" for path in paths)
    with Image.open(paths[0]) as image:
        assert image.size == (32, 24)
        assert image.getpixel((0, 0)) == (7, 7, 7)
        text = image.text
    assert text["style"] == "b"
    assert text["strength"] == "0.5"
    assert text["keep_color"] == "true"
    assert text["engine"] == "numpy"
    assert text["source"] == "camera 0"


def test_a_picture_that_cannot_be_saved_is_said(desk: Desk) -> None:
    desk.folder.write_text("a file where the folder should be")
    desk.frame = make_frame(style="b")
    desk.press("w")
    desk.controls.close()
    assert "Nothing can be written to" in desk.said[0]
    desk.press("r")
    assert "Nothing can be written to" in desk.said[1]


def test_a_picture_for_which_the_disk_has_no_room(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(file: BinaryIO, pixels: Pixels, format: str, **options: object) -> None:
        file.write(b"some of it")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(images, "encode_picture", fill)
    desk.frame = make_frame(style="b")
    desk.press("w")
    desk.controls.close()
    assert "No space left on device" in desk.said[0]
    assert not list(desk.folder.iterdir()), "no half of a picture, and no claim, is left"


def test_recording_on_and_off(desk: Desk) -> None:
    desk.recording.write(make_frame(0))
    desk.press("r")
    assert desk.recording.elapsed_s is not None
    desk.recording.write(make_frame(1))
    desk.press("r")
    desk.recording.write(make_frame(2))
    assert desk.recording.elapsed_s is None
    desk.press("r")
    desk.recording.write(make_frame(3))
    desk.recording.close()
    assert [sink.frames for sink in desk.sinks.values()] == [[1], [3]]
    assert [sink.closed for sink in desk.sinks.values()] == [1, 1]
    assert all(path.name.startswith("livestyle-a-") for path in desk.sinks)
    assert all(path.suffix == ".mp4" for path in desk.sinks)


def test_a_recording_that_cannot_begin_is_said(tmp_path: Path) -> None:
    def refuse(path: Path) -> ListSink:
        raise SinkError(f"{path} cannot be written.")

    desk = Desk(tmp_path)
    desk.controls.recording = RecordingSwitch(refuse)
    desk.press("r")
    assert "cannot be written" in desk.said[0]
    desk.controls.recording = None
    desk.press("r")
    assert desk.said[1] == "nothing can be recorded here"
    desk.controls.close()
    desk.player.close()


def test_every_key_of_the_contract_is_in_the_help() -> None:
    known = {name for key in KEYS for name in key.actions}
    assert known >= {*"123456789npt[]csmfwrihq", "space", "esc"}
    assert all(key.label and key.text for key in KEYS)


def test_no_key_means_two_things() -> None:
    names = [name for key in KEYS for name in key.actions]
    assert len(names) == len(set(names))
