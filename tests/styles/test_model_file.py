"""No engine sees a file that was not looked through: what is refused, and in which words."""

import hashlib
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import models
import onnx
import pytest
from onnx import TensorProto, helper

from livestyle.engines import EngineOptions, load
from livestyle.errors import StyleError
from livestyle.styles import model_file, onnx_file
from livestyle.styles.onnx_file import NotOnnxError, read_facts
from livestyle.styles.style import Style


def check(path: Path) -> bytes:
    """Reads it as an engine would, the card telling the truth about its hash."""
    return model_file.read_model(path, models.file_entry(path, "onnx", "fp32"))


def saved(model: onnx.ModelProto, folder: Path) -> Path:
    models.save_onnx(model, folder / "model.onnx")
    return folder / "model.onnx"


def external(name: str = "outside") -> onnx.TensorProto:
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=[1])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")
    return tensor


def with_initializer(model: onnx.ModelProto) -> None:
    model.graph.initializer.append(external())


def with_constant(model: onnx.ModelProto) -> None:
    model.graph.node.append(helper.make_node("Constant", [], ["c"], value=external()))


def with_tensor_list(model: onnx.ModelProto) -> None:
    node = helper.make_node("Constant", [], ["c"])
    node.attribute.append(
        onnx.AttributeProto(name="v", type=onnx.AttributeProto.TENSORS, tensors=[external()])
    )
    model.graph.node.append(node)


def with_subgraph(model: onnx.ModelProto) -> None:
    inner = helper.make_graph([], "inner", [], [], [external()])
    outer = helper.make_graph(
        [helper.make_node("If", ["c"], ["r"], then_branch=inner, else_branch=inner)], "o", [], []
    )
    node = helper.make_node("If", ["c"], ["r"], then_branch=outer, else_branch=outer)
    model.graph.node.append(node)


def with_sparse(model: onnx.ModelProto) -> None:
    sparse = model.graph.sparse_initializer.add()
    sparse.values.CopyFrom(external())


def with_function(model: onnx.ModelProto) -> None:
    node = helper.make_node("Constant", [], ["c"], value=external())
    function = helper.make_function("", "f", [], ["c"], [node], [helper.make_opsetid("", 17)])
    model.functions.append(function)


def with_training(model: onnx.ModelProto) -> None:
    model.training_info.add().algorithm.initializer.append(external())


def with_location_only(model: onnx.ModelProto) -> None:
    model.graph.initializer.add(name="w", data_location=TensorProto.EXTERNAL)


@pytest.mark.parametrize(
    "hide",
    [
        with_initializer,
        with_constant,
        with_tensor_list,
        with_subgraph,
        with_sparse,
        with_function,
        with_training,
        with_location_only,
    ],
)
def test_external_data_is_found_wherever_it_hides(
    hide: Callable[[onnx.ModelProto], None], tmp_path: Path
) -> None:
    model = models.invert_model()
    hide(model)
    with pytest.raises(StyleError, match="external data in other files"):
        check(saved(model, tmp_path))


def test_foreign_operators(tmp_path: Path) -> None:
    with pytest.raises(StyleError, match=r"operators of evil\.corp"):
        check(saved(models.invert_model(domain="evil.corp"), tmp_path))


def test_foreign_operators_in_a_subgraph(tmp_path: Path) -> None:
    model = models.invert_model()
    inner = helper.make_graph([helper.make_node("Run", [], ["r"], domain="hidden")], "i", [], [])
    model.graph.node.append(
        helper.make_node("If", ["c"], ["r"], then_branch=inner, else_branch=inner)
    )
    with pytest.raises(StyleError, match="operators of hidden"):
        check(saved(model, tmp_path))


def test_microsofts_operators_are_not_taken(tmp_path: Path) -> None:
    with pytest.raises(StyleError, match=r"operators of com\.microsoft"):
        check(saved(models.invert_model(domain="com.microsoft"), tmp_path))


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"input_name": "image"}, "`image` uint8"),
        ({"input_type": TensorProto.FLOAT}, "`frame` float32"),
        ({"output_type": TensorProto.FLOAT}, "`painted` float32"),
        ({"shape": [1, 3, "H", "W"]}, r"\[1, 3, \?, \?\]"),
        ({"shape": [1, 480, 640, 3]}, r"\[1, 480, 640, 3\]"),
        ({"shape": [1, "H", "W"]}, r"\[1, \?, \?\]"),
    ],
)
def test_another_model_is_no_style(changes: dict[str, object], found: str, tmp_path: Path) -> None:
    with pytest.raises(StyleError, match=f"no livestyle style: it has .*{found}"):
        check(saved(models.invert_model(**changes), tmp_path))


