"""Strip: the styles as thumbnails along the lower edge, in pages, to be clicked on."""

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
ARROW = 1.3

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

    def room(self, width: int) -> int:
        """How many cards fit into a width between two arrows; at least one."""
        return max(1, (width - 2 * self.arrow - self.gap) // self.step)

    def card_x(self, place: int) -> int:
        """Where a card begins on the strip, which has room for an arrow at either end."""
        return self.arrow + self.gap + place * self.step

    def strip(self, cards: int) -> Size:
        """(width, height) of a strip of so many cards."""
        return self.card_x(cards) + self.arrow, self.card[1]


class Strip:
    """Draws thumbnails with their numbers and names, a page at a time.

    The page is that of the chosen style until it is turned, and again when another is chosen.

    Attributes:
        shown: names of the styles that were drawn last, from left to right.
    """

    def __init__(self) -> None:
        """Begins with nothing drawn."""
        self.shown: tuple[str, ...] = ()
        self._page = self._pages = 0
        self._turned = 0
        self._marked = ""
        self._cards: tuple[Box, ...] = ()
        self._arrows: tuple[Box, ...] = ()
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
            names: every style, in the order of their numbers.
            marked: the style that was chosen.
            pictures: the thumbnail of each style that has one, RGB uint8 (h, w, 3).
            font_px: size of the other letters on the picture; everything here follows it.
            margin_px: room to the edges.

        Returns:
            Its height with the margin below, in pixels.
        """
        measures = _measures(font_px)
        height, width = on.shape[:2]
        room = min(len(names), measures.room(width - 2 * margin_px))
        self._choose_page(names, marked, room)
        first = self._page * room
        last = min(first + room, len(names))
        self.shown = tuple(names[first:last])
        sprite = self._composed(names, first, room, marked, pictures, measures)
        left, top = (width - sprite.size[0]) // 2, height - margin_px - sprite.size[1]
        blend(sprite, on, (left, top))
        right, bottom = left + sprite.size[0], top + sprite.size[1]
        card_width = measures.card[0]
        starts = (left + measures.card_x(place) for place in range(last - first))
        self._cards = tuple((x, top, x + card_width, bottom) for x in starts)
        self._arrows = (
            (left, top, left + measures.arrow, bottom),
            (right - measures.arrow, top, right, bottom),
        )
        return sprite.size[1] + margin_px

    def name_at(self, x: int, y: int) -> str | None:
        """The style whose thumbnail is there, in pixels of the picture drawn on last."""
        for name, box in zip(self.shown, self._cards, strict=True):
            if _is_inside(box, x, y):
                return name
        return None

    def arrow_at(self, x: int, y: int) -> int:
        """Which way the arrow points that is there: -1 back, 1 on, 0 for no arrow."""
        if self._pages > 1:
            for by, box in zip((-1, 1), self._arrows, strict=False):
                if _is_inside(box, x, y):
                    return by
        return 0

    def turn(self, by: int) -> None:
        """Goes on (+1) or back (-1) so many pages, round the ends, at the next drawing."""
        self._turned += by

    def hide(self) -> None:
        """Nothing is drawn any more, so nothing can be hit."""
        self.shown = self._cards = self._arrows = ()
        self._marked, self._turned = "", 0

    def _choose_page(self, names: Sequence[str], marked: str, room: int) -> None:
        pages = -(-len(names) // room)
        if marked != self._marked or pages != self._pages:
            self._page = names.index(marked) // room if marked in names else 0
        self._page = (self._page + self._turned) % pages
        self._marked, self._pages, self._turned = marked, pages, 0

    def _composed(
        self,
        names: Sequence[str],
        first: int,
        room: int,
        marked: str,
        pictures: Mapping[str, Pixels],
        measures: Measures,
    ) -> Sprite:
        """The page on one sprite; only cards with another picture are drawn again."""
        drawn = (tuple(names), first, room, marked, measures)
        if drawn != self._drawn:
            self._sprite = blank_sprite(measures.strip(room))
            self._drawn, self._pictures = drawn, {}
            if room < len(names):
                _put_arrows(self._sprite, measures)
        for place, name in enumerate(self.shown):
            picture = pictures.get(name)
            if name in self._pictures and self._pictures[name] is picture:
                continue
            self._pictures[name] = picture
            number = first + place + 1
            card = _card(name, str(number), picture, measures, is_marked=name == marked)
            paste(card, self._sprite, (measures.card_x(place), 0))
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


def _put_arrows(on: Sprite, measures: Measures) -> None:
    """Buttons at both ends: there are more pages."""
    size, side_px = (measures.arrow, on.size[1]), measures.arrow * 2 // 3
    paste(arrow_sprite(size, side_px, points_left=True), on, (0, 0))
    right = on.size[0] - measures.arrow
    paste(arrow_sprite(size, side_px, points_left=False), on, (right, 0))


def _is_inside(box: Box, x: int, y: int) -> bool:
    left, top, right, bottom = box
    return left <= x < right and top <= y < bottom


def _measures(font_px: int) -> Measures:
    width = round(font_px * THUMBNAIL_WIDTH)
    return Measures(
        picture=(width, round(width * ASPECT)),
        padding=max(2, round(font_px * PADDING)),
        gap=max(2, round(font_px * GAP)),
        caption=round(font_px * CAPTION),
        arrow=max(8, round(font_px * ARROW)),
    )
