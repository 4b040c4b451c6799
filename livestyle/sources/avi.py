"""What an AVI stores behind its last picture: nothing, for each time that it is shown again."""

from pathlib import Path

_LISTS = (b"RIFF", b"LIST")
"""Chunks that hold chunks, behind a name of four letters."""


def empty_chunks(path: Path, at: int, stream: int) -> int:
    """How many empty pictures, each for "the one before, again", are stored from a place on.

    FFmpeg does not give them where no picture follows. Where the file is cut short, those that it
    still has count.

    Args:
        path: of the file.
        at: where a chunk's bytes end.
        stream: whose pictures.
    """
    empty = 0
    pictures = (b"%02ddc" % stream, b"%02ddb" % stream)
    with path.open("rb") as file:
        file.seek(at + at % 2)
        while len(head := file.read(8)) == 8:
            name, size = head[:4], int.from_bytes(head[4:], "little")
            empty += name in pictures and size == 0
            file.seek(4 if name in _LISTS else size + size % 2, 1)
    return empty