def test_two_inputs_are_one_too_many(tmp_path: Path) -> None:
    model = models.invert_model()
    model.graph.input.append(helper.make_tensor_value_info("mask", TensorProto.UINT8, [1]))
    with pytest.raises(StyleError, match="`mask` uint8"):
        check(saved(model, tmp_path))


def test_weights_listed_as_inputs_are_no_inputs(tmp_path: Path) -> None:
    model = models.invert_model()
    model.graph.input.append(helper.make_tensor_value_info("white", TensorProto.FLOAT, []))
    assert check(saved(model, tmp_path))


@pytest.mark.parametrize(
    "data", [b"", b"\x00" * 100, b"hello world", b"\x89PNG\r\n\x1a\n", b"<html></html>"]
)
def test_what_is_not_onnx(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(data)
    with pytest.raises(StyleError, match="not an ONNX model"):
        check(path)


def test_truncated_onnx(tmp_path: Path) -> None:
    path = saved(models.blur_model(), tmp_path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(StyleError, match="not an ONNX model: it is cut short"):
        check(path)


def test_damaged_bytes_never_raise_anything_else() -> None:
    whole = models.blur_model().SerializeToString()
    dice = random.Random(3)
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 8)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            read_facts(bytes(data))
        except NotOnnxError:
            continue


def test_nesting_has_an_end() -> None:
    graph = b""
    for _ in range(onnx_file.MAX_DEPTH):  # graph -> node -> attribute -> graph -> ...
        for tag in (b"\x32", b"\x2a", b"\x0a"):
            graph = tag + _length(graph) + graph
    model = b"\x3a" + _length(graph) + graph
    with pytest.raises(NotOnnxError, match="levels deep"):
        read_facts(model)


def test_fields_have_an_end() -> None:
    with pytest.raises(NotOnnxError, match="more than"):
        read_facts(b"\x08\x08" * (onnx_file.MAX_FIELDS + 1))


def test_size_cap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(models.invert_model(), tmp_path)
    monkeypatch.setattr(model_file, "MAX_BYTES", path.stat().st_size - 1)
    with pytest.raises(StyleError, match="larger than"):
        check(path)


def test_hash_differs(tmp_path: Path) -> None:
    path = saved(models.invert_model(), tmp_path)
    entry = replace(models.file_entry(path, "onnx", "fp32"), sha256=hashlib.sha256().hexdigest())
    with pytest.raises(StyleError, match=r"SHA-256 differs"):
        model_file.read_model(path, entry)


def test_file_is_gone(tmp_path: Path) -> None:
    path = saved(models.invert_model(), tmp_path)
    entry = models.file_entry(path, "onnx", "fp32")
    path.unlink()
    with pytest.raises(StyleError, match="no model file"):
        model_file.read_model(path, entry)


def test_precision_is_told_from_the_graph() -> None:
    model = models.invert_model()
    assert read_facts(model.SerializeToString()).precision == "fp32"
    model.graph.initializer.add(name="h", data_type=TensorProto.FLOAT16)
    assert read_facts(model.SerializeToString()).precision == "fp16"
    model.graph.node.append(helper.make_node("QuantizeLinear", ["x", "s"], ["q"]))
    assert read_facts(model.SerializeToString()).precision == "int8"


def test_checked_before_the_engine(tmp_path: Path) -> None:
    model = models.invert_model()
    with_initializer(model)
    card = models.save_style(tmp_path, "tiny", model)
    for engine in ("openvino", "onnxruntime"):
        with pytest.raises(StyleError, match="external data"):
            load(Style(card, tmp_path), EngineOptions(engine))


def test_checkpoints_and_strangers(tmp_path: Path) -> None:
    with pytest.raises(StyleError, match=r"checkpoint.*`livestyle export"):
        model_file.card_inside(tmp_path / "run.safetensors")
    with pytest.raises(StyleError, match=r"or a picture"):
        model_file.card_inside(tmp_path / "notes.txt")


def _length(data: bytes) -> bytes:
    """A length as protobuf writes it."""
    length, out = len(data), bytearray()
    while length > 0x7F:
        out.append(length & 0x7F | 0x80)
        length >>= 7
    out.append(length)
    return bytes(out)
