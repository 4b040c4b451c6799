"""What may be typed after --source."""

import subprocess
import sys
from pathlib import Path

import pytest
from cameras import FakeCapture
from media import make_clip
from opened import Opened

from livestyle.errors import SourceError
from livestyle.sources import SourceOptions, camera, open_source
from livestyle.sources.demo import Demo
from livestyle.sources.file import VideoFile


@pytest.mark.parametrize(("spec", "device"), [("0", 0), ("12", 12), ("/dev/video3", "/dev/video3")])
def test_numbers_and_device_paths_are_cameras(
    spec: str, device: int | str, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    devices = []

    def open_capture(device: int | str) -> FakeCapture:
        devices.append(device)
        return opened.capture(FakeCapture())

    monkeypatch.setattr(camera, "_open_capture", open_capture)
    for reconnect in (True, False):
        source = opened.source(open_source(spec, SourceOptions(reconnect=reconnect)))
        assert source.name == f"camera {device} at 64x48 and 30 fps"
    assert devices == [device, device]


def test_files_and_the_demo(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = make_clip(tmp_path / "0.mp4")
    assert isinstance(opened.source(open_source(str(clip))), VideoFile)
    monkeypatch.chdir(tmp_path)
    clip.rename("concat:0.mp4")  # which FFmpeg would take for its protocol
    assert isinstance(opened.source(open_source("concat:0.mp4")), VideoFile)
    assert isinstance(opened.source(open_source("demo")), Demo)


@pytest.mark.parametrize(
    "spec", ["ftp://x/a.mp4", "file:///etc/passwd", "tcp://127.0.0.1:1", "udp://@:1"]
)
def test_other_schemes_are_refused_in_words(spec: str) -> None:
    with pytest.raises(SourceError, match=rf"{spec.split(':')[0]}:// are not opened.*rtsp"):
        open_source(spec)


@pytest.mark.parametrize("spec", ["", "nonsense", "-1", "camera", "concat:a.mp4|b.mp4", "\0"])
def test_what_means_nothing_is_refused_in_words(spec: str) -> None:
    with pytest.raises(SourceError):
        open_source(spec)


@pytest.mark.parametrize("size", [(0, 10), (10, -1), (100_000, 100_000)])
def test_impossible_sizes_are_refused_in_words(size: tuple[int, int]) -> None:
    with pytest.raises(SourceError, match=f"{size[0]}x{size[1]} is not possible"):
        open_source("demo", SourceOptions(size=size))


def test_pyav_is_not_loaded_before_it_is_needed() -> None:
    code = (
        "import sys; from livestyle.sources import open_source; open_source('demo').close(); "
        "print('av' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
