"""What ends a run that would come to nothing: losses that break, a disk that fills, no memory."""

import logging
import math
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from livestyle.errors import TrainingError
from livestyle.training.checkpoint import TRY_AGAIN
from livestyle.training.config import TrainConfig
from livestyle.training.schedule import STYLE_RAMP

log = logging.getLogger(__name__)

RUNNING_MEAN = 0.98
SUSPECT, DIVERGED = 1.5, 3.0
"""Times the best running mean: above the first nothing is saved any more, above the other the run
ends. Single batches jump, means over fifty of them do not."""

CHECKPOINTS_OF_ROOM = 4
MEMORY_SAID = ("can't allocate memory", "not enough memory", "out of memory", "CUBLAS_STATUS_ALLOC")

FOLLOWED = "content", "style", "tv", "brushwork", "pattern"
"""Losses whose sum says whether a network still learns; steadiness comes in slowly."""


class DivergenceCheck:
    """Follows the total of the losses, once the style loss is in, and says when it breaks away."""

    def __init__(self) -> None:
        self._mean = self._best = math.inf

    @property
    def suspect(self) -> bool:
        """Whether the network is so much worse than it was that it should not be saved."""
        return self._mean > SUSPECT * self._best

    def look(self, step: int, progress: float, losses: dict[str, float]) -> None:
        """Takes one step's weighted losses.

        Args:
            step: its number, for the sentence.
            progress: share of the run that is done, 0 to 1.
            losses: weighted losses by name.

        Raises:
            TrainingError: they are not finite, or their running mean is far above its best.
        """
        if not all(math.isfinite(value) for value in losses.values()):
            raise TrainingError(f"The losses are not finite at step {step} ({losses}). {TRY_AGAIN}")
        if progress < STYLE_RAMP:
            return
        total = sum(losses.get(name, 0.0) for name in FOLLOWED)
        before = total if math.isinf(self._mean) else self._mean
        self._mean = RUNNING_MEAN * before + (1 - RUNNING_MEAN) * total
        self._best = min(self._best, self._mean)
        if self._mean > DIVERGED * self._best:
            raise TrainingError(
                f"The losses rise: their running mean at step {step} is {self._mean:.3g}, and it "
                f"was {self._best:.3g} at its best. {TRY_AGAIN}"
            )


def check_room(folder: Path, checkpoint_bytes: int) -> None:
    """Warns when the disk will soon be too full for checkpoints.

    Args:
        folder: of the run.
        checkpoint_bytes: about the size of one.

    Raises:
        TrainingError: there is no room for even one more.
    """
    free = shutil.disk_usage(folder).free
    if free < checkpoint_bytes:
        raise TrainingError(
            f"The disk of {folder} has {free / 1e6:.1f} MB left and a checkpoint takes "
            f"{checkpoint_bytes / 1e6:.1f}. Make room, or take an --out on another disk."
        )
    if free < CHECKPOINTS_OF_ROOM * checkpoint_bytes:
        log.warning(
            "The disk of %s has only %.1f MB left; make room while the run goes on.",
            folder,
            free / 1e6,
        )


@contextmanager
def memory_in_words(config: TrainConfig) -> Iterator[None]:
    """Turns a lack of memory inside into advice.

    Raises:
        TrainingError: memory ran out.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:  # torch.OutOfMemoryError is a RuntimeError
        is_memory = isinstance(error, MemoryError | torch.OutOfMemoryError)
        if not is_memory and not any(words in str(error) for words in MEMORY_SAID):
            raise
        raise TrainingError(
            f"Memory ran out with --batch {config.batch} and --crop {config.crop_px}. "
            f"Try {_smaller(config)}."
        ) from error


def _smaller(config: TrainConfig) -> str:
    crop_px = max(64, config.crop_px * 2 // 3 // 16 * 16)
    if config.batch == 1:
        return f"--crop {crop_px}" if crop_px < config.crop_px else "a machine with more memory"
    return f"--batch {config.batch // 2}, or --crop {crop_px}"
