import pytest

from livestyle.live.loading_pace import FIRST_FRAME_S, LONGEST_REST, LoadingPace


def playing(frame_s: float, painting_s: float, frames: int = 10) -> tuple[LoadingPace, float]:
    """A show that paints for `painting_s` out of every `frame_s`, and its time."""
    pace = LoadingPace(0.0)
    for number in range(frames):
        pace.painted(number * frame_s, number * frame_s + painting_s)
    return pace, frames * frame_s


def test_nothing_is_loaded_before_the_first_frame_or_a_moment() -> None:
    pace = LoadingPace(100.0)
    assert pace.wait_s(100.0) == pytest.approx(FIRST_FRAME_S)
    assert pace.wait_s(100.0 + FIRST_FRAME_S) == 0.0
    pace.painted(100.01, 100.05)
    assert pace.wait_s(100.05) == 0.0


@pytest.mark.parametrize(("painting_s", "rest"), [(0.0, 0.0), (0.02, 0.25), (0.05, 1.0), (0.08, 4)])
def test_loading_takes_what_painting_leaves_over(painting_s: float, rest: float) -> None:
    pace, now_s = playing(0.1, painting_s)
    pace.loaded(0.2, now_s)
    assert pace.wait_s(now_s) == pytest.approx(0.2 * rest)


def test_a_show_without_time_to_spare_gives_a_twentieth() -> None:
    pace, now_s = playing(0.1, 0.1)
    pace.loaded(0.2, now_s)
    assert pace.wait_s(now_s) == pytest.approx(0.2 * LONGEST_REST)
    assert pace.wait_s(now_s + 0.2 * LONGEST_REST) == 0.0


def test_a_few_frames_count_as_a_busy_show() -> None:
    pace, now_s = playing(0.1, 0.001, frames=2)
    pace.loaded(0.2, now_s)
    assert pace.wait_s(now_s) == pytest.approx(0.2 * LONGEST_REST)


def test_a_show_that_stands_still_leaves_all_its_time() -> None:
    pace, now_s = playing(0.1, 0.1)
    pace.loaded(0.2, now_s)
    assert pace.wait_s(now_s + 3.0) == 0.0
