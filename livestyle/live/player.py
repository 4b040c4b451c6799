"""Player: holds every style of the set ready and swaps between them from one frame to the next."""

import logging
from collections.abc import Callable, Sequence
from threading import Lock, Thread

import numpy as np

from livestyle.errors import LivestyleError, StyleError
from livestyle.frame import Frame, Pixels
from livestyle.live.meter import Meter
from livestyle.look import Look, apply
from livestyle.stages import EngineInfo, Stylizer

log = logging.getLogger(__name__)

JOIN_S = 10.0
"""Patience with the loader at the end: compiling a model cannot be interrupted."""


class Player:
    """Paints frames in the current style while the others load behind it.

    One thread calls the player as `paint`; another one presses its keys.

    Attributes:
        names: the set, in key order.
        look: how painted and original meet; set it whole, at any time.
        frozen: while True the picture stands still: the first frame that came is painted again
            and again, so that styles can be tried on it.
        failed: styles that cannot be loaded, with the reason.
    """

    def __init__(
        self,
        names: Sequence[str],
        load: Callable[[str], Stylizer],
        *,
        first: str,
        size: tuple[int, int],
        look: Look,
        meter: Meter,
    ) -> None:
        """Loads the first style at once and the others in the background.

        Args:
            names: the set, in key order.
            load: makes a style ready to paint; called in this thread, then in the loader.
            first: the style to begin with, one of `names`.
            size: (width, height) of the frames to come; each style is warmed with one.
            look: to begin with.
            meter: is told of swaps.

        Raises:
            StyleError: `first` is not in the set, or cannot be loaded.
            EngineError: it does not run.
        """
        if first not in names:
            raise StyleError(f"There is no style {first} in the set ({', '.join(names)}).")
        self.names = tuple(names)
        self.look = look
        self.frozen = False
        self.failed: dict[str, str] = {}
        self._load = load
        self._size = size
        self._meter = meter
        self._lock = Lock()
        self._notice = ""
        self._closed = False
        self._current = self._wanted = first
        self._held: Pixels | None = None
        self._loaded: dict[str, Stylizer] = {first: self._open(first)}
        self._loader = Thread(target=self._load_others, name="livestyle-loader", daemon=True)
        self._loader.start()

    @property
    def current(self) -> str:
        """Name of the style that paints the next frame."""
        return self._current

    @property
    def ready(self) -> set[str]:
        """Names of the styles that can be swapped to without waiting."""
        with self._lock:
            return set(self._loaded)

    @property
    def info(self) -> EngineInfo:
        """What really runs the current style."""
        with self._lock:
            return self._loaded[self._current].info

    def __call__(self, frame: Frame) -> Frame:
        """Paints one frame in the current style and look.

        Raises:
            EngineError: the engine failed.
        """
        with self._lock:
            name, stylizer, look = self._current, self._loaded[self._current], self.look
        original = self._original(frame)
        # At no strength the network's work would not be seen.
        painted = stylizer(original) if look.strength > 0 else original
        return frame.painted(apply(original, painted, look), name)

    def select(self, name: str) -> None:
        """Swaps to a style: with the next frame when it is ready, else as soon as it is.

        Raises:
            StyleError: it is not in the set.
        """
        if name not in self.names:
            raise StyleError(f"There is no style {name} in the set ({', '.join(self.names)}).")
        with self._lock:
            if name in self.failed:
                self._notice = self.failed[name]
                return
            self._wanted = name
            self._meter.swap_asked(name)
            if name in self._loaded:
                self._current = name
                self._notice = ""
            else:
                self._notice = f"{name} is loading"

    def select_number(self, number: int) -> None:
        """Swaps to the style with this number, from 1; a number too high only says so."""
        if 1 <= number <= len(self.names):
            self.select(self.names[number - 1])
        else:
            with self._lock:
                self._notice = f"there are {len(self.names)} styles"

    def step(self, by: int) -> None:
        """Goes on (+1) or back (-1) in the set, round its ends, past styles that are broken."""
        with self._lock:
            usable = [name for name in self.names if name not in self.failed]
            name = usable[(usable.index(self._wanted) + by) % len(usable)]
        self.select(name)

    def take_notice(self) -> str:
        """The latest sentence for the screen, told once; "" when there is nothing new."""
        with self._lock:
            notice, self._notice = self._notice, ""
            return notice

    def close(self) -> None:
        """Ends the loader and frees all styles. The painting thread must have ended."""
        with self._lock:
            self._closed = True
        self._loader.join(JOIN_S)
        if self._loader.is_alive():
            log.warning("a style is still loading after %g s; going on without it", JOIN_S)
        with self._lock:
            stylizers = list(self._loaded.values())
            self._loaded.clear()
        for stylizer in stylizers:
            try:
                stylizer.close()
            except LivestyleError as error:
                log.warning("a style could not be closed: %s", error)

    def _original(self, frame: Frame) -> Pixels:
        if not self.frozen:
            self._held = None
            return frame.pixels
        if self._held is None:
            self._held = frame.pixels
        return self._held

    def _load_others(self) -> None:
        while (name := self._next_to_load()) is not None:
            try:
                stylizer = self._open(name)
            except Exception as error:  # whatever is wrong with one style, the show goes on
                log.warning("style %s cannot be used: %s", name, error)
                self._give_up(name, error)
            else:
                self._take_in(name, stylizer)

    def _next_to_load(self) -> str | None:
        """The style a key waits for, else the first one missing; None when all is done."""
        with self._lock:
            if self._closed:
                return None
            missing = [n for n in self.names if n not in self._loaded and n not in self.failed]
            return self._wanted if self._wanted in missing else next(iter(missing), None)

    def _open(self, name: str) -> Stylizer:
        """Loads a style and paints one blank frame, so that the first real one is fast."""
        stylizer = self._load(name)
        width, height = self._size
        try:
            stylizer(np.zeros((height, width, 3), np.uint8))
        except BaseException:
            stylizer.close()
            raise
        return stylizer

    def _take_in(self, name: str, stylizer: Stylizer) -> None:
        with self._lock:
            if not self._closed:
                self._loaded[name] = stylizer
                if self._wanted == name:
                    self._current = name
                    self._notice = ""
                return
        stylizer.close()

    def _give_up(self, name: str, error: Exception) -> None:
        with self._lock:
            self.failed[name] = self._notice = f"{name} cannot be used: {error}"
            if self._wanted == name:
                self._wanted = self._current
                self._meter.swap_asked(None)
