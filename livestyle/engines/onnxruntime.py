"""ONNX Runtime: the engine for NVIDIA cards, and a second opinion on the CPU."""

import hashlib
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from platformdirs import user_cache_path

from livestyle.engines.base import Engine
from livestyle.errors import EngineError
from livestyle.frame import Pixels
from livestyle.installation import install_command
from livestyle.protocols import EngineInfo

PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}
_FATAL = 4
"""Severity from which ONNX Runtime speaks up itself; what it says sooner, our errors say."""


class ONNXRuntimeEngine(Engine):
    """An ONNX model in ONNX Runtime, on the provider asked for and no other."""

    def __init__(self, model: bytes, precision: str, device: str, threads: int | None) -> None:
        """Opens the model.

        Args:
            model: a checked ONNX file.
            precision: of the file.
            device: a key of `PROVIDERS`.
            threads: how many to use on the CPU; None leaves it to ONNX Runtime.

        Raises:
            EngineError: ONNX Runtime is missing, does not run that device, or cannot read the
                model.
        """
        onnxruntime = import_onnxruntime()
        wanted = PROVIDERS[device]
        onnxruntime.set_default_logger_severity(_FATAL)
        if device != "cpu":
            if wanted not in onnxruntime.get_available_providers():
                raise EngineError(_cannot_run(device, "this build of ONNX Runtime lacks it"))
            if hasattr(onnxruntime, "preload_dlls"):
                onnxruntime.preload_dlls()  # the CUDA and cuDNN that pip installed
        options = onnxruntime.SessionOptions()
        options.log_severity_level = _FATAL
        if threads is not None:
            options.intra_op_num_threads = threads
        try:
            self._session = onnxruntime.InferenceSession(
                model,
                options,
                providers=_providers(device, precision, model),
                enable_fallback=0,  # it would print a block on the screen; `auto` falls back itself
            )
        except Exception as error:
            raise EngineError(f"ONNX Runtime cannot open the model ({error}).") from error
        running = self._session.get_providers()
        if running[0] != wanted:
            raise EngineError(_cannot_run(device, f"it fell back to {running[0]}"))
        name = "CPU" if device == "cpu" else f"{device}:0"
        self.info = EngineInfo("onnxruntime", name, precision)

    def _run(self, batch: Pixels) -> Pixels:
        return np.asarray(self._session.run(None, {"frame": batch})[0])

    def _free(self) -> None:
        del self._session


def import_onnxruntime() -> Any:
    """The `onnxruntime` package.

    Raises:
        EngineError: ONNX Runtime cannot be imported.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise EngineError(
            f"ONNX Runtime cannot be imported ({error}). "
            f"Try `{install_command('gpu')}`, or --engine openvino."
        ) from error
    return onnxruntime


def has_gpu_package() -> bool:
    """Whether the GPU build of ONNX Runtime is installed; asked without importing it."""
    return _is_installed("onnxruntime-gpu")


def _providers(
    device: str, precision: str, model: bytes
) -> list[str | tuple[str, dict[str, object]]]:
    """What to ask a session for. No CPU beside a GPU: ONNX Runtime adds it as a last resort."""
    if device != "tensorrt":
        return [PROVIDERS[device]]
    # TensorRT builds an engine for a minute on first sight of a model; the cache keeps it. By
    # itself it tells models apart by their nodes, and those of two styles differ only in weights.
    cache = user_cache_path("livestyle") / "tensorrt" / hashlib.sha256(model).hexdigest()[:16]
    options: dict[str, object] = {
        "trt_fp16_enable": precision == "fp16",
        "trt_engine_cache_enable": True,
        "trt_engine_cache_path": str(cache),
    }
    return [(PROVIDERS["tensorrt"], options), PROVIDERS["cuda"]]


def _cannot_run(device: str, finding: str) -> str:
    """The sentence for a GPU that was asked for and does not run."""
    if has_gpu_package() and _is_installed("onnxruntime"):
        fix = (
            "Both onnxruntime and onnxruntime-gpu are installed and overwrite each other: "
            "`pip uninstall onnxruntime onnxruntime-gpu`, "
            f"then `{install_command('gpu')}`"
        )
    elif has_gpu_package():
        fix = "Check with `nvidia-smi` that driver and card are there"
    else:
        rest = " after `pip uninstall onnxruntime`" if _is_installed("onnxruntime") else ""
        fix = f"Try `{install_command('gpu')}`{rest}"
    return (
        f"ONNX Runtime does not run on {device} here: {finding}. {fix}; "
        "--device auto takes what runs."
    )


def _is_installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True
