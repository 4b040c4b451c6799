"""Photos to train on: found, checked and decoded."""

import io
import logging
from pathlib import Path

import numpy as np

from livestyle.errors import SourceError, TrainingError
from livestyle.frame import Pixels
from livestyle.images import SUFFIXES, read_picture
from livestyle.training.data.archive import Archive, open_archive

log = logging.getLogger(__name__)

MIN_SIDE_PX = 64
"""Smaller photos are skipped: blown up, they show nothing but blur."""

FEWEST, USEFUL = 20, 200


class PhotoSet:
    """The photos in a folder (with its sub-folders), a zip or a tar file.

    Attributes:
        names: of all that look like photos, sorted.
        skipped: name -> why, of the photos that could not be used so far.

    Raises:
        TrainingError: nothing there, or no photo in it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.skipped: dict[str, str] = {}
        self._archive: Archive | None = None
        if path.is_dir():
            files = (p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
            self.names = sorted(str(file.relative_to(path)) for file in files)
        elif path.is_file():
            self._archive = open_archive(path)
            self.names = sorted(self._archive.names)
        else:
            raise TrainingError(
                f"There are no photos at {path}: it is neither a folder nor a zip or tar file."
            )
        if not self.names:
            raise TrainingError(
                f"There are no photos in {path}. Any few hundred will do: JPEG, PNG or WebP."
            )

    def __len__(self) -> int:
        return len(self.names)

    def read(self, index: int) -> Pixels | None:
        """RGB uint8 (H, W, 3), or None for a photo that cannot be used; that is noted once."""
        name = self.names[index]
        if name in self.skipped:
            return None
        try:
            archive = self._archive
            photo = read_picture(io.BytesIO(archive.read(name)) if archive else self.path / name)
        except SourceError as error:
            self._skip(name, str(error))
            return None
        except MemoryError:
            self._skip(name, "It is too large for this machine's memory.")
            return None
        height, width = photo.shape[:2]
        if min(height, width) < MIN_SIDE_PX:
            self._skip(name, f"It has {width}x{height} pixels, {MIN_SIDE_PX} are needed.")
            return None
        return photo

    def sample(self, count: int) -> list[Pixels]:
        """Always the same photos, from all over the set; those that cannot be read are left out."""
        indices = np.linspace(0, len(self) - 1, count).astype(int)
        photos = (self.read(int(index)) for index in dict.fromkeys(indices))
        return [photo for photo in photos if photo is not None]

    def check_enough(self) -> None:
        """Says what few photos do.

        Raises:
            TrainingError: fewer than a network can learn from.
        """
        count = len(self)
        if count < FEWEST:
            raise TrainingError(
                f"{self.path} has {count} photos; a style needs {FEWEST} at least and learns well "
                "from a few hundred. Any photos will do, they need not be of one kind."
            )
        if count < USEFUL:
            log.warning(
                "%s has only %d photos: the style may paint those well and others worse. "
                "%d or more, of anything, are better.",
                self.path,
                count,
                USEFUL,
            )

    def write_skipped(self, file: Path) -> None:
        """Lists the skipped photos and why; no file where there are none.

        Raises:
            TrainingError: the file cannot be written.
        """
        if not self.skipped:
            return
        lines = (_printable(f"{name}\t{why}") for name, why in sorted(self.skipped.items()))
        try:
            file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        except OSError as error:
            raise TrainingError(f"{file} cannot be written ({error.strerror or error}).") from error

    def _skip(self, name: str, why: str) -> None:
        self.skipped[name] = why
        log.info("Photo %s is skipped: %s", _printable(name), why)


def _printable(text: str) -> str:
    """Without line breaks and other characters that a file name may smuggle in."""
    return "".join(c if c.isprintable() or c == "\t" else "?" for c in text)
