"""What to say, and to whom, when memory runs out."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from livestyle.errors import TrainingError

STEP_DOWN = 0.7
"""Half of the pixels."""

BASE_BYTES = 600_000_000
"""What a step takes at any size: the loss network, and what torch sets up at its first step."""

BYTES_PER_PIXEL = {True: 4200, False: 8400}
"""What fitting a network takes, in bf16 and in fp32; measured at 256 and 512 px."""

ROOM = Path("/proc/meminfo")


def check_memory(height: int, width: int, *, half: bool, available: int | None = None) -> None:
    """Refuses to fit a network at a size that this machine has no memory for.

    Linux ends a process that takes too much without a word, so it must be known before. Where the
    system does not say what is free, nothing is refused.

    Args:
        height, width: to work at, in pixels.
        half: computes in bf16.
        available: bytes; None: what the system says.

    Raises:
        TrainingError: it would not fit, with a size that does.
    """
    available = _available() if available is None else available
    needed = BASE_BYTES + BYTES_PER_PIXEL[half] * height * width
    if available is None or needed <= available:
        return
    share = max(0, available - BASE_BYTES) / (BYTES_PER_PIXEL[half] * height * width)
    fits = int(max(height, width) * share**0.5) // 32 * 32
    advice = f"--size {fits} fits" if fits >= 64 else "Close other programs"
    raise TrainingError(
        f"A working size of {max(height, width)} px takes {needed / 1e9:.1f} GB of memory, "
        f"{available / 1e9:.1f} GB are free. {advice}."
    )


def _available() -> int | None:
    """Bytes of memory that are free, as Linux says; None elsewhere."""
    try:
        lines = ROOM.read_text(encoding="ascii").splitlines()
        kilobytes = next(line.split()[1] for line in lines if line.startswith("MemAvailable:"))
        return int(kilobytes) * 1024
    except (OSError, StopIteration, ValueError, IndexError):
        return None


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
