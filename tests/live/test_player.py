import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from threading import Event

import pytest
from live_fakes import (
    CountedSource,
    ListSink,
    ValueStylizer,
    loaded,
    make_frame,
    next_notice,
    wait_until,
)

from livestyle.errors import EngineError, StyleError
from livestyle.frame import Frame, Pixels
from livestyle.live.metrics import Metrics
from livestyle.live.pipeline import Pipeline
from livestyle.live.player import Player, PlayerOptions
from livestyle.render.compositing import Look
from livestyle.sources.demo import Demo

pytestmark = pytest.mark.timeout(20)

VALUES = {"a": 10, "b": 20, "c": 30}


class StyleCache:
    """Loads styles by name; some are broken, some wait for a sign."""

    def __init__(self, broken: tuple[str, ...] = (), held: tuple[str, ...] = ()) -> None:
        self.made: dict[str, ValueStylizer] = {}
        self.order: list[str] = []
        self.release = Event()
        self.values, self.broken, self._held = dict(VALUES), broken, held

    def load(self, name: str) -> ValueStylizer:
        self.order.append(name)
        if name in self._held:
            self.release.wait(10)
        if name in self.broken:
            raise StyleError(f"{name}.onnx is empty")
        self.made[name] = ValueStylizer(self.values[name])
        return self.made[name]


class Negative(ValueStylizer):
    """Paints bright dark."""

    def __call__(self, pixels: Pixels) -> Pixels:
        return 255 - pixels


@contextmanager
def playing(cache: StyleCache, first: str = "a", look: Look | None = None) -> Iterator[Player]:
    player = Player(
        list(VALUES), cache.load, first=first, size=(8, 6), look=look or Look(), metrics=Metrics()
    )
    try:
        yield player
    finally:
        cache.release.set()
        player.close()
        assert all(stylizer.closed == 1 for stylizer in cache.made.values())


def all_settled(player: Player) -> Callable[[], bool]:
    return lambda: len(loaded(player)) + len(player.failed) == len(player.names)


def painted_value(player: Player, index: int = 0) -> int:
    return int(player(make_frame(index)).pixels[0, 0, 0])


def test_the_first_style_is_there_at_once_and_all_are_warm() -> None:
    cache = StyleCache(held=("a", "c"))
    with playing(cache, first="b") as player:
        assert player.current == "b"
        assert loaded(player) == {"b"}
        frame = player(make_frame())
        assert (frame.style, frame.pixels[0, 0, 0]) == ("b", 20)
        cache.release.set()
        wait_until(all_settled(player))
        assert cache.order == ["b", "c", "a"]
        assert all(made.sizes[0] == (8, 6) for made in cache.made.values())


def test_a_broken_first_style_raises() -> None:
    with pytest.raises(StyleError, match=r"a\.onnx is empty"), playing(StyleCache(broken=("a",))):
        pass
    with pytest.raises(StyleError, match="no style nope"), playing(StyleCache(), first="nope"):
        pass


def test_a_swap_is_in_the_next_frame() -> None:
    with playing(StyleCache()) as player:
        wait_until(all_settled(player))
        for name, value in [("b", 20), ("c", 30), ("a", 10)]:
            player.select(name)
            assert player.current == name
            assert painted_value(player) == value


def test_numbers_and_steps_go_round() -> None:
    with playing(StyleCache()) as player:
        wait_until(all_settled(player))
        player.select_number(3)
        assert player.current == "c"
        player.step(+1)
        assert player.current == "a"
        player.step(-1)
        assert player.current == "c"
        player.select_number(9)
        assert player.current == "c"
        assert player.take_notice() == "there are 3 styles"
        assert player.take_notice() == ""
        with pytest.raises(StyleError):
            player.select("nope")


def test_the_old_style_goes_on_until_the_new_one_is_ready() -> None:
    cache = StyleCache(held=("c",))
    with playing(cache) as player:
        wait_until(lambda: cache.order == ["a", "b", "c"])
        player.select("c")
        assert player.take_notice() == "c is loading"
        assert [painted_value(player) for _ in range(5)] == [10] * 5
        cache.release.set()
        wait_until(lambda: player.current == "c")
        assert painted_value(player) == 30


