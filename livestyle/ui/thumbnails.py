"""Thumbnails: small paintings of the current frame in each style, made in the background."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from threading import Condition, Thread

import numpy as np

from livestyle.errors import LivestyleError
from livestyle.frame import Pixels
from livestyle.protocols import Stylizer
from livestyle.render.compositing import Look, apply
from livestyle.render.scaling import Size
from livestyle.resize import resized

log = logging.getLogger(__name__)

SIZE: Size = (256, 192)
"""(width, height) to paint at: shrunk to a thumbnail after, the strokes look as on the screen."""

MOST_LOADED = 16
"""Styles held ready; at this size each takes about 15 MB with OpenVINO."""

REST_PER_WORK = 19
LEAST_REST_S = 0.04
MOST_REST_S = 0.5
"""After each thumbnail its thread sleeps, so that it takes about a twentieth of one processor;
only loading a style, which is done once, takes more."""

JOIN_S = 5.0


class Thumbnails:
    """Paints the current frame in every style that is shown, one style at a time, in turn.

    The main thread says which styles to paint and reads `pictures`. A background thread, started
    when it is first needed and asleep while nothing is shown, paints with the styles of the live
    picture where those are lent, and else with styles loaded for it alone.
    """

    def __init__(
        self,
        load: Callable[[str], Stylizer],
        first_picture: Callable[[str], Pixels | None] = lambda name: None,
        lend: Callable[[str], Callable[[Pixels], Pixels] | None] | None = None,
    ) -> None:
        """Starts with nothing to paint and nothing loaded.

        Args:
            load: loads a style, preferably on a device that the live picture does not use.
            first_picture: what to show until a style has painted; None for nothing.
            lend: gives a style of the live picture for one thumbnail, or None while that is not
                loaded; it then has its turn later. Without, all are loaded.
        """
        self._load = load
        self._lend = lend
        self._first_picture = first_picture
        self._pictures: dict[str, Pixels] = {}
        self._changed = Condition()
        self._closed = False
        self._wanted: tuple[str, ...] = ()
        self._frame: Pixels | None = None
        self._look = Look()
        self._stale: set[str] = set()
        # What follows belongs to the thread: the one painted longest ago comes first.
        self._loaded: dict[str, Stylizer] = {}
        self._failed: set[str] = set()
        self._painter = Thread(target=self._paint, name="livestyle-thumbnails", daemon=True)

    @property
    def pictures(self) -> Mapping[str, Pixels]:
        """The latest thumbnail of each style that has one, RGB uint8 of `SIZE`."""
        return self._pictures

    def want(self, names: Iterable[str], frame: Pixels | None, look: Look) -> None:
        """Sets what to paint from now on; returns at once.

        Args:
            names: of the styles; with none the thread sleeps.
            frame: what to paint, RGB uint8 (H, W, 3); None while there is nothing yet.
            look: mirror and colours are kept; the strength is full.
        """
        with self._changed:
            self._frame, self._look = frame, look
            if (wanted := tuple(names)) == self._wanted:
                return
            self._wanted = wanted
            if self._wanted and self._painter.ident is None and not self._closed:
                self._painter.start()
            self._changed.notify_all()

    def renew(self, name: str) -> None:
        """Loads a style again whose files have changed, when its turn comes."""
        with self._changed:
            self._stale.add(name)

    def close(self) -> None:
        """Ends the thread and frees its styles."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._painter.ident is not None:
            self._painter.join(JOIN_S)
        if self._painter.is_alive():
            log.warning("a thumbnail is still being painted after %g s; left behind", JOIN_S)

    def _paint(self) -> None:
        turn = 0
        while (names := self._await_names()) is not None:
            began_s = time.perf_counter()
            if fresh := [name for name in names if name not in self._pictures]:
                self._show_first(fresh)
            elif usable := [name for name in names if name not in self._failed]:
                self._paint_one(usable[turn % len(usable)])
                turn += 1
            self._rest(time.perf_counter() - began_s)
        for style in self._loaded.values():
            _close(style)

    def _await_names(self) -> tuple[str, ...] | None:
        """The names that are wanted, as soon as there are some; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._wanted)
            stale, self._stale = self._stale, set()
            wanted = None if self._closed else self._wanted
        for name in stale:
            self._failed.discard(name)
            if style := self._loaded.pop(name, None):
                _close(style)
        return wanted

    def _rest(self, worked_s: float) -> None:
        rest_s = min(MOST_REST_S, max(LEAST_REST_S, worked_s * REST_PER_WORK))
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._has_blank(), rest_s)

    def _has_blank(self) -> bool:
        return any(name not in self._pictures for name in self._wanted)

    def _show_first(self, names: Iterable[str]) -> None:
        for name in names:
            try:
                picture = self._first_picture(name)
            except LivestyleError as error:
                log.info("no preview of %s: %s", name, error)
                picture = None
            self._pictures[name] = (
                np.full((SIZE[1], SIZE[0], 3), 40, np.uint8) if picture is None else fitted(picture)
            )

    def _paint_one(self, name: str) -> None:
        with self._changed:
            frame, look = self._frame, self._look
        if frame is None:
            return
        try:
            if (paint := self._style(name)) is not None:
                small = fitted(frame)
                whole = replace(look, strength=1.0, split=False)
                self._pictures[name] = apply(small, paint(small), whole)
        except Exception as error:  # whatever is wrong with one style, the others are painted
            log.info("no thumbnail of %s: %s", name, error)
            if self._lend is None:  # what is lent may just have been closed
                self._failed.add(name)

    def _style(self, name: str) -> Callable[[Pixels], Pixels] | None:
        """What paints in a style; None where that is not loaded yet."""
        if self._lend is not None:
            return self._lend(name)
        self._loaded[name] = style = self._loaded.pop(name, None) or self._load(name)
        while len(self._loaded) > MOST_LOADED:
            _close(self._loaded.pop(next(iter(self._loaded))))
        return style


def fitted(pixels: Pixels) -> Pixels:
    """The middle of a picture, as large as its shape allows, scaled to `SIZE`."""
    height, width = pixels.shape[:2]
    scale = min(width / SIZE[0], height / SIZE[1])
    inner_width = max(1, min(width, round(SIZE[0] * scale)))
    inner_height = max(1, min(height, round(SIZE[1] * scale)))
    left, top = (width - inner_width) // 2, (height - inner_height) // 2
    middle = pixels[top : top + inner_height, left : left + inner_width]
    return resized(middle, SIZE)


def _close(style: Stylizer) -> None:
    try:
        style.close()
    except LivestyleError as error:
        log.warning("a style could not be closed: %s", error)
