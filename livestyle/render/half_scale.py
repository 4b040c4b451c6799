"""HalfScalePair: one style in two networks, so that strokes keep their size on the screen.

Strokes have a size in pixels of what is painted. Painted at half the size and brought up again,
those of the usual network are twice as large; those of the fine one, which was trained on the
artwork at half the size, are as large as the usual one's at full size.
"""

import logging
from collections.abc import Callable
from threading import Lock

from livestyle.errors import LivestyleError
from livestyle.frame import Pixels
from livestyle.protocols import EngineInfo, Stylizer
from livestyle.render.scaling import LOCKED_PIXELS, Size, warm

log = logging.getLogger(__name__)

FINE_BELOW_PX = LOCKED_PIXELS // 2
"""Pictures with fewer pixels are painted fine: there its strokes are nearer to their size."""


class HalfScalePair(Stylizer):
    """A Stylizer that paints small pictures with another network, loaded with the first of them.

    For pictures that are painted as if they were of 640x480, see `locked_scale`: only then does
    a small one mean that it is shown larger.

    """

    def __init__(self, usual: Stylizer, load_fine: Callable[[], Stylizer]) -> None:
        """Takes over a stylizer that works.

        Args:
            usual: paints all but small pictures.
            load_fine: loads what paints those. Where that fails, `usual` goes on.
        """
        self._usual = usual
        self._load_fine = load_fine
        self._fine: Stylizer | None = None
        self._loading = Lock()

    @property
    def info(self) -> EngineInfo:  # type: ignore[override]  # it may change
        """What the usual network runs on."""
        return self._usual.info

    def __call__(self, pixels: Pixels) -> Pixels:
        """The painted picture, RGB uint8 (H, W, 3).

        Raises:
            EngineError: the engine failed.
        """
        return self._painter((pixels.shape[1], pixels.shape[0]))(pixels)

    def prepare(self, size: Size) -> None:
        """Makes the next picture of (width, height) fast; from any thread.

        Raises:
            EngineError: the engine failed.
        """
        warm(self._painter(size), size)

    def close(self) -> None:
        """Frees the memory of both."""
        self._usual.close()
        if self._fine and self._fine is not self._usual:
            self._fine.close()

    def _painter(self, size: Size) -> Stylizer:
        return self._loaded_fine() if size[0] * size[1] < FINE_BELOW_PX else self._usual

    def _loaded_fine(self) -> Stylizer:
        with self._loading:  # a picture may come while the loader warms the style for its size
            if self._fine is None:
                try:
                    self._fine = self._load_fine()
                except LivestyleError as error:
                    log.warning("strokes grow where it paints small: %s", error)
                    self._fine = self._usual
            return self._fine
