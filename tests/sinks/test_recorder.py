"""Recorder and NullSink: what goes in comes out, whatever happens on the way."""

import contextlib
import itertools
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from media import make_clip, moving_bar, noise, plain

from livestyle.errors import SinkError
from livestyle.frame import Frame, Pixels
from livestyle.sinks.null import NullSink
from livestyle.sinks.recorder import Recorder, RecordOptions

FAST = RecordOptions(preset="ultrafast")


def frame(pixels: Pixels, pts_s: float, index: int = 0) -> Frame:
    return Frame(pixels, index, pts_s, 0.0)


def bars(times_s: Iterable[float], size: tuple[int, int] = (64, 48)) -> list[Frame]:
    return [frame(moving_bar(i, size), t, i) for i, t in enumerate(times_s)]


def record(path: Path, frames: list[Frame], fps: float = 30.0, **kwargs: object) -> Path:
    recorder = Recorder(path, fps=fps, options=FAST, **kwargs)  # type: ignore[arg-type]
    for each in frames:
        recorder.write(each)
    recorder.close()
    assert recorder.frames == len(frames)
    return path


def read(path: Path) -> list[tuple[float, Pixels]]:
    with av.open(str(path)) as container:
        return [
            (f.time or 0.0, np.asarray(f.to_ndarray(format="rgb24"), np.uint8))
            for f in container.decode(video=0)
        ]


def times(path: Path) -> list[float]:
    return [time_s for time_s, _ in read(path)]


def sound(path: Path) -> tuple[float, np.ndarray]:
    """Start in seconds and samples of the sound, as a player hears it."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    samples = np.concatenate([f.to_ndarray()[0] for f in frames])
    return frames[0].time or 0.0, samples


def complaints(path: Path) -> str:
    """What ffmpeg, another program, has to say about a file."""
    command = ["ffmpeg", "-v", "error", "-i", str(path)]
    command += ["-fps_mode", "passthrough", "-f", "null", "-"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


@pytest.mark.parametrize("suffix", [None, ".mp4", ".mov", ".mkv", ".webm", ".avi"])
def test_every_sink_counts_and_closes_twice(tmp_path: Path, suffix: str | None) -> None:
    sink = (
        NullSink() if suffix is None else Recorder(tmp_path / f"out{suffix}", fps=30, options=FAST)
    )
    for each in bars(i / 30 for i in range(12)):
        sink.write(each)
    sink.close()
    sink.close()
    assert sink.frames == 12
    if suffix is not None:
        assert [p.name for p in tmp_path.iterdir()] == [f"out{suffix}"]
        assert len(times(tmp_path / f"out{suffix}")) == 12
        assert complaints(tmp_path / f"out{suffix}") == ""


def test_variable_times_are_kept_from_the_first_frame_on(tmp_path: Path) -> None:
    wanted = [5.0, 5.04, 5.05, 5.4, 6.9, 6.901]
    got = times(record(tmp_path / "out.mp4", bars(wanted)))
    assert got == pytest.approx([t - 5.0 for t in wanted], abs=2e-5)


def test_times_of_a_file_are_kept_to_the_tick(tmp_path: Path) -> None:
    tick = Fraction(1001, 30000)
    wanted = [float(n * tick) for n in (0, 1, 2, 5, 6, 40)]
    path = record(tmp_path / "out.mp4", bars(wanted), time_base=Fraction(1, 30000))
    with av.open(str(path)) as container:
        stamps = [(f.pts or 0) * (f.time_base or 0) for f in container.decode(video=0)]
    assert stamps == [n * tick for n in (0, 1, 2, 5, 6, 40)]


def test_the_last_frame_is_shown_wherever_a_fragment_ends(tmp_path: Path) -> None:
    """With B-frames, which the default preset has, the last packet is not the last picture."""
    for count in range(28, 34):
        recorder = Recorder(tmp_path / f"{count}.mp4", fps=30.0)
        for i in range(count):
            picture = np.full((120, 160, 3), i * 7 % 255, np.uint8)
            picture[:, i * 3 % 160] = 255
            recorder.write(frame(picture, i / 30, i))
        recorder.close()
        assert len(read(recorder.path)) == count


def test_a_time_that_does_not_advance_is_moved_on(tmp_path: Path) -> None:
    got = times(record(tmp_path / "out.mp4", bars([1.0, 1.0, 0.5, 1.5])))
    assert len(got) == 4
    assert all(a < b for a, b in itertools.pairwise(got))
    assert got[-1] == pytest.approx(0.5, abs=1e-4)


def test_a_picture_may_last_an_hour_in_avi_too(tmp_path: Path) -> None:
    got = read(record(tmp_path / "out.avi", bars([0.0, 0.04, 3600.0]), fps=25.0))
    assert [time_s for time_s, _ in (got[0], got[1], got[-1])] == pytest.approx([0, 0.04, 3600])
    assert all(np.abs(shown.astype(int) - got[1][1]).mean() < 3 for _, shown in got[1:-1])
    assert np.abs(got[-1][1].astype(int) - got[1][1]).mean() > 3


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (15, 17), (64, 48), (65, 47), (333, 2)])
@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_any_size_plays_and_keeps_its_pixels(
    tmp_path: Path, size: tuple[int, int], suffix: str
) -> None:
    pixels = plain(size, (200, 40, 60))
    path = record(tmp_path / f"out{suffix}", [frame(pixels, i / 30) for i in range(3)])
    _, got = read(path)[-1]
    assert got.shape[0] >= size[1] and got.shape[1] >= size[0]
    assert got.shape[0] % 2 == got.shape[1] % 2 == 0
    assert np.abs(got.astype(int) - (200, 40, 60)).max() <= 6  # to the very edge
    assert complaints(path) == ""


_AT_THE_END_OF_MEMORY = """
import ctypes, mmap, sys
import numpy as np
from livestyle.frame import Frame
from livestyle.sinks.recorder import Recorder

