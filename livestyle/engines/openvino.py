"""OpenVINO: the engine for processors, and for Intel's GPUs and NPUs."""

import hashlib
import io
import logging
import os
import sys
from dataclasses import replace
from functools import cache
from threading import Lock
from typing import Any

import numpy as np

from livestyle.engines.base import MIN_SIDE_PX, Engine
from livestyle.engines.compiled_cache import CompiledCache
from livestyle.engines.tile_network import OpenVINOTileNetwork
from livestyle.errors import EngineError
from livestyle.frame import Pixels
from livestyle.openvino_core import import_openvino, shared_core
from livestyle.protocols import EngineInfo

log = logging.getLogger(__name__)

KEPT_SIZES = 3
_LATENCY = {"PERFORMANCE_HINT": "LATENCY"}


class OpenVINOEngine(Engine):
    """An ONNX model in OpenVINO, compiled for each size it meets.

    A compiled model of fixed size runs half as long again as fast as one of free size, and
    compiling takes about 0.2 s, or 0.05 s out of the cache; the last `KEPT_SIZES` are kept.
    """

    def __init__(
        self,
        model: bytes,
        precision: str,
        device: str,
        threads: int | None,
        compiled: CompiledCache | None = None,
    ) -> None:
        """Opens the model.

        Args:
            model: a checked ONNX file.
            precision: of the file.
            device: "cpu", "gpu" or "npu".
            threads: how many to use on the CPU; None leaves it to OpenVINO.
            compiled: keeps what is compiled for the CPU, for this program and the next; only for
                models that may run here, since nobody looks at what was compiled again.

        Raises:
            EngineError: OpenVINO is missing, has no such device, or cannot read the model.
        """
        self._core = shared_core()
        name = device.upper()
        if device != "cpu":
            name = _find_device(name, self._core.available_devices)
        self.info = EngineInfo("openvino", name, precision)
        self._config: dict[str, object] = dict(_LATENCY)
        if threads is not None and device == "cpu":
            self._config["INFERENCE_NUM_THREADS"] = threads
        if hint := self._arithmetic(precision, device):
            self._config["INFERENCE_PRECISION_HINT"] = hint
        self._bytes = model
        self._model: Any = None  # for the first size
        self._compiled = compiled if device == "cpu" else None
        self._digest = self._what_compiles()
        if not (self._compiled and self._compiled.knows(self._digest)):
            self._model = self._read()
        self._requests: dict[tuple[int, ...], Any] = {}
        self._lock = Lock()

    def _what_compiles(self) -> str:
        """A digest of all that a compiled model depends on, but for the size of the picture."""
        parts = [import_openvino().__version__, *sorted(self._config.items())]
        for key in ("FULL_DEVICE_NAME", "OPTIMIZATION_CAPABILITIES"):
            parts.append(self._core.get_property(self.info.device, key))
        return hashlib.sha256(repr(parts).encode() + self._bytes).hexdigest()

    def _read(self) -> Any:
        """OpenVINO's own form of the model."""
        try:
            return self._core.read_model(model=self._bytes)
        except Exception as error:
            raise EngineError(f"OpenVINO cannot read the model ({error}).") from error

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

    def prepare(self, size: tuple[int, int]) -> None:
        """Compiles for pictures of (width, height). The memory to paint them, half of what a style
        takes, is taken with the first of them.

        Raises:
            EngineError: OpenVINO cannot.
        """
        self._check_open()
        shape = 1, max(size[1], MIN_SIDE_PX), max(size[0], MIN_SIDE_PX), 3
        with self._lock:
            is_there = shape in self._requests
        if is_there:
            return
        try:
            self._put_back(shape, self._compile(shape))
        except Exception as error:
            raise EngineError(f"OpenVINO cannot compile the model ({error}).") from error

    def tile_network(self) -> OpenVINOTileNetwork | None:
        """The network for tiles of a picture, see `livestyle.render.tiles`; None but on the CPU.

        Raises:
            EngineError: OpenVINO cannot read the model, or the style was closed.
        """
        self._check_open()
        if self.info.device != "CPU":
            return None
        return OpenVINOTileNetwork(
            self._read, lambda model: self._core.compile_model(model, "CPU", self._config)
        )

    def _run(self, batch: Pixels) -> Pixels:
        # While one thread paints, another may compile a size to come: a request is out while it
        # runs, and only the taking and bringing back are guarded.
        with self._lock:
            request = self._requests.pop(batch.shape, None)
        request = request or self._compile(batch.shape)
        painted = np.asarray(request.infer([batch], share_inputs=True)[0])
        self._put_back(batch.shape, request)
        return painted

    def _put_back(self, shape: tuple[int, ...], request: Any) -> None:
        with self._lock:
            self._requests[shape] = request  # the newest is last, the first goes
            while len(self._requests) > KEPT_SIZES:
                del self._requests[next(iter(self._requests))]

    def _compile(self, shape: tuple[int, ...]) -> Any:
        """An inference request for pictures of exactly this shape."""
        name = f"{self._digest}-{shape[2]}x{shape[1]}"
        compiled = self._kept(name)
        if compiled is None:
            with self._lock:  # taken, not kept: it holds as much memory as what comes of it
                model, self._model = self._model, None
            model = model or self._read()
            model.reshape(list(shape))
            compiled = self._core.compile_model(model, self.info.device, self._config)
            self._keep(name, compiled)
        arithmetic = compiled.get_property("INFERENCE_PRECISION_HINT").to_string()
        if self.info.device == "CPU":
            threads = compiled.get_property("INFERENCE_NUM_THREADS")
            self.info = replace(self.info, threads=int(threads))
        log.info(
            "OpenVINO on %s: %s model for %dx%d, floating point in %s",
            *(self.info.device, self.info.precision, shape[2], shape[1], arithmetic),
        )
        return compiled.create_infer_request()

    def _kept(self, name: str) -> Any:
        """A compiled model out of the cache, or None."""
        if not self._compiled or (blob := self._compiled.read(name)) is None:
            return None
        try:
            return self._core.import_model(io.BytesIO(blob), self.info.device, self._config)
        except Exception as error:  # whatever it is, it can be compiled
            log.info("the compiled model %s is not taken: %s", name, error)
            return None

    def _keep(self, name: str, compiled: Any) -> None:
        """Puts a compiled model into the cache."""
        if not self._compiled:
            return
        blob = io.BytesIO()
        try:
            compiled.export_model(blob)
        except Exception as error:  # a device that cannot, or a bug of OpenVINO: it paints anyway
            log.info("the compiled model %s is not kept: %s", name, error)
        else:
            self._compiled.write(name, blob.getvalue())

    def _free(self) -> None:
        self._requests.clear()
        self._model = None


@cache
def threads_beside_others() -> int | None:
    """How many threads leave a processor to the rest of the program; None: OpenVINO's own choice.

    Where it takes fewer than there are, such as one for each core of two threads, the others are
    free anyway. Of two it needs both.

    Raises:
        EngineError: OpenVINO cannot be imported.
    """
    there = _processors()
    return there - 1 if there > 2 and _usual_threads() == there else None


def _processors() -> int:
    """How many this program may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _usual_threads() -> int:
    """How many threads OpenVINO takes by itself; only a compiled model tells."""
    from openvino import Model, Type, opset1

    frame = opset1.parameter([1], Type.f32)
    smallest = Model([opset1.relu(frame)], [frame], "smallest")
    compiled = shared_core().compile_model(smallest, "CPU", _LATENCY)
    return int(compiled.get_property("INFERENCE_NUM_THREADS"))


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
