"""Still pictures as RGB arrays: read upright and bounded, written whole or not at all."""

import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError, features

from livestyle.errors import SinkError, SourceError
from livestyle.frame import Pixels
from livestyle.installation import install_command
from livestyle.output_file import atomic_write
from livestyle.plain import printable

log = logging.getLogger(__name__)

MAX_PIXELS = 100_000_000
"""Larger pictures are refused before they are decoded."""

_HEIF = frozenset({".heic", ".heif"})

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
"""Of pictures that can be read and written."""

if features.check("avif"):
    SUFFIXES |= {".avif"}
if find_spec("pillow_heif"):
    SUFFIXES |= _HEIF

FOUND_SUFFIXES = SUFFIXES | _HEIF
"""Of pictures that are found in a folder: a photo of a phone is not passed over in silence where
the package for it is missing."""

_WITH_ALPHA = ("PNG", "WEBP", "TIFF", "AVIF", "HEIF")
_WITH_EXIF = ("JPEG", *_WITH_ALPHA)
"""And with colour profiles."""

_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


@dataclass(frozen=True, slots=True)
class Picture:
    """A still picture and what its file knows about it.

    Attributes:
        pixels: RGB uint8, (H, W, 3), sRGB; white where nothing is seen of it.
        alpha: uint8, (H, W), 0 where it is transparent; None: nowhere.
        exif: as in the file, without the orientation, which was applied; None: none.
        dpi: dots per inch, across and down; None: not said.
    """

    pixels: Pixels
    alpha: Pixels | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None

    @property
    def on_white(self) -> Pixels:
        """The picture without transparency, RGB uint8, (H, W, 3)."""
        if self.alpha is None:
            return self.pixels
        weight = self.alpha[..., np.newaxis].astype(np.uint16)
        blended = (self.pixels * weight + (255 - weight) * 255 + 127) // 255
        return blended.astype(np.uint8)

    def to_height(self, height: int) -> "Picture":
        """The picture at another height, in pixels; its width follows."""
        size = max(1, round(self.pixels.shape[1] * height / self.pixels.shape[0])), height
        if size[0] * size[1] > MAX_PIXELS:
            raise SourceError(
                f"The picture would become {size[0]}x{size[1]}; the limit is "
                f"{MAX_PIXELS // 1_000_000} million pixels. Take a smaller height."
            )
        alpha = None if self.alpha is None else resampled(self.alpha, size)
        return replace(self, pixels=resampled(self.pixels, size), alpha=alpha)


def read_picture(path: Path | BinaryIO) -> Pixels:
    """Reads a picture upright (EXIF orientation applied), transparency laid on white.

    Returns:
        RGB uint8, (H, W, 3), sRGB.

    Raises:
        SourceError: missing, not a picture, truncated, or more than `MAX_PIXELS` pixels.
    """
    return open_picture(path).on_white


def open_picture(path: Path | BinaryIO) -> Picture:
    """Reads a picture upright, in sRGB, with its transparency, EXIF and resolution.

    16 bits are rounded to 8; floating point is taken for 0.0 to 1.0.

    Raises:
        SourceError: missing, not a picture, truncated, or more than `MAX_PIXELS` pixels.
    """
    _register_heif()
    try:
        with Image.open(path) as image:
            _check_size(path, *image.size)
            dpi = image.info.get("dpi")
            profile = image.info.get("icc_profile")
            upright = ImageOps.exif_transpose(_eight_bits(image))
            pixels, alpha = _srgb(upright, profile)
            return Picture(pixels, alpha, upright.getexif().tobytes() or None, dpi)
    except FileNotFoundError as error:
        raise SourceError(f"There is no picture at {path}.") from error
    except UnidentifiedImageError as error:
        pixels_of_cv = _read_by_opencv(path)
        if pixels_of_cv is not None:
            return Picture(pixels_of_cv)
        raise SourceError(
            f"{path} is not a picture, or none that can be read here.{_how_to_read(path)}"
        ) from error
    except Image.DecompressionBombError as error:
        raise SourceError(f"{path} is not a picture that can be read: {error}") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise SourceError(f"{path} cannot be read as a picture ({error}).") from error


