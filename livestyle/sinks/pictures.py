"""PictureSink: each frame into a picture of its own, out/00001.png and on."""

from pathlib import Path

from livestyle.errors import SinkError
from livestyle.frame import Frame
from livestyle.images import write_picture
from livestyle.protocols import Sink


class PictureSink(Sink):
    """Writes numbered pictures.

    Attributes:
        frames: how many were written, or were there already.
    """

    def __init__(self, pattern: Path, *, overwrite: bool, resume: bool = False) -> None:
        """Makes the folder.

        Args:
            pattern: with %d for the number, from 1 on, in its name; its suffix picks the format.
            overwrite: whether older pictures may be replaced.
            resume: go on behind those that are there already.

        Raises:
            SinkError: the folder cannot be made.
        """
        self._pattern, self._overwrite = pattern, overwrite
        self.frames = 0
        while resume and self._path(self.frames + 1).exists():
            self.frames += 1
        try:
            pattern.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SinkError(f"The folder {pattern.parent} cannot be made ({error}).") from error

    def write(self, frame: Frame) -> None:
        """Writes a picture.

        Raises:
            SinkError: it is there already, or cannot be written.
        """
        path = self._path(self.frames + 1)
        if path.exists() and not self._overwrite:
            raise SinkError(f"{path} is already there. Allow it with --overwrite (-y).")
        write_picture(path, frame.pixels)
        self.frames += 1

    def close(self) -> None:
        """Nothing waits."""

    def _path(self, number: int) -> Path:
        return self._pattern.with_name(self._pattern.name % number)
