"""Overlay: the words and thumbnails on top of the picture, drawn in pixels of the window."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from livestyle.frame import Pixels
from livestyle.ui.sprites import (
    OPAQUE_GROUND,
    Row,
    Sprite,
    blend,
    ends_within,
    frozen_sprite,
    recording_sprite,
    text_size,
    text_sprite,
    wrapped,
)
from livestyle.ui.thumbnail_strip import Strip

HOLD_S = 1.6
FADE_S = 0.4
READ_S_PER_LETTER = 0.05
"""A long notice, such as one with a path, stays as long as it takes to read."""

LEAST_FONT_PX = 11
COMMON_HEIGHT_PX = 720
LEAST_TABLE_PX = 7
"""Smallest letters of a table: it is better hard to read than cut."""

STATUS_LIFT = 0.12
"""How high a lasting sentence stands at least, in heights of the picture."""


@dataclass(frozen=True, slots=True)
class Words:
    """What there is to say about this frame; what is empty is not drawn.

    Attributes:
        style: name of the style; shown for a moment when it changes.
        status: a sentence that stays, such as a lost camera.
        figures: rows of (name, value).
        help: rows of (key, what it does).
        recording_s: seconds since the recording began; None while there is none.
        styles: every style, in the order of their numbers, for a strip of thumbnails.
        marked: which of them to mark.
        thumbnails: the pictures on it, RGB uint8 (h, w, 3).
        number: the style's number, shown before its name; 0 for none.
        search: rows of what is typed to choose a style, and of what it may mean.
        frozen: whether the picture is held.
    """

    style: str = ""
    status: str = ""
    figures: tuple[Row, ...] = ()
    help: tuple[Row, ...] = ()
    recording_s: float | None = None
    styles: tuple[str, ...] = ()
    marked: str = ""
    thumbnails: Mapping[str, Pixels] = field(default_factory=dict)
    number: int = 0
    search: tuple[Row, ...] = ()
    frozen: bool = False


@dataclass(slots=True)
class _Passing:
    """A text that fades after a while."""

    text: str = ""
    until_s: float = float("-inf")

    def opacity(self, now_s: float) -> float:
        return min(1.0, max(0.0, (self.until_s - now_s) / FADE_S)) if self.text else 0.0


class Overlay:
    """Draws words on frames; remembers since when the passing ones are there.

    Attributes:
        strip: the thumbnails, and where they are.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.strip = Strip()
        self._clock = clock
        self._style, self._notice, self._hint = _Passing(), _Passing(), _Passing()

    def say(self, notice: str) -> None:
        """Shows a notice in place of the one before: for two seconds, a long one for longer."""
        self._notice = self._passing(notice, max(HOLD_S, len(notice) * READ_S_PER_LETTER))

    def hint(self, text: str, hold_s: float) -> None:
        """Shows a hint for a while, unless help, figures or thumbnails are there."""
        self._hint = self._passing(text, hold_s)

    def draw(self, pixels: Pixels, words: Words) -> Pixels:
        """The picture with the words on it.

        Args:
            pixels: RGB uint8, (H, W, 3); not written to.
            words: what to say.

        Returns:
            A copy with the words on it, or `pixels` itself when there is nothing to say.
        """
        if words.style != self._style.text:
            self._style = self._passing(words.style, HOLD_S)
        height, width = pixels.shape[:2]
        font_px = _font_px(min(height, width * 0.75))
        layer = _Layer(pixels, margin_px=font_px)
        self._draw_strip(layer, words, font_px)
        badges_px = _draw_badges(layer, words, font_px)
        _draw_tables(layer, words, font_px, badges_px)
        self._draw_sentences(layer, words, font_px)
        return layer.pixels

    def _passing(self, text: str, hold_s: float) -> _Passing:
        return _Passing(text, self._clock() + hold_s + FADE_S)

    def _draw_strip(self, layer: "_Layer", words: Words, font_px: int) -> None:
        """Thumbnails along the lower edge; other words then stand above them."""
        if not words.styles:
            self.strip.hide()
            return
        layer.floor_px = self.strip.draw(
            layer.open(),
            words.styles,
            words.marked,
            words.thumbnails,
            font_px=font_px,
            margin_px=font_px,
        )

    def _draw_sentences(self, layer: "_Layer", words: Words, font_px: int) -> None:
        """At the lower left the style's name, unless the strip has it, the latest notice and the
        hint, one above the other; above them the lasting sentence; over all what is typed."""
        now_s, lift_px = self._clock(), 0
        if not words.styles and (opacity := self._style.opacity(now_s)):
            row = (str(words.number), words.style) if words.number else (words.style,)
            lift_px += self._stack(layer, (row,), round(font_px * 1.5), opacity, lift_px)
        if opacity := self._notice.opacity(now_s):
            rows = wrapped(self._notice.text, font_px, round(layer.width * 0.8))
            lift_px += self._stack(layer, rows, font_px, opacity, lift_px)
        is_bare = not (words.styles or words.help or words.figures or words.search)
        if is_bare and (opacity := self._hint.opacity(now_s)):
            lift_px += self._stack(layer, ((self._hint.text,),), font_px, opacity, lift_px)
        if words.status:
            rows = wrapped(words.status, font_px, round(layer.width * 0.8))
            least_px = round((layer.height - layer.floor_px) * STATUS_LIFT)
            sprite = text_sprite(rows, font_px, ground=OPAQUE_GROUND)
            layer.blend(sprite, 0.5, 1.0, lift_px=max(lift_px, least_px))
        if words.search:
            rows = ends_within(words.search, font_px, layer.width - 2 * font_px)
            layer.blend(text_sprite(rows, font_px, ground=OPAQUE_GROUND), 0.5, 0.2)

    def _stack(
        self, layer: "_Layer", rows: tuple[Row, ...], font_px: int, opacity: float, lift_px: int
    ) -> int:
        sprite = text_sprite(rows, font_px, ground=OPAQUE_GROUND)
        return layer.blend(sprite, 0.0, 1.0, opacity, lift_px=lift_px)


