"""Output files: written whole or not at all, and never over what is there unasked."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from livestyle.errors import SinkError

HOW_TO_OVERWRITE = "Name another file, or replace it with --overwrite (-y)."


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Gives a partial file's path to write to; it takes the name `path` when the block ends.

    An older file at `path` stays until then, and for ever if the block raises: the partial file
    is then removed.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        yield partial
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def check_output(path: Path, *, overwrite: bool, inputs: Iterable[Path] = ()) -> None:
    """Checks that a file may be written, before the work that makes it.

    Args:
        path: where to.
        overwrite: whether an older file may be replaced.
        inputs: files that are read, and are therefore no target even then.

    Raises:
        SinkError: it may not be written, or its folder is missing.
    """
    if path.exists() and any(other.exists() and path.samefile(other) for other in inputs):
        raise SinkError(f"{path} is what is being read. Name another place to write to.")
    if path.is_dir():
        raise SinkError(f"{path} is a folder. Name a file in it.")
    if path.exists() and not overwrite:
        raise SinkError(f"{path} is already there. {HOW_TO_OVERWRITE}")
    if not path.absolute().parent.is_dir():
        raise SinkError(
            f"{path} cannot be written: there is no folder {path.parent}. Make it first."
        )
