"""How much a network paints where the picture is flat: numbers in its file.

`livestyle.nets` give flat walls and skies something to paint on: a constant noise, and some a
pattern, which they add to what they see; some add an artwork's canvas or paper to what they paint.
All that stays where it is on the screen, as it must before a camera that stands still; before one
that moves, less of it is steadier.
"""

from typing import Any

import numpy as np

from livestyle.styles.checkpoint_file import read_header
from livestyle.styles.onnx_file import initializer

NOISE_SCALES = "net.seed.scale", "net.seed.pattern_scale", "net.surface.colour"
"""What the noise is multiplied by, a network's own pattern, and its surface: initializers in an
ONNX file, tensors in a checkpoint."""

_ONNX_TYPES: dict[int, np.dtype[Any]] = {1: np.dtype("<f4"), 10: np.dtype("<f2")}
"""By TensorProto.DataType."""

_CHECKPOINT_TYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2")}


def with_noise_factor(model: bytes, format: str, fill: float) -> bytes | None:
    """The same file with less of the noise; None where it has no such thing.

    Args:
        model: a checked file.
        format: "onnx", or "safetensors" for a checkpoint.
        fill: factor of the noise, 0 to 1.
    """
    changed = bytearray(model)
    find = _in_onnx if format == "onnx" else _in_checkpoint
    scales = [found for name in NOISE_SCALES if (found := find(changed, name))]
    if not scales or any(len(numbers) % dtype.itemsize for dtype, numbers in scales):
        return None
    for dtype, numbers in scales:
        np.frombuffer(numbers, dtype)[:] *= fill
    return bytes(changed)


def _in_onnx(model: bytearray, name: str) -> tuple[np.dtype[Any], memoryview] | None:
    """Type and place of a factor."""
    found = initializer(memoryview(model), name)
    if found is None or found[0] not in _ONNX_TYPES:
        return None
    return _ONNX_TYPES[found[0]], found[1]


def _in_checkpoint(model: bytearray, name: str) -> tuple[np.dtype[Any], memoryview] | None:
    """As `_in_onnx`."""
    found = read_header(model).tensors.get(name)
    if found is None or found.dtype not in _CHECKPOINT_TYPES:
        return None
    return _CHECKPOINT_TYPES[found.dtype], memoryview(model)[found.start : found.stop]
