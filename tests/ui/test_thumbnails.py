from collections.abc import Iterator
from contextlib import closing
from functools import partial

import numpy as np
import pytest
from live_fakes import ValueStylizer, wait_until

from livestyle.errors import SourceError, StyleError
from livestyle.frame import Pixels
from livestyle.render.compositing import Look
from livestyle.ui.thumbnails import MOST_LOADED, SIZE, Thumbnails, fitted

pytestmark = pytest.mark.timeout(20)
SCENE = np.full((480, 640, 3), 50, np.uint8)


class Box:
    """Loads styles by name: their value is their number."""

    def __init__(self, broken: tuple[str, ...] = ()) -> None:
        self.made: list[tuple[str, ValueStylizer]] = []
        self._broken = broken
        self.thumbnails = Thumbnails(self.load, self.first)

    def load(self, name: str) -> ValueStylizer:
        self.made.append((name, ValueStylizer(int(name))))
        if name in self._broken:
            raise StyleError(f"{name} is empty")
        return self.made[-1][1]

    def first(self, name: str) -> Pixels | None:
        if name == "3":
            raise SourceError("no picture")
        return None if name == "2" else np.full((48, 64, 3), 200 + int(name), np.uint8)

    def value(self, name: str) -> int | None:
        picture = self.thumbnails.pictures.get(name)
        return None if picture is None else int(picture[0, 0, 0])

    def loaded(self) -> list[str]:
        return [name for name, style in self.made if not style.closed]


@pytest.fixture
def box() -> Iterator[Box]:
    box = Box(broken=("9",))
    yield box
    box.thumbnails.close()
    assert all(style.closed == 1 for name, style in box.made if name != "9")


def test_nothing_is_loaded_before_it_is_wanted(box: Box) -> None:
    box.thumbnails.want((), SCENE, Look())
    assert not box.made and not box.thumbnails.pictures


def test_previews_come_first_and_need_no_style(box: Box) -> None:
    box.thumbnails.want("123", None, Look())
    wait_until(lambda: len(box.thumbnails.pictures) == 3)
    assert [box.value(name) for name in "123"] == [201, 40, 40]
    assert all(p.shape == (SIZE[1], SIZE[0], 3) for p in box.thumbnails.pictures.values())
    assert not box.made


def test_each_style_is_painted_small_again_and_again(box: Box) -> None:
    box.thumbnails.want("123", SCENE, Look())
    wait_until(lambda: len(box.made) == 3 and min(s.calls for _, s in box.made) >= 2)
    assert [box.value(name) for name in "123"] == [1, 2, 3]
    assert [name for name, _ in box.made] == ["1", "2", "3"], "each is loaded once"
    assert all(set(style.sizes) == {SIZE} for _, style in box.made)


def test_what_is_not_wanted_is_not_painted(box: Box) -> None:
    box.thumbnails.want("12", SCENE, Look())
    wait_until(lambda: len(box.made) == 2)
    box.thumbnails.want("2", SCENE, Look())
    second = dict(box.made)["2"].calls
    wait_until(lambda: dict(box.made)["2"].calls > second + 1)
    first = dict(box.made)["1"].calls
    wait_until(lambda: dict(box.made)["2"].calls > second + 4)
    assert dict(box.made)["1"].calls == first


def test_the_look_counts_but_not_its_strength_or_split(box: Box) -> None:
    box.thumbnails.want("7", SCENE, Look(strength=0.0, split=True))
    wait_until(lambda: box.value("7") == 7)
    assert (box.thumbnails.pictures["7"] == 7).all()
    box.thumbnails.want("7", SCENE, Look(keep_color=True))
    lilac = SCENE + np.array([40, 0, 60], np.uint8)
    box.thumbnails.want("7", lilac, Look(keep_color=True))
    wait_until(lambda: len(np.unique(box.thumbnails.pictures["7"][0, 0])) == 3)


def test_a_style_that_does_not_load_keeps_its_preview_and_the_others_go_on(box: Box) -> None:
    box.thumbnails.want("91", SCENE, Look())
    wait_until(lambda: box.value("1") == 1 and dict(box.made)["1"].calls > 2)
    assert box.value("9") == 209
    assert [name for name, _ in box.made].count("9") == 1, "it is not tried again and again"


def test_a_style_that_changed_is_loaded_again(box: Box) -> None:
    box.thumbnails.want("1", SCENE, Look())
    wait_until(lambda: box.value("1") == 1)
    box.thumbnails.renew("1")
    wait_until(lambda: len(box.made) == 2 and box.made[1][1].calls > 0)
    assert box.made[0][1].closed == 1


def test_lent_styles_paint_once_they_are_loaded_and_none_is_loaded_beside_them(box: Box) -> None:
    lent = {"1": ValueStylizer(77)}
    with closing(Thumbnails(box.load, box.first, lent.get)) as thumbnails:
        thumbnails.want("12", SCENE, Look())
        wait_until(lambda: lent["1"].calls > 2)
        assert [int(thumbnails.pictures[name][0, 0, 0]) for name in "12"] == [77, 40]
        lent["2"] = ValueStylizer(88)
        wait_until(lambda: int(thumbnails.pictures["2"][0, 0, 0]) == 88)
    assert not box.made
    assert not lent["1"].closed


def test_a_lent_style_that_was_closed_is_asked_for_again(box: Box) -> None:
    closed, again = ValueStylizer(fail_at=0), ValueStylizer(66)
    styles = iter([closed])
    with closing(Thumbnails(box.load, box.first, lambda name: next(styles, again))) as thumbnails:
        thumbnails.want("1", SCENE, Look())
        wait_until(lambda: again.calls > 0)
        wait_until(lambda: int(thumbnails.pictures["1"][0, 0, 0]) == 66)


def test_memory_is_bounded(box: Box) -> None:
    def is_there(name: str) -> bool:
        return box.value(name) == int(name)

    names = [str(number) for number in range(10, 10 + MOST_LOADED + 3)]
    for name in names:
        box.thumbnails.want([name], SCENE, Look())
        wait_until(partial(is_there, name))
    wait_until(lambda: len(box.loaded()) <= MOST_LOADED)
    assert names[-1] in box.loaded() and names[0] not in box.loaded()


def test_closed_without_ever_beginning() -> None:
    thumbnails = Thumbnails(lambda name: ValueStylizer())
    thumbnails.close()
    thumbnails.want("1", SCENE, Look())


@pytest.mark.parametrize("size", [(1, 1), (640, 480), (1920, 1080), (480, 640), (3, 900), (64, 48)])
def test_the_middle_of_any_picture_fits(size: tuple[int, int]) -> None:
    assert fitted(np.zeros((size[1], size[0], 3), np.uint8)).shape == (SIZE[1], SIZE[0], 3)


def test_sides_are_cut_not_squeezed() -> None:
    wide = np.zeros((90, 160, 3), np.uint8)
    wide[:, 20:140] = 255
    assert fitted(wide).min() == 255