def test_a_key_puts_its_style_first_in_line() -> None:
    order: list[str] = []
    release = Event()

    def load(name: str) -> ValueStylizer:
        order.append(name)
        if name == "b":
            release.wait(10)
        return ValueStylizer()

    player = Player(list("abcd"), load, first="a", size=(8, 6), look=Look(), metrics=Metrics())
    wait_until(lambda: order == ["a", "b"])
    player.select("d")
    release.set()
    wait_until(lambda: len(order) == 4)
    player.close()
    assert order == ["a", "b", "d", "c"]


def test_neighbours_are_loaded_first_then_what_is_asked_for() -> None:
    order: list[str] = []
    release = Event()

    def load(name: str) -> ValueStylizer:
        order.append(name)
        if name == "d":
            release.wait(10)
        return ValueStylizer()

    player = Player(list("abcdefg"), load, first="c", size=(8, 6), look=Look(), metrics=Metrics())
    wait_until(lambda: order == ["c", "d"])
    assert player.lend("f") is None
    release.set()
    wait_until(all_settled(player))
    player.close()
    assert order == ["c", "d", "b", "f", "e", "g", "a"]


def test_behind_a_busy_show_little_is_loaded_but_what_a_key_asks_for() -> None:
    class Slow(ValueStylizer):
        def __call__(self, pixels: Pixels) -> Pixels:
            time.sleep(0.01)
            return super().__call__(pixels)

    order: list[str] = []

    def load(name: str) -> ValueStylizer:
        order.append(name)
        began_s = time.thread_time()
        while time.thread_time() - began_s < 0.05:
            pass
        return Slow()

    player = Player(list("abcdefg"), load, first="a", size=(8, 6), look=Look(), metrics=Metrics())
    frame = make_frame()
    for _ in range(30):
        player(frame)
    player.select("e")
    while player.current != "e":
        player(frame)
    began_s = time.perf_counter()
    while time.perf_counter() - began_s < 1.0:
        player(frame)
    player.close()
    assert order[0] == "a" and "e" in order
    assert len(order) <= 4


def test_a_style_is_lent_while_it_is_loaded() -> None:
    with playing(StyleCache()) as player:
        wait_until(all_settled(player))
        paint = player.lend("b")
        assert paint is not None
        assert (paint(make_frame().pixels) == 20).all()
        assert player.current == "a"


def test_the_last_key_wins() -> None:
    cache = StyleCache(held=("b",))
    with playing(cache) as player:
        wait_until(lambda: cache.order == ["a", "b"])
        player.select("b")
        player.step(+1)
        cache.release.set()
        wait_until(lambda: player.current == "c")
        wait_until(all_settled(player))
        assert player.current == "c"


def test_a_broken_style_among_good_ones() -> None:
    cache = StyleCache(broken=("b",), held=("b",))
    with playing(cache) as player:
        player.select("b")
        cache.release.set()
        wait_until(all_settled(player))
        assert loaded(player) == {"a", "c"}
        assert player.take_notice() == player.failed["b"] == "b cannot be used: b.onnx is empty"
        assert painted_value(player) == 10
        player.select("b")
        assert "b.onnx is empty" in player.take_notice()
        assert player.current == "a"
        player.step(+1)
        assert player.current == "c", "steps pass over what is broken"


def test_a_style_that_fails_when_warmed_is_closed_and_broken() -> None:
    bad = ValueStylizer(fail_at=0)
    player = Player(
        ["a", "b"],
        lambda name: bad if name == "b" else ValueStylizer(),
        first="a",
        size=(8, 6),
        look=Look(),
        metrics=Metrics(),
    )
    wait_until(all_settled(player))
    player.close()
    assert "b" in player.failed
    assert bad.closed == 1


def test_an_engine_error_while_painting_raises() -> None:
    class Breaking(ValueStylizer):
        def __call__(self, pixels: Pixels) -> Pixels:
            if self.calls:
                raise EngineError("out of memory")
            return super().__call__(pixels)

    player = Player(
        ["a"], lambda name: Breaking(), first="a", size=(8, 6), look=Look(), metrics=Metrics()
    )
    with pytest.raises(EngineError):
        player(make_frame())
    player.close()


