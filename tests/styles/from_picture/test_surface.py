"""What a picture is painted on: found in its fine texture, whatever is painted there."""

import cv2
import numpy as np
import pytest

from livestyle.cli.styles import _drawn
from livestyle.frame import Pixels
from livestyle.nets import light
from livestyle.sources.demo import Demo
from livestyle.styles.from_picture.painter import SURFACE
from livestyle.styles.from_picture.picture_style import weights_of
from livestyle.styles.from_picture.surface import BEFORE_TANH, MOST, SIDE, surface_of
from livestyle.styles.library import list_styles


def canvas(deviation: float = 6.0, *, across_px: float = 0.6, down_px: float = 0.6) -> Pixels:
    """A brown canvas of noise that is smeared so far; deviation of its luma in levels."""
    noise = np.random.default_rng(0).standard_normal((480, 640)).astype(np.float32)
    smeared = cv2.GaussianBlur(noise, (0, 0), sigmaX=across_px, sigmaY=down_px)
    grain = deviation * smeared / smeared.std()
    picture = np.array([150, 120, 90]) + grain[..., np.newaxis]
    return np.asarray(picture.clip(0, 255).round(), np.uint8)


def deviation_of(picture: Pixels) -> float:
    """Of the luma that the surface adds to a middle grey, in levels."""
    return float(255 * surface_of(picture).tile.std() / BEFORE_TANH)


def test_the_network_s_tile_is_of_that_size() -> None:
    assert surface_of(canvas()).tile.shape == (1, 1, SIDE, SIDE)
    assert light.SURFACE_SIDE == SIDE


def test_a_canvas_is_found_as_strong_as_it_is_and_grey() -> None:
    assert deviation_of(canvas(5)) == pytest.approx(5, rel=0.15)
    np.testing.assert_allclose(surface_of(canvas(5)).colour.reshape(-1), 1, atol=0.05)


def test_it_runs_as_the_canvas_does() -> None:
    tile = surface_of(canvas(across_px=2.5, down_px=0.5)).tile[0, 0]
    across, down = (float(np.square(np.diff(tile, axis=axis)).mean()) for axis in (1, 0))
    assert down > 3 * across


def test_it_is_seamless() -> None:
    tile = surface_of(canvas(across_px=1.5, down_px=1.5)).tile[0, 0]
    inner = np.abs(np.diff(tile, axis=0)).mean()
    assert np.abs(tile[0] - tile[-1]).mean() < 1.3 * inner


def test_neither_contours_nor_planes_are_a_surface() -> None:
    planes = cv2.applyColorMap(Demo((640, 480), paced=False).scene(0), cv2.COLORMAP_BONE)
    flat = np.asarray(cv2.medianBlur(planes, 31) // 64 * 64, np.uint8)
    assert deviation_of(flat) < 1.5
    drawing = np.full((480, 640, 3), 230, np.uint8)
    for y in range(0, 480, 120):
        cv2.line(drawing, (0, y), (640, y + 60), (20, 20, 20), 2)
    assert deviation_of(drawing) < 1
    lined = np.minimum(canvas(4), drawing)
    assert deviation_of(np.asarray(lined, np.uint8)) < 5


def test_hatching_is_held_within_bounds() -> None:
    assert deviation_of(canvas(40)) == pytest.approx(255 * MOST, rel=0.01)


def test_with_finer_strokes_the_texture_is_finer() -> None:
    picture = canvas(across_px=3, down_px=3)
    whole, half = (surface_of(picture, stroke).tile[0, 0] for stroke in (1.0, 0.5))
    roughness = [np.abs(np.diff(tile)).mean() / tile.std() for tile in (whole, half)]
    assert roughness[1] > 1.4 * roughness[0]


@pytest.mark.parametrize("shape", [(8, 300), (300, 8), (20, 20), (64, 2000)])
def test_any_shape_has_one(shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (*shape, 3), dtype=np.uint8)
    tile, colour = surface_of(noise)
    assert np.isfinite(tile).all() and np.isfinite(colour).all()


def test_cards_and_the_command_say_which_styles_have_one() -> None:
    """Those of the box."""
    named = set()
    for style in list_styles():
        has_one = SURFACE in weights_of(style)
        assert has_one == ("surface" in _drawn(style.card)), style.card.name
        named |= {style.card.name} if has_one else set()
    assert {"composition_vii", "shipwreck", "the_scream"} <= named
