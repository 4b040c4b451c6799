"""A network whose colours were made those of a picture paints with them."""

import cv2
import numpy as np
import pytest

from livestyle.frame import Pixels
from livestyle.openvino_core import shared_core
from livestyle.sources.demo import Demo
from livestyle.styles.from_picture.baking import written
from livestyle.styles.from_picture.painter import Weights, weights
from livestyle.styles.from_picture.predictor import predict
from livestyle.styles.from_picture.recolouring import VIVIDNESS, colour_map, recoloured
from livestyle.styles.from_picture.style_folder import _template
from livestyle.styles.from_picture.surface import LUMA

VIEWS = [Demo((160, 120), paced=False).scene(tick) for tick in (0, 40)]


def painted_by(network: Weights, view: Pixels) -> Pixels:
    model = shared_core().read_model(model=written(_template("fp32"), network))
    model.reshape([1, *view.shape])
    compiled = shared_core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return np.array(compiled([view[np.newaxis]])[0][0])


def sunset(contrast: float = 1.0) -> Pixels:
    """Orange below, violet above, with some noise."""
    noise = np.random.default_rng(0).normal(0, 20, (96, 96, 1))
    heights = np.linspace(0, 1, 96)[:, np.newaxis, np.newaxis]
    rows = np.array([90.0, 60, 140]) * (1 - heights) + np.array([230.0, 130, 50]) * heights
    picture = 128 + contrast * (rows + noise - 128)
    return np.asarray(picture.clip(0, 255), np.uint8)


def figures(pictures: list[Pixels]) -> tuple[np.ndarray, np.ndarray]:
    rows = [picture.reshape(-1, 3) / 255 for picture in pictures]
    covariance = np.mean([np.cov(row, rowvar=False) for row in rows], axis=0)
    return np.mean([row.mean(0) for row in rows], axis=0), covariance


@pytest.fixture(scope="module")
def network() -> Weights:
    (style,) = predict(np.asarray(cv2.applyColorMap(VIEWS[0], cv2.COLORMAP_BONE), np.uint8))
    return weights(style)


def test_what_is_painted_has_the_pictures_colours_somewhat_more_vivid(network: Weights) -> None:
    before = [painted_by(network, view) for view in VIEWS]
    warm = before[0].reshape(-1, 3) @ np.array(
        [[1.0, 0.2, -0.1], [-0.1, 0.8, -0.2], [0.1, -0.1, 1.1]]
    )
    picture = 110 + 0.75 * (warm + np.array([40, -20, 40]) - 110)  # its most vivid can be painted
    picture = picture.clip(0, 255).astype(np.uint8).reshape(before[0].shape)
    changed = recoloured(network, colour_map(before, picture))
    found_mean, found = figures([painted_by(changed, view) for view in VIEWS])
    mean, covariance = figures([picture])
    covariance *= VIVIDNESS**2
    mean = mean @ LUMA + VIVIDNESS * (mean - mean @ LUMA)
    np.testing.assert_allclose(found_mean, mean, atol=0.03)
    np.testing.assert_allclose(found, covariance, atol=0.005)
    mean_before, covariance_before = figures(before)
    assert np.abs(mean_before - mean).max() > 0.1
    assert np.abs(covariance_before - covariance).max() > 0.006


def test_all_but_the_last_convolution_stays(network: Weights) -> None:
    changed = recoloured(network, colour_map([painted_by(network, VIEWS[0])], sunset()))
    assert changed.keys() == network.keys()
    assert {name for name in network if not np.array_equal(network[name], changed[name])} == {
        "up2.weight", "up2.bias",
    }  # fmt: skip
    assert all(changed[name].shape == network[name].shape for name in network)


def test_a_faint_picture_takes_little_of_the_contrast(network: Weights) -> None:
    before = [painted_by(network, view) for view in VIEWS]
    faint = recoloured(network, colour_map(before, sunset(0.01)))
    found = np.sqrt(np.trace(figures([painted_by(faint, view) for view in VIEWS])[1]))
    assert found / np.sqrt(np.trace(figures(before)[1])) > 0.5


def test_black_and_white_pictures_do(network: Weights) -> None:
    before = [painted_by(network, view) for view in VIEWS]
    drawing = np.where(np.arange(96)[:, np.newaxis, np.newaxis] % 8 < 2, 0, 255)
    changed = recoloured(
        network, colour_map(before, np.broadcast_to(drawing, (96, 96, 3)).astype(np.uint8))
    )
    found = painted_by(changed, VIEWS[0])
    assert np.isfinite(changed["up2.weight"]).all()
    assert np.std(found.mean((0, 1))) < 8  # no colour of its own
    assert found.mean() > 160


def test_after_a_drawing_in_ink_everything_is_grey(network: Weights) -> None:
    ink = np.repeat(sunset()[..., :1], 3, axis=2)
    changed = recoloured(network, colour_map([painted_by(network, view) for view in VIEWS], ink))
    for view in VIEWS:
        colours = painted_by(changed, view).reshape(-1, 3).astype(float)
        spread = colours.max(1) - colours.min(1)
        assert float(np.mean(spread)) < 6
        assert float(colours.mean(1).std()) > 20


def test_somebody_is_seen_also_in_the_style_of_a_night_sky(network: Weights) -> None:
    sky = np.zeros((96, 96, 3), np.uint8)
    sky[::16, ::16] = 255
    changed = recoloured(network, colour_map([painted_by(network, view) for view in VIEWS], sky))
    assert 50 < np.mean([painted_by(changed, view).mean() for view in VIEWS]) < 90
