"""Every engine keeps the Stylizer contract: the same suite runs over all of them."""

from collections.abc import Iterator
from pathlib import Path

import models
import numpy as np
import pytest

from livestyle.engines import EngineOptions, load
from livestyle.errors import EngineError
from livestyle.library import find_style
from livestyle.stages import Stylizer
from livestyle.style import Style

ENGINES = ("openvino", "onnxruntime", "torchscript")


def picture(width: int, height: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


@pytest.fixture(scope="module")
def negative(tmp_path_factory: pytest.TempPathFactory) -> Style:
    """A style in every format that can be made here."""
    folder = tmp_path_factory.mktemp("negative")
    card = models.save_style(folder, "negative")
    try:
        traced = models.save_torchscript(folder / "negative.pt", card)
    except ImportError:
        pass
    else:
        card.with_files([*card.files, traced]).save(folder)
    return find_style(str(folder))


@pytest.fixture(params=ENGINES)
def stylizer(request: pytest.FixtureRequest, negative: Style) -> Iterator[Stylizer]:
    if request.param != "openvino":  # always there, and a bare import would report its use
        pytest.importorskip({"torchscript": "torch"}.get(request.param, request.param))
    stylizer = load(negative, EngineOptions(request.param, "cpu"))
    yield stylizer
    stylizer.close()


@pytest.mark.parametrize("size", [(64, 48), (61, 43), (33, 200), (1, 1), (5, 70), (40, 2)])
def test_paints_any_size(stylizer: Stylizer, size: tuple[int, int]) -> None:
    pixels = picture(*size)
    painted = stylizer(pixels)
    assert painted.dtype == np.uint8
    assert painted.flags.c_contiguous
    np.testing.assert_array_equal(painted, 255 - pixels)


def test_size_may_change_at_any_time(stylizer: Stylizer) -> None:
    for turn, size in enumerate([(64, 48), (48, 64), (64, 48), (70, 70), (80, 33), (64, 48)]):
        pixels = picture(*size, seed=turn)
        np.testing.assert_array_equal(stylizer(pixels), 255 - pixels)


@pytest.mark.parametrize("size", [(64, 48), (3, 3)])
def test_memory_is_its_own(stylizer: Stylizer, size: tuple[int, int]) -> None:
    first, second = picture(*size, seed=1), picture(*size, seed=2)
    kept = first.copy()
    painted = stylizer(first)
    stylizer(second)
    np.testing.assert_array_equal(painted, 255 - kept)
    assert not np.may_share_memory(painted, first)
    painted[:] = 7  # a sink may draw on it
    np.testing.assert_array_equal(first, kept)
    np.testing.assert_array_equal(stylizer(first), 255 - kept)


def test_takes_views_and_read_only_pictures(stylizer: Stylizer) -> None:
    mirrored = picture(64, 48)[:, ::-1]
    np.testing.assert_array_equal(stylizer(mirrored), 255 - mirrored)
    frozen = picture(64, 48)
    frozen.flags.writeable = False
    np.testing.assert_array_equal(stylizer(frozen), 255 - frozen)


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((48, 64, 3), np.float32),
        np.zeros((48, 64, 4), np.uint8),
        np.zeros((48, 64), np.uint8),
        np.zeros((0, 64, 3), np.uint8),
        None,
    ],
    ids=["float", "rgba", "grey", "empty", "none"],
)
def test_refuses_what_is_no_picture(stylizer: Stylizer, wrong: np.ndarray) -> None:
    with pytest.raises(EngineError, match=r"RGB pictures as uint8 \(H, W, 3\)"):
        stylizer(wrong)
    pixels = picture(64, 48)
    np.testing.assert_array_equal(stylizer(pixels), 255 - pixels)


def test_says_what_runs(stylizer: Stylizer) -> None:
    assert stylizer.info.engine in ENGINES
    assert stylizer.info.device.upper() == "CPU"
    assert stylizer.info.precision == "fp32"


def test_closed_is_closed(stylizer: Stylizer) -> None:
    stylizer(picture(64, 48))
    stylizer.close()
    stylizer.close()
    with pytest.raises(EngineError, match="closed"):
        stylizer(picture(64, 48))


def test_threads_are_taken(negative: Style) -> None:
    for engine in ("openvino", "onnxruntime"):
        pytest.importorskip(engine)
        stylizer = load(negative, EngineOptions(engine, "cpu", threads=1))
        assert stylizer(picture(64, 48)).shape == (48, 64, 3)
        stylizer.close()


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("size", [(64, 48), (61, 75), (32, 32)])
def test_real_layers_agree_with_the_reference(
    engine: str, size: tuple[int, int], tmp_path: Path
) -> None:
    pytest.importorskip(engine)
    model = models.blur_model()
    models.save_style(tmp_path, "blur", model)
    stylizer = load(find_style(str(tmp_path)), EngineOptions(engine, "cpu"))
    pixels = picture(*size)
    expected = models.reference(model, pixels)
    assert expected.std() > 20  # it is a picture, not a flat field that anything would match
    difference = np.abs(stylizer(pixels).astype(int) - expected)
    assert difference.max() <= 1


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_small_pictures_are_widened_by_their_edge(engine: str, tmp_path: Path) -> None:
    pytest.importorskip(engine)
    model = models.blur_model()
    models.save_style(tmp_path, "blur", model)
    stylizer = load(find_style(str(tmp_path)), EngineOptions(engine, "cpu"))
    pixels = picture(50, 7)
    widened = np.pad(pixels, ((0, 25), (0, 0), (0, 0)), "edge")
    expected = models.reference(model, widened)[:7]
    assert np.abs(stylizer(pixels).astype(int) - expected).max() <= 1


def test_failure_inside_the_engine_names_size_and_way_out(tmp_path: Path) -> None:
    model = models.blur_model()
    pads = next(tensor for tensor in model.graph.initializer if tensor.name == "pads")
    far = np.array([0, 0, 100, 100, 0, 0, 100, 100])  # reflects more pixels than there are
    pads.CopyFrom(models.numpy_helper.from_array(far, "pads"))
    models.save_style(tmp_path, "far", model)
    pytest.importorskip("onnxruntime")
    named = r"64x48.*Try a smaller --size"
    # OpenVINO before 2026.4 reflects what is not there; then the picture has the wrong size.
    said = {"onnxruntime": named, "openvino": rf"{named}|gave uint8 .* \(1, 48, 64, 3\)"}
    for engine in ("openvino", "onnxruntime"):
        stylizer = load(find_style(str(tmp_path)), EngineOptions(engine, "cpu"))
        with pytest.raises(EngineError, match=said[engine]):
            stylizer(picture(64, 48))


def test_model_of_another_output_size_is_refused(tmp_path: Path) -> None:
    model = models.invert_model()
    half = models.helper.make_node(
        "Slice", ["wide", "start", "stop", "axis"], ["painted"], name="half"
    )
    model.graph.node[-1].output[0] = "wide"
    model.graph.node.append(half)
    for name, value in (("start", 0), ("stop", 16), ("axis", 2)):
        model.graph.initializer.append(models.numpy_helper.from_array(np.array([value]), name))
    models.save_style(tmp_path, "narrow", model)
    stylizer = load(find_style(str(tmp_path)))
    with pytest.raises(EngineError, match=r"gave uint8 \(1, 48, 16, 3\)"):
        stylizer(picture(64, 48))
