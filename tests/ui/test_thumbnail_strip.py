import numpy as np
import pytest

from livestyle.frame import Pixels
from livestyle.ui.overlay import Overlay, Words
from livestyle.ui.thumbnail_strip import Strip

NAMES = tuple(f"style_{number}" for number in range(1, 13))
SIZES = [(320, 240), (640, 480), (1280, 720), (1920, 1080), (480, 640)]


def drawn(
    overlay: Overlay,
    size: tuple[int, int] = (640, 480),
    current: str = NAMES[0],
    names: tuple[str, ...] = NAMES,
    pictures: dict[str, Pixels] | None = None,
) -> Pixels:
    white = np.full((size[1], size[0], 3), 255, np.uint8)
    words = Words(styles=names, marked=current, thumbnails=pictures or {})
    return overlay.draw(white, words)


def middle(strip: Strip, name: str, size: tuple[int, int]) -> tuple[int, int]:
    """Where the thumbnail of that style is, found as a mouse would."""
    hits = [
        (x, y)
        for x in range(0, size[0], 3)
        for y in range(0, size[1], 3)
        if strip.name_at(x, y) == name
    ]
    x, y = np.mean(hits, axis=0).astype(int)
    return int(x), int(y)


@pytest.mark.parametrize("size", SIZES)
def test_at_any_size_several_fit_and_each_can_be_hit(size: tuple[int, int]) -> None:
    overlay = Overlay()
    picture = drawn(overlay, size)
    assert len(overlay.strip.shown) >= 3
    assert overlay.strip.shown == NAMES[: len(overlay.strip.shown)]
    for name in overlay.strip.shown:
        x, y = middle(overlay.strip, name, size)
        assert y > size[1] / 2
        assert picture[y, x].min() < 100
    assert overlay.strip.name_at(size[0] // 2, 3) is None
    assert (picture[-1] == 255).all() and (picture[:, 0] == 255).all(), "it keeps off the edge"


@pytest.mark.parametrize("size", [(1, 1), (17, 5), (40, 40), (90, 60)])
def test_a_tiny_picture_does_no_harm(size: tuple[int, int]) -> None:
    assert drawn(Overlay(), size).shape == (size[1], size[0], 3)


def test_the_page_is_that_of_the_style_that_was_chosen() -> None:
    overlay = Overlay()
    for current in NAMES:
        drawn(overlay, current=current)
        assert current in overlay.strip.shown
    assert overlay.strip.shown[-1] == NAMES[-1]
    drawn(overlay, current=NAMES[0])
    count = len(overlay.strip.shown)
    drawn(overlay, current=NAMES[count])
    assert overlay.strip.shown[0] == NAMES[count], "pages do not slide"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("by", [1, -1])
def test_pages_can_be_turned_through_all_styles_and_round_the_ends(
    size: tuple[int, int], by: int
) -> None:
    overlay, seen = Overlay(), set[str]()
    drawn(overlay, size)
    first = overlay.strip.shown
    for _ in range(len(NAMES)):
        seen |= set(overlay.strip.shown)
        overlay.strip.turn(by)
        drawn(overlay, size)
        if overlay.strip.shown == first:
            break
    assert overlay.strip.shown == first
    assert seen == set(NAMES)


def test_a_turned_page_stays_until_another_style_is_chosen() -> None:
    overlay = Overlay()
    drawn(overlay)
    first = overlay.strip.shown
    overlay.strip.turn(1)
    for _ in range(2):
        drawn(overlay)
        assert not set(first) & set(overlay.strip.shown)
    drawn(overlay, current=first[1])
    assert overlay.strip.shown == first


def test_arrows_can_be_clicked_where_there_are_more_pages() -> None:
    overlay = Overlay()
    drawn(overlay)
    row = [overlay.strip.arrow_at(x, 430) for x in range(640)]
    assert row.index(-1) < 60 < 560 < row.index(1)
    assert min(row.count(-1), row.count(1)) >= 20, "a button, not a hair"
    drawn(overlay, names=("a", "b"), current="a")
    assert not any(overlay.strip.arrow_at(x, 430) for x in range(640))


def test_numbers_of_two_digits_stand_on_the_thumbnails_too() -> None:
    overlay = Overlay()
    drawn(overlay)
    page = len(overlay.strip.shown)
    names = tuple(f"name_{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")
    others = tuple(f"other_{number}" for number in range(page))
    one = drawn(overlay, names=names, current=names[2 * page])
    shown = overlay.strip.shown
    later = drawn(overlay, names=(*others, *names), current=names[2 * page])
    assert overlay.strip.shown == shown, "the same styles, only their numbers differ"
    assert (one != later).any()


def test_few_styles_stand_in_the_middle() -> None:
    overlay = Overlay()
    drawn(overlay, names=("a", "b"), current="a")
    assert overlay.strip.shown == ("a", "b")
    assert overlay.strip.name_at(319 - 20, 430) == "a"
    assert overlay.strip.name_at(321 + 20, 430) == "b"


def test_the_one_that_was_chosen_is_marked() -> None:
    for current in NAMES[:3]:
        picture = drawn(Overlay(), current=current)
        amber = (picture[..., 0] > 240) & (picture[..., 2] < 110)
        assert amber.sum() > 500
        overlay = Overlay()
        drawn(overlay, current=current)
        ys, xs = np.nonzero(amber)
        assert overlay.strip.name_at(int(np.median(xs)), int(np.median(ys))) == current


def test_a_thumbnail_is_shown_and_follows_its_picture() -> None:
    overlay = Overlay()
    for value in (10, 222):
        pictures = {name: np.full((192, 256, 3), value, np.uint8) for name in NAMES}
        picture = drawn(overlay, pictures=pictures)
        for name in overlay.strip.shown:
            x, y = middle(overlay.strip, name, (640, 480))
            assert (picture[y, x] == value).all()


def test_without_it_nothing_can_be_hit() -> None:
    overlay = Overlay()
    drawn(overlay)
    drawn(overlay, names=())
    assert overlay.strip.shown == ()
    assert overlay.strip.name_at(320, 430) is None


def test_other_words_stand_above_it() -> None:
    overlay = Overlay()
    alone = drawn(overlay)
    overlay.say("saved livestyle-mosaic.png")
    spoken = drawn(overlay)
    top = min(y for y in range(480) if overlay.strip.name_at(320, y))
    changed = np.nonzero((alone != spoken).any(axis=(1, 2)))[0]
    assert changed.min() > 240 and changed.max() < top
