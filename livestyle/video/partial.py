"""PartialFile: a file that gets its name only when it is whole."""

import os
from pathlib import Path
from typing import BinaryIO

from livestyle.errors import SinkError


class PartialFile:
    """Writes to `NAME.partial` beside the target and takes the target's name at the end.

    It is a file object for a muxer. The first write that fails is the last one tried: a muxer
    that goes on to close its file would otherwise overwrite the header of what is still good.

    Attributes:
        path: what is being written. The older `.partial` of a recording that was killed is not
            touched; this one is then numbered.
        error: why the first failed write failed; None while all is well.
    """

    def __init__(self, target: Path, *, overwrite: bool) -> None:
        """Creates the file, so that a place that cannot be written shows at once.

        Raises:
            SinkError: it cannot be created, or the target is there and may not be replaced.
        """
        if target.is_dir():
            raise SinkError(f"Cannot record to {target}: it is a folder. Name a file in it.")
        if target.exists() and not overwrite:
            raise SinkError(
                f"{target} is already there. Name another file, or allow it with --overwrite."
            )
        if not target.parent.is_dir():
            raise SinkError(
                f"Cannot record to {target}: there is no folder {target.parent}. Make it first."
            )
        self._target = target
        self.path, self._file = _create_beside(target)
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        """Writes, down to the system, so that a killed process loses nothing."""
        if self.error is None:
            try:
                self._file.write(data)
                self._file.flush()
            except OSError as error:
                self.error = error
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Moves, as in any file."""
        return self._file.seek(offset, whence) if self.error is None else 0

    def tell(self) -> int:
        """The position, as in any file."""
        return self._file.tell() if self.error is None else 0

    def keep(self) -> None:
        """Closes the file, whole: it replaces the target.

        Raises:
            OSError: it cannot; the file then stays as it is.
        """
        with self._file:
            os.fsync(self._file.fileno())
        self.path.replace(self._target)

    def leave(self) -> None:
        """Closes the file under its partial name."""
        try:
            self._file.close()
        except OSError as error:
            self.error = self.error or error

    def discard(self) -> None:
        """Removes the file."""
        self.leave()
        self.path.unlink(missing_ok=True)


def _create_beside(target: Path) -> tuple[Path, BinaryIO]:
    """Creates the first `.partial` that nobody has; another program may be doing the same."""
    number = 1
    while True:
        path = target.with_name(f"{target.name}.partial{f'-{number}' if number > 1 else ''}")
        try:
            return path, path.open("xb")
        except FileExistsError:
            number += 1
        except OSError as error:
            raise SinkError(
                f"Cannot record to {target} ({error.strerror}). Choose a folder you may write to."
            ) from error
