"""Titles, chapters, covers and attachments of a file, on their way to a recording of it."""

import logging
from pathlib import Path
from typing import Any

from av.container import InputContainer, OutputContainer
from av.stream import Disposition

from livestyle.demuxing import open_media
from livestyle.sinks.formats import Container
from livestyle.sinks.tracks import codec_of

_log = logging.getLogger(__name__)

_TITLES = ("title", "artist", "album", "date")


def add_titles(
    source: InputContainer,
    path: Path,
    output: OutputContainer,
    container: Container,
    part_s: tuple[float, float],
) -> list[bytes]:
    """Adds what a kind of file has a place for to a recording, and says what it has none for.

    Args:
        source: the file.
        path: of it.
        output: the recording, before its first packet.
        container: what kind of file that is.
        part_s: from when to when the file is recorded, in its own clock.

    Returns:
        Covers, JPEG or PNG, that an MP4 is to have when it is finished.
    """
    chapters = _chapters(source, *part_s)
    lost = []
    if not container.has_titles and any(source.metadata.get(key) for key in _TITLES):
        lost.append("titles")
    if not container.has_chapters and chapters:
        lost.append("chapters")
    if lost:
        _log.warning("%s: %s has no %s.", path.name, container.name, " and no ".join(lost))
    if container.is_picture:
        return []
    output.metadata.update(source.metadata)
    if chapters:
        output.set_chapters(chapters)
    covers = _covers(path, source)
    if container.name == "matroska":
        for kind, cover in covers:
            output.add_attachment(f"cover.{kind}", f"image/{kind}", cover)
        for attachment in source.streams.attachments:  # fonts of subtitles
            name = attachment.metadata.get("filename", f"attachment-{attachment.index}")
            output.add_attachment(name, attachment.mimetype or "", attachment.data)
    elif container.name != "mp4" and covers:
        _log.warning("%s: the cover is kept in .mp4 and .mkv alone.", path.name)
    return [cover for _, cover in covers] if container.name == "mp4" else []


def _chapters(source: InputContainer, begins_s: float, ends_s: float) -> list[Any]:
    """The chapters of a part, counted from its beginning."""
    found = []
    for chapter in source.chapters():
        base = chapter["time_base"]
        if not base:
            continue
        shift = round(begins_s / base)
        start, end = max(0, chapter["start"] - shift), chapter["end"] - shift
        if end > 0 and float(start * base) < ends_s - begins_s:
            found.append({**chapter, "start": start, "end": end})
    return found


def _covers(path: Path, source: InputContainer) -> list[tuple[str, bytes]]:
    """Kind of picture and picture of each cover."""
    streams = [s for s in source.streams.video if s.disposition & Disposition.attached_pic]
    return [(codec_of(s).replace("mjpeg", "jpeg"), _bytes_of(path, s.index)) for s in streams]


def _bytes_of(path: Path, index: int) -> bytes:
    """The first packet of a stream."""
    with open_media(path) as container:
        return next(bytes(p) for p in container.demux(container.streams[index]) if p.size)
