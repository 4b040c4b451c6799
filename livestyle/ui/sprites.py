"""Sprites: words and pictures on a dark rounded ground, drawn once and blended into many frames."""

import re
from collections.abc import Iterator
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
GROUND_COLOR = (*GROUND, 208)
LINE_HEIGHT = 1.4
"""In font sizes."""

OPAQUE_GROUND = (*GROUND, 236)
"""For what may lie on other words."""

Row = tuple[str, ...]
"""One line of text; with two entries the first is a label."""


@dataclass(frozen=True, slots=True)
class Sprite:
    """Something to blend into a frame.

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


@lru_cache(maxsize=64)
def text_sprite(
    rows: tuple[Row, ...],
    font_px: int,
    *,
    columns: int = 1,
    ground: tuple[int, int, int, int] = GROUND_COLOR,
) -> Sprite:
    """Draws rows of text; labels are aligned in a column of their own.

    Args:
        rows: one or two entries each.
        font_px: size of the letters.
        columns: how many columns the rows are spread over.
        ground: RGBA of what is behind the letters.
    """
    font = _font(font_px)
    line_px, side_px, edge_px = _spacing(font_px)
    blocks = _blocks(rows, columns)
    canvas = _ground(*text_size(rows, font_px, columns=columns), font_px, ground)
    draw = ImageDraw.Draw(canvas)
    left_px = side_px
    for block in blocks:
        label_px, text_px = _block_widths(block, font_px)
        for number, row in enumerate(block):
            middle_px = edge_px + (number + 0.5) * line_px
            if len(row) > 1:
                draw.text((left_px, middle_px), row[0], AMBER, font, anchor="lm")
            draw.text((left_px + label_px, middle_px), row[-1], WHITE, font, anchor="lm")
        left_px += label_px + text_px + 2 * side_px
    return _from_image(canvas)


@lru_cache(maxsize=64)
def text_size(rows: tuple[Row, ...], font_px: int, *, columns: int = 1) -> tuple[int, int]:
    """(width, height) in pixels of the `text_sprite` of these rows."""
    line_px, side_px, edge_px = _spacing(font_px)
    blocks = _blocks(rows, columns)
    width = sum(sum(_block_widths(block, font_px)) for block in blocks)
    return width + 2 * side_px * len(blocks), line_px * len(blocks[0]) + 2 * edge_px


@lru_cache(maxsize=8)
def ends_within(rows: tuple[Row, ...], font_px: int, width_px: int) -> tuple[Row, ...]:
    """The rows, with dots for the beginnings of texts that would make their sprite wider."""
    font = _font(font_px)
    _, side_px, _ = _spacing(font_px)
    label_px, _ = _block_widths(rows, font_px)
    room_px = width_px - label_px - 2 * side_px
    return tuple((*row[:-1], _end(font, row[-1], room_px)) for row in rows)


def _blocks(rows: tuple[Row, ...], columns: int) -> list[tuple[Row, ...]]:
    """The rows spread over columns, none of which is longer than the first."""
    length = -(-len(rows) // columns)
    return [rows[first : first + length] for first in range(0, len(rows), length)]


def _block_widths(rows: tuple[Row, ...], font_px: int) -> tuple[int, int]:
    """Widths of the labels, with the gap after them, and of the texts, in pixels."""
    font = _font(font_px)
    label_px = max(_width_px(font, row[0]) if len(row) > 1 else 0 for row in rows)
    gap_px = round(font_px * 0.9) if label_px else 0
    return label_px + gap_px, max(_width_px(font, row[-1]) for row in rows)


@lru_cache(maxsize=8)
def recording_sprite(text: str, font_px: int) -> Sprite:
    """Draws a red dot and a text: a recording is running."""
    side_px = round(font_px * 0.72)
    dot = Image.new("L", (side_px * 4, side_px * 4))
    ImageDraw.Draw(dot).ellipse((0, 0, side_px * 4 - 1, side_px * 4 - 1), 255)
    return _badge(dot, RED, text, font_px)


@lru_cache(maxsize=8)
def frozen_sprite(font_px: int) -> Sprite:
    """Draws the two bars of a pause and "frozen"."""
    side_px = round(font_px * 0.72)
    bars = Image.new("L", (side_px * 4, side_px * 4))
    draw = ImageDraw.Draw(bars)
    for left in (0.08, 0.62):
        draw.rectangle((side_px * 4 * left, 0, side_px * 4 * (left + 0.3), side_px * 4), 255)
    return _badge(bars, AMBER, "frozen", font_px)


def _badge(mask: Image.Image, color: tuple[int, int, int], text: str, font_px: int) -> Sprite:
    """A sign and a text beside it; the sign's mask is given four times as large, to be smooth."""
    font = _font(font_px)
    line_px, side_px, edge_px = _spacing(font_px)
    sign_px = mask.width // 4
    canvas = _ground(
        2 * side_px + 2 * sign_px + _width_px(font, text), line_px + 2 * edge_px, font_px
    )
    sign = Image.new("RGBA", (sign_px, sign_px), (*color, 0))
    sign.putalpha(mask.resize(sign.size, Image.Resampling.BOX))
    canvas.alpha_composite(sign, (side_px, (canvas.height - sign_px) // 2))
    draw = ImageDraw.Draw(canvas)
    draw.text((side_px + 2 * sign_px, canvas.height / 2), text, WHITE, font, anchor="lm")
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
        key: the number that selects it.
        size: (width, height) of the sprite in pixels.
        caption_px: height of what is below the thumbnail.
        padding_px: room round the thumbnail.
        is_marked: dark letters on a bright ground instead of the reverse.
    """
    width, height = size
    key = f"{key}  "
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
def arrow_sprite(size: tuple[int, int], side_px: int, *, points_left: bool) -> Sprite:
    """Draws a button with a triangle on it that says there is more on that side.

    Args:
        size: (width, height) of the button in pixels.
        side_px: height of the triangle.
        points_left: or right.
    """
    large = side_px * 4
    mask = Image.new("L", (large // 2, large))
    tip, back = (0, large // 2 - 1) if points_left else (large // 2 - 1, 0)
    ImageDraw.Draw(mask).polygon([(tip, large / 2), (back, 0), (back, large - 1)], 255)
    triangle = Image.new("RGBA", (max(1, side_px // 2), side_px), (*AMBER, 0))
    triangle.putalpha(mask.resize(triangle.size, Image.Resampling.BOX))
    canvas = _ground(*size, side_px)
    left_px, top_px = (size[0] - triangle.width) // 2, (size[1] - side_px) // 2
    canvas.alpha_composite(triangle, (max(0, left_px), max(0, top_px)))
    return _from_image(canvas)


def blank_sprite(size: tuple[int, int]) -> Sprite:
    """A sprite of (width, height) through which everything shows, to put others on."""
    shape = size[1], size[0], 3
    return Sprite(premultiplied=np.zeros(shape, np.uint8), through=np.full(shape, 255, np.uint8))


def paste(sprite: Sprite, on: Sprite, at: tuple[int, int]) -> None:
    """Replaces a part of a sprite by another one, which must lie inside.

    Args:
        sprite: the new part.
        on: written to.
        at: (x, y) of the upper left corner, in pixels.
    """
    (x, y), (width, height) = at, sprite.size
    on.premultiplied[y : y + height, x : x + width] = sprite.premultiplied
    on.through[y : y + height, x : x + width] = sprite.through


def overlaid(sprite: Sprite, on: Sprite, at: tuple[int, int]) -> Sprite:
    """One sprite blended onto another, which stays as it is; it must lie inside.

    Args:
        sprite: what to blend.
        on: what is below it.
        at: (x, y) of the upper left corner, in pixels.
    """
    (x, y), (width, height) = at, sprite.size
    both = Sprite(premultiplied=on.premultiplied.copy(), through=on.through.copy())
    blend(sprite, both.premultiplied, at)
    through = both.through[y : y + height, x : x + width]
    through[:] = cv2.multiply(through, sprite.through, scale=1 / 255)
    return both


@lru_cache(maxsize=16)
def wrapped(text: str, font_px: int, width_px: int) -> tuple[Row, ...]:
    """Breaks a sentence into rows that are at most `width_px` wide: between words, in a path
    after a slash, and in a longer word anywhere."""
    font = _font(font_px)
    lines = [""]
    for piece in _pieces(text, font_px, width_px):
        longer = lines[-1] + piece
        if lines[-1] and _width_px(font, longer.rstrip()) > width_px:
            lines.append(piece.lstrip())
        else:
            lines[-1] = longer
    return tuple((line.rstrip(),) for line in lines)


def _pieces(text: str, font_px: int, width_px: int) -> Iterator[str]:
    """What a sentence may be broken into: words with the blank before, parts of paths, and
    single letters of what is wider than a row."""
    font = _font(font_px)
    for part in re.findall(r"\s*[^\s/\\]*[/\\]?", text.strip()):
        if _width_px(font, part.strip()) > width_px:
            yield from part
        elif part:
            yield part


def blend(sprite: Sprite, on: Pixels, at: tuple[int, int], opacity: float = 1.0) -> None:
    """Blends a sprite into a picture, in place; what lies outside is cut off.

    Args:
        sprite: what to blend.
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
    blended = cv2.add(cv2.multiply(region, through, scale=1 / 255), premultiplied)
    region[:] = (
        blended if opacity >= 1 else cv2.addWeighted(blended, opacity, region, 1 - opacity, 0)
    )


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


def _end(font: ImageFont.FreeTypeFont | ImageFont.ImageFont, text: str, width_px: int) -> str:
    """The text, with dots for its beginning where it is too wide."""
    if _width_px(font, text) <= width_px:
        return text
    while len(text) > 1 and _width_px(font, f"…{text}") > width_px:
        text = text[1:]
    return f"…{text}"


def _cut(font: ImageFont.FreeTypeFont | ImageFont.ImageFont, text: str, width_px: int) -> str:
    """The text, with dots for its end where it is too wide."""
    if _width_px(font, text) <= width_px:
        return text
    while text and _width_px(font, f"{text}…") > width_px:
        text = text[:-1]
    return f"{text}…"
