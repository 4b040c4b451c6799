"""A style's network in OpenVINO, its norms fixed so that tiles of a picture are painted alike."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livestyle.errors import EngineError
from livestyle.frame import Pixels


class OpenVINOTileNetwork:
    """A `TileNetwork`.

    Instance normalisation (arXiv 1607.08022) is (x - mean) / sqrt(variance + epsilon), with mean
    and variance of each channel over the picture; OpenVINO calls it MVN. Once both are given, it
    subtracts and multiplies by constants.
    """

    def __init__(self, read: Callable[[], Any], compile: Callable[[Any], Any]) -> None:
        """Counts the norms.

        Args:
            read: gives the model, of free size, a new one with each call.
            compile: a model, for the size that it has.

        Raises:
            EngineError: OpenVINO cannot read the model.
        """
        self._read, self._compile = read, compile
        self._fixed: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
        self._request: Any = None
        self._shape: tuple[int, ...] = ()
        self.norms_left = len(_norms(read()))

    def features(self, tile: Pixels) -> NDArray[np.float32]:
        """See `TileNetwork`."""
        return self._run(tile).astype(np.float32, copy=False)

    def fix_norm(self, mean: NDArray[np.float64], variance: NDArray[np.float64]) -> None:
        """See `TileNetwork`."""
        self._fixed.append((mean, variance))
        self.norms_left -= 1
        self._request = None

    def paint(self, tile: Pixels) -> Pixels:
        """See `TileNetwork`."""
        return self._run(tile)

    def _run(self, tile: Pixels) -> NDArray[Any]:
        """The first of the model's output, in the request's own memory."""
        batch = np.ascontiguousarray(tile)[np.newaxis]
        try:
            if self._request is None or self._shape != batch.shape:
                self._request = None  # two of them would take twice the memory
                model = self._with_fixed_norms()
                model.reshape(list(batch.shape))
                self._request = self._compile(model).create_infer_request()
                self._shape = batch.shape
            outputs = self._request.infer([batch], share_inputs=True, share_outputs=True)
            return np.asarray(outputs[0][0])
        except Exception as error:
            height, width = tile.shape[:2]
            raise EngineError(
                f"OpenVINO could not paint a tile of {width}x{height} ({error})."
            ) from error

    def _with_fixed_norms(self) -> Any:
        """The model, as far as to what the first norm that is not fixed normalises."""
        from openvino import Model, opset13

        model = self._read()
        norms = _norms(model)
        for norm, moments in zip(norms, self._fixed, strict=False):
            mean, variance = (moment.reshape(1, -1, 1, 1) for moment in moments)
            scale = 1 / np.sqrt(variance + norm.get_attributes()["eps"])
            dtype = norm.get_output_element_type(0).to_dtype()
            centred = opset13.subtract(norm.input_value(0), mean.astype(dtype))
            norm.output(0).replace(opset13.multiply(centred, scale.astype(dtype)).output(0))
        if not self.norms_left:
            return model
        features = norms[len(self._fixed)].input_value(0)
        return Model([features], model.get_parameters(), "features")


def _norms(model: Any) -> list[Any]:
    """The norms of a model, each after those that it hangs on."""
    return [node for node in model.get_ordered_ops() if node.get_type_name() == "MVN"]
