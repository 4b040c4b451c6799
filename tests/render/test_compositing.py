import numpy as np
import pytest

from livestyle.frame import Pixels
from livestyle.render.compositing import SPLIT_LINE, Look, apply


def filled(value: tuple[int, int, int], width: int = 8, height: int = 4) -> Pixels:
    return np.full((height, width, 3), value, np.uint8)


def test_the_whole_style_is_the_painted_picture_itself() -> None:
    painted = filled((1, 2, 3))
    assert apply(filled((9, 9, 9)), painted, Look()) is painted


def test_strength_blends() -> None:
    mixed = apply(filled((100, 0, 200)), filled((200, 100, 0)), Look(strength=0.25))
    assert mixed[0, 0].tolist() == [125, 25, 150]
    original = filled((100, 0, 200))
    assert apply(original, filled((0, 0, 0)), Look(strength=0.0)) is original


def test_keep_color_takes_light_from_the_style_and_colour_from_the_original() -> None:
    # Original (200, 100, 50): Y 124.2, Cr - 128 = 54.1, Cb - 128 = -41.9. With Y 80 of grey:
    # R = 80 + 1.403 * 54 = 156, G = 80 - 0.714 * 54 + 0.344 * 42 = 56, B = 80 - 1.773 * 42 = 6.
    kept = apply(filled((200, 100, 50)), filled((80, 80, 80)), Look(keep_color=True))
    assert kept[0, 0].tolist() == pytest.approx([156, 56, 6], abs=2)


def test_keep_color_of_a_grey_original_is_grey() -> None:
    kept = apply(filled((90, 90, 90)), filled((255, 0, 0)), Look(keep_color=True))
    assert np.ptp(kept[0, 0]) == 0
    assert kept[0, 0, 0] == pytest.approx(76, abs=1)  # 0.299 * 255


def test_split_shows_the_original_at_the_left() -> None:
    both = apply(filled((10, 10, 10)), filled((200, 200, 200)), Look(split=True))
    assert (both[:, :4] == 10).all()
    assert (both[:, 4] == SPLIT_LINE).all()
    assert (both[:, 5:] == 200).all()


def test_mirror_flips_both_and_leaves_the_original_at_the_left() -> None:
    original = np.zeros((2, 8, 3), np.uint8)
    original[:] = np.arange(8, dtype=np.uint8)[None, :, None]
    painted = original + 100
    assert apply(original, painted, Look(mirror=True))[0, :, 0].tolist() == [*range(107, 99, -1)]
    both = apply(original, painted, Look(mirror=True, split=True))[0, :, 0].tolist()
    assert both == [7, 6, 5, 4, SPLIT_LINE[0], 102, 101, 100]


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (3, 5), (641, 3)])
def test_any_size_and_inputs_untouched(size: tuple[int, int]) -> None:
    width, height = size
    rng = np.random.default_rng(0)
    original, painted = rng.integers(0, 256, (2, height, width, 3), np.uint8)
    before = original.copy(), painted.copy()
    result = apply(original, painted, Look(0.5, keep_color=True, split=True, mirror=True))
    assert result.shape == original.shape
    assert result.dtype == np.uint8
    assert (original == before[0]).all()
    assert (painted == before[1]).all()
