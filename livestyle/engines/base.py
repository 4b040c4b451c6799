"""What every engine keeps of the Stylizer contract, kept in one place."""

from abc import ABC, abstractmethod

import numpy as np

from livestyle.errors import EngineError
from livestyle.frame import Pixels
from livestyle.protocols import EngineInfo, Stylizer

MIN_SIDE_PX = 32
"""Smaller pictures are widened to this and cropped after: reflect padding inside the networks
needs more pixels than it mirrors."""


class Engine(Stylizer, ABC):
    """A style loaded into an engine; an engine has only to run one batch of one.

    Attributes:
        info: what really runs.
    """

    info: EngineInfo
    _is_closed = False

    def __call__(self, pixels: Pixels) -> Pixels:
        """The painted picture, same shape, RGB uint8 (H, W, 3), memory of its own.

        Raises:
            EngineError: the engine failed, was closed, or `pixels` is no RGB uint8 picture.
        """
        self._check_open()
        _check_picture(pixels)
        height, width = pixels.shape[:2]
        below, beside = max(0, MIN_SIDE_PX - height), max(0, MIN_SIDE_PX - width)
        try:
            if below or beside:
                wide = np.pad(pixels, ((0, below), (0, beside), (0, 0)), "edge")
            else:
                wide = np.ascontiguousarray(pixels)
            batch = wide[np.newaxis]
            painted = self._run(batch)
        except Exception as error:  # each engine has its own; all are one to the caller
            raise EngineError(
                f"{self.info.engine} on {self.info.device} could not paint a picture of "
                f"{width}x{height} ({_first_line(error)}). Try a smaller --size."
            ) from error
        if painted.dtype != np.uint8 or painted.shape != batch.shape:
            raise EngineError(
                f"The model gave {painted.dtype} {painted.shape} for a picture of uint8 "
                f"{batch.shape}. Export the style again with `livestyle export`."
            )
        picture = painted[0, :height, :width]
        if not picture.flags.c_contiguous or np.may_share_memory(picture, pixels):
            return picture.copy()
        return picture

    def _check_open(self) -> None:
        if self._is_closed:
            raise EngineError("This style was closed and paints no more. Load it again.")

    @abstractmethod
    def _run(self, batch: Pixels) -> Pixels:
        """Runs the model: (1, H, W, 3) uint8 to the same, in memory that no later run reuses."""

    @abstractmethod
    def _free(self) -> None:
        """Lets go of the engine's memory."""

    def close(self) -> None:
        """Frees the engine's memory; once is enough, twice does no harm."""
        if not self._is_closed:
            self._is_closed = True
            self._free()


def _check_picture(pixels: Pixels) -> None:
    """Raises EngineError unless it is RGB uint8 (H, W, 3) with at least one pixel."""
    shape, dtype = np.shape(pixels), getattr(pixels, "dtype", type(pixels).__name__)
    if dtype != np.uint8 or len(shape) != 3 or shape[2] != 3 or 0 in shape:
        raise EngineError(
            f"An engine takes RGB pictures as uint8 (H, W, 3); this one is {dtype} {shape}."
        )


def _first_line(error: Exception) -> str:
    """The head of an engine's often very long message."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:200] if lines else type(error).__name__
