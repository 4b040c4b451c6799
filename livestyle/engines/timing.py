"""How long networks take, measured in turns so that the machine's moods meet all of them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from livestyle.frame import Pixels

WARM_UP = 2


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds per frame: the median, and what 95 of 100 frames stay under."""

    median_ms: float
    p95_ms: float

    @property
    def fps(self) -> float:
        """Frames per second at the median."""
        return 1e3 / self.median_ms


def time_in_turns(
    networks: Mapping[str, Callable[[Pixels], Pixels]],
    frame: Pixels,
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Timing]:
    """Times each network on a frame, one after the other, round after round.

    Args:
        networks: name -> what paints.
        frame: RGB uint8 (H, W, 3).
        rounds: how often each paints for the record; two times more before that do not count.
        clock: seconds.
    """
    times_ms: dict[str, list[float]] = {name: [] for name in networks}
    for number in range(WARM_UP + rounds):
        for name, network in networks.items():
            began_s = clock()
            network(frame)
            if number >= WARM_UP:
                times_ms[name].append((clock() - began_s) * 1e3)
    return {
        name: Timing(float(np.median(values)), float(np.percentile(values, 95)))
        for name, values in times_ms.items()
    }
