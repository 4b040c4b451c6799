"""Pictures in tiles: what is computed tile by tile equals what the whole picture would give."""

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of a picture and what it sees around it, in pixels of the picture.

    Attributes:
        rows, columns: the part.
        seen_rows, seen_columns: the part with its margin, which ends where the picture ends.
    """

    rows: slice
    columns: slice
    seen_rows: slice
    seen_columns: slice

    def cut(self, picture: Tensor) -> Tensor:
        """What the tile sees of a picture, (N, C, H, W)."""
        return picture[:, :, self.seen_rows, self.seen_columns]

    def inner(self, features: Tensor, stride: int) -> Tensor:
        """The part, without its margin, in features of what it sees, (N, C, h, w).

        Args:
            features: of `cut(picture)`, at one value per `stride` pixels, rounded down.
            stride: in pixels; tiles begin and end at its multiples, or where the picture ends.
        """
        top = (self.rows.start - self.seen_rows.start) // stride
        left = (self.columns.start - self.seen_columns.start) // stride
        height = self.rows.stop // stride - self.rows.start // stride
        width = self.columns.stop // stride - self.columns.start // stride
        return features[:, :, top : top + height, left : left + width]

    def place(self, stride: int) -> tuple[slice, slice]:
        """Where `inner` lies in the features of the whole picture, as rows and columns."""
        rows, columns = (
            slice(part.start // stride, part.stop // stride) for part in (self.rows, self.columns)
        )
        return rows, columns


def tiles_of(height: int, width: int, side_px: int, margin_px: int) -> list[Tile]:
    """Tiles that cover a picture, without overlap but for their margins.

    Args:
        height, width: of the picture.
        side_px: of a tile without its margin.
        margin_px: how far around it is seen; both are multiples of the strides wanted.
    """
    return [
        Tile(rows, columns, seen_rows, seen_columns)
        for rows, seen_rows in _parts(height, side_px, margin_px)
        for columns, seen_columns in _parts(width, side_px, margin_px)
    ]


def _parts(length: int, side_px: int, margin_px: int) -> Iterator[tuple[slice, slice]]:
    """Stretches of at most `side_px` with their margins; a rest too thin joins its neighbour."""
    start = 0
    while start < length:
        stop = start + side_px
        if stop + margin_px >= length:
            stop = length
        yield slice(start, stop), slice(max(0, start - margin_px), min(length, stop + margin_px))
        start = stop
