"""A style file becomes a callable: three engines behind the Stylizer contract.

Importing this imports no engine; `load` imports the one that it takes.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from livestyle.engines.contract import Engine
from livestyle.engines.devices import FORMATS, PAIRS, candidates, choose_file, suited
from livestyle.engines.fill import with_fill
from livestyle.engines.model_file import read_model
from livestyle.engines.onnxruntime import ONNXRuntimeEngine
from livestyle.engines.openvino import OpenVINOEngine
from livestyle.engines.torchscript import TorchScriptEngine
from livestyle.errors import EngineError
from livestyle.stages import Stylizer

if TYPE_CHECKING:  # the library reads cards with this package; here it is only a name
    from livestyle.style import Style

log = logging.getLogger(__name__)

ENGINES = ("auto", *FORMATS)
DEVICES = ("auto", *dict.fromkeys(device for _, device in PAIRS))
PRECISIONS = ("auto", "fp32", "fp16", "int8")

_CLASSES: dict[str, Callable[[bytes, str, str, int | None], Engine]] = {
    "openvino": OpenVINOEngine,
    "onnxruntime": ONNXRuntimeEngine,
    "torchscript": TorchScriptEngine,
}


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What to run a style on.

    Attributes:
        engine: one of `ENGINES`.
        device: one of `DEVICES`; one that is named runs or is an error.
        precision: one of `PRECISIONS`.
        threads: processor threads to use; None leaves it to the engine.
        rich: whether to paint with the style's rich network; None: where the device is strong.
        fill: how much to paint where the picture is flat, 0 to 1; see `livestyle.engines.fill`.
    """

    engine: str = "auto"
    device: str = "auto"
    precision: str = "auto"
    threads: int | None = None
    rich: bool | None = None
    fill: float = 1.0

    def __post_init__(self) -> None:
        for name, known in (("engine", ENGINES), ("device", DEVICES), ("precision", PRECISIONS)):
            value = getattr(self, name)
            if value not in known:
                raise EngineError(f"There is no {name} {value!r}; there are {', '.join(known)}.")
        if self.threads is not None and self.threads < 1:
            raise EngineError(f"{self.threads} threads cannot paint; take 1 or more.")
        if not 0 <= self.fill <= 1:
            raise EngineError(f"A fill of {self.fill} is none; take 0 to 1.")


def load(style: "Style", options: EngineOptions | None = None) -> Stylizer:
    """Loads a style into the engine asked for, or with `auto` into the fastest that really runs.

    The model's bytes are checked before the engine sees them. What was taken stands in the
    result's `info` and in the log.

    Raises:
        StyleError: the style lacks such a file, or the file is broken, foreign or unsafe.
        EngineError: the engine or device does not run here; the message has the fix in it.
    """
    options = options or EngineOptions()
    failures = []
    for pair in candidates(options.engine, options.device, style.card):
        try:
            return _start(style, *pair, options)
        except EngineError as error:
            log.info("%s on %s does not run: %s", *pair, error)
            failures.append(error)
    # `auto` ends at the CPU, and why that failed is the news; a named device's best engine is first
    raise failures[-1 if options.device == "auto" else 0]


def _start(style: "Style", engine: str, device: str, options: EngineOptions) -> Engine:
    """One engine with the style in it; on anything but a CPU proven by painting a frame."""
    card = suited(style.card, engine, device, options.precision, options.rich)
    file = choose_file(card, engine, device, options.precision)
    model = read_model(style.path(file), file)
    if options.fill < 1:
        changed = with_fill(model, options.fill) if file.format == "onnx" else None
        if changed is None:
            log.warning("%s has nothing to leave out; it is painted whole.", file.path)
        model = changed or model
    stylizer = _CLASSES[engine](model, file.precision, device, options.threads)
    stylizer.info = replace(stylizer.info, rich=file in style.card.rich)
    if device != "cpu":
        try:
            stylizer(np.zeros((64, 64, 3), np.uint8))
        except EngineError:
            stylizer.close()
            raise
    log.info(
        "%s runs on %s, device %s, %s", style.card.name, engine, stylizer.info.device, file.path
    )
    return stylizer