def _check_size(path: Path | BinaryIO, width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise SourceError(
            f"{path} has {width}x{height} pixels; the limit is "
            f"{MAX_PIXELS // 1_000_000} million. Scale it down first."
        )


def _register_heif() -> None:
    """Lets Pillow read HEIC, if the package for it is installed."""
    with suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener()


def _how_to_read(path: Path | BinaryIO) -> str:
    if isinstance(path, Path) and path.suffix.lower() in _HEIF:
        return f" HEIC needs a package: {install_command('heif')}"
    return ""


def _eight_bits(image: Image.Image) -> Image.Image:
    """The picture in a mode that Pillow converts; 16 bits and floats would turn white or black."""
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.asarray(image)
    small = _to_eight_bits(values if image.mode != "I" else values.clip(0, 65535).astype(np.uint16))
    result = Image.fromarray(small)
    result.info = image.info
    result.getexif().update(image.getexif())
    return result


def _to_eight_bits(values: NDArray[Any]) -> Pixels:
    """Rounds 16 bits, or floats of 0.0 to 1.0, to uint8."""
    if values.dtype == np.uint8:
        return np.asarray(values, np.uint8)
    if values.dtype.kind == "f":
        return np.asarray(np.nan_to_num(values).clip(0, 1) * 255 + 0.5, np.uint8)
    return np.asarray((values.astype(np.uint32) + 128) // 257, np.uint8)


def _srgb(image: Image.Image, profile: bytes | None) -> tuple[Pixels, Pixels | None]:
    """Pixels and transparency of a picture, its colours brought to sRGB."""
    alpha = None
    if image.has_transparency_data:
        image = image.convert("RGBA")
        alpha = np.asarray(image.getchannel("A"))
        seen = np.asarray(image.convert("RGB"))
        # Editors leave anything where nothing is seen; a network would paint it into the rest.
        image = Image.fromarray(np.where(alpha[..., np.newaxis] == 0, np.uint8(255), seen))
    if profile:
        image = _converted(image, profile)
    return np.asarray(image.convert("RGB")), alpha


def _converted(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(source):
            return image
        if image.mode not in ("RGB", "L", "CMYK"):
            image = image.convert("RGB")
        converted = ImageCms.profileToProfile(image, source, _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError) as error:
        log.debug("colour profile passed over: %s", error)
        return image
    return converted or image


def _read_by_opencv(path: Path | BinaryIO) -> Pixels | None:
    """What Pillow does not know, such as TIFF of three floats; None: neither does OpenCV."""
    if not isinstance(path, Path) or path.suffix.lower() not in (".tif", ".tiff"):
        return None
    try:
        found = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    if found is None:
        return None
    _check_size(path, found.shape[1], found.shape[0])
    small = _to_eight_bits(found)
    if small.ndim == 2:
        return np.repeat(small[..., np.newaxis], 3, axis=2)
    return np.ascontiguousarray(small[..., 2::-1])


def write_picture(
    path: Path,
    pixels: Pixels,
    *,
    quality: int = 95,
    text: dict[str, str] | None = None,
    like: Picture | None = None,
) -> None:
    """Writes a picture; the format follows the suffix. An older file is replaced at the end.

    Args:
        path: where to; its folder must exist.
        pixels: RGB uint8, (H, W, 3), sRGB, and tagged so where the format can.
        quality: of JPEG, WebP, AVIF and HEIC, 1 to 100.
        text: settings to keep in the metadata of a PNG.
        like: whose transparency, EXIF and resolution are kept where the format can.

    Raises:
        SinkError: unknown suffix, or the file cannot be written.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise SinkError(f"{path}: pictures end in {', '.join(sorted(SUFFIXES))}.")
    _register_heif()
    pillow_format = Image.registered_extensions()[path.suffix.lower()]
    try:
        with atomic_write(path) as partial, partial.open("wb") as file:
            encode_picture(file, pixels, pillow_format, quality=quality, text=text, like=like)
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
    like: Picture | None = None,
) -> None:
    """Writes a picture in Pillow's `format` ("PNG") to an open file, as `write_picture` does."""
    options: dict[str, Any] = {}
    if format in ("JPEG", "WEBP", "AVIF", "HEIF"):
        options["quality"] = quality
    if format in _WITH_EXIF:
        options["icc_profile"] = _SRGB.tobytes()
    if format == "PNG" and text:
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        for key, value in text.items():
            info.add_text(key, printable(value, lines=True))  # names of files may be raw bytes
        options["pnginfo"] = info
    if like is not None:
        pixels = _with_transparency(pixels, like, format)
        if like.exif and format in _WITH_EXIF:
            options["exif"] = like.exif
        if like.dpi and format in ("JPEG", "PNG", "TIFF", "BMP"):
            options["dpi"] = like.dpi
    Image.fromarray(pixels).save(file, format, **options)


def _with_transparency(pixels: Pixels, like: Picture, format: str) -> Pixels:
    """RGBA where the picture is transparent and the format can be; on white where it cannot."""
    if like.alpha is None or like.alpha.shape != pixels.shape[:2]:
        return pixels
    if format in _WITH_ALPHA:
        return np.dstack((pixels, like.alpha))
    log.warning("%s knows no transparency: the picture is laid on white.", format)
    return Picture(pixels, like.alpha).on_white
