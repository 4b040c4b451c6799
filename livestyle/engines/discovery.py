"""What the installed engines see on this machine. Seeing is not running: `load` proves that."""

import ctypes
import importlib.util
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from livestyle.engines.onnxruntime import PROVIDERS
from livestyle.engines.selection import FORMAT_OF_ENGINE
from livestyle.openvino_core import import_openvino

log = logging.getLogger(__name__)

MODULES = {"openvino": "openvino", "onnxruntime": "onnxruntime", "torch": "torch"}
"""Engine -> the module that it needs."""


@dataclass(frozen=True, slots=True)
class EngineDevice:
    """A device that an engine sees.

    Attributes:
        engine: as `--engine` takes it.
        device: as `--device` takes it.
        name: what the engine calls it.
    """

    engine: str
    device: str
    name: str


def is_installed(engine: str) -> bool:
    """Whether the engine's package is there; asked without importing it."""
    return importlib.util.find_spec(MODULES[engine]) is not None


def seen_devices(engine: str) -> list[EngineDevice]:
    """The devices an engine sees; none when it is not installed, or broken (said in the log)."""
    if not is_installed(engine):
        return []
    try:
        return [EngineDevice(engine, *device) for device in _LOOK[engine]()]
    except Exception as error:  # a broken installation fails in any way it likes
        log.warning("%s is installed and cannot say what it sees: %s", engine, error)
        return []


def all_seen_devices() -> list[EngineDevice]:
    """The devices of every engine."""
    return [device for engine in FORMAT_OF_ENGINE for device in seen_devices(engine)]


def _openvino() -> list[tuple[str, str]]:
    core = import_openvino().Core()
    return [
        (name.partition(".")[0].lower(), f"{name}: {core.get_property(name, 'FULL_DEVICE_NAME')}")
        for name in core.available_devices
    ]


def _onnxruntime() -> list[tuple[str, str]]:
    import onnxruntime

    built_in = onnxruntime.get_available_providers()
    return [(device, provider) for device, provider in PROVIDERS.items() if provider in built_in]


def _torch() -> list[tuple[str, str]]:
    try:
        found = [("cpu", f"PyTorch {version('torch')}")]
    except PackageNotFoundError:
        found = [("cpu", "PyTorch")]
    if _has_gpu_driver():  # otherwise the seconds that importing torch takes would be for nothing
        import torch

        found += [
            ("cuda", f"cuda:{index}: {torch.cuda.get_device_name(index)}")
            for index in range(torch.cuda.device_count())
        ]
    return found


_LOOK: dict[str, Callable[[], list[tuple[str, str]]]] = {
    "openvino": _openvino,
    "onnxruntime": _onnxruntime,
    "torch": _torch,
}


def _has_gpu_driver() -> bool:
    """Whether the driver is there that PyTorch's "cuda" needs: NVIDIA's, or AMD's."""
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return Path("/dev/kfd").exists()
    return True