def test_a_style_that_changed_is_swapped_in_when_it_is_warm() -> None:
    cache = StyleCache(held=("a",))
    cache.release.set()
    with playing(cache) as player:
        wait_until(all_settled(player))
        old = cache.made["a"]
        cache.release.clear()
        cache.values["a"] = 99
        player.reload("a")
        wait_until(lambda: cache.order.count("a") == 2)
        assert [painted_value(player) for _ in range(3)] == [10] * 3
        cache.release.set()
        wait_until(lambda: painted_value(player) == 99)
        assert player.take_notice() == "a has changed and is loaded again"
        assert (old.closed, cache.made["a"].sizes[0]) == (1, (8, 6))
        assert player.current == "a"


def test_one_that_changed_and_is_broken_leaves_the_old_one() -> None:
    cache = StyleCache()
    with playing(cache) as player:
        wait_until(all_settled(player))
        cache.broken = ("b",)
        player.reload("b")
        assert (
            next_notice(player.take_notice) == "b has changed, but cannot be used: b.onnx is empty"
        )
        player.select("b")
        assert painted_value(player) == 20
        assert not player.failed
        cache.broken = ()
        cache.values["b"] = 21
        player.reload("b")
        wait_until(lambda: painted_value(player) == 21)


def test_a_broken_style_that_is_mended_can_be_played() -> None:
    cache = StyleCache(broken=("b",))
    with playing(cache) as player:
        wait_until(all_settled(player))
        assert "b" in player.failed
        cache.broken = ()
        player.reload("b")
        wait_until(lambda: "b" in loaded(player))
        player.select("b")
        assert painted_value(player) == 20


def test_a_style_that_is_new_is_loaded_and_can_be_played() -> None:
    cache = StyleCache()
    with playing(cache) as player:
        wait_until(all_settled(player))
        cache.values["d"] = 40
        player.add("d")
        assert player.take_notice() == "d is new"
        wait_until(lambda: "d" in loaded(player))
        player.select_number(4)
        assert painted_value(player) == 40


def test_close_while_a_style_is_loading() -> None:
    cache = StyleCache(held=("b",))
    with playing(cache):
        wait_until(lambda: cache.order == ["a", "b"])
    assert "c" not in cache.order


def test_no_strength_needs_no_network() -> None:
    cache = StyleCache()
    with playing(cache) as player:
        calls = cache.made["a"].calls
        player.look = Look(strength=0.0)
        assert painted_value(player, index=77) == 77
        assert cache.made["a"].calls == calls
        player.look = Look(strength=0.5)
        assert painted_value(player, index=20) == 15


def test_frozen_holds_the_picture_but_not_the_style() -> None:
    with playing(StyleCache(), look=Look(strength=0.5)) as player:
        wait_until(all_settled(player))
        player.frozen = True
        assert painted_value(player, index=50) == 30
        assert painted_value(player, index=90) == 30
        player.select("c")
        assert painted_value(player, index=90) == 40
        player.frozen = False
        assert painted_value(player, index=90) == 60


@pytest.mark.parametrize("size", [(640, 480), (1280, 960)])
def test_one_thread_may_begin_frames_while_another_finishes_them(size: tuple[int, int]) -> None:
    def player() -> Player:
        return Player(
            ["a"], lambda name: Negative(), first="a", size=size, look=Look(),
            metrics=Metrics(), options=PlayerOptions(steady=0.9, stroke_lock=True),
        )  # fmt: skip

    demo = Demo(size, paced=False)
    frames = [make_frame(index, size).painted(demo.scene(index), None) for index in range(4)]
    with closing(player()) as at_once, closing(player()) as in_two:
        begun = [in_two.begin(frame) for frame in frames]
        for frame, half_done in zip(frames, begun, strict=True):
            finished = in_two.finish(half_done)
            assert (finished.pixels == at_once(frame).pixels).all()
            assert finished.pixels.shape == (size[1], size[0], 3)
            assert (finished.index, finished.style) == (frame.index, "a")


