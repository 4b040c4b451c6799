"""The player's options: what it keeps loaded, at which size it paints, how it dissolves."""

import time
from threading import Event

import numpy as np
import pytest
from live_fakes import ValueStylizer, loaded, make_frame, wait_until

from livestyle.errors import EngineError
from livestyle.frame import Frame, Pixels
from livestyle.live.metrics import Metrics
from livestyle.live.player import Player, PlayerOptions
from livestyle.live.style_cache import capacity_within
from livestyle.render.compositing import Look

pytestmark = pytest.mark.timeout(20)

SIZE = (320, 240)
VALUES = {"a": 10, "b": 110, "c": 210, "d": 250}
ONE_STYLE_MB = 18


class Cabinet:
    """Loads styles by name and remembers when; a player that uses it."""

    def __init__(self, options: PlayerOptions, **more: object) -> None:
        self.order: list[str] = []
        self.made: list[tuple[str, ValueStylizer]] = []
        self.player = Player(
            list(VALUES),
            self.load,
            first="a",
            size=SIZE,
            look=Look(),
            metrics=Metrics(),
            options=options,
            **more,  # type: ignore[arg-type]
        )

    def load(self, name: str) -> ValueStylizer:
        self.order.append(name)
        self.made.append((name, ValueStylizer(VALUES[name])))
        return self.made[-1][1]

    def paint(self, index: int = 0, at_s: float | None = None) -> int:
        frame = make_frame(index, SIZE)
        if at_s is not None:
            frame = Frame(frame.pixels, index, at_s, at_s)
        return int(self.player(frame).pixels[5, 5, 0])

    def select(self, name: str) -> None:
        self.player.select(name)
        wait_until(lambda: self.player.current == name)

    def loaded(self) -> int:
        return len(loaded(self.player))

    def close(self) -> None:
        self.player.close()
        assert [style.closed for _, style in self.made] == [1] * len(self.made)


def test_places_by_memory() -> None:
    assert capacity_within(200, (640, 480)) == 4
    assert capacity_within(1, (1920, 1080)) == 1


def test_only_as_many_styles_as_fit_are_loaded() -> None:
    cabinet = Cabinet(PlayerOptions(memory_mb=2 * ONE_STYLE_MB))
    wait_until(lambda: cabinet.loaded() == 2)
    cabinet.paint()
    time.sleep(0.05)
    assert cabinet.order == ["a", "b"], "nothing else is loaded unasked"
    cabinet.select("c")
    assert cabinet.paint() == 210
    assert loaded(cabinet.player) == {"a", "c"}, "b was never used"
    cabinet.select("d")
    assert cabinet.paint() == 250
    assert loaded(cabinet.player) == {"c", "d"}
    assert [style.closed for _, style in cabinet.made] == [1, 1, 0, 0]
    cabinet.close()


def test_a_dropped_style_comes_back() -> None:
    cabinet = Cabinet(PlayerOptions(memory_mb=ONE_STYLE_MB))
    for name in "bcdabcda":
        cabinet.select(name)
        assert cabinet.paint() == VALUES[name]
        assert cabinet.loaded() <= 2, "the one that paints, and the one to come"
    cabinet.close()


class SlowStylizer(ValueStylizer):
    """Takes as long as its pixels are many."""

    def __call__(self, pixels: Pixels) -> Pixels:
        time.sleep(pixels.size / 3 * 25e-3 / (SIZE[0] * SIZE[1]))
        return super().__call__(pixels)


def test_the_governor_paints_smaller_and_every_style_is_warm_for_it() -> None:
    made: dict[str, SlowStylizer] = {}

    def load(name: str) -> SlowStylizer:
        made[name] = SlowStylizer(VALUES[name])
        return made[name]

    player = Player(
        ["a", "b"],
        load,
        first="a",
        size=SIZE,
        look=Look(),
        metrics=Metrics(),
        options=PlayerOptions(target_fps=60),
    )
    wait_until(lambda: len(loaded(player)) == 2)

    def governed() -> bool:
        assert player(make_frame(size=SIZE)).size == SIZE
        return player.scale < 1

    wait_until(governed)
    wait_until(lambda: made["b"].sizes[-1][0] < SIZE[0])
    full = made["b"].sizes.count(SIZE)
    player.select("b")
    assert player(make_frame(size=SIZE)).pixels[0, 0, 0] == 110
    assert made["b"].sizes.count(SIZE) == full, "not even the first frame is painted large"
    player.close()