width, height, nobody = 86, 64, 0
size = width * height * 3
ends = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
memory = np.frombuffer(mmap.mmap(-1, ends + mmap.PAGESIZE), np.uint8)
behind = ctypes.c_void_p(memory.ctypes.data + ends)
assert ctypes.CDLL(None).mprotect(behind, mmap.PAGESIZE, nobody) == 0
pixels = memory[ends - size : ends].reshape(height, width, 3)
recorder = Recorder(sys.argv[1], fps=25)
recorder.write(Frame(pixels, 0, 0.0, 0.0))
recorder.close()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="protects memory as Linux does")
def test_not_a_byte_behind_a_picture_is_read(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    subprocess.run([sys.executable, "-c", _AT_THE_END_OF_MEMORY, str(path)], check=True)
    assert len(times(path)) == 1


@pytest.mark.parametrize("size", [(3, 3), (64, 64)])
def test_hevc_takes_tiny_and_short_videos(tmp_path: Path, size: tuple[int, int]) -> None:
    for count in (1, 2, 4):
        recorder = Recorder(tmp_path / f"{count}.mp4", fps=30, options=RecordOptions("hevc"))
        for each in bars((i / 30 for i in range(count)), size):
            recorder.write(each)
        recorder.close()
        assert len(read(recorder.path)) == count


def test_another_size_on_the_way_is_scaled(tmp_path: Path) -> None:
    frames = [
        frame(plain((63, 48), (0, 120, 0)), 0.0),
        frame(plain((128, 90), (0, 120, 0)), 0.1),
        frame(plain((63, 48), (0, 120, 0)), 0.2),
    ]
    got = read(record(tmp_path / "out.mp4", frames))
    assert [p.shape for _, p in got] == [(48, 64, 3)] * 3
    assert np.abs(got[1][1].astype(int) - (0, 120, 0)).max() <= 6


@pytest.mark.parametrize("color", [(255, 0, 0), (0, 255, 0), (0, 0, 255), (240, 200, 20)])
def test_colours_come_back_in_other_programs(tmp_path: Path, color: tuple[int, int, int]) -> None:
    path = record(tmp_path / "out.mp4", [frame(plain((32, 32), color), i / 30) for i in range(2)])
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    assert np.abs(np.frombuffer(raw, np.uint8).reshape(-1, 3).astype(int) - color).max() <= 4
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert (context.colorspace, context.color_range) == (1, 1)


@pytest.mark.parametrize(
    "source,target,codec",
    [
        (".mp4", ".mp4", "aac"),
        (".mp4", ".mkv", "aac"),
        (".webm", ".webm", "opus"),
        (".webm", ".mkv", "opus"),
        (".webm", ".mov", "aac"),
        (".mp4", ".webm", "opus"),
        (".mp4", ".avi", "pcm_s16le"),
    ],
)
def test_sound_is_kept_and_in_step(tmp_path: Path, source: str, target: str, codec: str) -> None:
    clip = make_clip(tmp_path / f"in{source}", frames=30, audio_s=1.0)
    path = record(tmp_path / f"out{target}", bars(times(clip)), audio_from=clip)
    with av.open(str(path)) as container:
        assert container.streams.audio[0].codec_context.name == codec
    start_s, samples = sound(path)
    with av.open(str(path)) as container:
        rate = container.streams.audio[0].rate
    assert start_s == pytest.approx(0.0, abs=0.03)
    assert len(samples) / rate == pytest.approx(1.0, abs=0.06)
    assert times(path) == pytest.approx(times(clip), abs=2e-3)
    assert complaints(path) == ""


def clip_with_late_beep(path: Path, beep_s: float) -> Path:
    """Two seconds of pictures; silence, and then from `beep_s` on a tone."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = container.add_stream("aac", 48000)
        audio.layout = "mono"
        for index in range(50):
            picture = av.VideoFrame.from_ndarray(moving_bar(index, (64, 48)), "rgb24")
            container.mux(video.encode(picture))
        container.mux(video.encode())
        at_s = np.arange(96000) / 48000
        tone = np.where(at_s < beep_s, 0, np.sin(2 * np.pi * 440 * at_s) / 2)
        samples = av.AudioFrame.from_ndarray(tone[None].astype(np.float32), "fltp", "mono")
        samples.sample_rate, samples.pts = 48000, 0
        container.mux(audio.encode(samples))
        container.mux(audio.encode())
    return path


def beep_at(path: Path) -> float:
    """When the tone starts, in seconds."""
    start_s, samples = sound(path)
    loud = np.abs(samples.astype(float)) > 0.2 * np.abs(samples.astype(float)).max()
    return start_s + float(np.argmax(loud)) / 48000


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
@pytest.mark.parametrize("says_start", [True, False])
def test_a_part_begins_at_zero_with_its_own_sound(
    tmp_path: Path, suffix: str, says_start: bool
) -> None:
    clip = clip_with_late_beep(tmp_path / "in.mp4", beep_s=1.0)
    part = [f for f in bars(times(clip)) if 0.6 <= f.pts_s < 1.4]
    path = record(
        tmp_path / f"out{suffix}",
        part,
        audio_from=clip,
        start_s=0.6 if says_start else None,
        end_s=1.4,
    )
    assert times(path) == pytest.approx([f.pts_s - 0.6 for f in part], abs=2e-3)
    assert beep_at(path) == pytest.approx(0.4, abs=0.015)
    with av.open(str(path)) as container:
        assert (container.duration or 0) / av.time_base == pytest.approx(0.8, abs=0.06)


def test_sound_stops_with_an_interrupted_picture(tmp_path: Path) -> None:
    clip = clip_with_late_beep(tmp_path / "in.mp4", beep_s=0.2)
    path = record(tmp_path / "out.mp4", bars(times(clip)[:20]), audio_from=clip)
    start_s, samples = sound(path)
    assert start_s + len(samples) / 48000 == pytest.approx(0.8, abs=0.05)


def test_sound_longer_than_the_picture_is_kept(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "in.mp4", frames=10, audio_s=2.0)
    path = record(tmp_path / "out.mp4", bars(times(clip)), audio_from=clip)
    assert len(sound(path)[1]) / 48000 == pytest.approx(2.0, abs=0.05)


def test_without_sound_there_is_none(tmp_path: Path) -> None:
    silent = make_clip(tmp_path / "silent.mp4")
    loud = make_clip(tmp_path / "loud.mp4", audio_s=0.3)
    record(tmp_path / "a.mp4", bars(times(silent)), audio_from=silent)
    recorder = Recorder(
        tmp_path / "b.mp4", fps=30, options=RecordOptions(audio=False), audio_from=loud
    )
    recorder.write(bars([0.0])[0])
    recorder.close()
    for name in ("a.mp4", "b.mp4"):
        with av.open(str(tmp_path / name)) as container:
            assert not container.streams.audio


def test_nothing_written_leaves_nothing_and_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    target.write_bytes(b"old")
    Recorder(target, fps=30, overwrite=True).close()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_an_older_target_is_replaced_only_at_the_end(tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    target.write_bytes(b"old")
    recorder = Recorder(target, fps=30, options=FAST, overwrite=True)
    recorder.write(bars([0.0])[0])
    assert target.read_bytes() == b"old"
    recorder.close()
    assert len(read(target)) == 1


def test_of_many_that_begin_at_once_one_records_and_the_others_are_told(tmp_path: Path) -> None:
    path, many = tmp_path / "out.mp4", 16
    all_ready = threading.Barrier(many)

    def begin(_: int) -> Recorder | str:
        all_ready.wait()
        try:
            return Recorder(path, fps=30.0)
        except SinkError as error:
            return str(error)

    with ThreadPoolExecutor(many) as threads:
        begun = list(threads.map(begin, range(many)))
    recorders = [one for one in begun if isinstance(one, Recorder)]
    refused = [one for one in begun if isinstance(one, str)]
    assert len(recorders) == 1
    assert all("another program is writing to it" in sentence for sentence in refused)
    assert [p.name for p in tmp_path.iterdir()] == ["out.mp4.partial"]
    recorders[0].close()
    assert not list(tmp_path.iterdir())


def test_a_recording_after_one_that_was_killed_is_not_refused(tmp_path: Path) -> None:
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from livestyle.sinks.recorder import Recorder\n"
        "recorder = Recorder(Path(sys.argv[1]), fps=30.0)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    path = tmp_path / "out.mp4"
    killed = subprocess.run([sys.executable, "-c", program, str(path)])
    assert killed.returncode != 0
    record(path, bars([0.0, 0.1]))
    assert path.is_file()


def test_a_partial_file_left_by_a_crash_is_not_lost(tmp_path: Path) -> None:
    left = tmp_path / "out.mp4.partial"
    left.write_bytes(b"an hour of work")
    record(tmp_path / "out.mp4", bars([0.0, 0.1]))
    assert left.read_bytes() == b"an hour of work"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.mp4", "out.mp4.partial"]


def folder(path: Path) -> None:
    path.mkdir()


def old_file(path: Path) -> None:
    path.write_bytes(b"old")


def nothing(path: Path) -> None:
    pass


@pytest.mark.parametrize(
    "name,prepare,says",
    [
        ("out.mp4", folder, "folder"),
        ("missing/out.mp4", nothing, "missing"),
        ("out.mp4", old_file, "--overwrite"),
        ("out.xyz", nothing, ".webm"),
        ("out", nothing, ".mp4"),
    ],
)
def test_bad_paths_are_refused_before_anything_opens(
    tmp_path: Path, name: str, prepare: Callable[[Path], None], says: str
) -> None:
    prepare(tmp_path / name)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(SinkError, match=says):
        Recorder(tmp_path / name, fps=30, overwrite=False)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_that_cannot_be_written_is_refused() -> None:
    with pytest.raises(SinkError, match="Cannot record"):
        Recorder(Path("/proc/out.mp4"), fps=30)


def test_the_source_is_not_overwritten(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "in.mp4")
    with pytest.raises(SinkError, match="being read"):
        Recorder(clip, fps=30, audio_from=clip)


@pytest.mark.parametrize("codec,suffix", [("nope", ".mp4"), ("aac", ".mp4"), ("h264", ".webm")])
def test_codecs_that_cannot_be_are_refused(tmp_path: Path, codec: str, suffix: str) -> None:
    with pytest.raises(SinkError, match="vp9"):
        Recorder(tmp_path / f"out{suffix}", fps=30, options=RecordOptions(codec=codec))
    assert not list(tmp_path.iterdir())


def test_a_preset_that_is_none_leaves_nothing(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "out.mp4", fps=30, options=RecordOptions(preset="warp"))
    with pytest.raises(SinkError, match="preset"):
        recorder.write(bars([0.0])[0])
    recorder.close()
    assert not list(tmp_path.iterdir())


KILLED = """
import os, signal, sys
from pathlib import Path
from media import moving_bar
from livestyle.frame import Frame
from livestyle.sinks.recorder import Recorder
recorder = Recorder(Path(sys.argv[1]), fps=30, audio_from=Path(sys.argv[2]))
for index in range(150):
    recorder.write(Frame(moving_bar(index, (64, 48)), index, index / 30, 0.0))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_a_killed_recording_plays(tmp_path: Path, suffix: str) -> None:
    clip = make_clip(tmp_path / "in.mp4", frames=150, audio_s=5.0)
    target = tmp_path / f"out{suffix}"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, target, clip], env=with_tests_on_path(), check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert not target.exists()
    partial = tmp_path / f"out{suffix}.partial"
    got = read(partial)
    assert len(got) >= 75
    assert got[0][0] == pytest.approx(0.0, abs=2e-3)
    assert np.abs(got[60][1].astype(int) - moving_bar(60, (64, 48))).mean() < 8
    assert len(sound(partial)[1]) / 48000 > 2.0


