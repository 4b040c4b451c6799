"""A recording that was killed is gone on from where it is whole."""

import signal
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from media import make_clip

from livestyle.errors import SinkError
from livestyle.sinks.recorder import Recorder, RecordOptions
from livestyle.sinks.unfinished import unfinished
from livestyle.sources.file import VideoFile

FRAMES, STOPPED = 200, 150


def pictures(path: Path) -> tuple[list[float], np.ndarray]:
    """When each picture is shown, and all of them."""
    with av.open(str(path)) as container:
        shown = [(float(f.time), f.to_ndarray(format="rgb24")) for f in container.decode(video=0)]
    return [time_s for time_s, _ in shown], np.stack([pixels for _, pixels in shown])


def killed(clip: Path, target: Path, codec: str) -> None:
    """Records most of the clip in a process that SIGKILL ends."""
    program = f"""
import os, signal
from pathlib import Path
from livestyle.sinks.recorder import Recorder, RecordOptions
from livestyle.sources.file import VideoFile
source = VideoFile(Path({str(clip)!r}))
recorder = Recorder({str(target)!r}, fps=30, options=RecordOptions({codec!r}),
                    time_base=source.time_base, audio_from=Path({str(clip)!r}), start_s=0.0)
for n in range({STOPPED}):
    recorder.write(source.read())
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", program]).returncode == -signal.SIGKILL


def resumed(clip: Path, target: Path, codec: str) -> int:
    """Records the rest, and gives how many frames were whole."""
    begun = unfinished(target)
    recorder = Recorder(
        target,
        fps=30,
        options=RecordOptions(codec),
        time_base=VideoFile(clip).time_base,
        audio_from=clip,
        start_s=0.0,
        is_whole=lambda: True,
        resume_from=begun,
    )
    with VideoFile(clip) as source:
        for frame in source:
            if frame.index >= begun[0].frames:
                recorder.write(frame)
    recorder.close()
    assert recorder.frames == FRAMES
    return begun[0].frames


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "in.mp4"
    return make_clip(path, frames=FRAMES, size=(160, 120), audio_s=FRAMES / 30)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize(
    ("suffix", "codec"),
    [
        (".mp4", "h264"),
        (".mov", "hevc"),
        (".mkv", "h264"),
        (".webm", "vp9"),
        (".avi", "mpeg4"),
        (".ts", "h264"),
    ],
)
def test_a_killed_recording_is_finished_as_if_nothing_had_happened(
    suffix: str, codec: str, clip: Path, tmp_path: Path
) -> None:
    target = tmp_path / f"out{suffix}"
    killed(clip, target, codec)
    assert resumed(clip, target, codec) >= 30
    assert [path.name for path in tmp_path.iterdir()] == [target.name]
    times_s, got = pictures(target)
    wanted_s, wanted = pictures(clip)
    begins_s = 1.4 if suffix == ".ts" else 0.0
    assert [time_s - begins_s for time_s in times_s] == pytest.approx(wanted_s, abs=0.002)
    assert np.abs(got.astype(int) - wanted).mean((1, 2, 3)).max() < 8
    with av.open(str(target)) as container:
        sound = [packet.pts * packet.time_base for packet in container.demux(audio=0) if packet.pts]
        assert float(max(sound)) - begins_s == pytest.approx(FRAMES / 30, abs=0.1)
        assert len(sound) == len(set(sound))
    checked = ["ffmpeg", "-v", "error", "-xerror", "-i", str(target), "-f", "null", "-"]
    assert subprocess.run(checked, stderr=subprocess.DEVNULL).returncode == 0


def test_a_recording_that_was_made_otherwise_is_not_gone_on_from(
    clip: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out.mkv"
    recorder = Recorder(target, fps=30, is_whole=lambda: False)
    with VideoFile(clip, (80, 60)) as source:
        for frame in source:
            recorder.write(frame)
    recorder.close()
    (partial,) = tmp_path.iterdir()
    before = partial.read_bytes()
    with pytest.raises(SinkError, match="other settings"):
        resumed(clip, target, "h264")
    assert partial.read_bytes() == before


def test_what_is_no_recording_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "out.mp4.partial").write_bytes(b"nothing")
    (tmp_path / "out.mp4.partial-2").mkdir()
    assert unfinished(tmp_path / "out.mp4") == []
    assert unfinished(tmp_path / "nowhere/out.mp4") == []
