"""Overlay: what the window says on top of the picture."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from livestyle.frame import Pixels
from livestyle.ui.sprites import (
    LINE_HEIGHT,
    Row,
    Sprite,
    blend,
    recording_sprite,
    text_sprite,
    wrapped,
)
from livestyle.ui.thumbnail_strip import Strip

HOLD_S = 1.6
FADE_S = 0.4
LEAST_FONT_PX = 11
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
        styles: the set, in key order, for a strip of thumbnails.
        marked: which of them to mark.
        thumbnails: the pictures on it, RGB uint8 (h, w, 3).
    """

    style: str = ""
    status: str = ""
    figures: tuple[Row, ...] = ()
    help: tuple[Row, ...] = ()
    recording_s: float | None = None
    styles: tuple[str, ...] = ()
    marked: str = ""
    thumbnails: Mapping[str, Pixels] = field(default_factory=dict)


class Overlay:
    """Draws words on frames; remembers since when the passing ones are there.

    Attributes:
        strip: the thumbnails, and where they are.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.strip = Strip()
        self._clock = clock
        self._style = ""
        self._styled_s = float("-inf")
        self._notice = ""
        self._noticed_s = float("-inf")

    def say(self, notice: str) -> None:
        """Shows a short notice for about two seconds."""
        self._notice = notice
        self._noticed_s = self._clock()

    def draw(self, pixels: Pixels, words: Words) -> Pixels:
        """The picture with the words on it.

        Args:
            pixels: RGB uint8, (H, W, 3); not written to.
            words: what to say.

        Returns:
            A copy with the words on it, or `pixels` itself when there is nothing to say.
        """
        if words.style != self._style:
            self._style, self._styled_s = words.style, self._clock()
        height, width = pixels.shape[:2]
        font_px = max(LEAST_FONT_PX, round(min(height, width * 0.75) * 0.036))
        layer = _Layer(pixels, margin_px=font_px)
        self._draw_strip(layer, words, font_px)
        lift_px = self._draw_passing(layer, font_px, names_style=not words.styles)
        if words.status:
            rows = wrapped(words.status, font_px, round(width * 0.8))
            least_px = round((height - layer.floor_px) * STATUS_LIFT)
            layer.blend(text_sprite(rows, font_px), 0.5, 1.0, lift_px=max(lift_px, least_px))
        beside_px = 0
        if words.figures:
            figures = text_sprite(words.figures, font_px)
            layer.blend(figures, 0.0, 0.0)
            beside_px = figures.size[0] + font_px // 2
        if words.help:
            help_px = _fitting(font_px, len(words.help), height - layer.floor_px)
            table = text_sprite(words.help, help_px)
            free_px = max(1, width - 2 * font_px - table.size[0])
            layer.blend(table, min(1.0, beside_px / free_px) if beside_px else 0.5, 0.5)
        if words.recording_s is not None:
            minutes, seconds = divmod(int(words.recording_s), 60)
            layer.blend(recording_sprite(f"{minutes}:{seconds:02}", font_px), 1.0, 0.0)
        return layer.pixels

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

    def _draw_passing(self, layer: "_Layer", font_px: int, *, names_style: bool) -> int:
        """Name of the style at the lower left, unless the strip has it; the latest notice above.

        Returns:
            How far to lift what stands above them, in pixels.
        """
        name_px = round(font_px * 1.5)
        lift_px = 0
        if names_style and self._style and (opacity := self._opacity(self._styled_s)):
            lift_px = layer.blend(text_sprite(((self._style,),), name_px), 0.0, 1.0, opacity)
        if self._notice and (opacity := self._opacity(self._noticed_s)):
            rows = wrapped(self._notice, font_px, round(layer.width * 0.8))
            lift_px += layer.blend(text_sprite(rows, font_px), 0.0, 1.0, opacity, lift_px=lift_px)
        return lift_px

    def _opacity(self, since_s: float) -> float:
        left_s = HOLD_S + FADE_S - (self._clock() - since_s)
        return min(1.0, max(0.0, left_s / FADE_S))


class _Layer:
    """The picture being drawn on: copied before the first sprite is laid.

    Attributes:
        pixels: the picture so far.
        floor_px: how much of its lower part is taken.
    """

    def __init__(self, pixels: Pixels, margin_px: int) -> None:
        self._original = pixels
        self._margin_px = margin_px
        self.pixels = pixels
        self.width = pixels.shape[1]
        self.floor_px = 0

    def open(self) -> Pixels:
        """The picture, to be written to."""
        if self.pixels is self._original:
            self.pixels = self._original.copy()
        return self.pixels

    def blend(
        self, sprite: Sprite, right: float, down: float, opacity: float = 1.0, lift_px: int = 0
    ) -> int:
        """Lays a sprite; `right` and `down` from 0 to 1 say where between the margins.

        Returns:
            Its height with half a margin, in pixels: how far to lift what stands above it.
        """
        pixels = self.open()
        height, width = pixels.shape[0] - self.floor_px, pixels.shape[1]
        margin_px, (plate_width, plate_height) = self._margin_px, sprite.size
        x = margin_px + round((width - 2 * margin_px - plate_width) * right)
        y = margin_px + round((height - 2 * margin_px - plate_height) * down) - lift_px
        blend(sprite, pixels, (x, y), opacity)
        return plate_height + margin_px // 2


def _fitting(font_px: int, rows: int, height: int) -> int:
    """The font size, made smaller where that many rows would not fit into the height."""
    return max(8, min(font_px, int(height * 0.92 / (rows * LINE_HEIGHT + 0.8))))
