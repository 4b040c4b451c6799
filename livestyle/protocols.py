"""The three contracts on one page: where frames come from, what paints them, where they go.

    FrameSource.read() -> Frame -> Stylizer(pixels) -> pixels -> Sink.write(frame)

Each is used by one thread at a time and closed exactly once by the pipeline; `close` never
raises for something already closed. Constructors open: an object that exists is ready.
"""

from dataclasses import dataclass
from typing import Protocol

from livestyle.frame import Frame, Pixels


class FrameSource(Protocol):
    """Gives frames in order.

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


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What really runs.

    Attributes:
        engine: "openvino", "onnxruntime" or "torch".
        device: as the engine names it ("CPU", "GPU.0", "cuda:0").
        precision: of the file that was loaded, or that torch computes in: "fp32", "fp16" or
            "int8".
        rich: whether that is the style's rich network.
    """

    engine: str
    device: str
    precision: str
    rich: bool = False

    def __str__(self) -> str:
        return f"{self.engine} on {self.device} in {self.precision}{', rich' * self.rich}"


class Stylizer(Protocol):
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

    def close(self) -> None:
        """Frees the engine's memory."""


class Sink(Protocol):
    """Takes painted frames in order."""

    def write(self, frame: Frame) -> None:
        """Shows or stores the frame.

        Raises:
            SinkError: it cannot.
        """

    def close(self) -> None:
        """Finishes what was written, so that it can be used."""
