"""Player: holds the styles of the set ready and swaps between them from one frame to the next."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Condition, Thread

from livestyle.errors import StyleError
from livestyle.frame import Frame, Pixels
from livestyle.live.loading_pace import LoadingPace
from livestyle.live.metrics import Metrics
from livestyle.live.style_cache import StyleCache, capacity_within, close_all
from livestyle.protocols import EngineInfo, Stylizer
from livestyle.render.compositing import Look
from livestyle.render.fallback import FallbackStylizer
from livestyle.render.renderer import FrameRenderer, Painted
from livestyle.render.scaling import Size
from livestyle.render.scene import Scene

log = logging.getLogger(__name__)

LOOK_AGAIN_S = 0.1
"""How soon a loader that waits looks whether the show has more time to spare than before."""

JOIN_S = 10.0
"""Patience with the loader at the end: compiling a model cannot be interrupted."""


@dataclass(frozen=True, slots=True)
class PlayerOptions:
    """How a player plays.

    Attributes:
        steady: 0.0 to 1.0: temporal smoothing of static areas, against flicker.
        crossfade_s: how long one style dissolves into the next; 0.0 for a cut.
        target_fps: the rate to hold by painting smaller; None paints at full size.
        memory_mb: about how much all loaded styles may take.
        stroke_lock: strokes cover the same share of a picture of any size; otherwise they have
            the same size in pixels.
    """

    steady: float = 0.0
    crossfade_s: float = 0.0
    target_fps: float | None = None
    memory_mb: float = 600.0
    stroke_lock: bool = False


class Player:
    """Paints frames in the current style while the others load behind it.

    One thread calls the player; another one presses its keys. A third, its own, loads styles and
    warms them for a new size while the picture goes on in the old one: at once what a key or the
    picture waits for, the others when the show has time to spare, neighbours of the current style
    first. A style that `show` names is made there, too.

    Attributes:
        names: the set, in key order.
        look: how painted and original meet; set it whole, at any time.
        frozen: while True the picture stands still: the first frame that came is painted again
            and again, so that styles can be tried on it.
        failed: styles that cannot be loaded, with the reason.
        seen: what was painted last, as it was before; None before the first frame.
    """

    def __init__(
        self,
        names: Sequence[str],
        load: Callable[[str], Stylizer],
        *,
        first: str,
        size: Size,
        look: Look,
        metrics: Metrics,
        options: PlayerOptions | None = None,
        load_fallback: Callable[[str], Stylizer] | None = None,
        note: Callable[[float, Scene], None] | None = None,
    ) -> None:
        """Loads the first style at once and the others in the background.

        Args:
            names: the set, in key order.
            load: makes a style ready to paint; called in this thread, then in the loader.
            first: the style to begin with, one of `names`.
            size: (width, height) of the frames to come; each style is warmed for them.
            look: to begin with.
            metrics: is told of swaps.
            options: how to play.
            load_fallback: loads a style where it surely runs, after its engine failed.
            note: is told in the painting thread what each frame, by its `pts_s`, is painted like.

        Raises:
            StyleError: `first` is not in the set, or cannot be loaded.
            EngineError: it does not run.
        """
        if first not in names:
            raise StyleError(f"There is no style {first} in the set ({', '.join(names)}).")
        options = options or PlayerOptions()
        self.names = tuple(names)
        self.look = look
        self.frozen = False
        self.failed: dict[str, str] = {}
        self.seen: Pixels | None = None
        self._load = load
        self._load_fallback = load_fallback
        self._note = note
        self._metrics = metrics
        self._changed = Condition()
        self._notice = ""
        self._closed = self._is_loading = False
        self._held: Pixels | None = None
        self._current = self._wanted = first
        self._renderer = FrameRenderer(
            size,
            steady=options.steady,
            crossfade_s=options.crossfade_s,
            target_fps=options.target_fps,
            stroke_lock=options.stroke_lock,
        )
        self._outside: dict[str, str] = {}  # styles that are not in the set, with their places
        self._joining: set[str] = set()
        self._stale: set[str] = set()
        self._asked_for: set[str] = set()
        size = self._renderer.wanted_size
        self._capacity = capacity_within(options.memory_mb, size)
        self._cache = StyleCache(self._capacity)
        began_s = time.thread_time()
        self._cache.put(first, self._open(first, size), size, keep=set())
        self._pace = LoadingPace(time.perf_counter())
        self._pace.loaded(time.thread_time() - began_s, time.perf_counter())
        self._loader = Thread(target=self._prepare_styles, name="livestyle-loader", daemon=True)
        self._loader.start()

    @property
    def current(self) -> str:
        """Name of the style that paints the next frame."""
        return self._current

    @property
    def wanted(self) -> str:
        """Name of the style that was asked for last; it may still be loading."""
        return self._wanted

    @property
    def place(self) -> str:
        """Name of the style in the set that was asked for last, or beside which that one stands."""
        return self._outside.get(self._wanted, self._wanted)

    def neighbour(self, by: int) -> str:
        """Name of the next (+1) or previous (-1) style in the set, past those that are broken."""
        with self._changed:
            usable = [name for name in self.names if name not in self.failed]
            return usable[(usable.index(self.place) + by) % len(usable)]

    @property
    def info(self) -> EngineInfo:
        """What really runs the current style."""
        with self._changed:
            return self._cache[self._current].info

    @property
    def scale(self) -> float:
        """Width of what the network paints, in widths of the frame."""
        return self._renderer.scale

    def __call__(self, frame: Frame) -> Frame:
        """Paints one frame in the current style and look.

        Raises:
            EngineError: the engine failed, and nothing helped.
        """
        return self.finish(self.begin(frame))

    def begin(self, frame: Frame) -> Painted:
        """Paints a frame as far as the network goes; `finish` does the rest.

        They are the `paint` and `finish` of a `Pipeline`: smoothing and enlarging a frame, a tenth
        to a half of the time, fills the moments in which the network of the next one does not
        use all processors.

        Raises:
            EngineError: the engine failed, and nothing helped.
        """
        began_s = time.perf_counter()
        original = self.seen = self._original(frame)
        with self._changed:
            name, look, judge = self._current, self.look, not self._is_loading
            style, evicted = self._cache.use(name), self._cache.take_evicted()
            size = original.shape[1], original.shape[0]
            if self._renderer.choose_size(size, self._cache.warm_size(name)):
                self._changed.notify_all()
        close_all(evicted)
        if self._note:
            self._note(frame.pts_s, Scene(name, look, frozen=self._held is not None))
        # Loading takes the processor away for a moment: times taken then mislead the controller.
        begun = self._renderer.begin(frame, original, name, style, look, judge=judge)
        with self._changed:
            self._pace.painted(began_s, time.perf_counter())
        return begun

    def finish(self, begun: Painted) -> Frame:
        """Smooths a frame and brings it back to its size; in another thread than that of `begin`,
        or in the same one."""
        frame = self._renderer.finish(begun)
        self._metrics.painted(self._renderer.stages_ms)
        return frame

    def select(self, name: str) -> None:
        """Swaps to a style: with the next frame when it is ready, else as soon as it is.

        Raises:
            StyleError: it is not in the set.
        """
        if name not in self.names:
            raise StyleError(f"There is no style {name} in the set ({', '.join(self.names)}).")
        with self._changed:
            if name in self.failed:
                self._notice = self.failed[name]
                return
            self._want(name, f"{name} is loading")

    def show(self, name: str, notice: str, *, joins: bool = False) -> None:
        """Swaps to a style that is not in the set, as soon as it is made and loaded.

        It stands beside the style that was asked for before. Once another one is asked for, it is
        dropped.

        Args:
            name: of the style, for `load`.
            notice: the sentence for the screen until it comes.
            joins: whether it is taken into the set when it is loaded, whatever is shown then.
        """
        with self._changed:
            if name not in self.names:  # it may just have joined
                self._outside[name] = self.place
                if joins:
                    self._joining.add(name)
            self._want(name, notice)

    def select_number(self, number: int) -> None:
        """Swaps to the style with this number, from 1; a number too high only says so."""
        if 1 <= number <= len(self.names):
            self.select(self.names[number - 1])
        else:
            self._say(f"there are {len(self.names)} styles")

    def step(self, by: int) -> None:
        """Goes on (+1) or back (-1) in the set, round its ends, past styles that are broken."""
        self.select(self.neighbour(by))

    def reload(self, name: str) -> None:
        """Loads a style again whose files have changed; until it works, the old one paints."""
        with self._changed:
            self.failed.pop(name, None)
            if name in self._cache:
                self._stale.add(name)
            self._changed.notify_all()

    def add(self, name: str) -> None:
        """Takes one more style into the set, at its end."""
        with self._changed:
            if name in self._joining:
                return
            self.names = (*self.names, name)
            self._notice = f"{name} is new"
            log.info("%s", self._notice)
            self._changed.notify_all()

    @property
    def holds_all(self) -> bool:
        """Whether all styles may be loaded at the same time."""
        return len(self.names) <= self._capacity

    def lend(self, name: str) -> Callable[[Pixels], Pixels] | None:
        """A loaded style, to paint beside the show in another thread.

        It must be asked for again for each picture: it may be closed at any time, and then raises
        an EngineError.

        Returns:
            None where it is not loaded; it then comes before others that nobody asked for.
        """
        with self._changed:
            if (style := self._cache.get(name)) is not None:
                return style.paint_aside
            if name not in self._asked_for:
                self._asked_for.add(name)
                self._changed.notify_all()
            return None

    def take_notice(self) -> str:
        """The latest sentence for the screen, told once; "" when there is nothing new."""
        with self._changed:
            notice, self._notice = self._notice, ""
            return notice

    def close(self) -> None:
        """Ends the loader and frees all styles. The painting thread must have ended."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._loader.join(JOIN_S)
        if self._loader.is_alive():
            log.warning("a style is still loading after %g s; going on without it", JOIN_S)
        with self._changed:
            styles = self._cache.clear()
        close_all(styles)

    def _original(self, frame: Frame) -> Pixels:
        if not self.frozen:
            self._held = None
            return frame.pixels
        if self._held is None:
            self._held = frame.pixels
        return self._held

    def _want(self, name: str, waiting: str) -> None:
        """Asks for a style, which may have to be loaded first; the lock is held."""
        self._wanted = name
        self._metrics.swap_asked(name)
        if name in self._cache:
            self._current = name
            self._notice = ""
        else:
            self._notice = waiting
            self._changed.notify_all()
        self._drop_outside()

    def _drop_outside(self) -> None:
        """Forgets styles outside the set that are neither shown nor asked for."""
        for name in self._outside.keys() - {self._current, self._wanted} - self._joining:
            del self._outside[name]
            self._cache.evict(name)

    def _say(self, notice: str) -> None:
        with self._changed:
            self._notice = notice

    def _prepare_styles(self) -> None:
        """The loader: opens what is missing and warms what is cold, until the player closes."""
        while (task := self._next_task()) is not None:
            name, size, style = task
            began_s = time.thread_time()
            try:
                if style is None:
                    self._take_in(name, self._open(name, size), size)
                else:
                    self._warm(name, size, style)
            except Exception as error:  # whatever is wrong with one style, the show goes on
                log.warning("style %s cannot be used: %s", name, error)
                self._give_up(name, error)
            with self._changed:
                self._pace.loaded(time.thread_time() - began_s, time.perf_counter())

    def _next_task(self) -> tuple[str, Size, FallbackStylizer | None] | None:
        """Waits for a style to open (None) or to warm at a size; None when the player closes."""
        with self._changed:
            while not self._closed:
                name = next(self._waited_for(), None)
                wait_s = None
                if name is None and (later := next(self._unprepared(), None)) is not None:
                    wait_s = min(self._pace.wait_s(time.perf_counter()), LOOK_AGAIN_S)
                    name = None if wait_s else later
                if name is not None:
                    self._is_loading = True
                    style = None if name in self._stale else self._cache.get(name)
                    self._stale.discard(name)
                    return name, self._renderer.wanted_size, style
                self._is_loading = False
                self._changed.wait(wait_s)
            return None

    def _waited_for(self) -> Iterator[str]:
        """What a key or the picture waits for."""
        if self._wanted not in self._cache and self._wanted not in self.failed:
            yield self._wanted
        yield from self._joining
        yield from (n for n in self._stale if n in self._cache)
        if self._is_cold(self._current):
            yield self._current

    def _unprepared(self) -> Iterator[str]:
        """Other styles that are missing or cold, in the order in which they may be wanted."""
        at = self.names.index(self.place)
        onwards = (*self.names[at:], *self.names[:at])
        neighbours = {*onwards[1:2], *onwards[-1:]}
        missing = [n for n in onwards if n not in self._cache and n not in self.failed]
        if self._cache.has_room:
            yield from (n for n in missing if n in neighbours)
            yield from (n for n in missing if n in self._asked_for)
            yield from missing
        yield from (n for n in self._cache if self._is_cold(n))

    def _is_cold(self, name: str) -> bool:
        return self._cache.warm_size(name) != self._renderer.wanted_size

    def _open(self, name: str, size: Size) -> FallbackStylizer:
        """Loads a style and warms it, so that the first frame is fast."""
        fallback = partial(self._load_fallback, name) if self._load_fallback else None
        style = FallbackStylizer(name, self._load(name), self._say, fallback)
        try:
            style.warm(size)
        except BaseException:
            style.close()
            raise
        return style

    def _warm(self, name: str, size: Size, style: FallbackStylizer) -> None:
        try:
            style.warm(size)
        except Exception as error:  # if it is serious, painting will show it
            log.warning("style %s could not be warmed: %s", name, error)
        with self._changed:
            self._cache.note_warm(name, size)

    def _take_in(self, name: str, style: FallbackStylizer, size: Size) -> None:
        with self._changed:
            if not self._closed and (name in self.names or name in self._outside):
                if name in self._cache:
                    self._notice = f"{name} has changed and is loaded again"
                    log.info("%s", self._notice)
                elif name == self._wanted:
                    self._current, self._notice = name, ""
                if name in self._joining:
                    self._join(name)
                self._cache.put(name, style, size, keep={self._current, self._wanted})
                self._drop_outside()
                return
        style.close()

    def _join(self, name: str) -> None:
        """Takes a style into the set that was shown outside it; the lock is held."""
        self._joining.remove(name)
        self._outside.pop(name, None)
        self.names = (*self.names, name)
        if name != self._wanted:
            self._notice = f"{name} is new"

    def _give_up(self, name: str, error: Exception) -> None:
        with self._changed:
            if name in self._cache:
                self._notice = f"{name} has changed, but cannot be used: {error}"
                return
            if name not in self.names:
                self._joining.discard(name)
                if name in self._outside:
                    self._notice = str(error)
            else:
                self.failed[name] = self._notice = f"{name} cannot be used: {error}"
            if self._wanted == name:
                self._wanted = self._current
                self._metrics.swap_asked(None)
            self._drop_outside()
