"""OpenVINO: the engine for processors, and for Intel's GPUs and NPUs."""

import logging
import sys
from functools import cache
from threading import Lock
from typing import Any

import numpy as np

from livestyle.engines.base import Engine
from livestyle.errors import EngineError
from livestyle.frame import Pixels
from livestyle.protocols import EngineInfo

log = logging.getLogger(__name__)

KEPT_SIZES = 3


class OpenVINOEngine(Engine):
    """An ONNX model in OpenVINO, compiled for each size it meets.

    A compiled model of fixed size runs half as long again as fast as one of free size, and
    compiling takes about 0.1 s; the last `KEPT_SIZES` are kept.
    """

    def __init__(self, model: bytes, precision: str, device: str, threads: int | None) -> None:
        """Opens the model.

        Args:
            model: a checked ONNX file.
            precision: of the file.
            device: "cpu", "gpu" or "npu".
            threads: how many to use on the CPU; None leaves it to OpenVINO.

        Raises:
            EngineError: OpenVINO is missing, has no such device, or cannot read the model.
        """
        self._core = shared_core()
        name = device.upper()
        if device != "cpu":
            name = _find_device(name, self._core.available_devices)
        self.info = EngineInfo("openvino", name, precision)
        self._config: dict[str, object] = {"PERFORMANCE_HINT": "LATENCY"}
        if threads is not None and device == "cpu":
            self._config["INFERENCE_NUM_THREADS"] = threads
        if hint := self._arithmetic(precision, device):
            self._config["INFERENCE_PRECISION_HINT"] = hint
        try:
            self._model = self._core.read_model(model=model)
        except Exception as error:
            raise EngineError(f"OpenVINO cannot read the model ({error}).") from error
        self._requests: dict[tuple[int, ...], Any] = {}
        self._lock = Lock()

    def _arithmetic(self, precision: str, device: str) -> str | None:
        """The hint that makes OpenVINO calculate as the file's precision says; None for its own.

        A CPU without bfloat16 runs an fp16 file in f32: correct, and no slower than emulation.
        An int8 file leaves the rest of the network to the device's default.
        """
        if precision == "fp32":
            return None if device == "npu" else "f32"
        if precision == "fp16" and device == "cpu":
            able = self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
            return "bf16" if "BF16" in able else "f32"
        return "f16" if precision == "fp16" else None

    def _run(self, batch: Pixels) -> Pixels:
        # While one thread paints, another may compile a size to come: a request is out while it
        # runs, and only the taking and bringing back are guarded.
        with self._lock:
            request = self._requests.pop(batch.shape, None)
        request = request or self._compile(batch.shape)
        painted = np.asarray(request.infer([batch], share_inputs=True)[0])
        with self._lock:
            self._requests[batch.shape] = request  # the newest is last, the first goes
            while len(self._requests) > KEPT_SIZES:
                del self._requests[next(iter(self._requests))]
        return painted

    def _compile(self, shape: tuple[int, ...]) -> Any:
        """An inference request for pictures of exactly this shape."""
        model = self._model.clone()
        model.reshape(list(shape))
        compiled = self._core.compile_model(model, self.info.device, self._config)
        arithmetic = compiled.get_property("INFERENCE_PRECISION_HINT").to_string()
        log.info(
            "OpenVINO on %s: %s model for %dx%d, floating point in %s",
            *(self.info.device, self.info.precision, shape[2], shape[1], arithmetic),
        )
        return compiled.create_infer_request()

    def _free(self) -> None:
        self._requests.clear()
        del self._model


@cache
def shared_core() -> Any:
    """OpenVINO's Core, one for the whole process and never freed.

    The first to compile for the CPU gives its thread a signal stack, and freeing the core takes
    that away, from whichever thread. A core that was begun in the main thread and freed in another
    would leave the main one without: the next Ctrl-C then ends the process at once.

    Raises:
        EngineError: OpenVINO cannot be imported.
    """
    return import_openvino().Core()


def import_openvino() -> Any:
    """The `openvino` package, kept from reporting its use.

    On import it starts a thread that sends an event to a web analytics service and writes a
    client id to ~/intel, unless `openvino_telemetry` is missing. A camera program that is
    installed from a package index should not do so unasked, so here it is missing.

    Raises:
        EngineError: OpenVINO cannot be imported.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    try:
        import openvino
    except ImportError as error:
        raise EngineError(
            f"OpenVINO cannot be imported ({error}). Try `pip install --upgrade openvino`."
        ) from error
    return openvino


def _find_device(name: str, available: list[str]) -> str:
    """The device of that name, the first where there are several ("GPU.0")."""
    for device in available:
        if device == name or device.startswith(f"{name}."):
            return device
    drivers = {
        "GPU": "Intel's GPU driver (compute runtime) is what it needs; for an NVIDIA card take "
        "--device cuda",
        "NPU": "Intel's NPU driver is what it needs",
    }
    raise EngineError(
        f"OpenVINO finds no {name} here, only {', '.join(available)}. {drivers[name]}. "
        "--device auto takes what runs."
    )
