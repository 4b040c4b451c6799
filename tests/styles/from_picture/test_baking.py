"""Weights written into model files paint what they would paint in files of their own."""

import cv2
import numpy as np
import pytest

from livestyle.installation import shipped_styles
from livestyle.nets.frame_model import MARGIN_PX
from livestyle.nets.light import SURFACE_SIDE
from livestyle.openvino_core import shared_core
from livestyle.sources.demo import Demo
from livestyle.styles.card import CARD_KEY
from livestyle.styles.from_picture import painter
from livestyle.styles.from_picture.baking import (
    activation_ranges,
    quantised,
    read_weights,
    written,
)
from livestyle.styles.onnx_file import initializers, with_metadata

OWN, OTHER = "mosaic", "churches"
PAIRS = [(OWN, OTHER), ("starry_night", "udnie")]
"""Styles of the same graph: without a pattern, and with one of one plane."""

FORMS = {
    "churches": "shipwreck", "starry_night": "the_scream", "water_lilies": "composition_vii",
}  # fmt: skip
"""Styles, and those whose graph is theirs and a surface."""


class AllNames:
    def __contains__(self, _: object) -> bool:
        return True


def model(name: str, precision: str = "fp32") -> bytes:
    return (shipped_styles() / name / f"{name}-{precision}.onnx").read_bytes()


def tensors(data: bytes) -> dict[str, bytes]:
    return {
        name: bytes(values)
        for name, (_, values) in initializers(memoryview(bytearray(data)), AllNames()).items()
        if name.startswith("net.")
    }


def painted(data: bytes, frame: np.ndarray) -> np.ndarray:
    core = shared_core()
    network = core.read_model(model=data)
    network.reshape([1, *frame.shape])
    compiled = core.compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return np.array(compiled([frame[np.newaxis]])[0][0])


def test_a_file_with_its_own_weights_is_the_same_to_the_bit() -> None:
    assert written(model(OWN), read_weights(model(OWN))) == model(OWN)


@pytest.mark.parametrize(("own", "other"), PAIRS)
def test_a_file_with_the_weights_of_another_style_is_that_style_to_the_bit(
    own: str, other: str
) -> None:
    made = written(model(own), read_weights(model(other)))
    assert tensors(made) == tensors(model(other)) != tensors(model(own))
    frame = Demo((128, 96)).scene(0)
    assert np.array_equal(painted(made, frame), painted(model(other), frame))


@pytest.mark.parametrize(("own", "other"), PAIRS)
def test_a_file_in_fp16_has_the_weights_rounded(own: str, other: str) -> None:
    made = written(model(own, "fp16"), read_weights(model(other)))
    assert tensors(made) == tensors(model(other, "fp16"))


def test_what_a_network_lacks_is_zero() -> None:
    weights = read_weights(model(OWN))
    missing = next(name for name in weights if name.endswith(".bias") and "norm" not in name)
    del weights[missing]
    assert not np.any(read_weights(written(model(OWN), weights))[missing])


@pytest.mark.parametrize(("own", "other"), PAIRS)
def test_int8_of_a_shipped_style_paints_like_its_fp32(own: str, other: str) -> None:
    """On photos that its ranges were not measured on; those are of another size."""
    weights = read_weights(model(other))
    demo = Demo((320, 240))
    ranges, _ = activation_ranges(model(other), model(own, "int8"), [demo.scene(0), demo.scene(90)])
    made = quantised(model(own, "int8"), weights, ranges)
    photos = [Demo((384, 288)).scene(tick) for tick in (30, 150)]
    psnr_db = [cv2.PSNR(painted(made, photo), painted(model(other), photo)) for photo in photos]
    assert min(psnr_db) >= 35, psnr_db


@pytest.mark.parametrize(("style", "form"), FORMS.items())
def test_a_form_with_a_surface_paints_styles_without_one_to_the_bit(style: str, form: str) -> None:
    frame = Demo((128, 96)).scene(0)
    made = written(model(form), read_weights(model(style)))
    assert np.array_equal(painted(made, frame), painted(model(style), frame))
    assert not np.array_equal(painted(made, frame), painted(model(form), frame))


def test_a_surface_is_added_where_it_lies() -> None:
    frame = Demo((200, 150)).scene(0)
    weights = read_weights(model("shipwreck"))
    without = painted(written(model(OWN), weights), frame).astype(float)
    added = painted(model("shipwreck"), frame) - without
    tile = weights[painter.SURFACE].reshape(SURFACE_SIDE, SURFACE_SIDE)
    laid = tile[MARGIN_PX : MARGIN_PX + 150, MARGIN_PX : MARGIN_PX + 200]
    between = (without > 60).all(2) & (without < 200).all(2)
    assert np.corrcoef(added.mean(2)[between], laid[between])[0, 1] > 0.95


def test_the_metadata_is_replaced_and_the_rest_is_kept() -> None:
    once = with_metadata(model(OWN), CARD_KEY, "one")
    twice = with_metadata(once, CARD_KEY, "another")
    assert b"another" in twice and tensors(twice) == tensors(model(OWN))
    assert with_metadata(twice, CARD_KEY, "one") == once


def test_weights_are_those_of_the_network_in_torch() -> None:
    torch = pytest.importorskip("torch")
    from livestyle.nets.conditional import ConditionalLight

    shared, kernels = painter._tensors()
    network = ConditionalLight(len(next(iter(kernels.values()))))
    assert list(shared) == list(network.shared_values()), "in the order of the style vector"
    with torch.no_grad():
        for name, value in shared.items():
            network.shared[name.replace(".", "_")].copy_(torch.from_numpy(value))
        for name, value in kernels.items():
            network.kernels[name.replace(".", "_")].copy_(torch.from_numpy(value))
    style = np.random.default_rng(1).normal(size=network.style_size).astype(np.float32)
    wanted = network.weights(torch.from_numpy(style))
    found = painter.weights(style)
    for name, value in found.items():
        np.testing.assert_allclose(value, wanted[name].detach().numpy(), rtol=1e-4, atol=1e-5)
    assert all(not wanted[name].any() for name in wanted.keys() - found.keys())
