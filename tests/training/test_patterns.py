"""Patterns that a network learns to paint where a photo is flat."""

import numpy as np
import pytest
from numpy.typing import NDArray

from livestyle.nets.light import SEED_SIDE
from livestyle.nets.pixels import to_batch
from livestyle.training.artwork_colours import tints_of
from livestyle.training.losses import ycbcr
from livestyle.training.pattern_drawing import drawn_pattern
from livestyle.training.pattern_target import flatness, skin_coloured, with_pattern
from livestyle.training.patterns import PATTERNS

Floats = NDArray[np.float32]

SIDE = 128
NOTHING = np.zeros((SIDE, SIDE), np.float32)
GREY = np.dstack([np.full((SIDE, SIDE), 0.5, np.float32), NOTHING, NOTHING])
RINGS = np.sin(np.hypot(*np.mgrid[0:SIDE, 0:SIDE]) / 4).astype(np.float32)
IN_BLUE_AND_YELLOW = np.dstack([0.2 * RINGS, -0.1 * RINGS, NOTHING])
"""A pattern that is yellow where it is light."""


@pytest.fixture
def artwork() -> Floats:
    """Dark blue on one side, light orange on the other, a red spot in it."""
    picture = np.zeros((64, 96, 3), np.float32)
    picture[:, :48] = 0.3, 0.1, -0.05
    picture[:, 48:] = 0.7, -0.1, 0.06
    picture[20:26, 60:66] = 0.4, -0.05, 0.25
    return picture


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_is_seamless_and_in_the_artwork_s_colours(name: str, artwork: Floats) -> None:
    drawn = drawn_pattern(name, artwork)
    assert drawn.dtype == np.float32
    assert drawn.shape == (SEED_SIDE, SEED_SIDE, 3)
    np.testing.assert_array_equal(drawn, drawn_pattern(name, artwork))
    assert (drawn.std((0, 1)) > 0.02).all()
    assert abs(drawn[..., 0].mean()) < 0.1
    assert np.abs(drawn[..., 1:]).max() < 0.3
    light, blue, _ = drawn.reshape(-1, 3).T
    assert np.corrcoef(light, blue)[0, 1] < 0  # what is light is orange
    for way in (drawn[..., 0], drawn[..., 0].T):
        steps = np.abs(np.diff(way, axis=0)).mean(axis=1)
        across_the_seam = np.abs(way[0] - way[-1]).mean()
        assert across_the_seam < 1.1 * steps.max()


def test_a_smaller_pattern_is_repeated_in_strokes_as_thick(artwork: Floats) -> None:
    side = SEED_SIDE // 2
    whole, half = (drawn_pattern("swirls", artwork, stroke)[..., 0] for stroke in (1, 0.5))
    np.testing.assert_array_equal(half[:side, :side], half[side:, side:])
    steps = [np.abs(np.diff(drawn)).mean() for drawn in (whole, half)]
    assert steps[1] == pytest.approx(steps[0], rel=0.3)


def test_swirls_turn_every_way_and_waves_run_across(artwork: Floats) -> None:
    def slopes(name: str) -> tuple[float, float]:
        down, across = np.gradient(drawn_pattern(name, artwork)[..., 0])
        return float(np.abs(down).mean()), float(np.abs(across).mean())

    down, across = slopes("swirls")
    assert across > 0.5 * down
    down, across = slopes("waves")
    assert across < 0.5 * down


def test_shapes_have_rare_colours_too_and_black_lines(artwork: Floats) -> None:
    light, blue, red = drawn_pattern("shapes", artwork).reshape(-1, 3).T
    assert (red > 0.12).any()
    assert (light < -0.25).any()
    assert blue.min() < -0.06 and blue.max() > 0.06


def test_an_artwork_of_one_colour_has_a_palette() -> None:
    drawn = drawn_pattern("shapes", np.full((64, 64, 3), [0.5, 0.1, 0], np.float32))
    assert np.isfinite(drawn).all()


def change(
    painted: Floats, photo: Floats = GREY, faces: Floats = NOTHING, hides: float = 0.0
) -> Floats:
    """What a pattern of rings does to a picture."""
    flat = flatness(photo[..., 0])
    with_it, without = (
        with_pattern(painted, photo, faces, pattern, flat, hides)
        for pattern in (IN_BLUE_AND_YELLOW, 0 * IN_BLUE_AND_YELLOW)
    )
    return with_it - without


def test_a_pattern_is_painted_in_light_and_colours_where_a_photo_is_flat() -> None:
    found = change(GREY)[20:-20, 20:-20]
    rings = RINGS[20:-20, 20:-20].ravel()
    assert found[..., 0].std() > 0.08
    assert np.corrcoef(found[..., 0].ravel(), rings)[0, 1] > 0.95
    assert np.corrcoef(found[..., 1].ravel(), rings)[0, 1] < -0.95
    assert np.abs(found[..., 2]).max() < 1e-6


def test_a_pattern_hides_the_colour_that_it_is_painted_on() -> None:
    flat = flatness(GREY[..., 0])
    red = (GREY + np.array([0, 0, 0.2])).astype(np.float32)
    shares = [
        with_pattern(red, GREY, NOTHING, 0 * IN_BLUE_AND_YELLOW, flat, hides)[64, 64, 2] / 0.2
        for hides in (0.0, 0.85)
    ]
    np.testing.assert_allclose(shares, [1, 0.15], atol=0.08)


def test_a_pattern_keeps_away_from_edges_faces_skin_and_darkness() -> None:
    on_wall = change(GREY).std()
    assert change(GREY, faces=np.ones_like(NOTHING)).std() < 0.2 * on_wall
    skin = np.dstack([np.full_like(NOTHING, 0.6), NOTHING - 0.085, NOTHING + 0.085])
    assert change(GREY, photo=skin.astype(np.float32)).std() < 0.3 * on_wall
    assert change(GREY * np.float32(0.1)).std() < 0.15 * on_wall
    step = GREY.copy()
    step[SIDE // 2 :, :, 0] = 0.8
    near = slice(SIDE // 2 - 8, SIDE // 2 + 8)
    assert change(GREY, photo=step)[near].std() < 0.2 * on_wall


def test_tints_are_how_an_artwork_s_darker_and_lighter_parts_differ() -> None:
    luma = np.linspace(0, 1, 1000, dtype=np.float32).reshape(20, 50)
    artwork = np.dstack([luma, 0.02 - 0.05 * (luma - 0.5), np.full_like(luma, 0.1)])
    tints = tints_of(artwork.astype(np.float32))
    np.testing.assert_allclose(tints[:, 0], [0.04, 0.02, 0, -0.02, -0.04], atol=2e-3)
    np.testing.assert_allclose(tints[:, 1], 0, atol=1e-5)


@pytest.mark.parametrize(
    ("rgb", "is_skin"),
    [
        ((224, 172, 138), True),
        ((141, 85, 54), True),
        ((128, 128, 128), False),
        ((60, 90, 200), False),
        ((70, 140, 60), False),
    ],
)
def test_what_has_the_colour_of_skin(rgb: tuple[int, int, int], is_skin: bool) -> None:
    photo = np.full((24, 24, 3), rgb, np.uint8)
    found = skin_coloured(ycbcr(to_batch(photo))[0].permute(1, 2, 0).contiguous().numpy())
    assert found.shape == (24, 24)
    assert found.min() > 0.5 if is_skin else found.max() < 0.25