def _font_px(height_px: float) -> int:
    """Size of the letters in a window of that height: the larger it is, the more slowly they
    grow, as who fills a screen wants to see the picture."""
    beyond_px = max(0.0, height_px - COMMON_HEIGHT_PX)
    return max(LEAST_FONT_PX, round((height_px - beyond_px) * 0.036 + beyond_px * 0.012))


def _draw_badges(layer: "_Layer", words: Words, font_px: int) -> int:
    """Marks at the upper right that a recording is running and that the picture is frozen.

    Returns:
        Their width with the gap to the left, in pixels.
    """
    badges = []
    if words.recording_s is not None:
        minutes, seconds = divmod(int(words.recording_s), 60)
        badges.append(recording_sprite(f"{minutes}:{seconds:02}", font_px))
    if words.frozen:
        badges.append(frozen_sprite(font_px))
    taken_px = 0
    for badge in badges:
        layer.blend(badge, 1.0, 0.0, shift_px=-taken_px)
        taken_px += badge.size[0] + font_px // 2
    return taken_px


def _draw_tables(layer: "_Layer", words: Words, font_px: int, badges_px: int) -> None:
    """The figures at the upper left and the help beside them; where there is not room for both,
    the help alone, below the badges."""
    width = layer.width - 2 * font_px
    height = layer.height - layer.floor_px - (1 if layer.floor_px else 2) * font_px
    figures = _table(words.figures, font_px, (width - badges_px, height)) if words.figures else None
    if words.help:
        beside_px = figures.size[0] + font_px // 2 if figures else 0
        columns = _columns(words.help, font_px, (width - beside_px - badges_px, height))
        if columns:
            table, below_px = text_sprite(words.help, font_px, columns=columns), 0
        else:
            figures = None
            beside_px, below_px = 0, round(font_px * 2.7) if badges_px else 0
            badges_px = 0
            table = _table(words.help, font_px, (width, height - below_px))
        free_px = width - table.size[0]
        left_px = min(max(beside_px, free_px // 2), free_px - badges_px)
        top_px = below_px + (height - below_px - table.size[1]) // 2
        layer.blend(table, 0.0, 0.0, shift_px=left_px, lift_px=-top_px)
    if figures:
        layer.blend(figures, 0.0, 0.0)


def _columns(rows: tuple[Row, ...], font_px: int, area: tuple[int, int]) -> int:
    """In how many columns rows fit the area, in letters of that size; 0 where they do not."""
    for columns in (1, 2):
        width, height = text_size(rows, font_px, columns=columns)
        if width <= area[0] and height <= area[1]:
            return columns
    return 0


def _table(rows: tuple[Row, ...], font_px: int, area: tuple[int, int]) -> Sprite:
    """Rows in letters of that size, or in smaller ones, so that they fit the area."""
    while (columns := _columns(rows, font_px, area)) == 0 and font_px > LEAST_TABLE_PX:
        font_px -= 1
    return text_sprite(rows, font_px, columns=columns or 2)


class _Layer:
    """The picture being drawn on: copied before the first sprite is blended.

    Attributes:
        pixels: the picture so far.
        width: in pixels.
        height: in pixels.
        floor_px: how much of its lower part is taken.
    """

    def __init__(self, pixels: Pixels, margin_px: int) -> None:
        self._original = pixels
        self._margin_px = margin_px
        self.pixels = pixels
        self.height, self.width = pixels.shape[:2]
        self.floor_px = 0

    def open(self) -> Pixels:
        """The picture, to be written to."""
        if self.pixels is self._original:
            self.pixels = self._original.copy()
        return self.pixels

    def blend(
        self,
        sprite: Sprite,
        right: float,
        down: float,
        opacity: float = 1.0,
        *,
        shift_px: int = 0,
        lift_px: int = 0,
    ) -> int:
        """Blends a sprite; `right` and `down` from 0 to 1 say where between the margins, from
        where it is shifted to the right and lifted.

        Returns:
            Its height with half a margin, in pixels: how far to lift what stands above it.
        """
        margin_px, (width, height) = self._margin_px, sprite.size
        x = margin_px + round((self.width - 2 * margin_px - width) * right) + shift_px
        free_px = self.height - self.floor_px - 2 * margin_px - height
        y = margin_px + round(free_px * down) - lift_px
        blend(sprite, self.open(), (x, y), opacity)
        return height + margin_px // 2
