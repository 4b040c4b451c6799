"""ONNX: what OpenVINO, ONNX Runtime, TensorRT and browsers read."""

import io
import warnings

import onnx
import torch
from torch import nn

from livestyle.export.graph import example_frame
from livestyle.nets.frame_model import FrameModel
from livestyle.styles.card import CARD_KEY

OPSET = 17


def to_onnx(net: nn.Module, precision: str) -> onnx.ModelProto:
    """The network as a whole ONNX graph, (1, H, W, 3) uint8 in and out, H and W free.

    Args:
        net: a network of `livestyle.nets`; left as it is.
        precision: "fp32" or "fp16".
    """
    dtype = {"fp32": torch.float32, "fp16": torch.float16}[precision]
    model = FrameModel(_copy(net), dtype).eval()
    free = {1: "height", 2: "width"}
    exported = traced(model, "painted", {"frame": free, "painted": free})
    for value in (exported.graph.input[0], exported.graph.output[0]):
        set_frame_shape(value)
    return exported


def traced(model: nn.Module, output: str, free: dict[str, dict[int, str]]) -> onnx.ModelProto:
    """The graph of a module that takes a frame.

    Args:
        model: in evaluation mode.
        output: name of what it gives.
        free: names of values -> number and name of their dimensions that are free.
    """
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # The tracing exporter keeps InstanceNormalization as one node, which engines run fast;
        # the newer one takes it apart.
        torch.onnx.export(
            model,
            (example_frame(),),
            buffer,  # type: ignore[arg-type]  # the tracing exporter takes open files
            dynamo=False,
            opset_version=OPSET,
            input_names=["frame"],
            output_names=[output],
            dynamic_axes=free,
        )
    return onnx.load_from_string(buffer.getvalue())


def set_frame_shape(value: onnx.ValueInfoProto) -> None:
    """Declares (1, height, width, 3)."""
    dims = value.type.tensor_type.shape.dim
    for dim, size in zip(dims, (1, "height", "width", 3), strict=True):
        dim.Clear()
        if isinstance(size, int):
            dim.dim_value = size
        else:
            dim.dim_param = size


def serialise_onnx(model: onnx.ModelProto, card_json: str) -> bytes:
    """The file's bytes, weights inside, with the style card in its metadata."""
    for entry in list(model.metadata_props):
        if entry.key == CARD_KEY:
            model.metadata_props.remove(entry)
    model.metadata_props.add(key=CARD_KEY, value=card_json)
    onnx.checker.check_model(model)
    data: bytes = model.SerializeToString()
    return data


def _copy(net: nn.Module) -> nn.Module:
    import copy

    return copy.deepcopy(net).cpu()
