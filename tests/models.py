"""Tiny models and styles for the tests, made on the spot."""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from livestyle.styles.card import CARD_KEY, ModelFile, StyleCard


def make_card(name: str = "tiny") -> StyleCard:
    """A card without files."""
    return StyleCard(
        name=name,
        title="Tiny",
        artist="Nobody",
        year="2025",
        licence="CC0",
        source="made in a test",
        net="light",
        parameters=0,
        kmac_per_pixel=0.0,
    )


def invert_model(**changes: object) -> onnx.ModelProto:
    """A model that gives the negative: 255 - frame, by way of float.

    Args:
        changes: `input_name`, `input_type`, `output_type`, `shape`, `domain` to break it.
    """
    weights = [numpy_helper.from_array(np.float32(255), "white")]
    domain = str(changes.get("domain", ""))
    nodes = [
        helper.make_node("Cast", [str(changes.get("input_name", "frame"))], ["x"], to=1),
        helper.make_node("Sub", ["white", "x"], ["y"], domain=domain),
        helper.make_node("Cast", ["y"], ["painted"], to=changes.get("output_type", 2)),
    ]
    return _model(nodes, weights, **changes)


def blur_model() -> onnx.ModelProto:
    """A small relative of the real networks: scaling, reflect padding, convolution, instance
    norm and clamping inside the graph, sizes read at run time."""
    rng = np.random.default_rng(7)
    kernel = (rng.normal(size=(3, 3, 5, 5)) / 25).astype(np.float32)
    weights = [
        numpy_helper.from_array(np.float32(255), "white"),
        numpy_helper.from_array(np.float32(40), "contrast"),
        numpy_helper.from_array(np.float32(128), "middle"),
        numpy_helper.from_array(np.array([0, 0, 2, 2, 0, 0, 2, 2]), "pads"),
        numpy_helper.from_array(kernel, "kernel"),
        numpy_helper.from_array(np.ones(3, np.float32), "scale"),
        numpy_helper.from_array(np.zeros(3, np.float32), "shift"),
        numpy_helper.from_array(np.float32(0), "low"),
    ]
    nodes = [
        helper.make_node("Cast", ["frame"], ["float"], to=1),
        helper.make_node("Div", ["float", "white"], ["unit"]),
        helper.make_node("Transpose", ["unit"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Pad", ["planes", "pads"], ["padded"], mode="reflect"),
        helper.make_node("Conv", ["padded", "kernel"], ["conv"], kernel_shape=[5, 5]),
        helper.make_node("InstanceNormalization", ["conv", "scale", "shift"], ["normed"]),
        helper.make_node("Mul", ["normed", "contrast"], ["stretched"]),
        helper.make_node("Add", ["stretched", "middle"], ["moved"]),
        helper.make_node("Clip", ["moved", "low", "white"], ["clamped"]),
        helper.make_node("Round", ["clamped"], ["whole"]),
        helper.make_node("Transpose", ["whole"], ["rows"], perm=[0, 2, 3, 1]),
        helper.make_node("Cast", ["rows"], ["painted"], to=2),
    ]
    return _model(nodes, weights)


def save_onnx(model: onnx.ModelProto, path: Path, card: StyleCard | None = None) -> ModelFile:
    """Writes a model, with the card inside when there is one."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    if card is not None:
        helper.set_model_props(model, {CARD_KEY: card.to_json()})
    path.write_bytes(model.SerializeToString())
    return file_entry(path, "onnx", "fp32")


def save_style(folder: Path, name: str = "tiny", model: onnx.ModelProto | None = None) -> StyleCard:
    """Writes a style folder with one ONNX model (the negative when none is given)."""
    folder.mkdir(parents=True, exist_ok=True)
    card = make_card(name)
    file = save_onnx(model or invert_model(), folder / f"{name}.onnx", card)
    card = card.with_files([file])
    card.save(folder)
    return card


def file_entry(path: Path, format: str, precision: str) -> ModelFile:
    """What a card says of a file."""
    data = path.read_bytes()
    return ModelFile(path.name, format, precision, len(data), sha256(data), 50.0)


def sha256(data: bytes) -> str:
    """In hex, as cards and manifests have it."""
    return hashlib.sha256(data).hexdigest()


def change_card(folder: Path, **changes: object) -> None:
    """Overwrites keys of a stored card, whether they make sense or not."""
    path = folder / "card.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def reference(model: onnx.ModelProto, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What ONNX's own reference implementation makes of a picture of at least 32x32."""
    from onnx.reference import ReferenceEvaluator

    painted = ReferenceEvaluator(model).run(None, {"frame": pixels[np.newaxis]})
    whole: NDArray[np.uint8] = np.asarray(painted[0], np.uint8)[0]
    return whole


def _model(
    nodes: list[onnx.NodeProto], weights: list[onnx.TensorProto], **changes: object
) -> onnx.ModelProto:
    shape = changes.get("shape", [1, "H", "W", 3])
    element = changes.get("input_type", TensorProto.UINT8)
    given = helper.make_tensor_value_info(str(changes.get("input_name", "frame")), element, shape)
    painted = helper.make_tensor_value_info("painted", changes.get("output_type", 2), shape)
    graph = helper.make_graph(nodes, "tiny", [given], [painted], weights)
    opsets = [helper.make_opsetid("", 17)]
    if domain := changes.get("domain"):
        opsets.append(helper.make_opsetid(str(domain), 1))
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)