def test_the_picture_goes_on_at_the_old_size_while_the_new_one_is_warmed() -> None:
    release, warming = Event(), Event()

    class Held(SlowStylizer):
        def __call__(self, pixels: Pixels) -> Pixels:
            if pixels.shape[1] < SIZE[0] and not release.is_set():
                warming.set()
                release.wait(10)
            return super().__call__(pixels)

    style = Held(10)
    player = Player(
        ["a"],
        lambda name: style,
        first="a",
        size=SIZE,
        look=Look(),
        metrics=Metrics(),
        options=PlayerOptions(target_fps=60),
    )
    wait_until(lambda: player(make_frame(size=SIZE)) is not None and warming.is_set())
    for _ in range(3):
        player(make_frame(size=SIZE))
    assert player.scale == 1.0
    release.set()
    wait_until(lambda: player(make_frame(size=SIZE)) is not None and player.scale < 1)
    player.close()


def test_a_source_that_changes_its_size_is_painted_at_it_at_once() -> None:
    cabinet = Cabinet(PlayerOptions(target_fps=5, steady=0.5, crossfade_s=0.5))
    cabinet.paint()
    for size in [(640, 360), (33, 17), (1, 1), SIZE]:
        assert cabinet.player(make_frame(size=size)).size == size
        assert cabinet.player.scale == 1.0
    cabinet.close()


def test_crossfade() -> None:
    cabinet = Cabinet(PlayerOptions(crossfade_s=0.5))
    wait_until(lambda: cabinet.loaded() == 4)
    assert cabinet.paint(at_s=10.0) == 10
    cabinet.player.select("c")
    values = [cabinet.paint(at_s=at_s) for at_s in (10.1, 10.2, 10.35, 10.5, 10.6, 10.7)]
    assert values == [30, 50, 110, 170, 210, 210]
    cabinet.player.select("a")
    assert cabinet.paint(at_s=11.0) == 190
    cabinet.player.select("b")
    assert cabinet.paint(at_s=11.1) == pytest.approx(0.9 * 190 + 11, abs=1), "from what was shown"
    cabinet.close()


def test_without_crossfade_a_swap_is_a_cut() -> None:
    cabinet = Cabinet(PlayerOptions(steady=1.0))
    wait_until(lambda: cabinet.loaded() == 4)
    for name in "acbda":
        cabinet.player.select(name)
        assert cabinet.paint() == VALUES[name]
    cabinet.close()


def test_a_style_is_steadied() -> None:
    class Flickering(ValueStylizer):
        def __call__(self, pixels: Pixels) -> Pixels:
            self.value = 100 + 40 * (self.calls % 2)
            return super().__call__(pixels)

    player = Player(
        ["a"],
        lambda name: Flickering(),
        first="a",
        size=SIZE,
        look=Look(),
        metrics=Metrics(),
        options=PlayerOptions(steady=0.7),
    )
    values = [int(player(make_frame(size=SIZE)).pixels[0, 0, 0]) for _ in range(12)]
    assert np.abs(np.diff(values[2:])).max() < 40 / 2
    player.close()


def test_an_engine_that_dies_goes_on_on_its_fallback_and_says_so() -> None:
    class Dying(ValueStylizer):
        def __call__(self, pixels: Pixels) -> Pixels:
            if self.calls == 3:
                raise EngineError("device lost")
            return super().__call__(pixels)

    fallbacks: list[str] = []

    def load_fallback(name: str) -> ValueStylizer:
        fallbacks.append(name)
        return ValueStylizer(77)

    player = Player(
        ["a"],
        lambda name: Dying(10),
        first="a",
        size=SIZE,
        look=Look(),
        metrics=Metrics(),
        load_fallback=load_fallback,
    )
    values = [int(player(make_frame(size=SIZE)).pixels[0, 0, 0]) for _ in range(6)]
    assert values == [10, 10, 10, 77, 77, 77]
    assert fallbacks == ["a"]
    assert "going on with numpy on CPU" in player.take_notice()
    player.close()
