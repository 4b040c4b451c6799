"""PartialFile: a file that gets its name only when it is whole."""

import os
import stat
import sys
from pathlib import Path
from typing import BinaryIO

from livestyle.errors import SinkError
from livestyle.output_file import HOW_TO_OVERWRITE


class PartialFile:
    """Writes to `NAME.partial` beside the target and takes the target's name at the end.

    It is a file object for a muxer. The first write that fails is the last one tried: a muxer
    that goes on to close its file would otherwise overwrite the header of what is still good.

    While it is open no other program writes to the same target: `NAME.partial` is locked by the
    operating system, which unlocks it however a program ends.

    Attributes:
        path: what is being written. The older `.partial` of a recording that was killed is not
            touched; this one is then numbered.
        error: why the first failed write failed; None while all is well.
    """

    def __init__(self, target: Path, *, overwrite: bool) -> None:
        """Creates the file, so that a place that cannot be written shows at once.

        Raises:
            SinkError: it cannot be created, another program writes to the target, or the target
                is there and may not be replaced.
        """
        if target.is_dir():
            raise SinkError(f"Cannot record to {target}: it is a folder. Name a file in it.")
        if target.exists() and not overwrite:
            raise SinkError(f"{target} is already there. {HOW_TO_OVERWRITE}")
        if not target.parent.is_dir():
            raise SinkError(
                f"Cannot record to {target}: there is no folder {target.parent}. Make it first."
            )
        self._target = target
        try:
            self._locked = _locked_beside(target)
            self.path, self._file = _empty_beside(target, self._locked)
        except OSError as error:
            raise SinkError(
                f"Cannot record to {target} ({error.strerror}). Choose a folder you may write to."
            ) from error
        self.error: OSError | None = None

    @property
    def is_there(self) -> bool:
        """False when somebody removed the file, or the folder that it lies in."""
        return self.path.exists() if self._file.closed else _is_at(self._file, self.path)

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
        os.fsync(self._file.fileno())
        if sys.platform == "win32":  # which renames no open file
            self.leave()
        self.path.replace(self._target)
        self.leave()

    def leave(self) -> None:
        """Closes the file under its partial name."""
        for file in (self._file, self._locked):
            try:
                file.close()
            except OSError as error:
                self.error = self.error or error

    def discard(self) -> None:
        """Removes the file."""
        if sys.platform == "win32":
            self.leave()
        self.path.unlink(missing_ok=True)
        self.leave()


def _locked_beside(target: Path) -> BinaryIO:
    """Opens or creates `NAME.partial` and locks it.

    Raises:
        SinkError: another program has it locked.
        OSError: it cannot be opened.
    """
    path = _partial(target, 1)
    while True:
        file = open(path, "r+b", opener=_creating)  # noqa: SIM115 - it stays open
        if not _lock(file):
            file.close()
            raise SinkError(
                f"Cannot record to {target}: another program is writing to it. Name another file."
            )
        if _is_at(file, path):
            return file
        file.close()  # the other program ended, and took it along, before it was locked here


def _empty_beside(target: Path, locked: BinaryIO) -> tuple[Path, BinaryIO]:
    """The locked file if there is nothing in it, else a new one: a killed recording is kept."""
    status = os.fstat(locked.fileno())
    if stat.S_ISREG(status.st_mode) and status.st_size == 0:
        return _partial(target, 1), locked
    number = 2
    while True:
        path = _partial(target, number)
        try:
            return path, path.open("xb")
        except FileExistsError:
            number += 1
        except OSError:
            locked.close()
            raise


def _partial(target: Path, number: int) -> Path:
    return target.with_name(f"{target.name}.partial{f'-{number}' if number > 1 else ''}")


def _creating(path: str, flags: int) -> int:
    """Opens a file without emptying it, and creates it if need be; follows no link."""
    return os.open(path, flags | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)


def _is_at(file: BinaryIO, path: Path) -> bool:
    """Whether a path leads to an open file."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except OSError:
        return False


if sys.platform == "win32":
    import msvcrt

    _FAR_OFF = 2**31 - 2
    """Windows keeps others from reading what is locked, so that is a byte nobody looks for."""

    def _lock(file: BinaryIO) -> bool:
        """Locks a file; False when another program has it locked."""
        file.seek(_FAR_OFF)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            file.seek(0)
        return True

else:
    import fcntl

    def _lock(file: BinaryIO) -> bool:
        """Locks a file; False when another program has it locked."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # some network disks have no locks, and recordings go there nevertheless
            return True
        return True
