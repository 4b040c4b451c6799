"""What a style paints on a flat wall can be left out, and nothing else changes."""

import logging
from pathlib import Path

import cv2
import models
import numpy as np
import pytest

from livestyle.engines import EngineOptions, load
from livestyle.errors import EngineError
from livestyle.frame import Pixels
from livestyle.styles.library import find_style

WALL = np.full((96, 192, 3), 150, np.uint8)
WALL[:, :96] = np.random.default_rng(0).integers(0, 256, (96, 96, 3))
"""Something on the left, nothing on the right."""


def painted(engine: str, precision: str, fill: float) -> Pixels:
    stylizer = load(find_style("reed_pen"), EngineOptions(engine, "cpu", precision, noise=fill))
    try:
        return stylizer(WALL)
    finally:
        stylizer.close()


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_a_flat_wall_is_painted_as_much_as_asked_for(engine: str, precision: str) -> None:
    flat = (slice(24, -24), slice(120, -24))
    walls = (painted(engine, precision, fill)[flat] for fill in (1, 0.5, 0))
    whole, half, none = (wall.std(axis=(0, 1)).mean() for wall in walls)
    assert whole > half > none
    assert whole > 3 * none


def test_the_surface_is_left_out_too() -> None:
    """Shipwreck lies on a canvas, which is finer than strokes."""
    fine = []
    for style, noise in (("shipwreck", 1.0), ("shipwreck", 0.0)):
        with load(
            find_style(style), EngineOptions("openvino", "cpu", "int8", noise=noise)
        ) as paint:
            wall = paint(WALL)[24:-24, 120:-24].astype(np.float32)
        fine.append(float((wall - cv2.GaussianBlur(wall, (0, 0), 2)).std()))
    assert fine[0] > 4 * fine[1]


def test_a_style_with_nothing_to_leave_out_says_so_and_paints(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    models.save_style(tmp_path)
    with caplog.at_level(logging.WARNING, "livestyle.engines"):
        stylizer = load(find_style(str(tmp_path)), EngineOptions(noise=0))
    assert "nothing to leave out" in caplog.text
    assert np.array_equal(stylizer(WALL), 255 - WALL)
    stylizer.close()


@pytest.mark.parametrize("fill", [-0.1, 1.1])
def test_a_factor_beyond_all_and_nothing(fill: float) -> None:
    with pytest.raises(EngineError, match="is 0 to 1"):
        EngineOptions(noise=fill)
