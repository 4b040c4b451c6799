from collections.abc import Callable

import numpy as np
import pytest
from live_fakes import (
    CountedSource,
    QuietWindow,
    SetClock,
    ValueStylizer,
    loaded,
    make_frame,
    wait_until,
)

from livestyle.frame import Pixels
from livestyle.live.metrics import Metrics
from livestyle.live.player import Player
from livestyle.render.compositing import Look
from livestyle.ui.screen import HINT_S, Screen

WIDE = (1280, 720)
NAMES = [f"style_{number}" for number in range(1, 14)]


class BigWindow(QuietWindow):
    """A window that is larger than the pictures it is given."""

    def show(self, pixels: Pixels, draw: Callable[[Pixels], Pixels] | None = None) -> None:
        super().show(np.full((WIDE[1], WIDE[0], 3), 90, np.uint8), draw)


class Seat:
    """A screen, and somebody before it."""

    def __init__(self) -> None:
        self.window, self.clock = BigWindow(), SetClock()
        self.player = Player(
            NAMES, lambda name: ValueStylizer(), first=NAMES[0], size=(8, 6), look=Look(),
            metrics=Metrics(),
        )  # fmt: skip
        wait_until(lambda: len(loaded(self.player)) == len(NAMES))
        source = CountedSource(None)
        self.screen = Screen(self.window, source, self.player, Metrics(), clock=self.clock)

    def see(self, after_s: float = 10.0) -> Pixels:
        """What is on the display that long after the last look."""
        self.clock.now_s += after_s
        self.screen.write(make_frame(90, (64, 48), style=NAMES[0]))
        return self.window.shown[-1]


@pytest.fixture
def seat() -> object:
    seat = Seat()
    yield seat
    seat.player.close()


def test_words_are_drawn_in_pixels_of_the_window(seat: Seat) -> None:
    seat.screen.shows_help = True
    assert seat.see().shape == (WIDE[1], WIDE[0], 3)
    assert seat.screen.frame is not None and seat.screen.frame.size == (64, 48)


def test_the_first_seconds_say_which_key_shows_the_keys(seat: Seat) -> None:
    assert (seat.see(3.0) != 90).any(), "the name of the style is gone by then"
    assert (seat.see(HINT_S) == 90).all()


def test_frozen_is_marked_as_long_as_it_lasts(seat: Seat) -> None:
    seat.see()
    seat.player.frozen = True
    for _ in range(3):
        assert (seat.see(100.0)[:100, -300:] != 90).any()
    seat.player.frozen = False
    assert (seat.see(100.0) == 90).all()


def test_arrows_on_the_strip_turn_its_pages_and_choose_nothing(seat: Seat) -> None:
    seat.screen.shows_styles = True
    seat.see()
    strip = seat.screen._overlay.strip
    first, y = strip.shown, WIDE[1] - 60
    on = next(x for x in range(WIDE[0]) if strip.arrow_at(x, y) == 1)
    seat.window.clicks.append((on, y))
    seat.see()
    assert strip.shown and not set(strip.shown) & set(first)
    assert seat.screen.take_choice() is None
    seat.screen.turn_page(-1)
    assert strip.shown == first


def test_without_the_strip_no_page_is_turned(seat: Seat) -> None:
    seat.screen.turn_page(1)
    seat.screen.shows_styles = True
    seat.see()
    assert seat.screen._overlay.strip.shown[0] == NAMES[0]


def test_what_is_typed_is_shown(seat: Seat) -> None:
    seat.see()
    shown = []
    for typed in ("/", "/s", "/style 12", "/xyz", "0", "01"):
        seat.screen.typed = typed
        shown.append(seat.see())
    assert len({picture.tobytes() for picture in shown}) == len(shown)
    assert all((picture != 90).any() for picture in shown)
