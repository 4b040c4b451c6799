"""What a brush makes of a photo."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from livestyle.training.brushes import BRUSHES, Brush
from livestyle.training.brushwork import brushed

Floats = NDArray[np.float32]

SIDE = 128
GREY = np.dstack([np.full((SIDE, SIDE), 0.5), np.zeros((SIDE, SIDE, 2))]).astype(np.float32)
NOISE = np.random.default_rng(0).standard_normal((SIDE, SIDE)).astype(np.float32)
NOTHING = np.zeros((SIDE, SIDE), np.float32)
STROKES = Brush(relief=0.1)


def step(angle: float) -> Floats:
    """Dark on one side of a line through the middle, light on the other."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] - SIDE / 2
    luma = np.where(np.cos(angle) * y - np.sin(angle) * x > 0, 0.7, 0.3)
    return np.dstack([luma, 0 * luma, 0 * luma]).astype(np.float32)


def reach(luma: Floats, angle: float) -> float:
    """How alike a picture is to itself some pixels further in a direction; 1: the same."""
    inner = luma[20:-20, 20:-20] - luma.mean()
    dy, dx = round(6 * np.sin(angle)), round(6 * np.cos(angle))
    moved = luma[20 + dy : SIDE - 20 + dy, 20 + dx : SIDE - 20 + dx] - luma.mean()
    return float((inner * moved).mean() / (inner * inner).mean())


@pytest.mark.parametrize("angle", [0.0, 0.8, 1.57, 2.4])
def test_strokes_on_a_flat_wall_run_in_the_brush_s_direction(angle: float) -> None:
    luma = brushed(GREY, NOISE, NOTHING, replace(STROKES, angle=angle))[..., 0]
    assert luma.std() > 0.03
    assert reach(luma, angle) > 0.4
    assert reach(luma, angle + np.pi / 2) < 0.15


@pytest.mark.parametrize("angle", [0.0, 0.8, 1.57])
def test_strokes_beside_an_edge_run_along_it(angle: float) -> None:
    picture = step(angle)
    brush = replace(STROKES, angle=angle + np.pi / 2)
    strokes = brushed(picture, NOISE, NOTHING, brush) - brushed(picture, NOTHING, NOTHING, brush)
    y, x = np.mgrid[0:SIDE, 0:SIDE] - SIDE / 2
    near = np.abs(np.cos(angle) * y - np.sin(angle) * x)
    beside = np.where((near > 4) & (near < 9), strokes[..., 0], 0).astype(np.float32)
    assert reach(beside, angle) > 0.4


@pytest.mark.parametrize("name", BRUSHES)
def test_without_noise_a_flat_wall_stays_flat(name: str) -> None:
    painted = brushed(GREY, NOTHING, NOTHING, BRUSHES[name])
    assert painted.dtype == np.float32
    np.testing.assert_allclose(painted.std(axis=(0, 1)), 0, atol=1e-3)


@pytest.mark.parametrize("name", BRUSHES)
def test_faces_are_spared(name: str) -> None:
    rng = np.random.default_rng(1)
    face = np.dstack([rng.uniform(0.3, 0.7, (SIDE, SIDE)), *np.zeros((2, SIDE, SIDE))])
    picture = face.astype(np.float32)
    everywhere = np.ones_like(NOTHING)

    def change(faces: Floats) -> float:
        brush = replace(BRUSHES[name], contours=0.0)
        return float(np.abs(brushed(picture, NOISE, faces, brush) - picture).mean())

    assert change(everywhere) < 0.6 * change(NOTHING)


def test_contours_are_drawn_on_the_dark_side_of_edges_alone() -> None:
    picture = step(0.0)
    plain = brushed(picture, NOTHING, NOTHING, Brush())
    drawn = brushed(picture, NOTHING, NOTHING, Brush(contours=0.9))
    darker = (plain - drawn)[..., 0].mean(axis=1)
    edge = SIDE // 2
    assert darker[edge - 6 : edge + 1].max() > 0.1
    assert np.abs(darker[: edge - 15]).max() < 1e-3 and np.abs(darker[edge + 8 :]).max() < 1e-3


def test_few_tones_make_steps_of_a_ramp() -> None:
    ramp = np.linspace(0.05, 0.95, SIDE, dtype=np.float32)
    picture = np.dstack([np.tile(ramp, (SIDE, 1)), *np.zeros((2, SIDE, SIDE), np.float32)])
    luma = brushed(picture, NOTHING, NOTHING, Brush(tones=4))[SIDE // 2, :, 0]
    slopes = np.diff(luma)
    assert slopes.max() > 2.5 * np.median(slopes)


def test_a_cut_leaves_ink_and_paper() -> None:
    ramp = np.linspace(0.1, 0.9, SIDE, dtype=np.float32)
    picture = np.dstack([np.tile(ramp, (SIDE, 1)), *np.zeros((2, SIDE, SIDE), np.float32)])
    luma = brushed(picture, NOISE, NOTHING, Brush(cut=0.3))[..., 0]
    assert np.mean((luma < 0.15) | (luma > 0.85)) > 0.7
    inked = [float((luma[:, at : at + 32] < 0.5).mean()) for at in (24, 48, 72)]
    assert inked[0] > inked[1] > inked[2]  # tones become lines, more of them where it is dark


def test_a_brush_of_another_size_and_strength() -> None:
    thick = Brush(relief=0.1, tint=(0.1, 0), cut=0.2).scaled(stroke=2, strength=0.5)
    assert (thick.length, thick.width, thick.calm) == (36, 3.2, 18)
    assert (thick.relief, thick.tint, thick.cut) == (0.05, (0.05, 0.0), 0.1)
