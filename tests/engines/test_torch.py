"""The torch engine: a style's checkpoint in the project's own network, and no other file."""

import json
import logging
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import models
import numpy as np
import pytest

from livestyle.engines import EngineOptions, load
from livestyle.errors import EngineError, StyleError
from livestyle.frame import Pixels
from livestyle.sources.demo import Demo
from livestyle.styles.checkpoint_file import CHECKPOINT_FILE, MAX_HEADER_BYTES
from livestyle.styles.library import find_style
from livestyle.styles.pack import write_pack
from livestyle.styles.style import Style, style_files

pytest.importorskip("torch")
pytest.importorskip("safetensors")

TORCH = EngineOptions("torch", "cpu")


def psnr_db(a: Pixels, b: Pixels) -> float:
    error = np.mean((a.astype(float) - b.astype(float)) ** 2)
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def painted(style: Style, options: EngineOptions, picture: Pixels) -> Pixels:
    stylizer = load(style, options)
    try:
        return stylizer(picture)
    finally:
        stylizer.close()


@pytest.fixture
def mosaic(tmp_path: Path) -> Path:
    """A copy of the mosaic to change."""
    for name, data in style_files(find_style("mosaic")).items():
        (tmp_path / "mosaic").mkdir(exist_ok=True)
        (tmp_path / "mosaic" / name).write_bytes(data)
    return tmp_path / "mosaic"


@pytest.mark.parametrize("name", ["mosaic", "great_wave"])
@pytest.mark.parametrize("size", [(320, 240), (161, 118), (9, 9)])
def test_it_paints_what_the_onnx_file_paints(name: str, size: tuple[int, int]) -> None:
    style = find_style(name)
    picture = np.ascontiguousarray(Demo((320, 240), paced=False).scene(0)[: size[1], : size[0]])
    onnx = painted(style, EngineOptions("openvino", "cpu", "fp32"), picture)
    assert psnr_db(painted(style, TORCH, picture), onnx) > 45
    assert psnr_db(picture, onnx) < 30, "it is painted at all"


def test_a_pack_is_painted_from_its_checkpoint(mosaic: Path, tmp_path: Path) -> None:
    pack = tmp_path / "mosaic.livestyle"
    write_pack(pack, style_files(find_style(str(mosaic))))
    picture = Demo((96, 64), paced=False).scene(0)
    same = painted(find_style(str(mosaic)), TORCH, picture)
    np.testing.assert_array_equal(painted(find_style(str(pack)), TORCH, picture), same)


@pytest.mark.parametrize("fill", [0.0, 0.5])
def test_fill_leaves_out_what_it_leaves_out_of_the_onnx_file(fill: float) -> None:
    style, wall = find_style("mosaic"), np.full((96, 128, 3), 150, np.uint8)
    whole = painted(style, TORCH, wall)
    less = painted(style, EngineOptions("torch", "cpu", noise=fill), wall)
    onnx = painted(style, EngineOptions("openvino", "cpu", "fp32", noise=fill), wall)
    assert psnr_db(less, onnx) > 45
    assert psnr_db(less, whole) < 35, "it changes the picture"


def test_the_former_name_is_taken_and_the_new_one_said(caplog: pytest.LogCaptureFixture) -> None:
    assert EngineOptions("torchscript").engine == "torch"
    assert "torchscript is called torch now" in caplog.text
    assert "never a TorchScript program" in caplog.text


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_precisions_that_torch_does_not_paint_in(precision: str) -> None:
    with pytest.raises(EngineError, match=f"torch on cpu paints in fp32, not in {precision}"):
        load(find_style("mosaic"), EngineOptions("torch", "cpu", precision))


def test_the_checkpoint_is_of_the_usual_network_and_no_other(mosaic: Path) -> None:
    style = find_style(str(mosaic))
    assert style.checkpoint and style.fine and style.fine.checkpoint is None
    alone = find_style(str(mosaic / "mosaic-fp32.onnx"))
    for other in (style.fine, alone):
        with pytest.raises(StyleError, match=f"no {CHECKPOINT_FILE} of this network"):
            load(other, TORCH)


