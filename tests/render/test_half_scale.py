"""Small pictures are painted by the network whose strokes are half as large."""

import numpy as np
import pytest
from live_fakes import ValueStylizer

from livestyle.errors import EngineError
from livestyle.frame import Pixels
from livestyle.protocols import Stylizer
from livestyle.render.half_scale import HalfScalePair
from livestyle.render.resolution_controller import SCALES
from livestyle.render.scaling import scaled_size

USUAL, FINE = 10, 20


def blank(width: int, height: int) -> Pixels:
    return np.zeros((height, width, 3), np.uint8)


class Fine:
    """What loads the fine network, and counts how often."""

    def __init__(self) -> None:
        self.loaded: list[ValueStylizer] = []

    def __call__(self) -> Stylizer:
        self.loaded.append(ValueStylizer(FINE))
        return self.loaded[-1]


@pytest.mark.parametrize("size", [(640, 480), (1280, 720)])
def test_strokes_keep_their_size_at_every_scale(size: tuple[int, int]) -> None:
    """Whatever the governor chooses, they are within a fifth of what they are at full size."""
    pair = HalfScalePair(ValueStylizer(USUAL), Fine())
    locked = (640 * 480 / (size[0] * size[1])) ** 0.5
    for scale in SCALES:
        width, height = scaled_size(size, locked * scale)
        stroke_px = {USUAL: 1.0, FINE: 0.5}[int(pair(blank(width, height))[0, 0, 0])]
        assert 0.8 < stroke_px / scale < 1.2, scale


def test_the_fine_network_is_loaded_with_the_first_small_picture_and_once() -> None:
    fine = Fine()
    pair = HalfScalePair(ValueStylizer(USUAL), fine)
    pair(blank(640, 480))
    assert not fine.loaded
    pair(blank(320, 240))
    pair(blank(384, 288))
    assert len(fine.loaded) == 1


def test_both_are_closed() -> None:
    usual, fine = ValueStylizer(USUAL), Fine()
    pair = HalfScalePair(usual, fine)
    pair(blank(320, 240))
    pair.close()
    assert usual.closed == fine.loaded[0].closed == 1
    alone = ValueStylizer(USUAL)
    HalfScalePair(alone, fine).close()
    assert alone.closed == 1


def test_where_the_fine_network_cannot_be_loaded_the_usual_one_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken() -> Stylizer:
        raise EngineError("no such file")

    usual = ValueStylizer(USUAL)
    pair = HalfScalePair(usual, broken)
    assert [int(pair(blank(320, 240))[0, 0, 0]) for _ in range(2)] == [USUAL] * 2
    assert caplog.text.count("no such file") == 1
    pair.close()
    assert usual.closed == 1
