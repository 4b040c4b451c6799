"""Sprites: words and pictures on a soft dark rounded ground, drawn once, laid on many frames."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from livestyle.frame import Pixels
from livestyle.resize import resized

WHITE = (246, 244, 240)
AMBER = (255, 201, 92)
RED = (255, 72, 62)
GROUND = (14, 14, 18)
GROUND_COLOR = (*GROUND, 185)
LINE_HEIGHT = 1.4
"""In font sizes."""

Row = tuple[str, ...]
"""One line of text; with two entries the first is a label."""


@dataclass(frozen=True, slots=True)
class Sprite:
    """Something to lay on a frame.

    Attributes:
        premultiplied: uint8, (h, w, 3): the colour, multiplied by its opacity.
        through: uint8, (h, w, 3): how much of the frame shows through, 255 all of it.
    """

    premultiplied: NDArray[np.uint8]
    through: NDArray[np.uint8]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        height, width = self.premultiplied.shape[:2]
        return width, height


@lru_cache(maxsize=32)
def text_sprite(
    rows: tuple[Row, ...], font_px: int, *, label_color: tuple[int, int, int] = AMBER
) -> Sprite:
    """Draws rows of text; labels stand in a column of their own.

    Args:
        rows: one or two entries each.
        font_px: size of the letters.
        label_color: RGB of the labels.
    """
    font = _font(font_px)
    labels = [row[0] if len(row) > 1 else "" for row in rows]
    texts = [row[-1] for row in rows]
    gap_px = round(font_px * 0.9) if any(labels) else 0
    label_px = max(_width_px(font, label) for label in labels)
    text_px = max(_width_px(font, text) for text in texts)
    line_px, side_px, edge_px = _spacing(font_px)
    canvas = _ground(
        label_px + gap_px + text_px + 2 * side_px, line_px * len(rows) + 2 * edge_px, font_px
    )
    draw = ImageDraw.Draw(canvas)
    for number, (label, text) in enumerate(zip(labels, texts, strict=True)):
        middle_px = edge_px + (number + 0.5) * line_px
        draw.text((side_px, middle_px), label, label_color, font, anchor="lm")
        draw.text((side_px + label_px + gap_px, middle_px), text, WHITE, font, anchor="lm")
    return _from_image(canvas)


@lru_cache(maxsize=8)
def recording_sprite(text: str, font_px: int) -> Sprite:
    """Draws a red dot and a text: a recording that runs."""
    font = _font(font_px)
    line_px, side_px, edge_px = _spacing(font_px)
    dot_px = round(font_px * 0.72)
    canvas = _ground(
        2 * side_px + 2 * dot_px + _width_px(font, text), line_px + 2 * edge_px, font_px
    )
    dot = Image.new("RGBA", (dot_px * 4, dot_px * 4), (*RED, 0))
    ImageDraw.Draw(dot).ellipse((0, 0, dot_px * 4 - 1, dot_px * 4 - 1), RED)
    dot = dot.resize((dot_px, dot_px), Image.Resampling.LANCZOS)
    canvas.alpha_composite(dot, (side_px, (canvas.height - dot_px) // 2))
    draw = ImageDraw.Draw(canvas)
    draw.text((side_px + 2 * dot_px, canvas.height / 2), text, WHITE, font, anchor="lm")
    return _from_image(canvas)


@lru_cache(maxsize=64)
def caption_sprite(
    name: str,
    key: str,
    *,
    size: tuple[int, int],
    caption_px: int,
    padding_px: int,
    is_marked: bool,
) -> Sprite:
    """Draws the ground of a thumbnail, with its key and name below.

    Args:
        name: in smaller letters where it is long, and cut off where it is too long.
        key: that selects it; "" for none.
        size: (width, height) of the sprite in pixels.
        caption_px: height of what is below the thumbnail.
        padding_px: room round the thumbnail.
        is_marked: dark letters on a bright ground instead of the reverse.
    """
    width, height = size
    key = f"{key}  " if key else ""
    room_px = width - 2 * padding_px
    font_px = max(8, round(caption_px * 0.68))
    while font_px > max(8, caption_px * 0.5) and _width_px(_font(font_px), key + name) > room_px:
        font_px -= 1
    font = _font(font_px)
    key_px = _width_px(font, key)
    text = _cut(font, name, room_px - key_px)
    left_px = (width - key_px - _width_px(font, text)) / 2
    middle_px = height - padding_px * 0.7 - caption_px / 2
    canvas = _ground(width, height, caption_px, (*AMBER, 255) if is_marked else GROUND_COLOR)
    draw = ImageDraw.Draw(canvas)
    draw.text((left_px, middle_px), key, GROUND if is_marked else AMBER, font, anchor="lm")
    color = GROUND if is_marked else WHITE
    draw.text((left_px + key_px, middle_px), text, color, font, anchor="lm")
    return _from_image(canvas)


def picture_sprite(pixels: Pixels, size: tuple[int, int], corner_px: float) -> Sprite:
    """A picture with round corners.

    Args:
        pixels: RGB uint8, (H, W, 3).
        size: (width, height) to scale it to.
        corner_px: radius of the corners.
    """
    scaled = resized(pixels, size)
    mask = _round_mask(size, corner_px)
    return Sprite(premultiplied=cv2.multiply(scaled, mask, scale=1 / 255), through=255 - mask)  # type: ignore[arg-type]


@lru_cache(maxsize=8)
def arrow_sprite(side_px: int, *, points_left: bool) -> Sprite:
    """Draws a small triangle that says there is more on that side."""
    large = side_px * 4
    mask = Image.new("L", (large // 2, large))
    tip, back = (0, large // 2 - 1) if points_left else (large // 2 - 1, 0)
    ImageDraw.Draw(mask).polygon([(tip, large / 2), (back, 0), (back, large - 1)], 255)
    canvas = Image.new("RGBA", (max(1, side_px // 2), side_px), (*WHITE, 0))
    canvas.putalpha(mask.resize(canvas.size, Image.Resampling.BOX))
    return _from_image(canvas)


def blank_sprite(size: tuple[int, int]) -> Sprite:
    """A sprite of (width, height) through which everything shows, to put others on."""
    shape = size[1], size[0], 3
    return Sprite(premultiplied=np.zeros(shape, np.uint8), through=np.full(shape, 255, np.uint8))


def paste(sprite: Sprite, on: Sprite, at: tuple[int, int]) -> None:
    """Puts one sprite in the place of what another has there; it must lie inside.

    Args:
        sprite: what to put.
        on: written to.
        at: (x, y) of the upper left corner, in pixels.
    """
    (x, y), (width, height) = at, sprite.size
    on.premultiplied[y : y + height, x : x + width] = sprite.premultiplied
    on.through[y : y + height, x : x + width] = sprite.through


def overlaid(sprite: Sprite, on: Sprite, at: tuple[int, int]) -> Sprite:
    """One sprite laid on another, which stays as it is; it must lie inside.

    Args:
        sprite: what to lay.
        on: what it is laid on.
        at: (x, y) of the upper left corner, in pixels.
    """
    (x, y), (width, height) = at, sprite.size
    both = Sprite(premultiplied=on.premultiplied.copy(), through=on.through.copy())
    blend(sprite, both.premultiplied, at)
    through = both.through[y : y + height, x : x + width]
    through[:] = cv2.multiply(through, sprite.through, scale=1 / 255)
    return both


def wrapped(text: str, font_px: int, width_px: int) -> tuple[Row, ...]:
    """Breaks a sentence into rows that are at most `width_px` wide where words allow it."""
    font = _font(font_px)
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and _width_px(font, longer) > width_px:
            lines.append(word)
        else:
            lines[-1] = longer
    return tuple((line,) for line in lines)


def blend(sprite: Sprite, on: Pixels, at: tuple[int, int], opacity: float = 1.0) -> None:
    """Blends a sprite into a picture, in place; what lies outside of it is cut off.

    Args:
        sprite: what to lay.
        on: RGB uint8, (H, W, 3); written to.
        at: (x, y) of the sprite's upper left corner, in pixels.
        opacity: 0.0 invisible to 1.0.
    """
    (x, y), (width, height) = at, sprite.size
    left, top = max(0, -x), max(0, -y)
    right, bottom = min(width, on.shape[1] - x), min(height, on.shape[0] - y)
    if right <= left or bottom <= top or opacity <= 0:
        return
    region = on[y + top : y + bottom, x + left : x + right]
    premultiplied, through = (
        sprite.premultiplied[top:bottom, left:right],
        sprite.through[top:bottom, left:right],
    )
    laid = cv2.add(cv2.multiply(region, through, scale=1 / 255), premultiplied)
    region[:] = laid if opacity >= 1 else cv2.addWeighted(laid, opacity, region, 1 - opacity, 0)


def _spacing(font_px: int) -> tuple[int, int, int]:
    """Height of a line, and the room beside and above the text, in pixels."""
    return round(font_px * LINE_HEIGHT), round(font_px * 0.8), round(font_px * 0.4)


def _ground(
    width: int, height: int, font_px: int, color: tuple[int, int, int, int] = GROUND_COLOR
) -> Image.Image:
    """A rounded rectangle in RGBA, for letters of that size."""
    return _rounded((width, height), min(font_px * 0.55, height / 2), color)


def _rounded(
    size: tuple[int, int], corner_px: float, color: tuple[int, int, int, int]
) -> Image.Image:
    """A rounded rectangle; its edge is smoothed by drawing it four times as large."""
    width, height = size[0] * 4, size[1] * 4
    mask = Image.new("L", (width, height))
    box = (0, 0, width - 1, height - 1)
    ImageDraw.Draw(mask).rounded_rectangle(box, corner_px * 4, color[3])
    canvas = Image.new("RGBA", size, (*color[:3], 0))
    canvas.putalpha(mask.resize(size, Image.Resampling.BOX))
    return canvas


@lru_cache(maxsize=8)
def _round_mask(size: tuple[int, int], corner_px: float) -> NDArray[np.uint8]:
    """255 inside a rounded rectangle, uint8 (h, w, 3)."""
    alpha = np.asarray(_rounded(size, corner_px, (*WHITE, 255)))[:, :, 3:]
    return np.repeat(alpha, 3, axis=2)


def _from_image(image: Image.Image) -> Sprite:
    rgba = np.asarray(image)
    alpha = np.repeat(rgba[:, :, 3:], 3, axis=2)
    premultiplied = np.round(rgba[:, :, :3] * (alpha / 255)).astype(np.uint8)
    return Sprite(premultiplied=premultiplied, through=255 - alpha)


@lru_cache(maxsize=16)
def _font(font_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(font_px)


def _width_px(font: ImageFont.FreeTypeFont | ImageFont.ImageFont, text: str) -> int:
    return int(np.ceil(font.getlength(text)))


def _cut(font: ImageFont.FreeTypeFont | ImageFont.ImageFont, text: str, width_px: int) -> str:
    """The text, with dots for its end where it is too wide."""
    if _width_px(font, text) <= width_px:
        return text
    while text and _width_px(font, f"{text}…") > width_px:
        text = text[:-1]
    return f"{text}…"
