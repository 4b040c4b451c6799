"""A model from anybody is tried in a process of its own before this one loads it.

What is in a file was checked by then (see `onnx_rules`). But an engine is a large program, and
what nobody thought of may crash it, or keep it busy for ever: so it first opens the model and
paints a small frame where that harms nobody, within bounds of time and memory; on the CPU, which
is always there, whatever device it is for. A file that passed is remembered by its SHA-256, and is
not tried again until the engine is another one.
"""

import faulthandler
import hashlib
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
from platformdirs import user_cache_path

from livestyle.engines.onnxruntime import import_onnxruntime
from livestyle.errors import EngineError, LivestyleError, StyleError
from livestyle.openvino_core import import_openvino
from livestyle.plain import printable

log = logging.getLogger(__name__)

LIMIT_S = 60.0
"""A model of livestyle takes half a second on an idle machine."""

MEMORY_BYTES = 4 << 30
"""A model of livestyle takes a tenth of a gigabyte, most of it the engine's own."""

REFUSED = 4
"""Exit code of a trial that the engine itself ended with an error; its sentence is on stdout."""

_ROOT = Path(__file__).resolve().parents[2]


def try_model(model: bytes, path: Path, engine: str, precision: str) -> None:
    """Has an engine open a model and paint a frame in another process, unless it once did.

    Args:
        model: a checked ONNX file.
        path: where it lies, for the message.
        engine: "openvino" or "onnxruntime".
        precision: of the file.

    Raises:
        StyleError: the engine crashed on it, or was not done in time.
        EngineError: the engine cannot be imported, refused it, or has not enough memory for it.
    """
    name = f"{hashlib.sha256(model).hexdigest()}-{engine}-{_version(engine)}"
    passed = user_cache_path("livestyle", appauthor=False) / "tried" / name
    if passed.exists():
        return
    log.info("%s is tried in a process of its own, once", path)
    bounds = [str(LIMIT_S), str(MEMORY_BYTES)]
    try:
        ended = subprocess.run(
            [sys.executable, "-m", __name__, engine, precision, *bounds],
            input=model,
            capture_output=True,
            timeout=LIMIT_S,
            cwd=_ROOT,  # whence -m imports first: never from where the user happens to be
            start_new_session=True,  # Ctrl-C is for this process, which then ends the other
        )
    except subprocess.TimeoutExpired:
        raise StyleError(
            f"{path} is not taken: {engine} was not done with it after {LIMIT_S:g} s. "
            "Export it again with `livestyle export`, or try --engine with another one."
        ) from None
    except OSError as error:
        raise EngineError(
            f"{path} cannot be tried before it is loaded: {sys.executable} does not start "
            f"({error.strerror or error})."
        ) from error
    if ended.returncode == REFUSED:
        raise EngineError(printable(ended.stdout.decode("utf-8", "replace").strip(), 600))
    if ended.returncode:
        log.info("%s", ended.stderr.decode("utf-8", "replace")[-2000:])
        raise StyleError(
            f"{path} is not taken: {engine} crashed on it ({_reason(ended.returncode)}) when it "
            f"was tried with {MEMORY_BYTES / (1 << 30):g} GB of memory. Export it again with "
            "`livestyle export`, or try --engine with another one."
        )
    _remember(passed)


def _version(engine: str) -> str:
    """Of the engine's package, as a part of a file's name."""
    module = import_openvino() if engine == "openvino" else import_onnxruntime()
    return "".join(c if c.isalnum() or c in ".+" else "_" for c in str(module.__version__))


def _reason(code: int) -> str:
    """What an exit code says."""
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"exit code {code}"


def _remember(passed: Path) -> None:
    try:
        passed.parent.mkdir(parents=True, exist_ok=True)
        passed.touch()
    except OSError as error:
        log.info("%s cannot be written (%s); the model is tried again next time", passed, error)


def main(engine: str, precision: str, limit_s: str, memory_bytes: str) -> int:
    """The other process: reads a model from stdin, opens it and paints a frame of 64x64."""
    from livestyle.engines import load_model

    faulthandler.dump_traceback_later(float(limit_s), exit=True)  # should the parent be gone
    _bound_memory(int(memory_bytes))
    try:
        # One thread: a show may be running beside it.
        stylizer = load_model(sys.stdin.buffer.read(), engine, "cpu", precision, threads=1)
        stylizer(np.zeros((64, 64, 3), np.uint8))
    except LivestyleError as error:
        print(error)
        return REFUSED
    except MemoryError:
        print(f"{engine} needs more than {int(memory_bytes) >> 20} MB for the model.")
        return REFUSED
    return 0


def _bound_memory(memory_bytes: int) -> None:
    """Bounds what this process may take, where the platform can; and leaves no core file."""
    try:
        import resource
    except ImportError:  # Windows
        return
    # Data, not address space: allocators reserve far more of that than they ever use.
    for kind, most in ((resource.RLIMIT_DATA, memory_bytes), (resource.RLIMIT_CORE, 0)):
        try:
            resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))
        except (ValueError, OSError) as error:
            log.info("a limit cannot be set here (%s)", error)


if __name__ == "__main__":
    code = main(*sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)  # a frame was painted, or not; how an engine ends itself is no matter
