"""A style becomes a callable: three engines behind the Stylizer contract.

Importing this imports no engine; `load` imports the one that it takes.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from livestyle.engines.base import Engine
from livestyle.engines.compiled_cache import CompiledCache
from livestyle.engines.onnxruntime import ONNXRuntimeEngine
from livestyle.engines.openvino import OpenVINOEngine, threads_beside_others
from livestyle.engines.selection import FORMAT_OF_ENGINE, PAIRS, candidates, choose_file
from livestyle.engines.torch import TorchEngine, choose_precision
from livestyle.errors import EngineError
from livestyle.installation import is_own_work
from livestyle.protocols import Stylizer
from livestyle.styles.card import PRECISIONS
from livestyle.styles.checkpoint_file import CHECKPOINT_FILE
from livestyle.styles.model_file import read_checkpoint, read_model
from livestyle.styles.noise import with_noise_factor

if TYPE_CHECKING:  # the library reads cards with this package; here it is only a name
    from livestyle.styles.style import Style

log = logging.getLogger(__name__)

ENGINES = ("auto", *FORMAT_OF_ENGINE)
FORMER_ENGINES = {"torchscript": "torch"}
"""Former name -> name of today; taken with a warning."""

DEVICES = ("auto", *dict.fromkeys(device for _, device in PAIRS))
PRECISION_NAMES = ("auto", *PRECISIONS)

_CLASSES: dict[str, Callable[..., Engine]] = {
    "openvino": OpenVINOEngine,
    "onnxruntime": ONNXRuntimeEngine,
    "torch": TorchEngine,
}


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What to run a style on.

    Attributes:
        engine: one of `ENGINES`.
        device: one of `DEVICES`; one that is named runs or is an error.
        precision: one of `PRECISION_NAMES`.
        threads: processor threads to use; None leaves it to the engine.
        noise: factor of the noise map, 0 to 1; see `livestyle.styles.noise`.
        spare_processor: where the engine would take all of more than two processors, one is left
            to the camera and the window.
    """

    engine: str = "auto"
    device: str = "auto"
    precision: str = "auto"
    threads: int | None = None
    noise: float = 1.0
    spare_processor: bool = False

    def __post_init__(self) -> None:
        if today := FORMER_ENGINES.get(self.engine):
            log.warning(
                "The engine %s is called %s now: it runs the style's checkpoint in livestyle's own "
                "network, and never a TorchScript program.",
                *(self.engine, today),
            )
            object.__setattr__(self, "engine", today)
        for name, known in (
            ("engine", ENGINES),
            ("device", DEVICES),
            ("precision", PRECISION_NAMES),
        ):
            value = getattr(self, name)
            if value not in known:
                raise EngineError(f"There is no {name} {value!r}; there are {', '.join(known)}.")
        if self.threads is not None and self.threads < 1:
            raise EngineError(f"{self.threads} threads cannot paint; take 1 or more.")
        if not 0 <= self.noise <= 1:
            raise EngineError(f"The noise map's factor is 0 to 1, and not {self.noise}.")


def load(style: "Style", options: EngineOptions | None = None) -> Stylizer:
    """Loads a style into the engine asked for, or with `auto` into the fastest that really runs.

    The model's bytes are checked before the engine sees them, and those that livestyle neither
    shipped nor made are tried in another process first. What was taken stands in the result's
    `info` and in the log.

    Raises:
        StyleError: the style lacks such a file, or the file is broken, foreign or unsafe.
        EngineError: the engine or device does not run here; the message has the fix in it.
    """
    options = options or EngineOptions()
    failures = []
    has_checkpoint = style.checkpoint is not None
    for pair in candidates(
        options.engine, options.device, style.card, has_checkpoint=has_checkpoint
    ):
        try:
            return _start(style, *pair, options)
        except EngineError as error:
            log.info("%s on %s does not run: %s", *pair, error)
            failures.append(error)
    # `auto` ends at the CPU, and why that failed is the news; a named device's best engine is first
    raise failures[-1 if options.device == "auto" else 0]


def load_model(
    model: bytes,
    engine: str,
    device: str,
    precision: str,
    threads: int | None,
    compiled: CompiledCache | None = None,
) -> Engine:
    """A model file in an engine, without the checks of `load`: for bytes that were checked.

    Args:
        model: the whole file.
        engine, device: a pair of `PAIRS`.
        precision: of the file.
        threads: processor threads to use; None leaves it to the engine.
        compiled: keeps what OpenVINO compiles; None compiles anew.

    Raises:
        EngineError: the engine or device does not run here, or cannot read the model.
        StyleError: the model is not one of a network here.
    """
    cache = (compiled,) if engine == "openvino" else ()
    return _CLASSES[engine](model, precision, device, threads, *cache)


def _start(style: "Style", engine: str, device: str, options: EngineOptions) -> Engine:
    """One engine with the style in it; on anything but a CPU proven by painting a frame."""
    model, name, precision = _model(style, engine, device, options.precision)
    if FORMAT_OF_ENGINE[engine] == "onnx" and not is_own_work(style.folder):
        from livestyle.engines.trial import try_model  # costs what shipped styles need not pay

        try_model(model, style.folder / name, engine, precision)
    if options.noise < 1:
        changed = with_noise_factor(model, FORMAT_OF_ENGINE[engine], options.noise)
        if changed is None:
            log.warning("%s has nothing to leave out; it is painted whole.", name)
        model = changed or model
    threads = options.threads
    if threads is None and options.spare_processor and (engine, device) == ("openvino", "cpu"):
        threads = threads_beside_others()
    stylizer = load_model(model, engine, device, precision, threads, CompiledCache())
    if device != "cpu":
        try:
            stylizer(np.zeros((64, 64, 3), np.uint8))
        except EngineError:
            stylizer.close()
            raise
    log.info("%s runs on %s, device %s, %s", style.card.name, engine, stylizer.info.device, name)
    return stylizer


def _model(style: "Style", engine: str, device: str, precision: str) -> tuple[bytes, str, str]:
    """What an engine loads: the bytes, the file's name, and the precision."""
    if engine == "torch":
        precision = choose_precision(device, precision)
        assert style.checkpoint is not None  # or `candidates` would not have named this engine
        return read_checkpoint(style.checkpoint), CHECKPOINT_FILE, precision
    file = choose_file(style.card, engine, device, precision)
    return read_model(style.path(file), file), file.path, file.precision
