"""How much a network paints where the picture is flat: a number in its ONNX file.

`livestyle.nets` give flat walls and skies something to paint on, a constant noise that they add to
what they see. Strokes that come of it stay where they are on the screen, as they must before a
camera that stands still; before one that moves, less of it is steadier.
"""

from typing import Any

import numpy as np

from livestyle.engines.onnx_file import initializer

SEED = "net.seed.scale"
"""The initializer that the noise is multiplied by."""

_TYPES: dict[int, np.dtype[Any]] = {1: np.dtype("<f4"), 10: np.dtype("<f2")}
"""By TensorProto.DataType."""


def with_fill(model: bytes, fill: float) -> bytes | None:
    """The same ONNX file with less of the noise; None where it has no such thing.

    Args:
        model: a checked ONNX file.
        fill: factor of the noise, 0 to 1.
    """
    changed = bytearray(model)
    found = initializer(memoryview(changed), SEED)
    if found is None or found[0] not in _TYPES:
        return None
    element, data = found
    if len(data) % _TYPES[element].itemsize:
        return None
    np.frombuffer(data, _TYPES[element])[:] *= fill
    return bytes(changed)
