"""Photos to train on: found, checked and decoded."""

import io
import logging
import tarfile
from pathlib import Path

import numpy as np

from livestyle.errors import SourceError, TrainingError
from livestyle.frame import Pixels
from livestyle.picture import SUFFIXES, read_picture

log = logging.getLogger(__name__)


class PhotoSet:
    """The photos in a folder (with its sub-folders) or a tar file.

    Attributes:
        skipped: names of the photos that could not be read so far.

    Raises:
        TrainingError: nothing there, or no photo in it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.skipped: list[str] = []
        self._archive: dict[str, bytes] = {}
        if path.is_dir():
            files = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES)
            self.names = [str(file.relative_to(path)) for file in files]
        elif path.is_file() and tarfile.is_tarfile(path):
            self._archive = _read_tar(path)
            self.names = sorted(self._archive)
        else:
            raise TrainingError(f"{path} is neither a folder of photos nor a tar file of them.")
        if not self.names:
            raise TrainingError(
                f"There are no photos in {path}. Any few thousand will do: JPEG, PNG or WebP."
            )

    def __len__(self) -> int:
        return len(self.names)

    def read(self, index: int) -> Pixels | None:
        """RGB uint8 (H, W, 3), or None for a photo that cannot be read; that is counted once."""
        name = self.names[index]
        try:
            if self._archive:
                return read_picture(io.BytesIO(self._archive[name]))
            return read_picture(self.path / name)
        except SourceError as error:
            if name not in self.skipped:
                self.skipped.append(name)
                log.warning("Photo %s is skipped: %s", name, error)
            return None

    def sample(self, count: int) -> list[Pixels]:
        """Always the same photos, from all over the set; those that cannot be read are left out."""
        indices = np.linspace(0, len(self) - 1, count).astype(int)
        photos = (self.read(int(index)) for index in dict.fromkeys(indices))
        return [photo for photo in photos if photo is not None]


def _read_tar(path: Path) -> dict[str, bytes]:
    """Name -> bytes of the pictures in a tar file; nothing is unpacked to disk."""
    try:
        with tarfile.open(path) as archive:
            return {
                member.name: file.read()
                for member in archive
                if member.isfile()
                and Path(member.name).suffix.lower() in SUFFIXES
                and (file := archive.extractfile(member))
            }
    except (tarfile.TarError, OSError) as error:
        raise TrainingError(f"{path} cannot be read as a tar file ({error}).") from error
