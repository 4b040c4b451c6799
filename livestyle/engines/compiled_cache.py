"""CompiledCache: what an engine made of a model, kept on disk so that it is made once.

A file is a digest and the bytes that it is of. One that is damaged, or cannot be read, is as good
as none; where nothing can be written, nothing is kept.
"""

import hashlib
import logging
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_path

log = logging.getLogger(__name__)

MOST_BYTES = 256_000_000
"""All files together; those used longest ago go. A style takes 3 MB for pictures of 640x480."""

MOST_FILE_BYTES = 8_000_000
"""What is larger, for photos of many megapixels, would drive out the styles of the live picture."""

_SUFFIX = ".blob"
_DIGEST_BYTES = hashlib.sha256().digest_size


class CompiledCache:
    """Compiled models by name; a name is a digest, a hyphen and the size of the picture.

    Any number of programs may use one folder at the same time.
    """

    def __init__(self, folder: Path | None = None, most_bytes: int = MOST_BYTES) -> None:
        """Touches nothing yet.

        Args:
            folder: where the files lie; None for the user's cache folder.
            most_bytes: of all files together.
        """
        self._folder = folder or user_cache_path("livestyle", appauthor=False) / "compiled"
        self._most_bytes = most_bytes

    def knows(self, digest: str) -> bool:
        """Whether anything is kept whose name begins with that digest."""
        try:
            return any(self._folder.glob(f"{digest}-*{_SUFFIX}"))
        except OSError:
            return False

    def read(self, name: str) -> bytes | None:
        """What is kept under a name; None where nothing is, or it is damaged."""
        path = self._path(name)
        try:
            data = path.read_bytes()
            digest, blob = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
            if hashlib.sha256(blob).digest() != digest:
                log.info("%s is damaged, and is made anew", path)
                path.unlink()
                return None
            with suppress(OSError):  # a folder may be read-only
                os.utime(path)  # the files used last stay longest
        except OSError as error:
            if not isinstance(error, FileNotFoundError):
                log.info("%s cannot be read (%s)", path, error)
            return None
        return blob

    def write(self, name: str, blob: bytes) -> None:
        """Keeps something under a name, whole or not at all; others go if there is no room."""
        if len(blob) > MOST_FILE_BYTES:
            return
        path = self._path(name)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._replace(path, hashlib.sha256(blob).digest() + blob)
            self._make_room()
        except OSError as error:
            log.info("%s cannot be written (%s)", path, error)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{_SUFFIX}"

    def _replace(self, path: Path, data: bytes) -> None:
        """Writes a file of which no other program ever sees a part."""
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.stem, delete=False) as file:
            partial = Path(file.name)
            try:
                file.write(data)
                file.close()
                partial.replace(path)
            except BaseException:
                file.close()
                partial.unlink()
                raise

    def _make_room(self) -> None:
        """Removes what was used longest ago, and with it what a killed program left behind."""
        found = []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # another program removed it
                    status = entry.stat()
                    found.append((status.st_mtime_ns, status.st_size, entry.path))
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if total <= self._most_bytes:
                break
            Path(path).unlink(missing_ok=True)
            total -= size