def test_two_hundred_swaps_in_a_running_pipeline() -> None:
    metrics, swaps = Metrics(), 0
    player = Player(
        list(VALUES),
        lambda name: ValueStylizer(VALUES[name]),
        first="a",
        size=(8, 6),
        look=Look(),
        metrics=metrics,
    )
    wait_until(all_settled(player))
    sink = ListSink()

    def swap_when_shown() -> None:
        nonlocal swaps
        if sink.styles and sink.styles[-1] == player.current:
            if swaps == 200:
                running.stop()
            else:
                player.step(1)
                swaps += 1

    source = CountedSource(None, is_live=True, interval_s=0.001)
    running = Pipeline(source, player, [sink], metrics, on_idle=swap_when_shown)
    running.run()
    player.close()
    report = metrics.report()
    assert len(report["swaps"]) == 200
    assert [swap["to"] for swap in report["swaps"]] == [list("bca")[n % 3] for n in range(200)]
    assert len(report["style_history"]) == 201


def test_a_slow_load_stalls_no_frame() -> None:
    cache = StyleCache(held=("c",))
    with playing(cache) as player:
        wait_until(lambda: cache.order == ["a", "b", "c"])
        player.select("c")

        def release_at_30(frame: Frame) -> None:
            if frame.index == 30:
                cache.release.set()

        def stop_when_swapped() -> None:
            if player.current == "c":
                running.stop()

        sink = ListSink(on_write=release_at_30)
        running = Pipeline(
            CountedSource(None, interval_s=0.001),
            player,
            [sink],
            Metrics(),
            on_idle=stop_when_swapped,
        )
        running.run()
        assert sink.frames == list(range(len(sink.frames)))
        assert len(sink.frames) > 30, "frames passed while the style was loading"


def shown(player: Player, name: str) -> Callable[[], bool]:
    def is_shown() -> bool:
        player(make_frame())
        return player.current == name

    return is_shown


def test_a_style_outside_the_set_is_shown_when_it_is_made_and_the_show_goes_on() -> None:
    cache = StyleCache(held=("d",))
    cache.values["d"] = 40
    with playing(cache) as player:
        player.show("d", "making d")
        assert player.take_notice() == "making d"
        assert (player.wanted, player.place, painted_value(player)) == ("d", "a", 10)
        cache.release.set()
        wait_until(shown(player, "d"))
        assert (player.names, player.place, painted_value(player)) == (("a", "b", "c"), "a", 40)
        player.step(1)
        assert player.wanted == "b", "the next one of where it stands"
        wait_until(shown(player, "b"))
        # what goes is closed with the next frame
        wait_until(lambda: bool(painted_value(player)) and cache.made["d"].closed == 1)
        assert "d" not in loaded(player)


def test_the_newest_wish_wins_and_older_ones_are_dropped() -> None:
    cache = StyleCache(held=("d",))
    cache.values |= dict.fromkeys("def", 40)
    with playing(cache) as player:
        player.show("d", "")
        wait_until(lambda: "d" in cache.order)
        player.show("e", "")
        player.show("f", "")
        cache.release.set()
        wait_until(shown(player, "f"))
        assert "e" not in cache.order, "it was never made"
        assert "d" not in loaded(player)
        assert (player.place, player.names) == ("a", ("a", "b", "c"))


def test_a_style_that_joins_does_so_when_it_is_loaded_whatever_is_shown_then() -> None:
    cache = StyleCache(held=("d",))
    cache.values["d"] = 40
    with playing(cache) as player:
        player.show("d", "", joins=True)
        player.add("d")  # the folder's watch has seen it as well
        player.select("a")
        cache.release.set()
        wait_until(lambda: player.names == ("a", "b", "c", "d"))
        assert (player.current, next_notice(player.take_notice)) == ("a", "d is new")
        player.select_number(4)
        assert painted_value(player) == 40
        player.show("d", "", joins=True)  # asked for just as it joined
        assert (player.names, player.place) == (("a", "b", "c", "d"), "d")


def test_a_style_outside_the_set_that_is_broken_says_why_and_leaves_no_trace() -> None:
    cache = StyleCache(broken=("d",))
    cache.values["d"] = 40
    with playing(cache) as player:
        for joins in (False, True):
            player.show("d", "", joins=joins)
            assert next_notice(player.take_notice) == "d.onnx is empty"
            assert (player.wanted, player.names, player.failed) == ("a", ("a", "b", "c"), {})
        cache.broken = ()
        player.show("d", "", joins=True)
        wait_until(shown(player, "d"))
        assert player.names == ("a", "b", "c", "d")
