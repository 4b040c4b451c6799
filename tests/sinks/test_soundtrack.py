"""Sound, subtitles and titles of all kinds of files, in recordings of all kinds."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from live_fakes import ValueStylizer
from media import ffmpeg

from livestyle.files import Clip, paint_video
from livestyle.sinks.recorder import Recorder, RecordOptions
from livestyle.sources.file import VideoFile

FAST = RecordOptions(preset="ultrafast")


def rerecord(
    origin: Path,
    target: Path,
    options: RecordOptions = FAST,
    is_whole: Callable[[], bool] | None = None,
) -> Path:
    """Records what a video file gives, with its sound."""
    source = VideoFile(origin)
    recorder = Recorder(
        target, fps=source.fps, options=options, audio_from=origin, is_whole=is_whole
    )
    while (frame := source.read()) is not None:
        recorder.write(frame)
    recorder.close()
    source.close()
    return target


def heard(path: Path, track: int = 0) -> tuple[str, float, float]:
    """Codec, start and length of the sound in seconds."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[track]
        frames = list(container.decode(audio=track))
        samples = sum(frame.samples for frame in frames)
        codec = stream.codec_context.codec.canonical_name
        return codec, float(frames[0].time or 0), samples / stream.rate


def pictures(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


@pytest.mark.parametrize(
    ("made", "name", "suffix", "codec"),
    [
        ("-c:v mpeg4 -c:a mp3", "in.avi", ".mp4", "mp3"),
        ("-c:v mpeg4 -c:a mp3", "in.avi", ".mov", "mp3"),
        ("-c:v libx264 -pix_fmt yuv420p -c:a aac", "in.ts", ".mp4", "aac"),
        ("-c:v libx264 -pix_fmt yuv420p -c:a aac", "in.ts", ".mkv", "aac"),
        ("-c:v libx264 -pix_fmt yuv420p -ar 6000 -c:a pcm_s16le", "in.mkv", ".mp4", "aac"),
        ("-c:v libx264 -pix_fmt yuv420p -ar 22222 -c:a pcm_s16le", "in.mkv", ".mp4", "aac"),
    ],
)
def test_sound_of_any_codec_and_rate_comes_along(
    made: str, name: str, suffix: str, codec: str, tmp_path: Path
) -> None:
    ffmpeg(f"SOURCE TONE {made} {name}", tmp_path)
    out = rerecord(tmp_path / name, tmp_path / f"out{suffix}")
    assert pictures(out) == 50
    got, start_s, length_s = heard(out)
    assert got == codec
    assert start_s == pytest.approx(0, abs=0.05)
    assert length_s == pytest.approx(2.0, abs=0.1)


def test_sound_that_begins_late_in_a_stream_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What it is like is not known for seconds: FFmpeg looks at five, and here at 120."""
    film = "-f lavfi -i testsrc2=s=64x48:r=5:d={0} -f lavfi -i sine=r=48000:d={0} -copyts -map 0 "
    film += "-map 1 -c:v libx264 -preset ultrafast -c:a aac -af atrim={1},asetpts=PTS in{1}.ts"
    ffmpeg(film.format(9, 8), tmp_path)
    out = rerecord(tmp_path / "in8.ts", tmp_path / "out.mp4")
    assert pictures(out) == 45
    assert heard(out)[1] == pytest.approx(8, abs=0.05)
    assert not caplog.records
    ffmpeg(film.format(160, 150), tmp_path)
    assert pictures(rerecord(tmp_path / "in150.ts", tmp_path / "out.mkv")) == 800
    assert "the sound (aac) cannot be kept in matroska" in caplog.text


def test_sound_that_steps_back_ends_nothing(tmp_path: Path) -> None:
    ffmpeg("TONE -c:a mp2 -bsf:a setts=ts='TS-mod(N\\,2)*2500' tone.mkv", tmp_path)
    ffmpeg("SOURCE -i tone.mkv -map 0:v -map 1:a -c:v libx264 -c:a copy in.mkv", tmp_path)
    out = rerecord(tmp_path / "in.mkv", tmp_path / "out.mp4")
    assert pictures(out) == 50
    assert heard(out)[2] == pytest.approx(2.0, abs=0.1)


def test_an_avi_waits_in_silence_for_sound_that_is_late(tmp_path: Path) -> None:
    """It has no time stamps."""
    ffmpeg("SOURCE -itsoffset 0.6 TONE -map 0:v -map 1:a -c:v libx264 -c:a mp3 in.mkv", tmp_path)
    out = rerecord(tmp_path / "in.mkv", tmp_path / "out.avi")
    with av.open(str(out)) as container:
        samples = np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])
    assert np.argmax(np.abs(samples.astype(int)) > 500) / 48000 == pytest.approx(0.6, abs=0.06)


def test_pictures_between_the_steps_of_an_avi_stay_evenly_apart(tmp_path: Path) -> None:
    """Matroska with AAC begins with sound, its pictures 21 ms later: half a picture."""
    ffmpeg("SOURCE TONE -c:v libx264 -c:a aac in.mkv", tmp_path)
    out = rerecord(tmp_path / "in.mkv", tmp_path / "out.avi")
    with av.open(str(out)) as container:
        times_s = [frame.time for frame in container.decode(video=0)]
    assert times_s == pytest.approx([index / 25 for index in range(50)])
    assert heard(out)[2] == pytest.approx(2.0, abs=0.05)


def test_all_tracks_come_with_their_languages_and_channels(tmp_path: Path) -> None:
    ffmpeg(
        "SOURCE TONE -map 0:v -map 1:a -map 1:a -c:v libx264 -c:a:0 aac -c:a:1 flac "
        "-filter:a:1 pan=5.1|c0=c0|c2=c0 -metadata:s:a:0 language=fra -metadata:s:a:1 language=deu "
        "-disposition:a:0 0 -disposition:a:1 default in.mkv",
        tmp_path,
    )
    for suffix in (".mp4", ".webm"):
        out = rerecord(tmp_path / "in.mkv", tmp_path / f"out{suffix}")
        with av.open(str(out)) as container:
            tracks = container.streams.audio
            assert [track.language for track in tracks] == ["fra", "deu"]
            assert [track.channels for track in tracks] == [1, 6]
            assert [bool(track.disposition & 1) for track in tracks] == [False, True]


def test_titles_chapters_and_subtitles_are_kept(tmp_path: Path) -> None:
    (tmp_path / "in.srt").write_text("1\n00:00:00,500 --> 00:00:01,000\nHello\n")
    (tmp_path / "meta.txt").write_text(
        ";FFMETADATA1\ntitle=A title\nartist=Somebody\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=One\n"
    )
    ffmpeg(
        "SOURCE TONE -i in.srt -i meta.txt -map 0:v -map 1:a -map 2:s -map_metadata 3 "
        "-c:v libx264 -c:a aac -c:s srt -metadata:s:s language=fra in.mkv",
        tmp_path,
    )
    out = rerecord(tmp_path / "in.mkv", tmp_path / "out.mkv")
    with av.open(str(out)) as container:
        assert container.metadata["title"] == "A title"
        assert container.metadata["ARTIST"] == "Somebody"
        assert [c["metadata"]["title"] for c in container.chapters()] == ["One"]
        (subtitles,) = container.streams.subtitles
        assert subtitles.language == "fra"
        texts = [bytes(p) for p in container.demux(subtitles) if p.size]
    assert texts == [b"Hello"]


@pytest.mark.parametrize("title", ["", "-metadata title=Film"])
def test_a_cover_is_kept_or_missed_in_words(
    title: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ffmpeg("-f lavfi -i testsrc2=s=32x32 -frames:v 1 cover.png", tmp_path)
    ffmpeg(
        "SOURCE TONE -i cover.png -map 0:v -map 1:a -map 2:v -c:v:0 libx264 -c:v:1 copy "
        f"-disposition:v:1 attached_pic -c:a aac {title} in.mp4",
        tmp_path,
    )
    cover = (tmp_path / "cover.png").read_bytes()
    for suffix in (".mkv", ".mp4"):
        out = rerecord(tmp_path / "in.mp4", tmp_path / f"out{suffix}", is_whole=lambda: True)
        with av.open(str(out)) as container:
            assert [stream.width for stream in container.streams.video] == [64, 32]
            kept = container.streams.video[1]
            assert [bytes(p) for p in container.demux(kept) if p.size] == [cover]
        assert pictures(out) == 50
        assert heard(out)[2] == pytest.approx(2.0, abs=0.05)
    assert not caplog.records
    rerecord(tmp_path / "in.mp4", tmp_path / "out.mov")
    assert "cover" in caplog.text


def test_what_a_container_has_no_place_for_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "meta.txt").write_text(
        ";FFMETADATA1\ntitle=Film\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=2\ntitle=One\n"
    )
    ffmpeg(
        "SOURCE TONE -i meta.txt -map 0 -map 1 -map_metadata 2 -c:v libx264 -c:a aac "
        "-metadata:s:a language=deu in.mkv",
        tmp_path,
    )
    said = {
        ".mkv": "",
        ".mp4": "",
        ".webm": "",
        ".avi": "no chapters",
        ".ts": "no titles and no chapters",
        ".gif": "no titles and no chapters",
    }
    for suffix, words in said.items():
        caplog.clear()
        rerecord(tmp_path / "in.mkv", tmp_path / f"out{suffix}")
        assert words in caplog.text and bool(words) == bool(caplog.text)
    assert "gif has no sound" in caplog.text
    with av.open(str(rerecord(tmp_path / "in.mkv", tmp_path / "out.mov"))) as container:
        assert container.streams.audio[0].language == "ger"


def test_chapters_of_a_part_count_from_its_beginning(tmp_path: Path) -> None:
    marks = [(0, 500, "One"), (500, 1500, "Two"), (1500, 2000, "Three")]
    text = ";FFMETADATA1\n" + "".join(
        f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={a}\nEND={b}\ntitle={name}\n" for a, b, name in marks
    )
    (tmp_path / "meta.txt").write_text(text)
    ffmpeg("SOURCE -i meta.txt -map 0 -map_metadata 1 -c:v libx264 in.mkv", tmp_path)
    clip = Clip(start_s=0.8, end_s=1.4)
    paint_video(tmp_path / "in.mkv", tmp_path / "out.mkv", ValueStylizer(), clip=clip)
    with av.open(str(tmp_path / "out.mkv")) as container:
        (chapter,) = container.chapters()
        assert chapter["metadata"]["title"] == "Two"
        assert chapter["start"] == 0


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_a_subtitle_that_stands_at_the_start_is_kept(suffix: str, tmp_path: Path) -> None:
    (tmp_path / "in.srt").write_text("1\n00:00:00,500 --> 00:00:01,500\nHello\n")
    ffmpeg("SOURCE -i in.srt -map 0 -map 1 -c:v libx264 -g 10 -c:s srt in.mkv", tmp_path)
    paint_video(
        tmp_path / "in.mkv", tmp_path / f"out{suffix}", ValueStylizer(), clip=Clip(start_s=0.9)
    )
    with av.open(str(tmp_path / f"out{suffix}")) as container:
        (text,) = [p for p in container.demux(container.streams.subtitles[0]) if p.size > 2]
        assert b"Hello" in bytes(text)
        assert text.pts is not None and text.duration is not None and text.time_base is not None
        assert float(text.pts * text.time_base) == pytest.approx(0, abs=0.01)
        assert float(text.duration * text.time_base) == pytest.approx(0.6, abs=0.05)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".webm"])
def test_subtitles_of_text_fit_any_container(suffix: str, tmp_path: Path) -> None:
    (tmp_path / "in.srt").write_text("1\n00:00:00,500 --> 00:00:01,000\nHello\n")
    ffmpeg("SOURCE -i in.srt -map 0:v -map 1:s -c:v libx264 -c:s srt in.mkv", tmp_path)
    rerecord(tmp_path / "in.mkv", tmp_path / f"out{suffix}")
    ffmpeg(f"-i out{suffix} -map 0:s out.srt", tmp_path)
    first = (tmp_path / "out.srt").read_text().splitlines()
    assert first[1].startswith("00:00:00,5") and first[2] == "Hello"


def test_copied_sound_has_no_seams_where_subtitles_come(tmp_path: Path) -> None:
    (tmp_path / "in.srt").write_text("1\n00:00:00,500 --> 00:00:01,000\nHello\n")
    ffmpeg("SOURCE TONE -i in.srt -map 0 -map 1 -map 2 -c:v libx264 -c:a aac in.mkv", tmp_path)
    out = rerecord(tmp_path / "in.mkv", tmp_path / "out.mp4")
    with av.open(str(out)) as container:
        times = [p.pts for p in container.demux(audio=0) if p.pts is not None]
    assert set(np.diff(times)) == {1024}


def test_subtitles_that_cannot_be_kept_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "in.srt").write_text("1\n00:00:00,500 --> 00:00:01,000\nHello\n")
    ffmpeg("SOURCE -i in.srt -map 0:v -map 1:s -c:v libx264 -c:s srt in.mkv", tmp_path)
    rerecord(tmp_path / "in.mkv", tmp_path / "out.avi")
    assert "subtitles (subrip) cannot be kept in avi" in caplog.text


def test_joined_recordings_keep_all_their_pictures_and_sound(tmp_path: Path) -> None:
    ffmpeg("SOURCE TONE -c:v libx264 -pix_fmt yuv420p -c:a aac one.ts", tmp_path)
    one = (tmp_path / "one.ts").read_bytes()
    (tmp_path / "in.ts").write_bytes(one + one)
    out = rerecord(tmp_path / "in.ts", tmp_path / "out.mp4")
    with av.open(str(out)) as container:
        times_s = [float(frame.time or 0) for frame in container.decode(video=0)]
    assert len(times_s) == 100
    assert np.diff(times_s) == pytest.approx(np.full(99, 0.04), abs=0.002)
    assert heard(out)[2] == pytest.approx(4.0, abs=0.15)


@pytest.mark.parametrize("codec", ["av1", "vp8", "vp9", "h264"])
def test_crf_makes_a_difference(codec: str, tmp_path: Path) -> None:
    ffmpeg("SOURCE -c:v ffv1 in.mkv", tmp_path)
    sizes = [
        rerecord(
            tmp_path / "in.mkv",
            tmp_path / f"{crf}.mkv",
            RecordOptions(codec=codec, crf=crf, preset="ultrafast"),
        )
        .stat()
        .st_size
        for crf in (10, 45)
    ]
    assert sizes[0] > 1.5 * sizes[1]


def test_hevc_in_mp4_is_tagged_as_apple_wants_it(tmp_path: Path) -> None:
    ffmpeg("SOURCE -c:v ffv1 in.mkv", tmp_path)
    options = RecordOptions(codec="hevc", preset="ultrafast")
    out = rerecord(tmp_path / "in.mkv", tmp_path / "out.mp4", options)
    assert b"hvc1" in out.read_bytes() and b"hev1" not in out.read_bytes()


def test_the_last_frame_is_shown_as_long_as_it_was(tmp_path: Path) -> None:
    ffmpeg("SOURCE -t 1 -vf fps=10 -final_delay 100 in.gif", tmp_path)
    for suffix in (".mp4", ".webm"):
        out = rerecord(tmp_path / "in.gif", tmp_path / f"out{suffix}")
        with av.open(str(out)) as container:
            assert (container.duration or 0) / av.time_base == pytest.approx(1.9, abs=0.05)
