"""Networks leave whole, and none leaves that differs from its origin."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import onnx
import pytest
import torch

from livestyle.cli.export import export as export_command
from livestyle.engines import EngineOptions, load
from livestyle.errors import ExportError, SinkError
from livestyle.export import MIN_FRAME_SIDE_PX, torchscript
from livestyle.export.onnx import to_onnx
from livestyle.export.style import Target, export_style
from livestyle.export.torchscript import RECORD_FILE, export_torchscript, to_torchscript
from livestyle.export.verify import MAX_DB, paint_with_torch, psnr_db, verify
from livestyle.frame import Pixels
from livestyle.nets import build_net
from livestyle.nets.frame_model import FrameModel
from livestyle.nets.light import SEED_SIDE
from livestyle.protocols import EngineInfo, Stylizer
from livestyle.styles.card import CARD_FILE, CARD_KEY, ModelFile, StyleCard
from livestyle.styles.library import find_style
from livestyle.styles.model_file import card_inside
from livestyle.training.checkpoint import Checkpoint, load_checkpoint
from livestyle.training.config import TrainConfig


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    torch.manual_seed(0)
    config = TrainConfig(
        style_image=Path("/home/somebody/painting.jpg"),
        photos=Path("/home/somebody/photos"),
        name="test",
        out=Path("/home/somebody/run"),
        vgg_weights=Path("/home/somebody/vgg.safetensors"),
        artist="Somebody",
    )
    net = build_net("light")
    for name, weight in net.named_parameters():  # awake and bell-shaped, as in a trained network
        if name.startswith("trunk.") and name.endswith("norm2.weight"):
            torch.nn.init.constant_(weight, 0.5)
        if name.startswith("trunk.") and weight.ndim == 4:  # flat, they saturate int8 sums on AVX2
            torch.nn.init.kaiming_normal_(weight)
    return Checkpoint(config, 10, net.state_dict(), {"0.exp_avg": torch.zeros(3)}, {"style": 1.0})


@pytest.fixture(scope="module")
def frames() -> list[Pixels]:
    """Smooth random pictures of odd sizes."""
    rng = np.random.default_rng(0)

    def picture(width: int, height: int) -> Pixels:
        coarse = rng.integers(0, 256, (height // 8 + 2, width // 8 + 2, 3), dtype=np.uint8)
        return np.kron(coarse, np.ones((8, 8, 1), np.uint8))[:height, :width]

    return [np.ascontiguousarray(picture(70 + 3 * n, 61 + 2 * n)) for n in range(8)]


@pytest.fixture(scope="module")
def style_folder(
    checkpoint: Checkpoint, frames: list[Pixels], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    out = tmp_path_factory.mktemp("exports")
    targets = [
        Target("onnx", "fp32"),
        Target("onnx", "fp16"),
        Target("onnx", "int8"),
    ]
    export_style(checkpoint, out / "test", frames, targets)
    return out / "test"


def test_the_folder_is_a_style_with_figures_above_the_bars(style_folder: Path) -> None:
    card = find_style(str(style_folder)).card
    figures = {(file.format, file.precision): file.psnr_db for file in card.files}
    assert figures["onnx", "fp32"] >= 45
    assert figures["onnx", "fp16"] >= 40
    assert figures["onnx", "int8"] >= 30
    assert card.artist == "Somebody"
    assert card.parameters == 87_132


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime", "torch"])
def test_every_engine_shows_the_picture_of_the_network(
    engine: str, style_folder: Path, checkpoint: Checkpoint
) -> None:
    net = build_net("light").eval()
    net.load_state_dict(checkpoint.net)
    rng = np.random.default_rng(1)
    stylizer = load(find_style(str(style_folder)), EngineOptions(engine, "cpu", "fp32"))
    for height, width in ((64, 64), (67, 53), (35, 90)):
        frame = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        assert psnr_db(stylizer(frame), paint_with_torch(net, frame)) > 45
    stylizer.close()


@pytest.mark.parametrize("engine", ["openvino", "torch"])
def test_a_style_is_exported_with_its_pattern(
    engine: str, checkpoint: Checkpoint, frames: list[Pixels], tmp_path: Path
) -> None:
    stripes = torch.tensor([1.0, -1.0]).repeat(SEED_SIDE // 2).repeat(SEED_SIDE, 1)[None, None]
    scale = torch.linspace(-1, 1, 32)[None, :, None, None]
    state = checkpoint.net | {"seed.pattern": stripes, "seed.pattern_scale": scale}
    export_style(replace(checkpoint, net=state), tmp_path / "x", frames, [Target("onnx", "fp32")])
    style = find_style(str(tmp_path / "x"))
    stylizer = load(style, EngineOptions(engine, "cpu", "fp32"))
    without = load(style, EngineOptions(engine, "cpu", "fp32", noise=0.0))
    grey = np.full((64, 64, 3), 128, np.uint8)
    net = build_net("light").eval()
    net.load_state_dict(state)
    assert psnr_db(stylizer(grey), paint_with_torch(net, grey)) > 45
    inner = np.s_[16:-16, 16:-16]
    assert stylizer(grey)[inner].std(axis=1).max() > 2 > without(grey)[inner].std(axis=1).max()
    stylizer.close()
    without.close()


def test_the_onnx_files_are_self_contained_and_carry_the_card(style_folder: Path) -> None:
    for precision in ("fp32", "fp16", "int8"):
        model = onnx.load(style_folder / f"test-{precision}.onnx")
        onnx.checker.check_model(model)
        assert not any(tensor.external_data for tensor in model.graph.initializer)
        metadata = {entry.key: entry.value for entry in model.metadata_props}
        assert StyleCard.from_json(metadata[CARD_KEY], "file").name == "test"
        shapes = [
            [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]
            for value in (model.graph.input[0], model.graph.output[0])
        ]
        assert shapes == [[1, "height", "width", 3]] * 2
    int8 = onnx.load(style_folder / "test-int8.onnx")
    assert any(node.op_type == "QuantizeLinear" for node in int8.graph.node)


def test_the_sums_of_an_int8_file_stay_in_floating_point(style_folder: Path) -> None:
    graph = onnx.load(style_folder / "test-int8.onnx").graph
    makers = {name: node.op_type for node in graph.node for name in node.output}
    sums = [node for node in graph.node if node.op_type == "Add"]
    assert len(sums) >= 4
    assert not any(makers.get(name) == "DequantizeLinear" for node in sums for name in node.input)


def test_the_activations_of_an_int8_file_lie_about_zero(style_folder: Path) -> None:
    graph = onnx.load(style_folder / "test-int8.onnx").graph
    constants = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    zeros = [
        constants[node.input[2]]
        for node in graph.node
        if node.op_type in ("QuantizeLinear", "DequantizeLinear") and len(node.input) == 3
    ]
    assert zeros and not any(zero.any() for zero in zeros)


def test_no_folder_of_the_maker_is_told(style_folder: Path) -> None:
    for file in style_folder.iterdir():
        assert b"somebody/" not in file.read_bytes(), file


def test_a_shipped_network_can_be_trained_on(style_folder: Path, checkpoint: Checkpoint) -> None:
    loaded = load_checkpoint(style_folder)
    assert loaded.step == 10 and not loaded.moments
    assert torch.equal(loaded.net["up2.weight"], checkpoint.net["up2.weight"])


def test_a_network_with_finer_strokes_goes_along(
    checkpoint: Checkpoint, frames: list[Pixels], tmp_path: Path
) -> None:
    torch.manual_seed(1)
    net = build_net("light").eval()
    config = replace(checkpoint.config, stroke=0.5)
    fine = Checkpoint(config, 5, net.state_dict(), {}, {})
    export_style(checkpoint, tmp_path / "test", frames, fine=fine)
    style = find_style(str(tmp_path / "test"))
    assert [file.precision for file in style.card.fine] == ["fp16", "int8"]
    assert style.fine and style.fine.card.files == style.card.fine
    assert style.card.training["fine"] == {"steps": 5, "stroke": 0.5}
    stylizer = load(style.fine, EngineOptions("openvino", "cpu", "int8"))
    assert psnr_db(stylizer(frames[0]), paint_with_torch(net, frames[0])) > 30
    stylizer.close()
    with pytest.raises(ExportError, match=r"takes --stroke 0\.5"):
        export_style(checkpoint, tmp_path / "other", frames, fine=checkpoint)


def test_a_network_twice_as_wide_is_a_style_of_its_own(
    checkpoint: Checkpoint, frames: list[Pixels], tmp_path: Path
) -> None:
    torch.manual_seed(1)
    net = build_net("rich").eval()
    config = replace(checkpoint.config, net="rich")
    wide = Checkpoint(config, 7, net.state_dict(), {}, {})
    export_style(wide, tmp_path / "test", frames, [Target("onnx", "fp32")])
    style = find_style(str(tmp_path / "test"))
    assert (style.card.net, style.card.parameters) == ("rich", 340_652)
    assert card_inside(style.path(style.card.files[0])).net == "rich"
    for engine in ("openvino", "torch"):
        with load(style, EngineOptions(engine, "cpu", "fp32")) as stylizer:
            assert psnr_db(stylizer(frames[0]), paint_with_torch(net, frames[0])) > 45


def test_an_older_style_is_replaced_only_when_told(
    checkpoint: Checkpoint, frames: list[Pixels], tmp_path: Path
) -> None:
    targets = [Target("onnx", "fp32")]
    folder = tmp_path / "test"
    export_style(checkpoint, folder, frames[:1], targets)
    with pytest.raises(SinkError, match="--overwrite"):
        export_style(checkpoint, folder, frames[:1], targets)
    export_style(replace(checkpoint, step=99), folder, frames[:1], targets, overwrite=True)
    assert json.loads((folder / CARD_FILE).read_text())["training"]["steps"] == 99
    assert [path.name for path in tmp_path.iterdir()] == ["test"]
    (folder / CARD_FILE).unlink()  # now it is somebody's folder, not a style
    with pytest.raises(SinkError, match="is already there"):
        export_style(checkpoint, folder, frames[:1], targets, overwrite=True)


class Inverter(Stylizer):
    """A stylizer that is nothing like its network."""

    info = EngineInfo("openvino", "CPU", "fp32")

    def __call__(self, pixels: Pixels) -> Pixels:
        return 255 - pixels

    def close(self) -> None:
        """Nothing to free."""


def test_a_file_that_differs_does_not_leave(frames: list[Pixels]) -> None:
    with pytest.raises(ExportError, match="differs too much"):
        verify(Inverter(), frames, frames, "int8")


def test_torchscript_has_no_int8() -> None:
    with pytest.raises(ExportError, match="fp32 or fp16"):
        Target("torchscript", "int8")


def test_torchscript_leaves_into_a_folder_of_its_own_with_its_figures(
    checkpoint: Checkpoint, frames: list[Pixels], tmp_path: Path
) -> None:
    folder = tmp_path / "test-torchscript"
    targets = [Target("torchscript", "fp32"), Target("torchscript", "fp16")]
    said: list[str] = []
    files = export_torchscript(
        checkpoint, folder, frames, targets, on_file=lambda file: said.append(file.path)
    )
    assert said == ["test-fp32.pt", "test-fp16.pt"]
    assert {path.name for path in folder.iterdir()} == {*said, RECORD_FILE}
    stored = json.loads((folder / RECORD_FILE).read_text())
    assert stored["style"] == "test"
    assert [ModelFile(**entry) for entry in stored["files"]] == files
    for file, bar in zip(files, (45, 40), strict=True):
        data = (folder / file.path).read_bytes()
        assert hashlib.sha256(data).hexdigest() == file.sha256 and file.psnr_db >= bar
        extra = {CARD_KEY: ""}
        program = torch.jit.load(str(folder / file.path), _extra_files=extra)
        assert StyleCard.from_json(extra[CARD_KEY], "file").name == "test"
        net = build_net("light").eval()
        net.load_state_dict(checkpoint.net)
        picture = program(torch.tensor(frames[0])[None])[0].numpy()
        assert psnr_db(picture, paint_with_torch(net, frames[0])) > bar - 3
    with pytest.raises(SinkError, match="--overwrite"):
        export_torchscript(checkpoint, folder, frames, targets)
    export_torchscript(checkpoint, folder, frames, targets[:1], overwrite=True)
    assert {path.name for path in folder.iterdir()} == {"test-fp32.pt", RECORD_FILE}


def test_a_torchscript_file_that_differs_does_not_leave(
    checkpoint: Checkpoint,
    frames: list[Pixels],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def another(*_: object) -> bytes:
        torch.manual_seed(5)
        return to_torchscript(build_net("light"), "fp32", "{}")

    monkeypatch.setattr(torchscript, "to_torchscript", another)
    with pytest.raises(ExportError, match="differs too much"):
        export_torchscript(checkpoint, tmp_path / "t", frames, [Target("torchscript", "fp32")])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["light", "rich", "johnson"])
def test_the_least_frame_of_an_exported_model_is_the_one_that_help_names(name: str) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    onnxruntime.set_default_logger_severity(4)
    model = to_onnx(build_net(name).eval(), "fp32").SerializeToString()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])

    def paint(height: int, width: int) -> tuple[int, ...]:
        frame = np.full((1, height, width, 3), 100, np.uint8)
        return tuple(session.run(None, {"frame": frame})[0].shape)

    least = MIN_FRAME_SIDE_PX
    for size in ((least, least), (least, 300), (300, least), (least + 1, least + 2)):
        assert paint(*size) == (1, *size, 3)
    for size in ((least - 1, least), (least, least - 1)):
        with pytest.raises(Exception, match="Pad"):
            paint(*size)
    help_text = " ".join(export_command.get_help(click.Context(export_command)).split())
    page = " ".join((Path(__file__).parents[2] / "docs/export.md").read_text("utf-8").split())
    assert f"height and width of {least} or more" in help_text
    assert f"height and width of {least} or more" in page


def test_psnr() -> None:
    black = np.zeros((4, 4, 3), np.uint8)
    assert psnr_db(black, black) == MAX_DB
    assert psnr_db(black, black + 255) == 0
    assert psnr_db(black, black + 1) == pytest.approx(48.13, abs=0.01)


def test_the_graph_pads_and_crops_inside() -> None:
    net = build_net("light")
    model = FrameModel(net).eval()
    frame = torch.randint(0, 256, (1, 37, 50, 3), dtype=torch.uint8)
    with torch.inference_mode():
        painted = model(frame)
    assert painted.shape == frame.shape and painted.dtype == torch.uint8


class Framer(torch.nn.Module):
    """Returns what it gets, with the line along the border that padding leaves."""

    size_multiple = 4

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        framed = torch.zeros_like(x)
        framed[..., 3:-3, 3:-3] = x[..., 3:-3, 3:-3]
        return framed


@pytest.mark.parametrize("size", [(37, 50), (40, 48)])
def test_the_border_that_a_network_draws_is_cut_off(size: tuple[int, int]) -> None:
    frame = torch.randint(0, 256, (1, *size, 3), dtype=torch.uint8)
    assert torch.equal(FrameModel(Framer())(frame), frame)
