import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest
from desk import Desk
from live_fakes import ListSink, make_frame
from PIL import Image

from livestyle import images
from livestyle.errors import SinkError
from livestyle.frame import Pixels
from livestyle.live.recording import RecordingSwitch
from livestyle.render.compositing import Look
from livestyle.ui.controls import KEYS


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "pictures")
    yield desk
    desk.close()


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
        assert (desk.is_fullscreen, desk.shows_figures) == (on, on)
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
    assert desk.said == ["frozen; space goes on", "live again"]


@pytest.mark.parametrize("key", ["q", "Q"])
def test_quit(desk: Desk, key: str) -> None:
    desk.press(key)
    assert desk.quits == 1


def test_esc_closes_what_lies_over_the_picture_then_leaves_fullscreen_then_quits_if_asked_twice(
    desk: Desk,
) -> None:
    desk.press("f", "i", "t", "h", "/", "b")
    order = []
    for _ in range(6):
        desk.press("esc")
        order.append((desk.typed, desk.shows_help, desk.shows_styles, desk.shows_figures,
                      desk.is_fullscreen, desk.said))  # fmt: skip
    assert order == [
        ("", True, True, True, True, desk.said),
        ("", False, True, True, True, desk.said),
        ("", False, False, True, True, desk.said),
        ("", False, False, False, True, desk.said),
        ("", False, False, False, False, desk.said),
        ("", False, False, False, False, ["press Esc again to quit"]),
    ]
    assert desk.quits == 0
    desk.press("\x1b")
    assert desk.quits == 1


def test_esc_asked_once_is_taken_back_by_time_and_by_any_other_key(desk: Desk) -> None:
    desk.press("esc")
    desk.clock.now_s += 2.1
    desk.press("esc", "m", "esc")
    assert desk.quits == 0
    assert desk.said.count("press Esc again to quit") == 3
    desk.press("esc")
    assert desk.quits == 1


def test_three_keys_choose_a_style_by_a_number_of_two_digits(desk: Desk) -> None:
    desk.press("0", "0")
    assert (desk.typed, desk.player.current) == ("00", "a")
    desk.press("3")
    assert (desk.typed, desk.player.current) == ("", "c")
    desk.press("0", "1", "2")
    assert desk.player.current == "c"
    assert desk.player.take_notice() == "there are 3 styles"
    desk.press("0", "backspace")
    assert desk.typed == ""


def test_a_number_that_is_broken_off_leaves_the_key_what_it_is(desk: Desk) -> None:
    desk.press("0", "0", "m")
    assert desk.typed == ""
    assert desk.player.look.mirror


def test_a_style_is_chosen_by_typing_its_name_and_no_letter_does_anything_else(desk: Desk) -> None:
    desk.player.names = ("a", "b", "c", "Rain_Princess")
    desk.press("/", *"q r", "space", "backspace", "backspace", "backspace", "backspace")
    assert (desk.typed, desk.quits) == ("/", 0)
    desk.press(*"B", "enter")
    assert (desk.typed, desk.player.current) == ("", "b")
    desk.press("/", *"rain p", "enter")
    assert desk.player.wanted == "Rain_Princess"
    desk.press("/", *"xyz", "enter")
    assert desk.said == ["no style is called xyz"]
    desk.press("/", *"a", "esc")
    assert (desk.typed, desk.player.wanted) == ("", "Rain_Princess")


def test_arrows_and_wheel_turn_pages(desk: Desk) -> None:
    desk.press("right", "down", "pagedown", "wheeldown")
    assert desk.pages == 4
    desk.press("left", "up", "pageup", "wheelup")
    assert desk.pages == 0


@pytest.mark.parametrize("key", ["x", "enter", "", "ö"])
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
    assert sorted(desk.said) == sorted(f"saved {path.absolute()}" for path in paths)
    with Image.open(paths[0]) as image:
        assert image.size == (32, 24)
        assert image.getpixel((0, 0)) == (7, 7, 7)
        text = image.info
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
    assert known >= {*"0123456789/onp,.t[]csmfwrihq", "space", "esc", "left", "wheelup"}
    assert all(key.label and key.text for key in KEYS)


def test_no_key_means_two_things() -> None:
    names = [name for key in KEYS for name in key.actions]
    assert len(names) == len(set(names))
