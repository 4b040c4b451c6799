"""The disk: how much of it is free, and whether a place can be written."""

import shutil
from pathlib import Path
from tempfile import TemporaryFile

from livestyle.errors import SinkError

LEAST_FREE_MB = 200
"""A recording ends by itself before the disk is so full that other programs suffer."""

CHECK_S = 1.0
"""How often a recording looks at its disk."""


def free_mb(path: Path) -> float:
    """Free space on the disk of a file that need not be there yet; inf where nobody knows."""
    try:
        return shutil.disk_usage(path.parent).free / 1e6
    except OSError:
        return float("inf")


def check_file_writable(path: Path) -> None:
    """Checks that a file can be written later on; one that is there keeps what is in it.

    Raises:
        SinkError: its folder is not there, or the file cannot be written.
    """
    if not path.parent.is_dir():
        raise SinkError(f"{path} cannot be written: there is no folder {path.parent}.")
    try:
        if path.exists():
            path.open("ab").close()
        else:
            path.open("xb").close()
            path.unlink()
    except OSError as error:
        raise SinkError(
            f"{path} cannot be written ({error.strerror}). Choose another place."
        ) from error


def check_folder_writable(folder: Path) -> None:
    """Checks that files can be written to a folder, or that it can be made.

    Raises:
        SinkError: they cannot.
    """
    there = folder.absolute()
    while not there.exists() and there != there.parent:
        there = there.parent
    try:
        TemporaryFile(dir=there).close()
    except OSError as error:
        raise SinkError(
            f"Nothing can be written to {folder} ({error.strerror}). Choose another folder."
        ) from error
