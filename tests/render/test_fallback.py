import numpy as np
import pytest
from live_fakes import ValueStylizer

from livestyle.errors import EngineError, StyleError
from livestyle.frame import Pixels
from livestyle.protocols import EngineInfo
from livestyle.render.fallback import FallbackStylizer

PICTURE = np.full((120, 160, 3), 7, np.uint8)


class Faulty(ValueStylizer):
    """Fails at the calls it is told, and at all above a size."""

    info = EngineInfo("numpy", "GPU", "fp16")

    def __init__(self, faults: set[int], *, why: str = "driver", most_px: int = 10**9) -> None:
        super().__init__(200)
        self.count, self._faults, self._why, self._most_px = 0, faults, why, most_px

    def __call__(self, pixels: Pixels) -> Pixels:
        self.count += 1
        if self.count - 1 in self._faults or pixels.size // 3 > self._most_px:
            raise EngineError(self._why)
        return super().__call__(pixels)


class Stage:
    """A rescue, and what it said."""

    def __init__(
        self, style: ValueStylizer, fallback: ValueStylizer | Exception | None = None
    ) -> None:
        self.said: list[str] = []
        self.fallback = fallback
        load = self._load if fallback else None
        self.rescue = FallbackStylizer("mosaic", style, self.said.append, load)

    def _load(self) -> ValueStylizer:
        if isinstance(self.fallback, Exception):
            raise self.fallback
        assert self.fallback
        return self.fallback

    def paint(self, count: int) -> list[int]:
        return [int(self.rescue(PICTURE)[0, 0, 0]) for _ in range(count)]


def test_one_fault_shows_the_picture_before_and_goes_on() -> None:
    style = Faulty({2})
    stage = Stage(style)
    assert stage.paint(5) == [200] * 5
    assert stage.said == ["mosaic failed once; trying again"]
    assert set(style.sizes) == {(160, 120)}


def test_a_fault_in_the_first_frame_passes_it_on_unpainted() -> None:
    assert Stage(Faulty({0})).paint(3) == [7, 200, 200]


def test_faults_far_apart_never_end_it() -> None:
    stage = Stage(Faulty({3, 9, 15, 21}))
    assert stage.paint(30) == [200] * 30
    assert len(stage.said) == 4


def test_a_second_fault_goes_on_smaller() -> None:
    style = Faulty(set(), most_px=160 * 120 - 1)
    stage = Stage(style)
    assert stage.paint(3) == [7, 200, 200]
    assert stage.rescue(PICTURE).shape == PICTURE.shape
    assert set(style.sizes) == {(80, 64)}
    assert stage.said[-1] == "mosaic failed at full size; going on smaller"


@pytest.mark.parametrize("why", ["CUDA out of memory", "std::bad_alloc"])
def test_out_of_memory_goes_on_smaller_at_once(why: str) -> None:
    stage = Stage(Faulty(set(), why=why, most_px=160 * 120 - 1))
    assert stage.paint(2) == [200, 200]


def test_then_the_cpu() -> None:
    style, cpu = Faulty({1, *range(2, 99)}), ValueStylizer(90)
    stage = Stage(style, cpu)
    assert stage.paint(4) == [200, 200, 90, 90]
    assert stage.said[-1] == "mosaic failed on GPU; going on with numpy on CPU"
    assert stage.rescue.info.device == "CPU"
    assert (style.closed, cpu.closed) == (1, 0)
    assert set(cpu.sizes) == {(160, 120)}
    stage.rescue.close()
    assert (style.closed, cpu.closed) == (1, 1)


@pytest.mark.parametrize("fallback", [None, StyleError("gone"), Faulty(set(range(99)))])
def test_what_always_fails_raises(fallback: ValueStylizer | Exception | None) -> None:
    stage = Stage(Faulty(set(range(99))), fallback)
    assert stage.paint(1) == [7]
    with pytest.raises(EngineError, match="driver"):
        stage.paint(1)


def test_a_bug_is_no_engine_fault() -> None:
    stage = Stage(ValueStylizer(fail_at=0))
    with pytest.raises(RuntimeError, match="engine"):
        stage.paint(1)
