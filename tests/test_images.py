"""Pictures: read as they are meant, written with what made them."""

from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from livestyle.errors import SourceError
from livestyle.images import Picture, open_picture, read_picture, write_picture


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("clip.mp4", "clip.mp4"),
        ("na\u00efve \u6d6e\u4e16\u7d75.mp4", "na\u00efve \u6d6e\u4e16\u7d75.mp4"),
        ("caf\udce9.mp4", "caf?.mp4"),
        ("a\x00b\x1b[31m.mp4", "a?b?[31m.mp4"),
    ],
)
def test_a_name_of_any_bytes_is_kept_as_text(name: str, kept: str, tmp_path: Path) -> None:
    path = tmp_path / "painted.png"
    write_picture(path, np.zeros((4, 6, 3), np.uint8), text={"source": name, "style": "mosaic"})
    with Image.open(path) as picture:
        assert picture.text == {"source": kept, "style": "mosaic"}  # type: ignore[attr-defined]
    assert list(tmp_path.iterdir()) == [path]


def test_sixteen_bits_keep_their_greys(tmp_path: Path) -> None:
    steps = np.array([[0, 128, 16384, 32896, 65535]], np.uint16)
    Image.fromarray(steps).save(tmp_path / "grey.png")
    read = read_picture(tmp_path / "grey.png")
    assert read[0, :, 1].tolist() == [0, 0, 64, 128, 255]


@pytest.mark.parametrize("channels", [1, 3])
def test_floating_point_tiff_is_read_from_zero_to_one(channels: int, tmp_path: Path) -> None:
    values = np.zeros((4, 4, channels), np.float32)
    values[..., 0] = [0.0, 0.25, 0.5, 1.5]
    assert cv2.imwrite(str(tmp_path / "light.tif"), values[..., ::-1])
    read = read_picture(tmp_path / "light.tif")
    assert read[0, :, 0].tolist() == pytest.approx([0, 64, 128, 255], abs=1)


def swapped_profile() -> bytes:
    """A colour profile in which red and green have changed places, made from sRGB."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    at = {bytes(profile[i : i + 4]): i for i in range(132, 132 + 12 * profile[131], 12)}
    red, green = at[b"rXYZ"], at[b"gXYZ"]
    for offset in range(4, 12):
        profile[red + offset], profile[green + offset] = (
            profile[green + offset],
            profile[red + offset],
        )
    return bytes(profile).replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))


def test_a_colour_profile_is_converted_to_srgb(tmp_path: Path) -> None:
    plain = Image.new("RGB", (8, 8), (250, 10, 10))
    plain.save(tmp_path / "swapped.png", icc_profile=swapped_profile())
    red, green, _ = read_picture(tmp_path / "swapped.png")[4, 4]
    assert green > 200 and red < 60


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_what_is_written_is_tagged_srgb(suffix: str, tmp_path: Path) -> None:
    write_picture(tmp_path / f"out{suffix}", np.zeros((4, 4, 3), np.uint8))
    profile = Image.open(tmp_path / f"out{suffix}").info["icc_profile"]
    assert "sRGB" in ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(BytesIO(profile)))


def test_transparency_is_kept_where_the_format_can(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Image.new("RGBA", (4, 4), (200, 0, 0, 100)).save(tmp_path / "in.png", dpi=(300, 300))
    picture = open_picture(tmp_path / "in.png")
    write_picture(tmp_path / "out.png", picture.pixels, like=picture)
    assert Image.open(tmp_path / "out.png").getpixel((1, 1)) == (200, 0, 0, 100)
    assert Image.open(tmp_path / "out.png").info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert not caplog.records
    write_picture(tmp_path / "out.jpg", picture.pixels, like=picture)
    assert "laid on white" in caplog.text
    blended = np.asarray(Image.open(tmp_path / "out.jpg"))[1, 1].astype(int)
    assert np.abs(blended - (233, 155, 155)).max() <= 6
    assert np.abs(read_picture(tmp_path / "in.png")[1, 1].astype(int) - (233, 155, 155)).max() <= 1


def test_exif_is_kept_without_the_orientation_that_was_applied(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Maker"
    Image.new("RGB", (8, 4)).save(tmp_path / "in.jpg", exif=exif)
    picture = open_picture(tmp_path / "in.jpg")
    write_picture(tmp_path / "out.jpg", picture.pixels, like=picture)
    written = Image.open(tmp_path / "out.jpg")
    assert written.size == (4, 8)
    assert written.getexif().get(0x010F) == "Maker" and 0x0112 not in written.getexif()


@pytest.mark.skipif(not find_spec("pillow_heif"), reason="needs pillow-heif")
def test_photos_of_phones_are_read_upright_and_written(tmp_path: Path) -> None:
    from pillow_heif import register_heif_opener

    register_heif_opener()
    photo = Image.new("RGB", (64, 32), (20, 40, 200))
    photo.paste((220, 200, 30), (32, 0, 64, 32))
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    photo.save(tmp_path / "in.heic", exif=exif, quality=95)
    picture = open_picture(tmp_path / "in.heic")
    assert np.abs(picture.pixels[16, 56].astype(int) - (220, 200, 30)).max() < 12
    write_picture(tmp_path / "out.heic", 255 - picture.pixels, like=picture)
    written = Image.open(tmp_path / "out.heic")
    assert written.size == (64, 32) and written.getexif().get(0x010F) == "Maker"
    assert (
        np.abs(read_picture(tmp_path / "out.heic")[16, 8].astype(int) - (235, 215, 55)).max() < 12
    )


def test_a_picture_is_scaled_with_its_transparency() -> None:
    alpha = np.zeros((40, 60), np.uint8)
    alpha[:, 30:] = 255
    scaled = Picture(np.full((40, 60, 3), 7, np.uint8), alpha).to_height(20)
    assert scaled.pixels.shape == (20, 30, 3) and scaled.alpha is not None
    assert (scaled.alpha[10, 2], scaled.alpha[10, 27]) == (0, 255)
    with pytest.raises(SourceError, match="million"):
        scaled.to_height(16000)
