"""Video files of kinds that cameras, televisions and old programs make."""

import struct
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from media import ffmpeg, make_clip, plain
from PIL import Image

from livestyle.frame import Frame
from livestyle.sources.file import VideoFile


def read_all(source: VideoFile) -> list[Frame]:
    frames = []
    while (frame := source.read()) is not None:
        frames.append(frame)
    source.close()
    return frames


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("-c:v mpeg2video", "in.mpg"), ("-c:v libx264 -g 20", "in.ts"), ("-c:v libx264", "in.mp4")],
)
@pytest.mark.parametrize("start_s", [0.0, 0.6])
def test_a_start_loses_no_frame(encoding: str, name: str, start_s: float, tmp_path: Path) -> None:
    ffmpeg(f"SOURCE {encoding} -pix_fmt yuv420p {name}", tmp_path)
    frames = read_all(VideoFile(tmp_path / name, start_s=start_s))
    assert len(frames) == 50 - round(start_s * 25)


def test_a_bare_stream_has_all_its_frames(tmp_path: Path) -> None:
    ffmpeg("SOURCE -c:v libx264 -pix_fmt yuv420p in.h264", tmp_path)
    assert len(read_all(VideoFile(tmp_path / "in.h264"))) == 50
    assert len(read_all(VideoFile(tmp_path / "in.h264", start_s=0.6))) == 35


def test_times_go_on_where_joined_recordings_begin_anew(tmp_path: Path) -> None:
    ffmpeg("SOURCE -c:v mpeg2video one.mpg", tmp_path)
    one = (tmp_path / "one.mpg").read_bytes()
    (tmp_path / "in.mpg").write_bytes(one + one)
    times_s = [frame.pts_s for frame in read_all(VideoFile(tmp_path / "in.mpg"))]
    assert len(times_s) == 100
    assert [b - a for a, b in pairwise(times_s)] == pytest.approx([0.04] * 99, abs=0.002)


def test_pixels_are_made_square(tmp_path: Path) -> None:
    ffmpeg("SOURCE -vf setsar=64/45 -c:v libx264 in.mp4", tmp_path)
    ffmpeg("SOURCE -vf setsar=1/2 -c:v libx264 thin.mp4", tmp_path)
    assert VideoFile(tmp_path / "in.mp4").size == (92, 48)
    assert VideoFile(tmp_path / "thin.mp4").size == (64, 96)
    assert VideoFile(tmp_path / "in.mp4", size=(32, 32)).size == (32, 32)