def header_of(data: bytes) -> tuple[dict[str, Any], bytes]:
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def with_header(data: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    header, numbers = header_of(data)
    change(header)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + numbers


def with_net(data: bytes, net: object) -> bytes:
    def change(header: dict[str, Any]) -> None:
        config = json.loads(header["__metadata__"]["config"])
        header["__metadata__"]["config"] = json.dumps({**config, "net": net})

    return with_header(data, change)


def retyped(header: dict[str, Any]) -> None:
    header["net.up2.weight"]["dtype"] = "I32"


def reshaped(header: dict[str, Any]) -> None:
    header["net.up2.weight"]["shape"].reverse()


def offset(*bounds: object) -> Callable[[dict[str, Any]], None]:
    def change(header: dict[str, Any]) -> None:
        header["net.up2.weight"]["data_offsets"] = list(bounds)

    return change


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "pickle": lambda data: b"\x80\x04.",
    "cut": lambda data: data[: len(data) // 2],
    "cut in the header": lambda data: data[:100],
    "endless header": lambda data: struct.pack("<Q", 1 << 62) + data[8:],
    "long header": lambda data: struct.pack("<Q", MAX_HEADER_BYTES + 1) + b" " * (2 << 20),
    "no JSON": lambda data: struct.pack("<Q", 9) + b"nonsense!" + data,
    "nested": lambda data: struct.pack("<Q", 200_000) + b"[" * 200_000,
    "a list": lambda data: struct.pack("<Q", 2) + b"[]",
    "no metadata": lambda data: with_header(data, lambda header: header.pop("__metadata__")),
    "another network": lambda data: with_net(data, "johnson"),
    "no such network": lambda data: with_net(data, "os.system"),
    "network of no name": lambda data: with_net(data, ["light"]),
    "a tensor is gone": lambda data: with_header(data, lambda h: h.pop("net.up2.weight")),
    "another type": lambda data: with_header(data, retyped),
    "another shape": lambda data: with_header(data, reshaped),
    "beyond the end": lambda data: with_header(data, offset(0, 1 << 40)),
    "before the start": lambda data: with_header(data, offset(-8, 0)),
    "no offsets": lambda data: with_header(data, offset("a", None)),
    "not finite": lambda data: data[:-4] + struct.pack("<f", float("nan")),
}


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("fill", [1.0, 0.0])
def test_a_checkpoint_that_is_none_is_refused_in_a_sentence(
    kind: str, fill: float, mosaic: Path
) -> None:
    path = mosaic / CHECKPOINT_FILE
    path.write_bytes(BROKEN[kind](path.read_bytes()))
    style = find_style(str(mosaic))
    with pytest.raises(StyleError, match=r"checkpoint|no network called"):
        load(style, EngineOptions("torch", "cpu", noise=fill))
    stylizer = load(style, EngineOptions("openvino", "cpu"))  # which does not read it
    stylizer.close()


@pytest.mark.parametrize("engine", ["auto", "openvino"])
def test_torch_is_imported_for_its_own_engine_and_no_other(engine: str) -> None:
    program = (
        "import sys, numpy\n"
        "from livestyle.engines import EngineOptions, load\n"
        "from livestyle.styles.library import find_style\n"
        f"load(find_style('mosaic'), EngineOptions({engine!r}))(numpy.zeros((64, 64, 3), 'u1'))\n"
        "print({'torch', 'safetensors'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_missing_torch_is_said_with_the_way_round(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with caplog.at_level(logging.ERROR), pytest.raises(EngineError, match="pip install torch"):
        load(find_style("mosaic"), TORCH)


def test_a_style_without_a_checkpoint_names_the_engines_that_paint_it(tmp_path: Path) -> None:
    models.save_style(tmp_path)
    with pytest.raises(StyleError, match=r"which torch needs\. Take --engine openvino"):
        load(find_style(str(tmp_path)), TORCH)


def test_half_precision_in_channels_last_paints_the_same_on_a_graphics_card() -> None:
    import torch

    if not torch.cuda.is_available():
        pytest.skip("there is no CUDA device here")
    style, picture = find_style("mosaic"), Demo((321, 243), paced=False).scene(0)
    onnx = painted(style, EngineOptions("openvino", "cpu", "fp32"), picture)
    stylizer = load(style, EngineOptions("torch", "cuda"))
    assert (stylizer.info.device, stylizer.info.precision) == ("cuda:0", "fp16")
    assert psnr_db(stylizer(picture), onnx) > 40
    stylizer.close()