KILLED_EARLY = """
import os, signal, sys
from pathlib import Path
from media import plain
from livestyle.frame import Frame
from livestyle.sinks.recorder import Recorder
recorder = Recorder(Path(sys.argv[1]), fps=30)
for index in range(90):
    recorder.write(Frame(plain((64, 48), (200, 80, 40)), index, index / 30, 0.0))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_a_recording_killed_after_three_seconds_loses_two_at_most(
    tmp_path: Path, suffix: str
) -> None:
    """A picture that stands still fills no buffer: only time makes the muxer write."""
    target = tmp_path / f"out{suffix}"
    done = subprocess.run(
        [sys.executable, "-c", KILLED_EARLY, target], env=with_tests_on_path(), check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert read(tmp_path / f"out{suffix}.partial")[-1][0] >= 1.0


FULL = """
import resource, sys
from pathlib import Path
from media import noise
from livestyle.errors import SinkError
from livestyle.frame import Frame
from livestyle.sinks.recorder import Recorder
recorder = Recorder(Path(sys.argv[1]), fps=30, overwrite=True)
limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    for index in range(int(sys.argv[3])):
        recorder.write(Frame(noise(index, (160, 120)), index, index / 30, 0.0))
    print("wrote all")
    recorder.close()
except SinkError as error:
    print(error)
    recorder.close()
