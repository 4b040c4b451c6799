from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from live_fakes import SetClock

from livestyle.render.resolution_controller import JUDGED_FRAMES, SCALES, ResolutionController


class Show:
    """A governed show on a clock of its own: painting takes `full_ms` times the scale squared."""

    def __init__(self, target_fps: float, full_ms: float) -> None:
        self.clock = SetClock()
        self.governor = ResolutionController(target_fps, self.clock)
        self.full_ms, self.frame_s = full_ms, 1 / target_fps
        self.scales: list[float] = []

    def run(self, seconds: float, jitter: Callable[[int], float] = lambda n: 1.0) -> "Show":
        for number in range(int(seconds / self.frame_s)):
            ms = self.full_ms * self.governor.scale**2 * jitter(number)
            self.clock.now_s += max(self.frame_s, ms / 1e3)
            self.governor.spent(ms)
            self.scales.append(self.governor.scale)
        return self

    @property
    def changes(self) -> int:
        return sum(a != b for a, b in pairwise(self.scales))


def test_a_fast_machine_stays_at_full_size() -> None:
    assert set(Show(30, 20).run(60).scales) == {1.0}


def test_a_slow_one_goes_straight_to_the_scale_that_fits() -> None:
    show = Show(30, 55).run(10)
    assert show.governor.scale == 0.6
    assert show.changes == 1
    assert show.scales.index(0.6) < JUDGED_FRAMES


def test_what_never_fits_ends_at_the_smallest() -> None:
    show = Show(30, 500).run(20)
    assert show.governor.scale == SCALES[-1]
    assert show.changes == 1


def test_back_to_full_size_when_there_is_room_one_step_at_a_time() -> None:
    show = Show(30, 100).run(10)
    assert show.governor.scale == 0.5
    show.full_ms = 15
    show.scales.clear()
    show.run(30)
    assert show.governor.scale == 1.0
    assert list(dict.fromkeys(show.scales)) == [0.5, 0.6, 0.85, 1.0]


@pytest.mark.parametrize("full_ms", [31, 33, 35, 38, 42, 48, 60, 70, 90, 110, 130])
def test_it_does_not_pump(full_ms: float) -> None:
    """Whatever the load, noise of a fifth does not move the scale to and fro."""
    random = np.random.default_rng(int(full_ms))
    show = Show(30, full_ms).run(120, lambda n: random.uniform(0.8, 1.2))
    assert show.changes <= 4


def test_mistaken_steps_up_become_rare() -> None:
    """A machine that looks as if it had room at 0.85 and has none at 1.0."""
    show = Show(30, 40)
    show.run(300, lambda n: 0.6 if show.governor.scale < 1 else 1.0)
    assert show.governor.scale == 0.85 or show.changes < 16
    ups = [n for n, (a, b) in enumerate(pairwise(show.scales)) if b > a]
    assert len(ups) >= 3
    assert ups[-1] - ups[-2] > 2 * (ups[1] - ups[0])


def test_one_hiccup_is_no_trend() -> None:
    assert set(Show(30, 25).run(30, lambda n: 8.0 if n % 10 == 0 else 1.0).scales) == {1.0}
