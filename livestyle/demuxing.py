"""Reading media files packet by packet: whatever their titles say and their clocks do."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import av
from av.container import InputContainer

if TYPE_CHECKING:
    from av import Packet
    from av.stream import Stream

    AnyPacket: TypeAlias = Packet[Any]

log = logging.getLogger(__name__)

_MAY_RESTART = ("mpegts", "mpeg")
"""Formats in which recordings are joined by `cat`, so that time stamps begin anew."""

_BACK_S, _AHEAD_S = 0.5, 10.0
"""Larger steps of a decoding time, back or ahead, are a new beginning in such a format."""

_LEAD_IN_S = 0.2

_MOST_WAITING = 2000
"""Packets kept at most until it is known where their part begins."""

_MOST_ERRORS = 20
"""So many errors in a row, without a packet between them, are the end."""


_SEARCH_ON = {"analyzeduration": "120000000", "probesize": "200000000"}
"""Microseconds and bytes of a file that are searched for what its streams are like."""


def open_media(path: Path, *, search_on: bool = False) -> InputContainer:
    """Opens a file that FFmpeg reads.

    Args:
        path: of the file.
        search_on: for two minutes of the film instead of five seconds, if need be, for what its
            streams are like: in a transport stream that shows only where one begins.

    Raises:
        av.FFmpegError, OSError: it cannot.
    """
    # An absolute path cannot be taken for one of FFmpeg's protocols; old files have titles in
    # any encoding.
    options = _SEARCH_ON if search_on else {}
    return av.open(str(path.absolute()), metadata_errors="replace", options=options)


def origin_s(container: InputContainer) -> float:
    """Where a file's clock starts, in seconds.

    Sound that begins a little below zero is the encoder's lead-in, which nobody hears.
    """
    start_s = (container.start_time or 0) / av.time_base
    begins = [s.start_time for s in container.streams.video if s.start_time is not None]
    is_lead_in = -_LEAD_IN_S < start_s < 0 and min(begins, default=0) >= 0
    return 0.0 if is_lead_in else start_s


def can_restart(container: InputContainer) -> bool:
    """Whether the time stamps of such a file may begin anew on the way, so that it is no place to
    seek in by time."""
    return container.format.name in _MAY_RESTART


def time_s(packet: "AnyPacket") -> float | None:
    """When a packet is due, in its file's clock; None when it does not say."""
    ticks = packet.pts if packet.pts is not None else packet.dts
    return None if ticks is None else float(ticks * packet.time_base)


def demuxed(
    container: InputContainer,
    *streams: "Stream | None",
    on_error: Callable[[Exception], None],
) -> "Iterator[AnyPacket]":
    """The packets of some streams, with time stamps that go on where the file's begin anew.

    Args:
        container: what is read.
        streams: whose packets; the first video among them leads where time stamps begin anew.
        on_error: is told of parts that cannot be read; reading goes on behind them.
    """
    wanted = [stream for stream in streams if stream is not None]
    packets = _read(container, wanted, on_error)
    if not can_restart(container):
        return packets
    leader = next((s for s in wanted if s.type == "video"), wanted[0] if wanted else None)
    return _continued(packets, -1 if leader is None else leader.index)


def _read(
    container: InputContainer, streams: "list[Stream]", on_error: Callable[[Exception], None]
) -> "Iterator[AnyPacket]":
    errors = 0
    packets = container.demux(*streams)
    while errors < _MOST_ERRORS:
        try:
            packet = next(packets, None)
        except (av.FFmpegError, IndexError) as error:
            # IndexError: a damaged file announces a stream on the way.
            errors += 1
            if errors == 1:
                on_error(error)
            packets = container.demux(*streams)
            continue
        if packet is None:
            return
        errors = 0
        yield packet


class _Clock:
    """Where the parts of a joined file go: each behind the one before."""

    def __init__(self) -> None:
        self.offsets_s = [0.0]
        self._part: dict[int, int] = {}
        self._end_s: dict[int, float] = {}
        self._step_s: dict[int, float] = {}

    def part(self, packet: "AnyPacket", leads: bool) -> int:
        """Which part a packet belongs to, counted from 0; sets its place if the packet leads."""
        index = packet.stream_index
        part = self._part.setdefault(index, 0)
        ticks = packet.dts if packet.dts is not None else packet.pts
        if ticks is None:
            return part
        now_s = float(ticks * packet.time_base)
        last_s = self._end_s.get(index, now_s)
        step_s = float((packet.duration or 0) * packet.time_base) or self._step_s.get(index, 0.0)
        if not last_s - _BACK_S <= now_s <= last_s + _AHEAD_S:
            part = self._part[index] = part + 1
            if leads:
                self.offsets_s.append(self.offsets_s[-1] + last_s - now_s)
        self._step_s[index] = step_s
        self._end_s[index] = now_s + step_s
        return part


def _continued(packets: "Iterator[AnyPacket]", leader: int) -> "Iterator[AnyPacket]":
    """Shifts packets of later parts; those whose part has no place yet wait for the leader."""
    clock = _Clock()
    waiting: list[tuple[int, AnyPacket]] = []
    for packet in packets:
        part = clock.part(packet, packet.stream_index == leader)
        waiting.append((part, packet))
        known = len(clock.offsets_s) - 1
        if part > known and len(waiting) < _MOST_WAITING:
            continue
        for of_part, ready in waiting:
            if of_part <= known or len(waiting) >= _MOST_WAITING:
                yield _shifted(ready, clock.offsets_s[min(of_part, known)])
        waiting = [pair for pair in waiting if pair[0] > known] if part <= known else []
    for of_part, ready in waiting:
        yield _shifted(ready, clock.offsets_s[min(of_part, len(clock.offsets_s) - 1)])


def _shifted(packet: "AnyPacket", offset_s: float) -> "AnyPacket":
    if offset_s and packet.time_base:
        ticks = round(offset_s / packet.time_base)
        packet.pts = None if packet.pts is None else packet.pts + ticks
        packet.dts = None if packet.dts is None else packet.dts + ticks
    return packet
