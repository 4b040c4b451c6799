import pytest
from live_fakes import SetClock, make_frame

from livestyle.frame import Frame
from livestyle.live.playback_clock import PlaybackClock


def at(pts_s: float) -> Frame:
    return Frame(make_frame().pixels, 0, pts_s, 0.0)


def test_frames_wait_for_their_time_stamp() -> None:
    clock = SetClock()
    pace = PlaybackClock(clock)
    assert pace.wait_s(at(7.0)) == 0.0, "the first one sets the clock, wherever it starts"
    assert pace.wait_s(at(7.5)) == pytest.approx(0.5)
    clock.now_s += 0.5
    assert pace.wait_s(at(7.5)) == pytest.approx(0.0)


def test_a_hiccup_is_caught_up_but_slowness_is_not_raced_after() -> None:
    clock = SetClock()
    pace = PlaybackClock(clock)
    pace.wait_s(at(0.0))
    clock.now_s += 0.08
    assert pace.wait_s(at(0.04)) == 0.0
    assert pace.wait_s(at(0.10)) == pytest.approx(0.02)
    clock.now_s += 3.0
    assert pace.wait_s(at(0.14)) == 0.0
    assert pace.wait_s(at(0.18)) == pytest.approx(0.04), "no faster than filmed afterwards"


@pytest.mark.parametrize("jump_s", [-500.0, 500.0])
def test_a_jump_of_the_time_stamps_stops_nothing(jump_s: float) -> None:
    pace = PlaybackClock(SetClock())
    pace.wait_s(at(1000.0))
    assert pace.wait_s(at(1000.0 + jump_s)) == 0.0
    assert pace.wait_s(at(1000.04 + jump_s)) == pytest.approx(0.04)
