"""`livestyle cam --record` without a window, when the recording breaks in the middle."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cameras import FakeVirtualCamera
from cli_runs import Ended, decoded, difference
from media import make_clip

from livestyle.sinks import disk

Livestyle = Callable[..., Ended]
FRAMES = 30
CLIP = ("--source", "clip.mp4", "--no-display", "--no-stroke-lock")
RECORD = ("--record", "there/out.mp4")


def full_disk() -> float:
    return 150.0


def removed_folder() -> float:
    shutil.rmtree("there", ignore_errors=True)
    return 500.0


@pytest.fixture
def breaks(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], float]], None]:
    """Has something happen to the recording's disk at its eleventh frame, and to no other's."""
    make_clip(Path("clip.mp4"), frames=FRAMES)
    Path("there").mkdir()

    def at_frame_11(happens: Callable[[], float]) -> None:
        looks = 0

        def free_mb(path: Path) -> float:
            nonlocal looks
            looks += path.parent.name == "there"
            return happens() if path.parent.name == "there" and looks > 11 else 500.0

        monkeypatch.setattr(disk, "CHECK_S", 0.0)
        monkeypatch.setattr(disk, "free_mb", free_mb)

    return at_frame_11


def test_a_session_goes_on_when_the_recording_fails(
    breaks: Callable[..., None], livestyle: Livestyle
) -> None:
    breaks(removed_folder)
    ended = livestyle("cam", *CLIP, *RECORD, "--session", "s")
    assert ended.code == 5
    assert "somebody removed" in ended.err and "Traceback" not in ended.err
    assert len(decoded(Path("s/frames.mp4")).pictures) == FRAMES


def test_a_session_goes_on_when_the_disk_of_the_recording_is_full(
    breaks: Callable[..., None], livestyle: Livestyle, caplog: pytest.LogCaptureFixture
) -> None:
    breaks(full_disk)
    ended = livestyle("cam", *CLIP, *RECORD, "--session", "s")
    assert "less than 200 MB are free" in caplog.text and "Kept 30 frames" in ended.err
    assert len(decoded(Path("s/frames.mp4")).pictures) == FRAMES
    assert 5 < len(decoded(Path("there/out.mp4")).pictures) < FRAMES


def test_a_virtual_camera_goes_on_when_the_recording_fails(
    breaks: Callable[..., None], livestyle: Livestyle, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = FakeVirtualCamera.install(monkeypatch)
    breaks(removed_folder)
    ended = livestyle("cam", *CLIP, *RECORD, "--virtual-camera")
    assert ended.code == 5 and "somebody removed" in ended.err
    last = 255 - decoded(Path("clip.mp4")).pictures[-1]
    assert difference(driver.latest.sent[-1], last) < 3


def test_a_recording_goes_on_when_the_virtual_camera_fails(
    breaks: Callable[..., None], livestyle: Livestyle, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeVirtualCamera.install(monkeypatch).fail_at = 0
    ended = livestyle("cam", *CLIP, *RECORD, "--virtual-camera")
    assert ended.code == 5 and "the device is gone" in ended.err
    assert len(decoded(Path("there/out.mp4")).pictures) == FRAMES


@pytest.mark.parametrize(
    ("happens", "said"), [(full_disk, "less than 200 MB"), (removed_folder, "somebody removed")]
)
def test_a_recording_that_is_all_there_is_ends_the_program(
    happens: Callable[[], float],
    said: str,
    breaks: Callable[..., None],
    livestyle: Livestyle,
) -> None:
    breaks(happens)
    ended = livestyle("cam", *CLIP, *RECORD, "--report", "r.json")
    assert ended.code == 5 and said in ended.err
    assert "Painted" not in ended.err.replace("Painting", "")
