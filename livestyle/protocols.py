"""The three contracts on one page: where frames come from, what paints them, where they go.

    FrameSource.read() -> Frame -> Stylizer(pixels) -> pixels -> Sink.write(frame)

Each is used by one thread at a time and closed exactly once by the pipeline; `close` never
raises for something already closed. Constructors open: an object that exists is ready, and a
`with` block closes it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from livestyle.frame import Frame, Pixels


class Closable(Protocol):
    """A context manager that closes what it stands for."""

    def close(self) -> None:
        """Frees what is held; a second call does nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class FrameSource(Closable, Protocol):
    """Gives frames in order; iterating over it does, too.

    Attributes:
        name: what a person calls it ("camera 0 at 640x480", "clip.mp4").
        is_live: True when frames that nobody takes are lost (a camera); False when each one
            waits to be read (a file).
        size: (width, height) of the frames as granted, in pixels.
        fps: nominal frames per second; 0.0 when unknown.
        reconnects: how often the source was lost and found again.
        status: "" while frames come; otherwise one sentence for the screen ("camera lost,
            trying again"). May be read from another thread.
    """

    name: str
    is_live: bool
    size: tuple[int, int]
    fps: float
    reconnects: int
    status: str

    def read(self) -> Frame | None:
        """The next frame, or None at the end.

        Blocks until there is one, but never for ever: `close` from another thread ends it.

        Raises:
            SourceError: the source failed and will not come back.
        """

    def close(self) -> None:
        """Lets go of the device or file."""

    def __iter__(self) -> Iterator[Frame]:
        """The frames, to the end."""
        return iter(self.read, None)


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What really runs.

    Attributes:
        engine: "openvino", "onnxruntime" or "torch".
        device: as the engine names it ("CPU", "GPU.0", "cuda:0").
        precision: of the file that was loaded, or that torch computes in: "fp32", "fp16" or
            "int8".
        threads: processor threads that paint; 0 where the engine does not say.
    """

    engine: str
    device: str
    precision: str
    threads: int = 0

    def __str__(self) -> str:
        number = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        threads = f" with {number}" if self.threads else ""
        return f"{self.engine} on {self.device}{threads} in {self.precision}"


class Stylizer(Closable, Protocol):
    """Paints one picture: a style loaded into an engine.

    Attributes:
        info: what really runs.
    """

    info: EngineInfo

    def __call__(self, pixels: Pixels) -> Pixels:
        """The painted picture, same shape, RGB uint8 (H, W, 3), memory of its own.

        Any H and W from 1 up are taken; a new size may cost a moment.

        Raises:
            EngineError: the engine failed.
        """

    def paint(self, pixels: Pixels) -> Pixels:
        """The same as calling it."""
        return self(pixels)

    def close(self) -> None:
        """Frees the engine's memory."""


@runtime_checkable
class Preparable(Protocol):
    """A Stylizer that can get ready for a size without painting."""

    def prepare(self, size: tuple[int, int]) -> None:
        """Makes the next picture of (width, height) fast; from any thread.

        Raises:
            EngineError: the engine failed.
        """


class TileNetwork(Protocol):
    """A style's network that paints tiles of a picture, normalised as the picture is.

    Attributes:
        norms_left: how many of its norms are not fixed yet.
    """

    norms_left: int

    def features(self, tile: Pixels) -> NDArray[np.float32]:
        """What the first norm that is not fixed would normalise.

        Args:
            tile: RGB uint8 (H, W, 3).

        Returns:
            (C, h, w), at the resolution of the tile or a lower one. The next call may overwrite it.

        Raises:
            EngineError: the engine failed.
        """

    def fix_norm(self, mean: NDArray[np.float64], variance: NDArray[np.float64]) -> None:
        """Fixes that norm: its mean and variance of each channel, (C,), for every tile to come."""

    def paint(self, tile: Pixels) -> Pixels:
        """The painted tile, RGB uint8 (H, W, 3), once all norms are fixed. The next call may
        overwrite it.

        Raises:
            EngineError: the engine failed.
        """


@runtime_checkable
class Tileable(Protocol):
    """A Stylizer whose network can paint a picture in tiles."""

    def tile_network(self) -> TileNetwork | None:
        """The network, none of its norms fixed; None where the device paints whole pictures only.

        Raises:
            EngineError: the engine failed.
        """


class Sink(Closable, Protocol):
    """Takes painted frames in order."""

    def write(self, frame: Frame) -> None:
        """Shows or stores the frame.

        Raises:
            SinkError: it cannot.
        """

    def close(self) -> None:
        """Finishes what was written, so that it can be used."""
