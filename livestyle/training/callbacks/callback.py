"""Who looks on while a network learns: the seam for previews, tables, bars and reports."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from livestyle.training.loop import Trainer


@dataclass(frozen=True, slots=True)
class Progress:
    """What a step reports: steps done, steps in all, running means of the weighted losses."""

    step: int
    steps: int
    losses: dict[str, float]


class Callback:
    """Is told what happens in a run; override what you want to hear.

    All calls come on the training thread, between two steps. What a watcher draws from torch's
    random numbers changes nothing: each step seeds them anew. `trainer.stop()` ends the run with
    a checkpoint, an exception ends it without one.
    """

    def started(self, trainer: "Trainer") -> None:
        """Before the first step; `trainer.step` of them were done earlier."""

    def stepped(self, progress: Progress) -> None:
        """After each step."""

    def saved(self, checkpoint: Path) -> None:
        """After each checkpoint is whole on disk."""

    def ended(self) -> None:
        """After the last call of the others, however the run ended; not if it never started."""
