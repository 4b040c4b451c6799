import threading

import numpy as np
import pytest
from models import save_style

from livestyle.engines import EngineOptions, load
from livestyle.errors import EngineError
from livestyle.frame import Frame, Pixels
from livestyle.protocols import EngineInfo, Stylizer
from livestyle.render.compositing import Look
from livestyle.render.file_painter import FilePainter
from livestyle.styles.style import Style, open_style

WAIT_S = 20.0


class PairStylizer(Stylizer):
    """Paints only when two pictures are there at the same time; the second is done first."""

    info = EngineInfo("fake", "CPU", "fp32", at_once=2)

    def __init__(self) -> None:
        self._meeting = threading.Barrier(2)
        self._second_is_done = threading.Event()

    def __call__(self, pixels: Pixels) -> Pixels:
        self._meeting.wait(WAIT_S)
        if pixels[0, 0, 0] % 2 == 0:
            assert self._second_is_done.wait(WAIT_S)
            self._second_is_done.clear()
        else:
            self._second_is_done.set()
        return np.asarray(pixels + 100, np.uint8)

    def close(self) -> None:
        """Nothing is held."""


class FailingStylizer(Stylizer):
    info = EngineInfo("fake", "CPU", "fp32", at_once=2)

    def __call__(self, pixels: Pixels) -> Pixels:
        raise EngineError("It does not paint.")

    def close(self) -> None:
        """Nothing is held."""


def frames(count: int) -> list[Frame]:
    return [Frame(np.full((8, 8, 3), n, np.uint8), n, n / 10, 0.0) for n in range(count)]


@pytest.mark.parametrize("steady", [0.0, 0.5])
def test_two_frames_are_painted_at_once_and_come_in_order(steady: float) -> None:
    with FilePainter(PairStylizer(), Look(), steady) as paint:
        for _ in range(2):  # films
            paint.begin(0.0)
            ready = [painted for frame in frames(10) for painted in paint(frame)] + paint.flush()
            assert [frame.index for frame in ready] == list(range(10))
            assert [int(frame.pixels[4, 4, 0]) for frame in ready] == list(range(100, 110))


def test_an_error_in_another_thread_is_the_callers() -> None:
    with (
        FilePainter(FailingStylizer(), Look(), 0.0) as paint,
        pytest.raises(EngineError, match="does not paint"),
    ):
        [paint(frame) for frame in frames(4)]


@pytest.fixture
def style(tmp_path_factory: pytest.TempPathFactory) -> Style:
    folder = tmp_path_factory.mktemp("style")
    save_style(folder)
    return open_style(folder)


def test_an_engine_paints_in_two_threads_what_it_paints_in_one(style: Style) -> None:
    rng = np.random.default_rng(0)
    film = [
        Frame(rng.integers(0, 256, (40, 48, 3), dtype=np.uint8), n, n / 10, 0.0) for n in range(20)
    ]
    painted = []
    for at_once in (1, 2):
        with (
            load(style, EngineOptions("openvino", "cpu", at_once=at_once)) as stylizer,
            FilePainter(stylizer, Look(), 0.0) as paint,
        ):
            assert stylizer.info.at_once == at_once
            ready = [done for frame in film for done in paint(frame)] + paint.flush()
            painted.append(np.stack([frame.pixels for frame in ready]))
    one_by_one, two_at_once = painted
    assert np.array_equal(one_by_one, two_at_once)
