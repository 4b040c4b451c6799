"""StyleTimeline: which style paints a film when, and how one becomes the next."""

import math
import re
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from livestyle.engines import EngineOptions, load
from livestyle.frame import Pixels
from livestyle.protocols import Closable, Stylizer
from livestyle.styles.library import find_style
from livestyle.styles.style import Style

_CHANGE = re.compile(r"((?:\d+:){0,2}\d+(?:\.\d+)?):(.+)")
_FADE = "fade="


@dataclass(frozen=True, slots=True)
class StyleTimeline:
    """Styles in the order in which they paint.

    Attributes:
        changes: seconds from the first frame, rising from 0.0, and the style that paints from there
            on: its name or path.
        fade_s: for so long after each change the old painting fades into the new one; 0.0: a cut.
    """

    changes: tuple[tuple[float, str], ...]
    fade_s: float = 0.0

    def __post_init__(self) -> None:
        times_s = [at_s for at_s, _ in self.changes]
        if not times_s or times_s[0] != 0:
            raise ValueError("the first style begins at 0, as in 0:mosaic,12.5:udnie")
        if not all(a < b for a, b in pairwise(times_s)):
            raise ValueError("each style begins after the one before it")
        if not 0 <= self.fade_s < math.inf:
            raise ValueError("a fade lasts 0 seconds or more")

    @classmethod
    def parse(cls, text: str) -> "StyleTimeline":
        """Reads "0:mosaic,12.5:udnie,1:15:great_wave,fade=1": times in seconds, m:s or h:m:s.

        Raises:
            ValueError: it is none; the message says what is wrong.
        """
        changes, fade_s = [], 0.0
        for part in (part.strip() for part in text.split(",")):
            if part.startswith(_FADE):
                with suppress(ValueError):
                    fade_s = float(part.removeprefix(_FADE))
                    continue
            match = _CHANGE.fullmatch(part)
            if not match:
                raise ValueError(f"{part!r} is neither TIME:STYLE, as in 12.5:udnie, nor fade=1")
            at_s = 0.0
            for number in match[1].split(":"):
                at_s = at_s * 60 + float(number)
            changes.append((at_s, match[2]))
        return cls(tuple(changes), fade_s)


class TimedStyles(Closable):
    """The styles of a timeline, loaded when their time comes. Used by one thread."""

    def __init__(self, timeline: StyleTimeline, engine: EngineOptions | None = None) -> None:
        """Finds them all, and loads the first.

        Args:
            timeline: which and when.
            engine: what to run them on.

        Raises:
            StyleError: one of them is not there.
            EngineError: the first one does not run.
        """
        self._engine = engine
        self._fade_s = timeline.fade_s
        self._changes: list[tuple[float, Style]] = [
            (at_s, find_style(name)) for at_s, name in timeline.changes
        ]
        self._loaded: dict[int, Stylizer] = {}
        self._stylizer(0)

    def phase(self, at_s: float) -> tuple[int, bool]:
        """Which of the styles paints at a time, counted from 0; and whether it fades in."""
        number = max(0, sum(begins_s <= at_s for begins_s, _ in self._changes) - 1)
        return number, number > 0 and at_s - self._changes[number][0] < self._fade_s

    def __call__(self, pixels: Pixels, at_s: float) -> Pixels:
        """Paints a frame, RGB uint8 (H, W, 3), in the style of its time.

        Raises:
            StyleError, EngineError: a style cannot be loaded or does not run.
        """
        number, is_fading = self.phase(at_s)
        self._unload_all_but({number, number - 1} if is_fading else {number})
        painted = self._stylizer(number)(pixels)
        if not is_fading:
            return painted
        old = self._stylizer(number - 1)(pixels)
        weight = (at_s - self._changes[number][0]) / self._fade_s
        return np.asarray(cv2.addWeighted(painted, weight, old, 1 - weight, 0), np.uint8)

    def close(self) -> None:
        """Frees the styles."""
        self._unload_all_but(set())

    def _stylizer(self, number: int) -> Stylizer:
        if number not in self._loaded:
            self._loaded[number] = load(self._changes[number][1], self._engine)
        return self._loaded[number]

    def _unload_all_but(self, kept: set[int]) -> None:
        for number in self._loaded.keys() - kept:
            self._loaded.pop(number).close()
