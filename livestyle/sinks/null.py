"""A sink for measuring: it counts, and keeps nothing."""

from livestyle.frame import Frame
from livestyle.protocols import Sink


class NullSink(Sink):
    """Takes frames and forgets them.

    Attributes:
        frames: how many were taken.
    """

    def __init__(self) -> None:
        self.frames = 0

    def write(self, frame: Frame) -> None:
        """Counts the frame."""
        self.frames += 1

    def close(self) -> None:
        """Nothing is held."""
