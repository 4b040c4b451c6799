"""A folder of exported files comes whole or not at all."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from livestyle.errors import ExportError, SinkError


@contextmanager
def new_folder(folder: Path, mark: str, *, overwrite: bool) -> Iterator[Path]:
    """A folder to write an export into; it gets its name once all of it is written.

    Args:
        folder: its name to be.
        mark: file by which an older export is told from anybody's folder.
        overwrite: replace an older export.

    Raises:
        SinkError: something is there.
        ExportError: it cannot be written.
    """
    if folder.exists() and not (overwrite and (folder / mark).exists()):
        raise SinkError(
            f"{folder} is already there. Pass --overwrite (-y) to replace it if it is an export, "
            "or another --out."
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".export-") as name:
            fresh = Path(name)
            yield fresh
            _put_in_place(fresh, folder)
    except OSError as error:
        raise ExportError(f"The export cannot be written to {folder} ({error}).") from error


def _put_in_place(folder: Path, target: Path) -> None:
    """Moves the finished folder to its name; an older one goes once the new one stands."""
    folder.chmod(0o755)
    old = target.with_name(f".old-{target.name}")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.replace(old)
    shutil.move(folder, target)
    shutil.rmtree(old, ignore_errors=True)
    folder.mkdir()  # for the temporary folder's own clean-up
