"""What strangers wrote, made plain: text that a terminal can show, JSON that is bounded, and files
that are files."""

import json
import math
import os
import stat
import unicodedata
from pathlib import Path
from typing import Any, BinaryIO

MAX_JSON_DEPTH = 12
MAX_JSON_ITEMS = 10_000
MAX_JSON_STRING = 4096

_JOINERS = "\u200c\u200d"
"""Format characters that words and emoji need; the others turn or hide text."""


def printable(text: str, limit: int | None = None, *, lines: bool = False) -> str:
    """The text without what steers a terminal: control characters, escapes, half characters and
    those that turn the direction of writing.

    Args:
        text: any.
        limit: characters to keep; None keeps all.
        lines: keep ends of lines and tabs.
    """
    keep = _JOINERS + ("\n\t" if lines else "")
    plain = "".join(
        c if c in keep or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") else "?"
        for c in text
    )
    return plain if limit is None or len(plain) <= limit else plain[: limit - 1] + "…"


def parse_json(text: str) -> Any:
    """A JSON document that is not too deep, long or odd to be one of ours.

    Raises:
        ValueError: it is none, has NaN or infinity in it, or is beyond the bounds.
    """
    try:
        document = json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    left = MAX_JSON_ITEMS
    level = [document]
    for _ in range(MAX_JSON_DEPTH):
        deeper: list[Any] = []
        for value in level:
            left -= 1
            if isinstance(value, dict):
                deeper += [*value, *value.values()]
            elif isinstance(value, list):
                deeper += value
            elif isinstance(value, str) and len(value) > MAX_JSON_STRING:
                raise ValueError(f"a text in it is longer than {MAX_JSON_STRING} characters")
            elif isinstance(value, int) and abs(value) >= 1 << 63:
                raise ValueError("a number in it is beyond all bounds")
            elif isinstance(value, float) and not math.isfinite(value):
                raise ValueError("a number in it is not finite")
        if left < 0:
            raise ValueError(f"it has more than {MAX_JSON_ITEMS} entries")
        if not deeper:
            return document
        level = deeper
    raise ValueError("it is nested too deep")


def read_regular(path: Path, limit_bytes: int) -> bytes:
    """The head of a file, at most `limit_bytes`. Pipes, devices and sockets are never waited for.

    Raises:
        OSError: it cannot be read, or is no plain file.
    """
    with open_regular(path) as file:
        return file.read(limit_bytes)


def open_regular(path: Path) -> BinaryIO:
    """A file, open for reading bytes.

    Raises:
        OSError: it cannot be opened, or is no plain file.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(0, "it is no plain file")
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    file = os.fdopen(os.open(path, flags), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # it was changed in between
        file.close()
        raise OSError(0, "it is no plain file")
    return file


def is_there(path: str) -> bool:
    """Whether something lies at a path; no for what cannot be one, such as a text too long."""
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")
