"""Weights written into model files: those of a shipped style serve as the form.

A light network is the same graph whatever it paints, so that a new one needs no exporter: its
numbers take the place of others in the files of a style that ships. What int8 needs beyond them,
the ranges of values on their way through the network, is measured on a few views of the demo's
picture: behind an instance norm they hardly depend on the photo.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from livestyle.frame import Pixels
from livestyle.openvino_core import shared_core
from livestyle.styles.from_picture.painter import Weights
from livestyle.styles.onnx_file import initializers

_DTYPES: dict[int, np.dtype[Any]] = {
    1: np.dtype("<f4"), 3: np.dtype("i1"), 10: np.dtype("<f2")
}  # fmt: skip
"""By TensorProto.DataType."""

_PREFIX = "net."
_SCALE, _QUANTISED, _SUFFIX = "scale_", "q_output_", "_1"
"""How NNCF calls the parts of a quantised tensor X: scale_X_1, q_output_X_1."""

_ACTIVATION = "scale_/net/"
_FIXED = ("scale_/net/Sub_output_0_1",)
"""The photo itself, -1 to 1, whatever the weights."""

LEVELS = 127


class _Names:
    """All of them: what a template holds is known only when it is read."""

    def __contains__(self, _: object) -> bool:
        return True


def written(template: bytes, weights: Weights) -> bytes:
    """An fp32 or fp16 file with other weights.

    Args:
        template: of a light network.
        weights: by the names of its state dict; tensors that it lacks become zero where the
            template has them (biases in front of an instance norm).
    """
    changed = bytearray(template)
    for name, (element, values) in initializers(memoryview(changed), _Names()).items():
        if name.startswith(_PREFIX):
            place = np.frombuffer(values, _DTYPES[element])
            weight = weights.get(name.removeprefix(_PREFIX))
            place[:] = 0 if weight is None else weight.reshape(-1)
    return bytes(changed)


def quantised(template: bytes, weights: Weights, ranges: dict[str, float]) -> bytes:
    """An int8 file with other weights: one scale per output channel, symmetric about zero.

    Args:
        template: of a light network.
        weights: as for `written`.
        ranges: of `activation_ranges`.
    """
    changed = bytearray(template)
    tensors = initializers(memoryview(changed), _Names())
    for name, (element, values) in tensors.items():
        if name in ranges:
            np.frombuffer(values, "<f4")[:] = ranges[name] / _steps(name)
        elif name.startswith(_QUANTISED):
            tensor = name.removeprefix(_QUANTISED).removesuffix(_SUFFIX)
            weight = weights[tensor.removeprefix(_PREFIX)]
            scales = np.frombuffer(tensors[f"{_SCALE}{tensor}{_SUFFIX}"][1], "<f4")
            rows = weight.reshape(len(scales), -1)
            scales[:] = np.abs(rows).max(1).clip(1e-8) / LEVELS
            np.frombuffer(values, "i1")[:] = np.rint(rows / scales[:, np.newaxis]).reshape(-1)
        elif name.startswith(_PREFIX):
            place = np.frombuffer(values, _DTYPES[element])
            weight = weights.get(name.removeprefix(_PREFIX), np.zeros(place.size, np.float32))
            place[:] = weight.reshape(-1)
    return bytes(changed)


def read_weights(model: bytes) -> Weights:
    """The weights in an fp32 file of a light network, each as a row."""
    return {
        name.removeprefix(_PREFIX): np.frombuffer(values, _DTYPES[element])
        for name, (element, values) in initializers(memoryview(model), _Names()).items()
        if name.startswith(_PREFIX)
    }


def activation_ranges(
    model: bytes, template: bytes, frames: Sequence[Pixels]
) -> tuple[dict[str, float], list[Pixels]]:
    """How large values become on their way through a network.

    Args:
        model: fp32, as `written`.
        template: int8, which says where they are quantised.
        frames: RGB uint8, (H, W, 3), all of one size.

    Returns:
        Greatest absolute values by the name of their scale, the mean over the frames, as NNCF has
        it; and the frames, painted.
    """
    scales = [
        name
        for name in initializers(memoryview(template), _Names())
        if name.startswith(_ACTIVATION) and name not in _FIXED
    ]
    core = shared_core()
    network = core.read_model(model=model)
    network.add_outputs([name.removeprefix(_SCALE).removesuffix(_SUFFIX) for name in scales])
    network.reshape([1, *frames[0].shape])
    compiled = core.compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    painted, greatest = [], []
    for frame in frames:
        first, *values = compiled([frame[np.newaxis]]).values()
        painted.append(np.array(first[0]))
        greatest.append([float(np.abs(value).max()) for value in values])
    return dict(zip(scales, np.mean(greatest, axis=0).tolist(), strict=True)), painted


def _steps(scale_name: str) -> int:
    """Of the quantised values' positive side: behind a ReLU they are uint8, else int8."""
    return 2 * LEVELS + 1 if "Relu" in scale_name else LEVELS
