"""What a test of sources opens, and one frame of it."""

from typing import TypeVar

from cameras import FakeCapture
from servers import Server

from livestyle.frame import Frame
from livestyle.protocols import FrameSource

AnySource = TypeVar("AnySource", bound=FrameSource)
AnyServer = TypeVar("AnyServer", bound=Server)


class Opened:
    """Closes, in the order that ends without waiting, what a test opened."""

    def __init__(self) -> None:
        self._sources: list[FrameSource] = []
        self._servers: list[Server] = []
        self._captures: list[FakeCapture] = []

    def source(self, source: AnySource) -> AnySource:
        self._sources.append(source)
        return source

    def server(self, server: AnyServer) -> AnyServer:
        self._servers.append(server)
        return server

    def capture(self, capture: FakeCapture) -> FakeCapture:
        self._captures.append(capture)
        return capture

    def close(self) -> None:
        for source in self._sources:
            source.close()
        for capture in self._captures:
            capture.let_go.set()
        for server in self._servers:
            server.close()


def read_one(source: FrameSource) -> Frame:
    """The next frame of a source that has not ended."""
    frame = source.read()
    assert frame is not None
    return frame
