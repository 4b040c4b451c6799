"""Paths of pictures as they are typed: completed as a shell does, whatever the case of letters."""

import os
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from livestyle.plain import is_there
from livestyle.styles.model_file import is_picture

MOST_ENTRIES = 5000
"""Of a folder: it is read while the show waits."""


def completions(typed: str) -> list[str]:
    """The pictures and folders whose paths begin with what was typed, by name; folders end with /.

    Where none begins so, those that do but for the case of letters: some windows cannot tell it.

    Args:
        typed: part of a path; ~ is the user's own folder, what does not begin with / lies in the
            working folder. Hidden files come when their dot was typed.
    """
    folder, beginning = _divided(typed)
    names = [
        name
        for name in _names(_expanded(folder))
        if beginning.startswith(".") or not name.startswith(".")
    ]
    found = [name for name in names if name.startswith(beginning)]
    alike = [name for name in names if name.casefold().startswith(beginning.casefold())]
    return [folder + name for name in sorted(found or alike)]


def completed(typed: str) -> str:
    """What was typed, as far as there is one way to go on."""
    if typed in ("~", ".", "..") or typed.endswith(("/.", "/..")):
        return f"{typed}/"
    shared = _shared(completions(typed))
    return shared if len(shared) >= len(typed) else typed  # they may differ in case


def path_of(typed: str) -> Path:
    """The path that was typed; one that is not there, but for the case of letters, is found."""
    path = _expanded(typed)
    if is_there(str(path)):
        return path
    alike = [name for name in completions(typed) if name.casefold() == typed.casefold()]
    return _expanded(alike[0]) if alike else path


def _expanded(typed: str) -> Path:
    try:
        return Path(typed).expanduser()
    except RuntimeError:  # nobody has that name
        return Path(typed)


def _shared(texts: Sequence[str]) -> str:
    """What they all begin with."""
    length = 0
    for letters in zip(*texts, strict=False):
        if len(set(letters)) > 1:
            break
        length += 1
    return texts[0][:length] if texts else ""


def _divided(typed: str) -> tuple[str, str]:
    """The folder, with the / at its end, and the beginning of a name in it."""
    at = typed.rfind("/") + 1
    if os.sep != "/":
        at = max(at, typed.rfind(os.sep) + 1)
    return typed[:at], typed[at:]


def _names(folder: Path) -> list[str]:
    """Names of the pictures and folders in a folder, those with a / at their end; none where it
    cannot be read."""
    try:
        with os.scandir(folder) as entries:
            found = [(entry.name, _is_folder(entry)) for entry in islice(entries, MOST_ENTRIES)]
    except (OSError, ValueError):
        return []
    return [
        f"{name}/" if is_folder else name
        for name, is_folder in found
        if name.isprintable() and (is_folder or is_picture(Path(name)))
    ]


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, or to a drive that is away
        return False
