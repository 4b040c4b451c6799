"""FallbackStylizer: a style that does not give up at the first error of its engine.

An error is met in this order: show the picture painted last and try again with the next frame;
paint smaller; paint on the CPU; give up and raise. An engine out of memory skips the first step.
"""

import logging
from collections.abc import Callable

from livestyle.errors import EngineError, LivestyleError
from livestyle.frame import Pixels
from livestyle.protocols import EngineInfo, Stylizer
from livestyle.render.scaling import Size, painted_at, scaled_size, warm

log = logging.getLogger(__name__)

SMALLER = 0.5
"""Scale of each side after a second error: a quarter of the memory."""


class FallbackStylizer:
    """A Stylizer around another one, for as long as there is a way to go on."""

    def __init__(
        self,
        name: str,
        stylizer: Stylizer,
        say: Callable[[str], None],
        load_fallback: Callable[[], Stylizer] | None = None,
    ) -> None:
        """Takes over a stylizer that works.

        Args:
            name: of the style, for the sentences.
            stylizer: what paints as long as it can.
            say: is told what was done about an error, in a sentence for the screen.
            load_fallback: loads the style where it surely runs; None where there is no such place.
        """
        self._name = name
        self._stylizer = stylizer
        self._say = say
        self._load_fallback = load_fallback
        self._scale = 1.0
        self._failed_before = False
        self._painted: Pixels | None = None

    @property
    def info(self) -> EngineInfo:
        """What really runs, now."""
        return self._stylizer.info

    def __call__(self, pixels: Pixels) -> Pixels:
        """The painted picture; after a first error the one before, or else `pixels` itself.

        Raises:
            EngineError: nothing helped.
        """
        try:
            painted = self._paint(pixels)
            self._failed_before = False
        except EngineError as error:
            log.warning("%s: %s", self._name, error)
            painted = self._painted_after(error, pixels)
        self._painted = painted
        return painted

    def warm(self, size: Size) -> None:
        """Makes the next picture of (width, height) fast; from any thread.

        Raises:
            EngineError: it cannot.
        """
        warm(self._stylizer, scaled_size(size, self._scale))

    def paint_aside(self, pixels: Pixels) -> Pixels:
        """Paints beside the show, in another thread: an error is nobody's but the caller's.

        Raises:
            EngineError: the engine failed, or the style was closed meanwhile.
        """
        return self._stylizer(pixels)

    def close(self) -> None:
        """Frees the engine's memory."""
        self._painted = None
        self._stylizer.close()

    def _paint(self, pixels: Pixels) -> Pixels:
        size = scaled_size((pixels.shape[1], pixels.shape[0]), self._scale)
        return painted_at(size, pixels, self._stylizer)

    def _painted_after(self, error: EngineError, pixels: Pixels) -> Pixels:
        if not self._failed_before and not _is_out_of_memory(error):
            self._failed_before = True
            self._say(f"{self._name} failed once; trying again")
            before = self._painted
            return before if before is not None and before.shape == pixels.shape else pixels
        if self._scale > SMALLER:
            self._scale = SMALLER
            try:
                painted = self._paint(pixels)
            except EngineError as second:
                log.warning("%s, smaller: %s", self._name, second)
            else:
                self._say(f"{self._name} failed at full size; going on smaller")
                return painted
        return self._painted_by_fallback(error, pixels)

    def _painted_by_fallback(self, error: EngineError, pixels: Pixels) -> Pixels:
        """Changes over to the fallback, once."""
        load, self._load_fallback = self._load_fallback, None
        if load is None:
            raise error
        failed = self.info
        try:
            stylizer = load()
        except LivestyleError as second:
            log.warning("%s, fallback: %s", self._name, second)
            raise error from second
        self._stylizer.close()
        self._stylizer, self._scale = stylizer, 1.0
        painted = self._paint(pixels)
        self._say(f"{self._name} failed on {failed.device}; going on with {self.info.engine} on "
                  f"{self.info.device}")  # fmt: skip
        return painted


def _is_out_of_memory(error: BaseException | None) -> bool:
    """Whether an error, or what it came from, says so; each engine has its own words."""
    while error is not None:
        text = str(error).lower()
        if isinstance(error, MemoryError) or "memory" in text or "alloc" in text:
            return True
        error = error.__cause__
    return False
