"""Pictures in a zip or tar file, read where they lie: nothing is unpacked to disk."""

import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import Protocol

from livestyle.errors import SourceError, TrainingError
from livestyle.images import SUFFIXES

MAX_FILE_BYTES = 200_000_000
"""A picture file that unpacks to more is left out."""

MAX_HELD_BYTES = 4_000_000_000
"""Of pictures from a compressed tar file, which must be held in memory."""

MAX_PASSED_BYTES = 100_000_000_000
"""That a compressed tar file may unpack to, whatever is in it."""


class Archive(Protocol):
    """Pictures by name.

    Attributes:
        names: of all of them, as they stand in the file; a name is never used as a path.
    """

    names: list[str]

    def read(self, name: str) -> bytes:
        """A picture file; from any thread.

        Raises:
            SourceError: too large, encrypted or broken.
        """


def open_archive(path: Path) -> Archive:
    """The pictures in a zip or tar file, compressed or not.

    Raises:
        TrainingError: it is neither, is broken, or unpacks to more than can be.
    """
    try:
        if zipfile.is_zipfile(path):
            return _Zip(path)
        try:
            return _Tar(path)
        except tarfile.ReadError:
            return _CompressedTar(path)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise TrainingError(
            f"{path} cannot be read as photos ({error}). Give a folder, or a zip or tar file."
        ) from error


class _Zip:
    def __init__(self, path: Path) -> None:
        self._archive = zipfile.ZipFile(path)
        self.names = [name for name in self._archive.NameToInfo if _is_picture(name)]

    def read(self, name: str) -> bytes:
        _check_size(name, self._archive.getinfo(name).file_size)
        try:
            with self._archive.open(name) as file:
                data = file.read(MAX_FILE_BYTES + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
            raise SourceError(f"{name} cannot be unpacked ({error}).") from error
        _check_size(name, len(data))
        return data


class _Tar:
    """A plain tar file: where each picture begins, and how long it is."""

    def __init__(self, path: Path) -> None:
        with tarfile.open(path, "r:") as archive:
            self._places = {
                member.name: (member.offset_data, member.size)
                for member in archive
                if member.isreg() and member.sparse is None and _is_picture(member.name)
            }
        self.names = list(self._places)
        self._path = path

    def read(self, name: str) -> bytes:
        offset, size = self._places[name]
        _check_size(name, size)
        try:
            with self._path.open("rb") as file:
                file.seek(offset)
                return file.read(size)
        except OSError as error:
            raise SourceError(f"{name} cannot be read ({error}).") from error


class _CompressedTar:
    """A compressed tar file, which can only be read from its beginning: its pictures are held."""

    def __init__(self, path: Path) -> None:
        self._held: dict[str, bytes] = {}
        held = passed = 0
        with tarfile.open(path, "r|*") as archive:
            for member in archive:
                passed += member.size
                if passed > MAX_PASSED_BYTES:
                    raise _too_much(path, MAX_PASSED_BYTES)
                if not member.isreg() or not _is_picture(member.name):
                    continue
                if member.size > MAX_FILE_BYTES:
                    self._held[member.name] = b""  # no picture, so it is counted as skipped
                    continue
                held += member.size
                if held > MAX_HELD_BYTES:
                    raise _too_much(path, MAX_HELD_BYTES)
                if file := archive.extractfile(member):
                    self._held[member.name] = file.read()
        self.names = list(self._held)

    def read(self, name: str) -> bytes:
        return self._held[name]


def _is_picture(name: str) -> bool:
    return Path(name).suffix.lower() in SUFFIXES


def _check_size(name: str, size: int) -> None:
    if size > MAX_FILE_BYTES:
        raise SourceError(f"{name} has more than {MAX_FILE_BYTES // 1_000_000} MB.")


def _too_much(path: Path, limit: int) -> TrainingError:
    return TrainingError(
        f"{path} unpacks to more than {limit // 1_000_000_000} GB. Unpack it and give the folder."
    )
