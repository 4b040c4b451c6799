"""What to say, and to whom, when memory runs out."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from livestyle.errors import TrainingError

STEP_DOWN = 0.7
"""Half of the pixels."""


@contextmanager
def explaining_memory(side_px: int) -> Iterator[None]:
    """Turns running out of memory into a sentence that says what to try.

    Args:
        side_px: the long side that was worked at.

    Raises:
        TrainingError: memory ran out.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not _is_out_of_memory(error):
            raise
        smaller = max(64, round(side_px * STEP_DOWN / 32) * 32)
        raise TrainingError(
            f"Memory ran out at a working size of {side_px} px. "
            f"Half of it is enough for --size {smaller}."
        ) from error


def _is_out_of_memory(error: BaseException) -> bool:
    """torch has a class of its own for a GPU's memory, and a plain RuntimeError for the rest."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    said = str(error).lower()
    return "not enough memory" in said or "can't allocate memory" in said or "out of memory" in said
