"""Every engine keeps the Stylizer contract: the same suite runs over all of them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import models
import numpy as np
import onnx
import pytest

from livestyle.engines import EngineOptions, load
from livestyle.engines.base import Engine
from livestyle.errors import EngineError, StyleError
from livestyle.frame import Pixels
from livestyle.protocols import Stylizer
from livestyle.styles.library import find_style
from livestyle.styles.style import Style

ENGINES = ("openvino", "onnxruntime", "torch")


def picture(width: int, height: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


@pytest.fixture(scope="module")
def negative(tmp_path_factory: pytest.TempPathFactory) -> Style:
    folder = tmp_path_factory.mktemp("negative")
    models.save_style(folder, "negative")
    return find_style(str(folder))


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    if request.param != "openvino":  # always there, and a bare import would report its use
        pytest.importorskip(request.param)
    return str(request.param)


@pytest.fixture
def stylizer(engine: str, negative: Style) -> Iterator[Stylizer]:
    """The negative; in torch, which has our networks only, the mosaic."""
    style = find_style("mosaic") if engine == "torch" else negative
    stylizer = load(style, EngineOptions(engine, "cpu"))
    yield stylizer
    stylizer.close()


Check = Callable[[Pixels, Pixels], None]


@pytest.fixture
def check(engine: str) -> Iterator[Check]:
    """Compares what was painted of a picture with what it should be."""
    if engine != "torch":
        yield lambda painted, pixels: np.testing.assert_array_equal(painted, 255 - pixels)
        return
    other = load(find_style("mosaic"), EngineOptions("openvino", "cpu", "fp32"))

    def close_to_openvino(painted: Pixels, pixels: Pixels) -> None:
        assert painted.shape == pixels.shape
        assert np.abs(painted.astype(int) - other(pixels)).mean() < 0.1

    yield close_to_openvino
    other.close()


@pytest.mark.parametrize("size", [(64, 48), (61, 43), (33, 200), (1, 1), (5, 70), (40, 2)])
def test_paints_any_size(stylizer: Stylizer, check: Check, size: tuple[int, int]) -> None:
    pixels = picture(*size)
    painted = stylizer(pixels)
    assert painted.dtype == np.uint8
    assert painted.flags.c_contiguous
    check(painted, pixels)


def test_size_may_change_at_any_time(stylizer: Stylizer, check: Check) -> None:
    for turn, size in enumerate([(64, 48), (48, 64), (64, 48), (70, 70), (80, 33), (64, 48)]):
        pixels = picture(*size, seed=turn)
        check(stylizer(pixels), pixels)


@pytest.mark.parametrize("size", [(64, 48), (3, 3)])
def test_memory_is_its_own(stylizer: Stylizer, check: Check, size: tuple[int, int]) -> None:
    first, second = picture(*size, seed=1), picture(*size, seed=2)
    kept = first.copy()
    painted = stylizer(first)
    stylizer(second)
    check(painted, kept)
    assert not np.may_share_memory(painted, first)
    painted[:] = 7  # a sink may draw on it
    np.testing.assert_array_equal(first, kept)
    check(stylizer(first), kept)


def test_takes_views_and_read_only_pictures(stylizer: Stylizer, check: Check) -> None:
    mirrored = picture(64, 48)[:, ::-1]
    check(stylizer(mirrored), mirrored)
    frozen = picture(64, 48)
    frozen.flags.writeable = False
    check(stylizer(frozen), frozen)


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
def test_refuses_what_is_no_picture(stylizer: Stylizer, check: Check, wrong: np.ndarray) -> None:
    with pytest.raises(EngineError, match=r"RGB pictures as uint8 \(H, W, 3\)"):
        stylizer(wrong)
    pixels = picture(64, 48)
    check(stylizer(pixels), pixels)


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


def test_failure_inside_the_engine_names_size_and_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(engine: Engine, batch: Pixels) -> Pixels:
        raise RuntimeError("out of memory")

    models.save_style(tmp_path, "blur", models.blur_model())
    pytest.importorskip("onnxruntime")
    for engine in ("openvino", "onnxruntime"):
        stylizer = load(find_style(str(tmp_path)), EngineOptions(engine, "cpu"))
        monkeypatch.setattr(type(stylizer), "_run", fail)
        with pytest.raises(EngineError, match=r"64x48 \(out of memory\).*Try a smaller --size"):
            stylizer(picture(64, 48))


def test_model_of_another_output_size_is_refused(tmp_path: Path) -> None:
    model = models.invert_model()
    half = onnx.helper.make_node(
        "Slice", ["wide", "start", "stop", "axis"], ["painted"], name="half"
    )
    model.graph.node[-1].output[0] = "wide"
    model.graph.node.append(half)
    for name, value in (("start", 0), ("stop", 16), ("axis", 2)):
        model.graph.initializer.append(onnx.numpy_helper.from_array(np.array([value]), name))
    models.save_style(tmp_path, "narrow", model)
    with pytest.raises(StyleError, match=r"gives \[1, 32, 16, 3\], not a picture of that size"):
        load(find_style(str(tmp_path)))
