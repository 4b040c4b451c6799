"""Steadiness losses: nothing for what moves along, something for what stays behind."""

from dataclasses import replace

import pytest
import torch

from livestyle.training.steadiness import (
    COARSE_SHIFT_PX,
    COMMON_SHIFT_PX,
    Warp,
    random_warp,
    steadiness_loss,
    through_a_sensor,
)


@pytest.fixture
def ramp() -> torch.Tensor:
    """Pictures that rise from left to right, so that a movement is a change of value."""
    return torch.linspace(0, 1, 64).expand(4, 3, 48, 64).contiguous()


def standing_still(ramp: torch.Tensor) -> Warp:
    warp = random_warp(4, 48, 64)
    still = warp.moves[:, 0, 0, 0] == 0
    return Warp(*(t[still].repeat(2, 1, 1, 1) for t in (warp.grid, warp.valid, warp.moves)))


def test_every_other_picture_stands_still_as_the_warp_says(ramp: torch.Tensor) -> None:
    firsts = set()
    for seed in range(8):
        torch.manual_seed(seed)
        warp = random_warp(4, 48, 64)
        moves = warp.moves[:, 0, 0, 0].tolist()
        assert moves in ([1, 0, 1, 0], [0, 1, 0, 1])
        firsts.add(moves[0])
        moved = (warp(ramp) - ramp).abs().mean(dim=(1, 2, 3))
        assert [distance > 1e-3 for distance in moved.tolist()] == [bool(m) for m in moves]
    assert len(firsts) == 2


def test_a_warp_is_as_long_as_it_says(ramp: torch.Tensor) -> None:
    torch.manual_seed(2)
    warp = random_warp(4, 48, 64)
    moved_px = (warp(ramp) - ramp).abs() * 63 * warp.valid
    # Bicubic interpolation overshoots its nodes a little.
    assert moved_px.max() <= 1.3 * (COARSE_SHIFT_PX + COMMON_SHIFT_PX)


def test_a_painting_that_moves_along_costs_nothing(ramp: torch.Tensor) -> None:
    warp = random_warp(4, 48, 64)
    assert steadiness_loss(ramp, warp(ramp), warp).item() == pytest.approx(0, abs=1e-6)


def test_the_loss_is_the_mean_difference_where_the_warp_is_valid(ramp: torch.Tensor) -> None:
    warp = standing_still(ramp)
    assert steadiness_loss(ramp, ramp + 0.25, warp).item() == pytest.approx(0.25, abs=1e-4)
    half = replace(warp, valid=warp.valid.clone())
    half.valid[..., 32:] = 0
    changed = ramp.clone()
    changed[..., 32:] += 1  # where nothing can be said
    assert steadiness_loss(ramp, changed, half).item() == pytest.approx(0, abs=1e-4)


def test_pixels_from_outside_are_not_valid() -> None:
    torch.manual_seed(3)
    warp = random_warp(2, 48, 64)
    inside = (warp.grid.abs() <= 1).all(-1)
    assert torch.equal(warp.valid[:, 0].bool(), inside)
    assert 0 < warp.valid[0].mean() < 1


def test_a_sensor_adds_a_little_noise_and_stays_in_range() -> None:
    torch.manual_seed(4)
    grey = torch.full((8, 3, 32, 32), 0.5)
    deviations = (through_a_sensor(grey) - grey).std(dim=(1, 2, 3)) * 255
    assert deviations.min() > 0.8
    assert deviations.max() < 5.5
    white = through_a_sensor(torch.ones(1, 3, 16, 16))
    assert white.max() <= 1
