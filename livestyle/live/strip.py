"""Strip: the styles of the set as thumbnails along the lower edge, to be clicked on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from livestyle.frame import Pixels
from livestyle.live.plates import (
    Plate,
    arrow_plate,
    caption_plate,
    lay,
    picture_plate,
)
from livestyle.live.scaling import Size

THUMBNAIL_WIDTH = 5.4
"""In font sizes of the other words, like all lengths here."""

ASPECT = 3 / 4
PADDING = 0.28
GAP = 0.36
CAPTION = 1.15


@dataclass(frozen=True, slots=True)
class Measures:
    """The strip's lengths for one size of letters, all in pixels."""

    picture: Size
    padding: int
    gap: int
    caption: int

    @property
    def card(self) -> Size:
        """(width, height) of one thumbnail with what is around it."""
        width, height = self.picture
        return width + 2 * self.padding, height + 2 * self.padding + self.caption


class Strip:
    """Draws thumbnails with their names, as many as fit, round the one that was chosen.

    Attributes:
        shown: names of the styles that were drawn last, from left to right.
    """

    def __init__(self) -> None:
        """Begins with nothing drawn."""
        self.shown: tuple[str, ...] = ()
        self._corners: tuple[Size, ...] = ()
        self._card: Size = (0, 0)
        self._plates: dict[str, tuple[Pixels, Size, Plate]] = {}

    def draw(
        self,
        on: Pixels,
        names: Sequence[str],
        marked: str,
        pictures: Mapping[str, Pixels],
        *,
        font_px: int,
        margin_px: int,
    ) -> int:
        """Draws the strip along the lower edge, in place.

        Args:
            on: RGB uint8, (H, W, 3); written to.
            names: the set, in key order.
            marked: the style that was chosen; the strip goes along with it.
            pictures: the thumbnail of each style that has one, RGB uint8 (h, w, 3).
            font_px: size of the other letters on the picture; everything here follows it.
            margin_px: room to the edges.

        Returns:
            Its height with the margin below, in pixels.
        """
        measures = _measures(font_px)
        card_width, card_height = self._card = measures.card
        height, width = on.shape[:2]
        room = (width - 2 * margin_px + measures.gap) // (card_width + measures.gap)
        first, last = _window(len(names), room, names.index(marked) if marked in names else 0)
        self.shown = tuple(names[first:last])
        strip_width = len(self.shown) * (card_width + measures.gap) - measures.gap
        left, top = (width - strip_width) // 2, height - margin_px - card_height
        step = card_width + measures.gap
        self._corners = tuple((left + step * place, top) for place in range(len(self.shown)))
        for number, corner in enumerate(self._corners, first):
            name = names[number]
            key = str(number + 1) if number < 9 else ""
            lay(_caption(name, key, measures, is_marked=name == marked), on, corner)
            if (picture := pictures.get(name)) is not None:
                inside = corner[0] + measures.padding, corner[1] + measures.padding
                lay(self._rounded(name, picture, measures), on, inside)
        self._draw_arrows(on, margin_px, first > 0, last < len(names))
        return card_height + margin_px

    def name_at(self, x: int, y: int) -> str | None:
        """The style whose thumbnail is there, in pixels of the picture drawn on last."""
        width, height = self._card
        for name, (left, top) in zip(self.shown, self._corners, strict=True):
            if left <= x < left + width and top <= y < top + height:
                return name
        return None

    def hide(self) -> None:
        """Nothing is drawn any more, so nothing can be hit."""
        self.shown = self._corners = ()

    def _rounded(self, name: str, picture: Pixels, measures: Measures) -> Plate:
        """The thumbnail as a plate, made again only when its picture is another one."""
        kept = self._plates.get(name)
        if kept is None or kept[0] is not picture or kept[1] != measures.picture:
            plate = picture_plate(picture, measures.picture, measures.padding * 1.4)
            kept = self._plates[name] = picture, measures.picture, plate
        return kept[2]

    def _draw_arrows(self, on: Pixels, margin_px: int, before: bool, after: bool) -> None:
        """Small arrows at the ends beyond which there are more styles."""
        if not self._corners:
            return
        side_px = max(6, margin_px)
        middle = self._corners[0][1] + (self._card[1] - side_px) // 2
        gap = max(2, margin_px // 4)
        if before:
            plate = arrow_plate(side_px, points_left=True)
            lay(plate, on, (self._corners[0][0] - gap - plate.size[0], middle))
        if after:
            plate = arrow_plate(side_px, points_left=False)
            lay(plate, on, (self._corners[-1][0] + self._card[0] + gap, middle))


def _measures(font_px: int) -> Measures:
    width = round(font_px * THUMBNAIL_WIDTH)
    return Measures(
        picture=(width, round(width * ASPECT)),
        padding=max(2, round(font_px * PADDING)),
        gap=max(2, round(font_px * GAP)),
        caption=round(font_px * CAPTION),
    )


def _window(count: int, room: int, middle: int) -> tuple[int, int]:
    """First and one past the last of at most `room` neighbours round `middle`; at least one."""
    room = max(1, min(room, count))
    first = min(max(0, middle - room // 2), count - room)
    return first, first + room


def _caption(name: str, key: str, measures: Measures, *, is_marked: bool) -> Plate:
    return caption_plate(
        name,
        key,
        size=measures.card,
        caption_px=measures.caption,
        padding_px=measures.padding,
        is_marked=is_marked,
    )
