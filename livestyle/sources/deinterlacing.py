"""Deinterlacer: whole pictures from the half pictures of television and camcorders."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av import VideoFrame, VideoStream
    from av.filter import Graph


class Deinterlacer:
    """Passes frames on; from the first interlaced one on through FFmpeg's bwdif.

    A painting network would turn the combs of interlaced pictures into strokes. One frame comes
    out for each that goes in, with its own time.
    """

    def __init__(self, stream: "VideoStream") -> None:
        """Begins with nothing to do."""
        self._stream = stream
        self._graph: Graph | None = None
        self._kind = (0, 0, "")

    def __call__(self, frame: "VideoFrame | None") -> "Iterator[VideoFrame]":
        """The frames that are ready; `None` asks for the last ones."""
        kind = (frame.width, frame.height, frame.format.name) if frame else self._kind
        if self._graph is not None and kind != self._kind:  # joined recordings
            yield from self._filtered(self._graph, None)
            self._graph = None
        if self._graph is None:
            if frame is None:
                return
            if not frame.interlaced_frame:
                yield frame
                return
            self._graph, self._kind = self._started(frame), kind
        yield from self._filtered(self._graph, frame)

    def _started(self, frame: "VideoFrame") -> "Graph":
        import av.filter

        graph = av.filter.Graph()
        start = graph.add_buffer(
            width=frame.width,
            height=frame.height,
            format=frame.format,
            time_base=frame.time_base or self._stream.time_base,
        )
        graph.link_nodes(
            start, graph.add("bwdif", "mode=send_frame:deint=interlaced"), graph.add("buffersink")
        ).configure()
        return graph

    def _filtered(self, graph: "Graph", frame: "VideoFrame | None") -> "Iterator[VideoFrame]":
        import av

        graph.vpush(frame)
        while True:
            try:
                yield graph.vpull()
            except (av.BlockingIOError, av.EOFError):
                return
