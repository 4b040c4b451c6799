"""Video files: all frames, true times, upright, and damage that costs no more than itself."""

import logging
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from media import Picture, cut_short, jpeg, make_clip, moving_bar, noise, plain

from livestyle.errors import SourceError
from livestyle.frame import Frame
from livestyle.protocols import FrameSource
from livestyle.sources import SourceOptions, open_source
from livestyle.sources.file import VideoFile


def read_all(source: FrameSource) -> list[Frame]:
    frames = []
    while (frame := source.read()) is not None:
        frames.append(frame)
    source.close()
    return frames


def bar_column(frame: Frame) -> int:
    """Where the white bar of `moving_bar` begins."""
    return int(np.argmax(frame.pixels[frame.size[1] // 2, :, 1] > 140))


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm", ".avi", ".gif"])
def test_every_frame_comes_once_and_in_order(suffix: str, tmp_path: Path) -> None:
    frames = read_all(VideoFile(make_clip(tmp_path / f"clip{suffix}", frames=12)))
    assert [bar_column(frame) for frame in frames] == pytest.approx(
        [2 * index for index in range(12)], abs=1
    )
    assert [frame.index for frame in frames] == list(range(12))


def test_times_are_the_files_own(tmp_path: Path) -> None:
    times_s = [0.0, 0.02, 0.1, 0.4, 0.433, 1.5]
    for name in ("clip.mkv", "clip.mp4"):
        frames = read_all(VideoFile(make_clip(tmp_path / name, times_s=times_s)))
        assert [frame.pts_s for frame in frames] == pytest.approx(times_s, abs=0.001)


def test_a_time_is_a_whole_number_of_ticks(tmp_path: Path) -> None:
    source = VideoFile(make_clip(tmp_path / "clip.mp4", fps=24))
    for frame in read_all(source):
        ticks = frame.pts_s / float(source.time_base)
        assert ticks == pytest.approx(round(ticks), abs=1e-6)


def test_tells_what_a_writer_needs(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4", frames=15, fps=30, audio_s=0.4)
    source = VideoFile(path)
    assert source.path == path
    assert source.name == "clip.mp4"
    assert source.fps == pytest.approx(30)
    assert source.frame_count == 15
    assert source.duration_s == pytest.approx(0.5)
    assert source.origin_s == 0
    source.close()


@pytest.mark.parametrize("size", [(1, 1), (63, 47), (33, 20), (2, 90)])
def test_odd_sizes_are_exact(size: tuple[int, int], tmp_path: Path) -> None:
    frames = read_all(VideoFile(make_clip(tmp_path / "clip.webm", frames=3, size=size)))
    assert [frame.size for frame in frames] == [size] * 3


@pytest.mark.parametrize(
    ("rotation", "corner"), [(0, (0, 0)), (90, (0, -1)), (180, (-1, -1)), (270, (-1, 0))]
)
def test_the_rotation_tag_is_applied_once(
    rotation: int, corner: tuple[int, int], tmp_path: Path
) -> None:
    def marked(_: int, size: tuple[int, int]) -> Picture:
        picture = plain(size, (10, 10, 10))
        picture[: size[1] // 2, : size[0] // 2] = 240
        return picture

    path = make_clip(tmp_path / "clip.mov", frames=2, picture=marked, rotation=rotation)
    source = VideoFile(path)
    turned = rotation in (90, 270)
    assert source.size == ((48, 64) if turned else (64, 48))
    pixels = read_all(source)[0].pixels
    bright = {(y, x) for y in (0, -1) for x in (0, -1) if pixels[y, x, 0] > 128}
    assert bright == {corner}


@pytest.mark.parametrize("suffix", [".mp4", ".avi"])  # limited and full range
@pytest.mark.parametrize("color", [(255, 0, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0)])
def test_colors_come_back(color: tuple[int, int, int], suffix: str, tmp_path: Path) -> None:
    path = make_clip(tmp_path / f"c{suffix}", frames=2, picture=lambda _, size: plain(size, color))
    pixels = read_all(VideoFile(path))[0].pixels
    assert np.abs(pixels.astype(int) - color).max() <= 8


@pytest.mark.parametrize("size", [(1, 1), (31, 17), (64, 48), (300, 7)])
def test_frames_are_scaled_to_the_size_asked_for(size: tuple[int, int], tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4", frames=3)
    source = open_source(str(path), SourceOptions(size=size))
    assert source.size == size
    assert [frame.pixels.shape for frame in read_all(source)] == [(size[1], size[0], 3)] * 3


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".avi"])
def test_start_and_end_cut_exactly(suffix: str, tmp_path: Path) -> None:
    path = make_clip(
        tmp_path / f"clip{suffix}", frames=30, fps=10, audio_s=1.0 * (suffix == ".mp4")
    )
    frames = read_all(VideoFile(path, start_s=0.95, end_s=2.0))
    assert [frame.pts_s for frame in frames] == pytest.approx(np.arange(10, 20) / 10, abs=0.001)
    assert [bar_column(frame) for frame in frames] == pytest.approx(range(20, 40, 2), abs=1)
    assert frames[0].index == 0


def test_a_start_after_the_end_is_said(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4", frames=10, fps=10)
    with pytest.raises(SourceError, match=r"no frame between .* 1\.00 s long"):
        VideoFile(path, start_s=5.0)


@pytest.mark.parametrize("suffix", [".mp4", ".avi", ".mkv"])
def test_a_file_cut_short_gives_its_good_frames_and_a_warning(
    suffix: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    options = {"movflags": "faststart"} if suffix == ".mp4" else None
    path = make_clip(tmp_path / f"clip{suffix}", 40, fps=10, picture=noise, options=options)
    frames = read_all(VideoFile(cut_short(path, 0.6)))
    assert 15 <= len(frames) <= 26
    assert all(a.pts_s < b.pts_s for a, b in pairwise(frames))
    (warning,) = [r for r in caplog.records if r.levelno == logging.WARNING]
    assert str(len(frames)) in warning.getMessage()
    assert "clip" in warning.getMessage()


def test_a_short_count_alone_is_noticed_where_it_can_be_trusted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = make_clip(tmp_path / "clip.avi", frames=20, fps=2, picture=noise)
    read_all(VideoFile(path, end_s=3.0))
    assert not caplog.records
    read_all(VideoFile(cut_short(path, 0.5)))
    assert "announces 20 frames" in caplog.text


def test_a_whole_file_gives_no_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    read_all(VideoFile(make_clip(tmp_path / "clip.mp4", frames=30, audio_s=1.5)))
    read_all(VideoFile(make_clip(tmp_path / "clip.webm", frames=30, audio_s=1.5)))
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]


def test_a_broken_part_costs_no_more_than_itself(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = make_clip(tmp_path / "clip.avi", frames=20, picture=noise)
    data = bytearray(path.read_bytes())
    at = data.index(b"\xff\xd8", len(data) // 2)
    data[at : at + 700] = bytes(700)
    path.write_bytes(data)
    frames = read_all(VideoFile(path))
    assert 18 <= len(frames) <= 20
    assert "damaged" in caplog.text


def test_a_title_in_any_encoding_does_no_harm(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.avi", frames=3)
    path.write_bytes(path.read_bytes().replace(b"Lavf", b"\xe9\xffvf"))
    assert len(read_all(VideoFile(path))) == 3


def test_what_is_no_video_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("These are words, not pictures.\n" * 50)
    (tmp_path / "random.avi").write_bytes(np.random.default_rng(0).bytes(5000))
    make_clip(tmp_path / "sound.mp4", frames=0, audio_s=0.5)
    cut_short(make_clip(tmp_path / "headless.mp4", frames=20), 0.5)
    expected = {
        "empty.mp4": "empty",
        "text.mp4": "cannot be opened as video",
        "random.avi": "cannot be opened as video",
        "sound.mp4": "only audio",
        "headless.mp4": "Is it complete",
    }
    for name, words in expected.items():
        with pytest.raises(SourceError, match=words) as caught:
            open_source(str(tmp_path / name))
        assert caught.value.exit_code == 3
        assert name in str(caught.value)


def test_a_missing_file_and_a_folder_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no file has that path"):
        open_source(str(tmp_path / "none.mp4"))
    with pytest.raises(SourceError, match="folder"):
        open_source(str(tmp_path))


def test_a_picture_is_a_video_of_one_frame(tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    path.write_bytes(jpeg(moving_bar(3, (63, 47))))
    (frame,) = read_all(open_source(str(path)))
    assert frame.size == (63, 47)
    assert bar_column(frame) == pytest.approx(6, abs=1)
