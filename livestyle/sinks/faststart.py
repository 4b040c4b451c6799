"""MP4 and QuickTime with the index at the front, so that a web page plays it while it loads."""

import logging
import shutil
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from livestyle.output_file import atomic_write

log = logging.getLogger(__name__)

_COPY_BYTES = 1 << 20
_CONTAINERS = (b"trak", b"mdia", b"minf", b"stbl")
"""Boxes on the way from moov to the tables of where samples lie (ISO/IEC 14496-12)."""

_COVER_KINDS = {b"\xff\xd8": 13, b"\x89PNG": 14}
"""What a cover begins with, and the number of its kind (QuickTime's well-known types)."""


def move_index_to_front(path: Path, covers: Sequence[bytes] = ()) -> bool:
    """Moves the moov box of a finished file before its data, in a copy that replaces the file.

    Args:
        path: of the file.
        covers: JPEG or PNG pictures that players of an MP4 shall show for it. (FFmpeg adds them,
            too, but leaves an empty track where a file was made in fragments.)

    Returns:
        Whether it was moved. A file that is fragmented, has its index in front already, or a disk
        that has no room for the copy, is left as it is.
    """
    try:
        with path.open("rb") as file:
            boxes = list(_boxes(file, 0, path.stat().st_size))
            kinds = [kind for kind, _, _ in boxes]
            if kinds.count(b"moov") != 1 or b"mdat" not in kinds or b"moof" in kinds:
                return False
            at = kinds.index(b"moov")
            first = kinds.index(b"mdat")
            if at < first or shutil.disk_usage(path.parent).free < 2 * path.stat().st_size:
                return False
            _, begins, size = boxes[at]
            file.seek(begins)
            index = bytearray(file.read(size))
            if covers:
                _add_covers(index, covers)
            _shift(index, 0, len(index), boxes[first][1], begins, len(index))
            with atomic_write(path) as partial, partial.open("wb") as copy:
                _copy(file, copy, 0, boxes[first][1])
                copy.write(index)
                _copy(file, copy, boxes[first][1], begins)
                _copy(file, copy, begins + size, path.stat().st_size)
        return True
    except (OSError, ValueError, struct.error) as error:
        log.debug("%s keeps its index at the end: %s", path, error)
        return False


def _boxes(file: BinaryIO, begins: int, ends: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, place and size in bytes of each box in a part of a file."""
    while begins + 8 <= ends:
        file.seek(begins)
        size, kind = struct.unpack(">I4s", file.read(8))
        if size == 1:
            (size,) = struct.unpack(">Q", file.read(8))
        elif size == 0:
            size = ends - begins
        if size < 8 or begins + size > ends:
            raise ValueError("a box does not fit")
        yield kind, begins, size
        begins += size


def _add_covers(index: bytearray, covers: Sequence[bytes]) -> None:
    """Adds pictures to the titles of a moov box, as iTunes has them.

    Raises:
        ValueError: it has no titles, or a picture is neither JPEG nor PNG.
    """
    data = b""
    for cover in covers:
        kind = next((kind for begin, kind in _COVER_KINDS.items() if cover.startswith(begin)), None)
        if kind is None:
            raise ValueError("a cover is neither JPEG nor PNG")
        data += struct.pack(">I4sII", 16 + len(cover), b"data", kind, 0) + cover
    box = struct.pack(">I4s", 8 + len(data), b"covr") + data
    at, ends, parents = 0, len(index), [0]
    for wanted, header in ((b"udta", 8), (b"meta", 8), (b"ilst", 12)):
        at += header
        while at < ends and index[at + 4 : at + 8] != wanted:
            at += max(8, *struct.unpack_from(">I", index, at))
        if at >= ends:
            raise ValueError("there are no titles")
        parents.append(at)
        ends = at + struct.unpack_from(">I", index, at)[0]
    index[ends:ends] = box
    for parent in parents:
        size = struct.unpack_from(">I", index, parent)[0]
        struct.pack_into(">I", index, parent, size + len(box))


def _shift(index: bytearray, begins: int, ends: int, from_byte: int, to_byte: int, by: int) -> None:
    """Adds to the places of all samples that lie between two bytes of the file.

    Raises:
        ValueError: a place does not fit into 32 bits any more.
    """
    at = begins + 8
    while at + 8 <= ends:
        size, kind = struct.unpack_from(">I4s", index, at)
        if size < 8 or at + size > ends:
            raise ValueError("a box does not fit")
        if kind in _CONTAINERS:
            _shift(index, at, at + size, from_byte, to_byte, by)
        elif kind in (b"stco", b"co64"):
            word = ">I" if kind == b"stco" else ">Q"
            (count,) = struct.unpack_from(">I", index, at + 12)
            for number in range(count):
                place = at + 16 + number * struct.calcsize(word)
                (old,) = struct.unpack_from(word, index, place)
                if from_byte <= old < to_byte:
                    old += by
                if word == ">I" and old >= 1 << 32:
                    raise ValueError("a place needs 64 bits")
                struct.pack_into(word, index, place, old)
        at += size


def _copy(file: BinaryIO, copy: BinaryIO, begins: int, ends: int) -> None:
    file.seek(begins)
    while begins < ends:
        data = file.read(min(_COPY_BYTES, ends - begins))
        if not data:
            raise ValueError("the file ends early")
        copy.write(data)
        begins += len(data)
