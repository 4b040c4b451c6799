"""The `openvino` package without its habits, and the one core that a process has of it."""

import sys
from functools import cache
from typing import Any

from livestyle.errors import EngineError


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
    """The `openvino` package, kept from reporting its use, and without its converter.

    On import it starts a thread that sends an event to a web analytics service and writes a
    client id to ~/intel, unless `openvino_telemetry` is missing. A camera program that is
    installed from a package index should not do so unasked, so here it is missing. So is the
    converter of models while it is imported: nobody here needs it, and it takes longer than the
    rest.

    Raises:
        EngineError: OpenVINO cannot be imported.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    converter = "openvino.tools.ovc"
    is_first = converter not in sys.modules
    if is_first:
        sys.modules[converter] = None  # type: ignore[assignment]
    try:
        import openvino
    except ImportError as error:
        raise EngineError(
            f"OpenVINO cannot be imported ({error}). Try `pip install --upgrade openvino`."
        ) from error
    finally:
        if is_first:
            del sys.modules[converter]
    return openvino
