"""`livestyle cam --virtual-camera`, with a stand-in for the driver."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cameras import FakeVirtualCamera
from cli_runs import Ended, decoded, difference
from media import make_clip

Livestyle = Callable[..., Ended]
CLIP = ("--source", "clip.mp4", "--no-display", "--no-stroke-lock")


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> type[FakeVirtualCamera]:
    make_clip(Path("clip.mp4"))
    return FakeVirtualCamera.install(monkeypatch)


def test_together_with_a_recording(driver: type[FakeVirtualCamera], livestyle: Livestyle) -> None:
    ended = livestyle("cam", *CLIP, "--virtual-camera", "--record", "out.mp4")
    assert (ended.code, ended.out) == (0, ""), ended.err
    assert "the camera /dev/video9" in ended.err
    original = decoded(Path("clip.mp4")).pictures
    assert len(decoded(Path("out.mp4")).pictures) == len(original)
    assert difference(driver.latest.sent[-1], 255 - original[-1]) < 3
    assert driver.latest.closed == 1


@pytest.mark.parametrize("flag", ["--virtual-camera", "--virtual-mirror"])
def test_a_mirror_is_only_for_who_looks_into_it(
    flag: str, driver: type[FakeVirtualCamera], livestyle: Livestyle
) -> None:
    assert livestyle("cam", *CLIP, "--mirror", flag).code == 0
    seen = 255 - decoded(Path("clip.mp4")).pictures[-1]
    expected = seen if flag == "--virtual-camera" else seen[:, ::-1]
    assert difference(driver.latest.sent[-1], expected) < 3


def test_without_the_package(livestyle: Livestyle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    ended = livestyle("cam", "--source", "demo", "--no-display", "--virtual-camera")
    assert (ended.code, ended.out) == (5, "")
    assert '[vcam]"' in ended.err and "Traceback" not in ended.err


def test_without_a_driver(driver: type[FakeVirtualCamera], livestyle: Livestyle) -> None:
    driver.refusal = "'v4l2loopback' backend: No v4l2 loopback device found at /dev/video[0-99]."
    ended = livestyle("cam", *CLIP, "--virtual-camera", "--record", "out.mp4")
    assert (ended.code, ended.out) == (5, "")
    assert "No v4l2 loopback device found" in ended.err and "Traceback" not in ended.err
    assert not list(Path().glob("out*"))


def test_a_driver_that_fails_in_mid_show(
    driver: type[FakeVirtualCamera], livestyle: Livestyle
) -> None:
    driver.fail_at = 0
    ended = livestyle("cam", *CLIP, "--virtual-camera", "--record", "out.mp4")
    assert (ended.code, ended.out) == (5, "")
    assert "/dev/video9 failed (the device is gone)" in ended.err
    assert decoded(Path("out.mp4")).pictures