"""


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_full_disk_is_told_and_what_was_recorded_plays(tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"out{suffix}"
    target.write_bytes(b"old")
    said = run_until_full(target, 1_000_000, frames=200)
    partial = tmp_path / f"out{suffix}.partial"
    assert "failed after" in said and str(partial) in said and "wrote all" not in said
    assert target.read_bytes() == b"old"
    assert len(read_while_whole(partial)) >= 30


def test_a_disk_that_is_full_at_the_last_moment(tmp_path: Path) -> None:
    whole = tmp_path / "whole.mp4"
    run_until_full(whole, resource.RLIM_INFINITY, frames=60)
    said = run_until_full(tmp_path / "out.mp4", whole.stat().st_size - 50, frames=60)
    assert "wrote all" in said and "failed after 60 frames" in said
    assert len(read_while_whole(tmp_path / "out.mp4.partial")) >= 40


def run_until_full(target: Path, limit: int, frames: int) -> str:
    command = [sys.executable, "-c", FULL, str(target), str(limit), str(frames)]
    done = subprocess.run(
        command, env=with_tests_on_path(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def read_while_whole(path: Path) -> list[Pixels]:
    """The frames up to where the file is cut off."""
    got: list[Pixels] = []
    with av.open(str(path)) as container, contextlib.suppress(av.FFmpegError):
        got.extend(
            np.asarray(f.to_ndarray(format="rgb24"), np.uint8) for f in container.decode(video=0)
        )
    return got


def with_tests_on_path() -> dict[str, str]:
    """An environment in which a child process imports livestyle and the tests' media."""
    root = Path(__file__).parents[2]
    return {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{root / 'tests'}"}


def test_noise_survives_the_trip(tmp_path: Path) -> None:
    pixels = noise(0, (64, 48)) // 8 + 100
    _, got = read(record(tmp_path / "out.mp4", [frame(pixels, 0.0)]))[0]
    assert np.abs(got.astype(int) - pixels).mean() < 12
