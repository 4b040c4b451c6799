"""VirtualCamera, against a stand-in for pyvirtualcam."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from cameras import FakeVirtualCamera
from media import moving_bar, noise, plain

from livestyle.errors import SinkError
from livestyle.frame import Frame, Pixels
from livestyle.sinks.virtual_camera import FIXES, USUAL_FPS, VirtualCamera

pytestmark = pytest.mark.timeout(20)


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> type[FakeVirtualCamera]:
    return FakeVirtualCamera.install(monkeypatch)


def frame(pixels: Pixels, index: int = 0) -> Frame:
    return Frame(pixels, index, index / 25, 0.0, "mosaic")


def write_each(camera: VirtualCamera, frames: list[Frame]) -> None:
    """Writes frames one by one, each after the one before was sent."""
    for each in frames:
        camera._camera.waiting.clear()
        camera.write(each)
        assert camera._camera.waiting.wait(5)


def test_the_very_pixels_are_sent(driver: type[FakeVirtualCamera]) -> None:
    pictures = [noise(i, (64, 48)) for i in range(4)]
    camera = VirtualCamera((64, 48), 25.0)
    write_each(camera, [frame(pixels, i) for i, pixels in enumerate(pictures)])
    camera.close()
    fake = driver.latest
    assert (fake.width, fake.height, fake.fps) == (64, 48, 25.0)
    assert [np.array_equal(*pair) for pair in zip(fake.sent, pictures, strict=True)] == [True] * 4
    assert fake.closed == 1


def test_it_says_where_others_find_it(driver: type[FakeVirtualCamera]) -> None:
    camera = VirtualCamera((64, 48), 0.0)
    camera.close()
    assert camera.device == "/dev/video9"
    assert driver.latest.fps == USUAL_FPS


@pytest.mark.parametrize(("size", "sent"), [((67, 49), (68, 50)), ((1, 1), (2, 2))])
def test_odd_sizes_become_even(
    size: tuple[int, int], sent: tuple[int, int], driver: type[FakeVirtualCamera]
) -> None:
    camera = VirtualCamera(size, 25.0)
    camera.write(frame(plain(size, (10, 200, 30))))
    camera.close()
    assert (driver.latest.width, driver.latest.height) == camera.size == sent
    assert (driver.latest.sent[0] == (10, 200, 30)).all()


def test_another_size_in_mid_stream_is_scaled(driver: type[FakeVirtualCamera]) -> None:
    camera = VirtualCamera((64, 48), 25.0)
    sizes = [(64, 48), (128, 96), (32, 24), (48, 64)]
    write_each(camera, [frame(plain(size, (250, 20, 60))) for size in sizes])
    camera.close()
    assert len(driver.latest.sent) == 4
    assert all((pixels == (250, 20, 60)).all() for pixels in driver.latest.sent)


def test_others_see_no_mirror_unless_asked(driver: type[FakeVirtualCamera]) -> None:
    scene = moving_bar(3, (64, 48))
    flipped = replace(frame(np.ascontiguousarray(scene[:, ::-1])), is_mirrored=True)
    for keeps_mirror, seen in [(False, scene), (True, flipped.pixels)]:
        camera = VirtualCamera((64, 48), 25.0, keeps_mirror=keeps_mirror)
        camera.write(flipped)
        camera.close()
        assert np.array_equal(driver.latest.sent[0], seen)


def test_a_slow_driver_holds_up_nothing_and_gets_the_newest(
    driver: type[FakeVirtualCamera],
) -> None:
    driver.let_go.clear()
    camera = VirtualCamera((64, 48), 25.0)
    write_each(camera, [frame(plain((64, 48), (0, 0, 0)))])
    for value in range(1, 6):  # returns although the driver still has the first
        camera.write(frame(plain((64, 48), (value, value, value))))
    driver.let_go.set()
    camera.close()
    assert [pixels.max() for pixels in driver.latest.sent] == [0, 5]
    assert camera.skipped == 4


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    with pytest.raises(SinkError, match=r'pip install ".*\[vcam\]"'):
        VirtualCamera((64, 48), 25.0)


@pytest.mark.parametrize(
    ("platform", "fix"),
    [
        ("linux", "sudo modprobe v4l2loopback"),
        ("darwin", "Start Virtual Camera"),
        ("win32", "Start Virtual Camera"),
        ("aix", "Leave out --virtual-camera"),
    ],
)
def test_without_a_driver(
    platform: str,
    fix: str,
    driver: type[FakeVirtualCamera],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    driver.refusal = "'one' backend: No device found at X. Did you?\n'two' backend: not there."
    monkeypatch.setattr(sys, "platform", platform)
    with pytest.raises(SinkError) as refused:
        VirtualCamera((64, 48), 25.0)
    message = str(refused.value)
    assert "64x48" in message and "'one' backend: No device found at X;" in message
    assert "'two' backend: not there. " in message and fix in message


def test_a_system_without_any_backend(
    driver: type[FakeVirtualCamera], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> None:
        raise RuntimeError("")

    monkeypatch.setattr(sys.modules["pyvirtualcam"], "Camera", refuse)
    with pytest.raises(SinkError, match="no driver for one"):
        VirtualCamera((64, 48), 25.0)


def test_a_failure_in_mid_show_ends_it(driver: type[FakeVirtualCamera]) -> None:
    driver.fail_at = 1
    camera = VirtualCamera((64, 48), 25.0)
    write_each(camera, [frame(plain((64, 48), (0, 0, 0)), i) for i in range(2)])
    camera._thread.join(5)
    with pytest.raises(SinkError, match="the device is gone") as failed:
        camera.write(frame(plain((64, 48), (0, 0, 0))))
    assert FIXES.get(sys.platform, "Leave out") in str(failed.value)
    camera.close()
    assert driver.latest.closed == 1


def test_or_the_show_goes_on_and_the_end_tells(driver: type[FakeVirtualCamera]) -> None:
    driver.fail_at = 0
    camera = VirtualCamera((64, 48), 25.0, may_fail=True)
    assert camera.take_notice() == ""
    write_each(camera, [frame(plain((64, 48), (0, 0, 0)))])
    camera._thread.join(5)
    camera.write(frame(plain((64, 48), (0, 0, 0))))
    assert camera.take_notice() == "virtual camera stopped: the device is gone"
    assert camera.take_notice() == ""
    with pytest.raises(SinkError, match="the device is gone"):
        camera.close()
    camera.close()
    assert driver.latest.closed == 1