@pytest.mark.parametrize(("size", "matrix"), [("1280x720", "bt709"), ("320x240", "smpte170m")])
def test_untagged_colours_are_those_of_the_size(size: str, matrix: str, tmp_path: Path) -> None:
    ffmpeg(
        f"-f lavfi -i color=red:s={size}:d=0.1 -vf scale=out_color_matrix={matrix} "
        "-c:v libx264 -pix_fmt yuv420p in.mkv",
        tmp_path,
    )
    with av.open(str(tmp_path / "in.mkv")) as container:
        assert next(container.decode(video=0)).colorspace in (2, 1, 6)
    first = read_all(VideoFile(tmp_path / "in.mkv"))[0]
    assert np.abs(first.pixels[5, 5].astype(int) - (254, 0, 0)).max() <= 3


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])  # PQ and HLG
def test_hdr_is_brought_down_with_a_notice(
    transfer: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ffmpeg(
        "-f lavfi -i color=0x907050:s=64x48:d=0.2 -vf format=gbrp,"
        f"zscale=tin=bt709:min=gbr:pin=bt709:rin=pc:t={transfer}:m=bt2020nc:p=bt2020:r=tv:npl=203,"
        f"format=yuv420p10le -c:v libx264 -color_trc {transfer} -colorspace bt2020nc "
        "-color_primaries bt2020 in.mp4",
        tmp_path,
    )
    first = read_all(VideoFile(tmp_path / "in.mp4"))[0]
    assert np.abs(first.pixels[24, 32].astype(int) - (0x90, 0x70, 0x50)).max() <= 8
    assert caplog.text.count("HDR") == 1


@pytest.mark.parametrize("value", [16, 77, 128, 200, 255])
def test_greys_are_neither_darker_nor_lighter(value: int, tmp_path: Path) -> None:
    path = make_clip(
        tmp_path / "in.mp4", frames=2, picture=lambda _, size: plain(size, (value,) * 3)
    )
    with av.open(str(path)) as container:
        luma = int(next(container.decode(video=0)).to_ndarray()[10, 10])
    expected = round((luma - 16) * 255 / 219)
    assert abs(int(read_all(VideoFile(path))[0].pixels[10, 10, 1]) - expected) <= 0


def test_exif_in_the_frames_of_a_camera_does_no_harm(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    Image.new("RGB", (64, 48), (200, 30, 30)).save(tmp_path / "one.jpg", exif=exif)
    ffmpeg("-loop 1 -framerate 25 -i one.jpg -c copy -t 1 in.avi", tmp_path)
    frames = read_all(VideoFile(tmp_path / "in.avi"))
    assert len(frames) == 25 and frames[0].size == (64, 48)


@pytest.mark.parametrize("encoding", ["png", "prores_ks -pix_fmt yuva444p10le", "gif"])
def test_what_is_transparent_is_laid_on_white_with_a_notice(
    encoding: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    half = np.full((48, 64, 4), (0, 0, 200, 255), np.uint8)
    half[24:, :, 3] = 0
    Image.fromarray(half).save(tmp_path / "half.png")
    Image.fromarray(half).save(tmp_path / "in.gif")
    if encoding != "gif":
        ffmpeg(f"-loop 1 -i half.png -t 0.2 -c:v {encoding} in.mov", tmp_path)
    name = "in.gif" if encoding == "gif" else "in.mov"
    first = read_all(VideoFile(tmp_path / name))[0].pixels.astype(int)
    assert np.abs(first[5, 5] - (0, 0, 200)).max() < 12
    assert np.abs(first[40, 5] - 255).max() < 4
    assert "what is transparent is laid on white" in caplog.text


def test_interlaced_pictures_are_made_whole(tmp_path: Path) -> None:
    """A bar that moves between two half pictures has combs at its edges."""
    ffmpeg(
        "-f lavfi -i testsrc2=s=128x96:r=50:d=1 -vf tinterlace=interleave_top,fieldorder=tff "
        "-c:v mpeg2video -q:v 2 -flags +ildct+ilme in.mpg",
        tmp_path,
    )

    def combs(pixels: np.ndarray) -> float:
        rows = pixels.astype(int)
        return float(np.abs(2 * rows[1:-1] - rows[:-2] - rows[2:]).mean())

    with av.open(str(tmp_path / "in.mpg")) as container:
        raw = [combs(f.to_ndarray(format="rgb24")) for f in container.decode(video=0)]
    frames = read_all(VideoFile(tmp_path / "in.mpg"))
    assert len(frames) == len(raw) == 25
    assert np.mean([combs(frame.pixels) for frame in frames]) < 0.8 * np.mean(raw)


def test_interlaced_recordings_of_several_sizes_are_joined(tmp_path: Path) -> None:
    for name, size in (("one", "128x96"), ("other", "64x80")):
        ffmpeg(
            f"-f lavfi -i testsrc2=s={size}:r=50:d=1 -vf tinterlace=interleave_top,fieldorder=tff "
            f"-c:v mpeg2video -q:v 2 -flags +ildct+ilme {name}.ts",
            tmp_path,
        )
    one, other = (tmp_path / f"{name}.ts" for name in ("one", "other"))
    (tmp_path / "in.ts").write_bytes(one.read_bytes() + other.read_bytes())
    frames = read_all(VideoFile(tmp_path / "in.ts"))
    assert {frame.size for frame in frames} == {(128, 96), (64, 80)}
    alone = read_all(VideoFile(other))
    for frame, wanted in zip(frames[-20:], alone[-20:], strict=True):
        assert np.abs(frame.pixels.astype(int) - wanted.pixels).mean() < 2


def test_a_late_beginning_is_no_early_end(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ffmpeg("SOURCE -c:v libx264 -output_ts_offset 1.47 in.mkv", tmp_path)
    ffmpeg("SOURCE -t 1 -vf fps=10 -final_delay 150 in.gif", tmp_path)
    assert len(read_all(VideoFile(tmp_path / "in.mkv"))) == 50
    assert len(read_all(VideoFile(tmp_path / "in.gif"))) == 10
    assert "cut short" not in caplog.text


def test_a_picture_that_stands_is_no_damage(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Theora and AVI store nothing where a picture is like the one before."""
    ffmpeg(
        "-f lavfi -i color=red:s=64x48:d=1 -f lavfi -i color=blue:s=64x48:d=1 "
        "-filter_complex concat -c:v libtheora in.ogv",
        tmp_path,
    )
    ffmpeg("SOURCE -vf select='lt(n\\,5)+gt(n\\,45)' -fps_mode vfr -c:v mpeg4 in.avi", tmp_path)
    frames = read_all(VideoFile(tmp_path / "in.ogv"))
    assert frames[-1].pts_s + frames[-1].duration_s == pytest.approx(2.0)
    blue_s = next(frame.pts_s for frame in frames if frame.pixels[0, 0, 2] > 128)
    assert blue_s == pytest.approx(1.0)
    assert len(read_all(VideoFile(tmp_path / "in.avi"))) == 9
    assert not caplog.text


def emptied(path: Path, count: int) -> Path:
    """The last pictures of an AVI without sound become empty: "the one before, again"."""
    data = path.read_bytes()
    begins = data.index(b"movi") + 4
    at, chunks = begins, list[bytes]()
    while data[at : at + 4] == b"00dc":
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        chunks.append(data[at + 8 : at + 8 + size])
        at += 8 + size + size % 2
    chunks[-count:] = [b""] * count
    body, index = b"", b""
    for chunk in chunks:
        length = struct.pack("<I", len(chunk))
        index += b"00dc" + struct.pack("<II", 16, 4 + len(body)) + length
        body += b"00dc" + length + chunk + b"\0" * (len(chunk) % 2)
    movi = struct.pack("<I", 4 + len(body)) + b"movi" + body
    riff = data[8 : begins - 8] + movi + b"idx1" + struct.pack("<I", len(index)) + index
    path.write_bytes(b"RIFF" + struct.pack("<I", len(riff)) + riff)
    return path


def test_an_avi_whose_last_picture_stands_is_whole(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """FFmpeg gives nothing of the empty pictures behind the last."""
    path = emptied(make_clip(tmp_path / "in.avi", frames=50, fps=25), 20)
    frames = read_all(VideoFile(path))
    assert len(frames) == 31
    assert frames[-1].pts_s == pytest.approx(1.2)
    assert frames[-1].duration_s == pytest.approx(0.8)
    assert (frames[-1].pixels == frames[-2].pixels).all()
    assert len(read_all(VideoFile(path, fps=25))) == 50
    part = read_all(VideoFile(path, start_s=1.0, end_s=1.5))
    assert part[-1].pts_s + part[-1].duration_s == pytest.approx(1.5)
    assert not caplog.text


def test_an_avi_cut_short_among_its_empty_pictures_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = emptied(make_clip(tmp_path / "in.avi", frames=50, fps=25), 20)
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"idx1") - 8 * 8])
    assert len(read_all(VideoFile(path))) == 31
    assert "in.avi is cut short" in caplog.text


def test_pictures_without_a_time_come_before_the_first_that_has_one(tmp_path: Path) -> None:
    """Matroska has none below zero."""
    ffmpeg("SOURCE -c:v libx264 -output_ts_offset -0.5 -avoid_negative_ts 0 in.mkv", tmp_path)
    times_s = [frame.pts_s for frame in read_all(VideoFile(tmp_path / "in.mkv"))]
    assert times_s == pytest.approx([index / 25 - 0.5 for index in range(50)])


def test_a_rate_that_nobody_films_at_is_not_believed(tmp_path: Path) -> None:
    ffmpeg(
        "-f lavfi -i testsrc2=s=720x576:r=25:d=0.2 -f lavfi -i sine=r=48000:d=0.2 "
        "-target pal-dv in.dv",
        tmp_path,
    )
    source = VideoFile(tmp_path / "in.dv")
    assert source.fps == pytest.approx(25)
    assert source.size[0] / source.size[1] == pytest.approx(4 / 3, abs=0.03)
    source.close()


def test_a_file_damaged_anywhere_gives_what_is_left(tmp_path: Path) -> None:
    ffmpeg("SOURCE TONE -c:v flv -ar 44100 -c:a mp3 in.flv", tmp_path)
    whole = bytearray((tmp_path / "in.flv").read_bytes())
    random = np.random.default_rng(3)
    for _ in range(12):
        data = bytearray(whole)
        for at in random.integers(400, len(data), 30):
            data[at] = random.integers(0, 256)
        (tmp_path / "broken.flv").write_bytes(data)
        assert read_all(VideoFile(tmp_path / "broken.flv"))
