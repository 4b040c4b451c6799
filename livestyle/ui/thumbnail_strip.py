"""Strip: the styles of the set as thumbnails along the lower edge, to be clicked on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from livestyle.frame import Pixels
from livestyle.render.scaling import Size
from livestyle.ui.sprites import (
    Sprite,
    arrow_sprite,
    blank_sprite,
    blend,
    caption_sprite,
    overlaid,
    paste,
    picture_sprite,
)

THUMBNAIL_WIDTH = 5.4
"""In font sizes of the other words, like all lengths here."""

ASPECT = 3 / 4
PADDING = 0.28
GAP = 0.36
CAPTION = 1.15


Box = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels, the last two just outside."""


@dataclass(frozen=True, slots=True)
class Measures:
    """The strip's lengths for one size of letters, all in pixels."""

    picture: Size
    padding: int
    gap: int
    caption: int
    arrow: int

    @property
    def card(self) -> Size:
        """(width, height) of one thumbnail with what is around it."""
        width, height = self.picture
        return width + 2 * self.padding, height + 2 * self.padding + self.caption

    @property
    def step(self) -> int:
        """From one card to the next."""
        return self.card[0] + self.gap

    def card_x(self, place: int) -> int:
        """Where a card begins on the strip, which has room for an arrow at either end."""
        return self.arrow + self.gap + place * self.step

    def strip(self, cards: int) -> Size:
        """(width, height) of a strip of so many cards."""
        return self.card_x(cards) + self.arrow, self.card[1]


class Strip:
    """Draws thumbnails with their names, as many as fit, round the one that was chosen.

    Attributes:
        shown: names of the styles that were drawn last, from left to right.
    """

    def __init__(self) -> None:
        """Begins with nothing drawn."""
        self.shown: tuple[str, ...] = ()
        self._cards: tuple[Box, ...] = ()
        self._sprite = blank_sprite((1, 1))
        self._drawn: tuple[object, ...] = ()
        self._pictures: dict[str, Pixels | None] = {}

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
        height, width = on.shape[:2]
        room = (width - 2 * margin_px + measures.gap) // measures.step
        middle = names.index(marked) if marked in names else 0
        first, last = _window(len(names), room, middle)
        self.shown = tuple(names[first:last])
        sprite = self._composed(names, first, last, marked, pictures, measures)
        left, top = (width - sprite.size[0]) // 2, height - margin_px - sprite.size[1]
        blend(sprite, on, (left, top))
        card_width, card_height = measures.card
        starts = (left + measures.card_x(place) for place in range(last - first))
        self._cards = tuple((x, top, x + card_width, top + card_height) for x in starts)
        return sprite.size[1] + margin_px

    def name_at(self, x: int, y: int) -> str | None:
        """The style whose thumbnail is there, in pixels of the picture drawn on last."""
        for name, (left, top, right, bottom) in zip(self.shown, self._cards, strict=True):
            if left <= x < right and top <= y < bottom:
                return name
        return None

    def hide(self) -> None:
        """Nothing is drawn any more, so nothing can be hit."""
        self.shown = self._cards = ()

    def _composed(
        self,
        names: Sequence[str],
        first: int,
        last: int,
        marked: str,
        pictures: Mapping[str, Pixels],
        measures: Measures,
    ) -> Sprite:
        """All cards on one sprite; only those with another picture are drawn again."""
        drawn = (tuple(names), first, last, marked, measures)
        if drawn != self._drawn:
            self._sprite = blank_sprite(measures.strip(last - first))
            self._drawn, self._pictures = drawn, {}
            _put_arrows(self._sprite, measures, before=first > 0, after=last < len(names))
        for number in range(first, last):
            name = names[number]
            picture = pictures.get(name)
            if name in self._pictures and self._pictures[name] is picture:
                continue
            self._pictures[name] = picture
            key = str(number + 1) if number < 9 else ""
            card = _card(name, key, picture, measures, is_marked=name == marked)
            paste(card, self._sprite, (measures.card_x(number - first), 0))
        return self._sprite


def _card(
    name: str, key: str, picture: Pixels | None, measures: Measures, *, is_marked: bool
) -> Sprite:
    """A thumbnail with its ground, key and name."""
    card = caption_sprite(
        name,
        key,
        size=measures.card,
        caption_px=measures.caption,
        padding_px=measures.padding,
        is_marked=is_marked,
    )
    if picture is None:
        return card
    thumbnail = picture_sprite(picture, measures.picture, measures.padding * 1.4)
    return overlaid(thumbnail, card, (measures.padding, measures.padding))


def _put_arrows(on: Sprite, measures: Measures, *, before: bool, after: bool) -> None:
    """Small arrows at the ends beyond which there are more styles."""
    side_px = measures.arrow * 2
    top = (on.size[1] - side_px) // 2
    if before:
        paste(arrow_sprite(side_px, points_left=True), on, (0, top))
    if after:
        paste(arrow_sprite(side_px, points_left=False), on, (on.size[0] - measures.arrow, top))


def _measures(font_px: int) -> Measures:
    width = round(font_px * THUMBNAIL_WIDTH)
    return Measures(
        picture=(width, round(width * ASPECT)),
        padding=max(2, round(font_px * PADDING)),
        gap=max(2, round(font_px * GAP)),
        caption=round(font_px * CAPTION),
        arrow=max(3, font_px // 2),
    )


def _window(count: int, room: int, middle: int) -> tuple[int, int]:
    """First and one past the last of at most `room` neighbours round `middle`; at least one."""
    room = max(1, min(room, count))
    first = min(max(0, middle - room // 2), count - room)
    return first, first + room
