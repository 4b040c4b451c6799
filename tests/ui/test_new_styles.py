"""Keys that make styles: a picture's by its path, and one between the current and the next."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from desk import Desk
from live_fakes import ValueStylizer, make_frame, next_notice, wait_until

from livestyle.errors import StyleError


class Maker:
    """Names styles as `StyleSet` does; a picture that is called bad cannot be loaded."""

    def __init__(self) -> None:
        self.opened: list[Path] = []
        self.mixed: list[tuple[tuple[str, float], ...]] = []

    def open_picture(self, picture: Path) -> str:
        self.opened.append(picture)
        return picture.stem

    def open_mixture(self, parts: Sequence[tuple[str, float]]) -> str:
        self.mixed.append(tuple(parts))
        return "_".join(f"{name}{share * 100:.0f}" for name, share in parts)

    def load(self, name: str) -> ValueStylizer:
        if name == "bad":
            raise StyleError("bad.jpg is not a picture.")
        return ValueStylizer()


class StyleDesk(Desk):
    """A desk where styles can be made."""

    def __init__(self, folder: Path) -> None:
        self.maker = Maker()
        super().__init__(folder, self.maker.load, self.maker)

    def shows(self, name: str) -> None:
        wait_until(lambda: self.player(make_frame()).style == name)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StyleDesk]:
    monkeypatch.chdir(tmp_path)
    desk = StyleDesk(tmp_path / "kept")
    yield desk
    desk.close()


def test_a_picture_is_opened_by_its_path_and_joins_the_set(desk: StyleDesk) -> None:
    Path("Big Wave.jpg").touch()
    desk.press("o", *"Big", "tab")
    assert (desk.typed, desk.completions) == ("oBig Wave.jpg", ("Big Wave.jpg",))
    desk.press("enter")
    assert (desk.typed, desk.completions) == ("", ())
    assert desk.maker.opened == [Path("Big Wave.jpg")]
    desk.shows("Big Wave")
    assert desk.player.names == ("a", "b", "c", "Big Wave")
    desk.press("1", "o", *"Big Wave.jpg", "enter")
    assert desk.player.current == "Big Wave", "at once: it is loaded"
    assert len(desk.player.names) == 4


def test_it_is_said_that_a_style_is_made(desk: StyleDesk) -> None:
    assert desk.controls.new_styles
    desk.controls.new_styles.open_picture(Path("/far/bad.jpg"))
    assert next_notice(desk.player.take_notice) in (
        "making a style of bad.jpg", "bad.jpg is not a picture.",
    )  # fmt: skip
    wait_until(lambda: desk.player.wanted == "a")
    assert desk.player.names == ("a", "b", "c")


def test_letters_keep_their_case_and_mean_nothing_else(desk: StyleDesk) -> None:
    desk.press("o", *"~/Q+q:1,.[o/", "space", *"ÖN日", "left", "tab")
    assert desk.typed == "o~/Q+q:1,.[o/ ÖN日"
    assert desk.quits == 0
    desk.press("backspace", "esc")
    assert (desk.typed, desk.maker.opened) == ("", [])
    desk.press("O")
    assert desk.typed == "o"
    desk.press("enter")
    assert (desk.typed, desk.maker.opened) == ("", [])


def test_a_folder_is_no_picture(desk: StyleDesk) -> None:
    Path("sub").mkdir()
    desk.press("o", *"sub/", "enter")
    assert desk.said == ["sub/ is a folder; type the name of a picture in it"]
    assert not desk.maker.opened


def test_keys_mix_the_next_style_in_by_fifths(desk: StyleDesk) -> None:
    desk.press(".")
    assert desk.said[-1] == "80% a, 20% b"
    assert desk.maker.mixed == [(("a", 0.8), ("b", 0.2))]
    desk.shows("a80_b20")
    assert (desk.player.names, desk.player.place) == (("a", "b", "c"), "a")
    desk.press(".", ".", ",")
    assert desk.said[-1] == "60% a, 40% b"
    desk.shows("a60_b40")
    desk.press(",", ",")
    assert (desk.said[-1], desk.player.current) == ("100% a", "a")
    desk.press(",")
    assert (desk.said[-1], desk.player.current) == ("100% a", "a")


def test_all_of_the_next_style_is_that_style_and_goes_on_to_the_one_after(desk: StyleDesk) -> None:
    desk.press(*"....")
    assert desk.said[-1] == "20% a, 80% b"
    desk.press(".")
    assert (desk.said[-1], desk.player.current) == ("100% b", "b")
    desk.press(",")
    assert desk.said[-1] == "20% a, 80% b", "and back"
    desk.press(".", ".")
    assert desk.said[-1] == "80% b, 20% c"


def test_another_style_begins_anew(desk: StyleDesk) -> None:
    desk.press(".", ".", "3", ".")
    assert desk.said[-1] == "80% c, 20% a", "round the end of the set"


def test_where_nothing_can_be_made_it_is_said(tmp_path: Path) -> None:
    plain = Desk(tmp_path)
    plain.press(".", "o", *"x.jpg", "enter")
    assert plain.said == ["no style can be made here"] * 2
    plain.close()
