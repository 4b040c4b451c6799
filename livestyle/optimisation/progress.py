"""What a caller sees while a picture is optimised, and how it ends early."""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from livestyle.errors import TrainingError
from livestyle.frame import Pixels

SETTLED_STEPS = 40
SETTLED_GAIN = 0.01


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the optimisation.

    Attributes:
        done: steps so far.
        steps: as many as may follow in all.
        losses: weighted, by name.
        picture: makes the picture as it is now, RGB uint8 (H, W, 3), at the size worked at.
    """

    done: int
    steps: int
    losses: dict[str, float]
    picture: Callable[[], Pixels]

    @property
    def loss(self) -> float:
        """The sum of the losses."""
        return sum(self.losses.values())


OnStep = Callable[[Step], bool | None]
"""Called after each step. `False` ends the work; the best so far is then the result."""


class Settling:
    """Tells when the loss no longer falls: its mean over some steps against those before."""

    def __init__(self) -> None:
        self._losses: deque[float] = deque(maxlen=2 * SETTLED_STEPS)

    def has_settled(self, loss: float) -> bool:
        """Takes the loss of one more step."""
        self._losses.append(loss)
        if len(self._losses) < 2 * SETTLED_STEPS:
            return False
        losses = list(self._losses)
        before, now = sum(losses[:SETTLED_STEPS]), sum(losses[SETTLED_STEPS:])
        return now > before * (1 - SETTLED_GAIN)


def checked(losses: dict[str, float], done: int) -> float:
    """The sum of the losses.

    Raises:
        TrainingError: it is not finite.
    """
    loss = sum(losses.values())
    if not math.isfinite(loss):
        raise TrainingError(
            f"The loss is not finite after {done} steps; lower --style-strength or the weights."
        )
    return loss
