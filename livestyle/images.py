"""Still pictures as RGB arrays: read upright and bounded, written whole or not at all."""

from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from livestyle.errors import SinkError, SourceError
from livestyle.frame import Pixels
from livestyle.output_file import atomic_write
from livestyle.plain import printable

MAX_PIXELS = 100_000_000
"""Larger pictures are refused before they are decoded."""

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})


def read_picture(path: Path | BinaryIO) -> Pixels:
    """Reads a picture upright (EXIF orientation applied), transparency laid on white.

    Returns:
        RGB uint8, (H, W, 3).

    Raises:
        SourceError: missing, not a picture, truncated, or more than `MAX_PIXELS` pixels.
    """
    try:
        with Image.open(path) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise SourceError(
                    f"{path} has {width}x{height} pixels; the limit is "
                    f"{MAX_PIXELS // 1_000_000} million. Scale it down first."
                )
            upright = ImageOps.exif_transpose(image)
            if upright.has_transparency_data:
                rgba = upright.convert("RGBA")
                upright = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba)
            return np.asarray(upright.convert("RGB"))
    except FileNotFoundError as error:
        raise SourceError(f"There is no picture at {path}.") from error
    except UnidentifiedImageError as error:
        raise SourceError(f"{path} is not a picture, or none that can be read here.") from error
    except Image.DecompressionBombError as error:
        raise SourceError(f"{path} is not a picture that can be read: {error}") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise SourceError(f"{path} cannot be read as a picture ({error}).") from error


def write_picture(
    path: Path, pixels: Pixels, *, quality: int = 95, text: dict[str, str] | None = None
) -> None:
    """Writes a picture; the format follows the suffix. An older file is replaced at the end.

    Args:
        path: where to; its folder must exist.
        pixels: RGB uint8, (H, W, 3).
        quality: of JPEG and WebP, 1 to 100.
        text: settings to keep in the metadata of a PNG.

    Raises:
        SinkError: unknown suffix, or the file cannot be written.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise SinkError(f"{path}: pictures end in {', '.join(sorted(SUFFIXES))}.")
    pillow_format = Image.registered_extensions()[path.suffix.lower()]
    try:
        with atomic_write(path) as partial, partial.open("wb") as file:
            encode_picture(file, pixels, pillow_format, quality=quality, text=text)
    except OSError as error:
        raise SinkError(f"{path} cannot be written ({error.strerror or error}).") from error


def to_long_side(pixels: Pixels, side_px: int) -> Pixels:
    """The picture scaled so that its long side has `side_px` pixels."""
    height, width = pixels.shape[:2]
    scale = side_px / max(height, width)
    return resampled(pixels, (max(1, round(width * scale)), max(1, round(height * scale))))


def resampled(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """A still picture at exactly `size` (width, height), by Lanczos' filter: the sharpest."""
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))


def encode_picture(
    file: BinaryIO,
    pixels: Pixels,
    format: str,
    *,
    quality: int = 95,
    text: dict[str, str] | None = None,
) -> None:
    """Writes a picture in Pillow's `format` ("PNG", "JPEG") to an open file."""
    options: dict[str, object] = {}
    if format in ("JPEG", "WEBP"):
        options["quality"] = quality
    if format == "PNG" and text:
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        for key, value in text.items():
            info.add_text(key, printable(value, lines=True))  # names of files may be raw bytes
        options["pnginfo"] = info
    Image.fromarray(pixels).save(file, format, **options)
