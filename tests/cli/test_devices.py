"""`livestyle devices`: cameras that are there, absent, closed, busy or hanging; engines."""

import json
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest
from cameras import FakeCapture
from cli_runs import Ended

from livestyle.engines import discovery
from livestyle.errors import SourceError
from livestyle.sources import camera, camera_listing
from livestyle.sources.camera import Mode, granted_modes

MJPG = cv2.VideoWriter.fourcc(*"MJPG")
WIDTH, HEIGHT = cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT


class Webcam(FakeCapture):
    """Grants 640x480 at 30 pictures a second, and 1280x720 at 10 for anything larger."""

    def get(self, prop: int) -> float:
        asked = dict(self.asked)
        is_large = asked.get(WIDTH, 0) > 640
        granted = {WIDTH: 1280, HEIGHT: 720} if is_large else {WIDTH: 640, HEIGHT: 480}
        granted |= {cv2.CAP_PROP_FPS: 10 if is_large else 30}
        return granted.get(prop, asked.get(prop, 0.0))


PlugIn = Callable[[dict[int, FakeCapture]], Path]


@pytest.fixture
def plugged_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> PlugIn:
    """Cameras on a Linux machine, by number: their names and what opens them."""
    nodes, labels = tmp_path / "dev", tmp_path / "v4l"
    nodes.mkdir()
    labels.mkdir()
    monkeypatch.setattr(camera, "_DEVICES", nodes)
    monkeypatch.setattr(camera, "_V4L", labels)
    monkeypatch.setattr("livestyle.sources.camera.sys.platform", "linux")

    def plug_in(captures: dict[int, FakeCapture], name: str = "HD Webcam") -> Path:
        for number in captures:
            (nodes / f"video{number}").touch()
            (labels / f"video{number}").mkdir()
            (labels / f"video{number}" / "name").write_text(f"{name}\n")
        monkeypatch.setattr(
            camera, "_open_capture", lambda device: captures[int(device.rpartition("video")[2])]
        )
        return nodes

    return plug_in


def test_a_camera_is_listed_with_name_backend_and_what_it_grants(
    livestyle: Callable[..., Ended], plugged_in: PlugIn
) -> None:
    webcam = Webcam()
    nodes = plugged_in({0: webcam})
    said = livestyle("devices", "--json")
    assert said.code == 0
    assert json.loads(said.out)["cameras"] == [
        {
            "device": str(nodes / "video0"),
            "name": "HD Webcam",
            "backend": "V4L2",
            "modes": [
                {"size": [640, 480], "fps": 30.0, "format": "MJPG"},
                {"size": [1280, 720], "fps": 10.0, "format": "MJPG"},
            ],
            "problem": "",
        }
    ]
    assert webcam.asked[:2] == [(cv2.CAP_PROP_FOURCC, MJPG), (WIDTH, 640)]
    assert webcam.released.is_set()


def test_the_page_names_cameras_in_the_order_of_their_numbers(
    livestyle: Callable[..., Ended], plugged_in: PlugIn
) -> None:
    plugged_in({10: Webcam(), 2: Webcam()})
    said = livestyle("devices").out
    assert said.index("video2  HD Webcam  [V4L2]") < said.index("video10  HD Webcam")
    assert "640x480 at 30 fps in MJPG, 1280x720 at 10 fps in MJPG" in said


def test_without_a_camera_it_names_the_demo(
    livestyle: Callable[..., Ended], plugged_in: PlugIn
) -> None:
    plugged_in({})
    said = livestyle("devices")
    assert said.code == 0
    assert "No camera was found" in said.out
    assert "--source demo" in said.out


def test_a_busy_camera_is_listed_with_the_reason_beside_one_that_works(
    livestyle: Callable[..., Ended], plugged_in: PlugIn
) -> None:
    busy = FakeCapture(opened=False)
    plugged_in({0: busy, 1: Webcam()})
    said = livestyle("devices", "--json")
    first, second = json.loads(said.out)["cameras"]
    assert "does not open" in first["problem"]
    assert first["modes"] == []
    assert second["modes"]
    assert busy.released.is_set()


def test_a_camera_that_may_not_be_opened_is_not_touched(
    livestyle: Callable[..., Ended], plugged_in: PlugIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livestyle.sources.camera_listing.os.access", lambda path, mode: False)
    webcam = Webcam()
    plugged_in({0: webcam})
    said = livestyle("devices")
    assert "usermod -aG video" in said.out
    assert webcam.asked == []


def test_a_camera_that_hangs_is_left_behind() -> None:
    class Hanging(FakeCapture):
        def isOpened(self) -> bool:  # noqa: N802
            return self.let_go.wait()

    capture = Hanging()
    with pytest.raises(SourceError, match=r"Camera 3 has not answered for 0\.1 s"):
        granted_modes(3, 0.1, lambda _: capture)
    capture.let_go.set()
    assert capture.released.wait(10.0)


def test_a_mode_that_is_granted_twice_is_listed_once() -> None:
    granted = granted_modes(0, open_capture=lambda _: FakeCapture(granted=(64, 48, 0.0)))
    assert granted == [Mode((64, 48), 0.0, "")]


@pytest.mark.skipif(sys.platform == "win32", reason="device files")
@pytest.mark.parametrize(
    ("of_device", "of_file", "expected"),
    [
        (0x84A00001, 0x04200001, True),  # a UVC camera's pictures
        (0x84A00001, 0x04A00000, False),  # and its second file, with metadata only
        (0x00000001, 0, True),  # an old driver, which tells only of the device
        (0x85200003, 0x05200002, False),  # takes pictures: a loopback's input
    ],
)
def test_device_files_without_pictures_are_no_cameras(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, of_device: int, of_file: int, expected: bool
) -> None:
    import fcntl

    def answer(file: object, request: int, answer: bytearray) -> None:
        assert request == 0x80685600
        answer[84:92] = struct.pack("=II", of_device, of_file)

    monkeypatch.setattr(fcntl, "ioctl", answer)
    node = tmp_path / "video0"
    node.touch()
    assert camera_listing.gives_pictures(node) is expected


def test_engines_are_listed_with_the_devices_they_see(livestyle: Callable[..., Ended]) -> None:
    engines = json.loads(livestyle("devices", "--json").out)["engines"]
    found = {(seen["engine"], seen["device"]): seen["name"] for seen in engines}
    assert found["openvino", "cpu"].startswith("CPU: ")
    assert found["onnxruntime", "cpu"] == "CPUExecutionProvider"


def test_a_broken_engine_does_not_hide_the_others(
    livestyle: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise RuntimeError("its library is missing")

    monkeypatch.setitem(discovery._LOOK, "onnxruntime", broken)
    said = livestyle("devices", "--json")
    engines = {seen["engine"] for seen in json.loads(said.out)["engines"]}
    assert said.code == 0
    assert "openvino" in engines
    assert "onnxruntime" not in engines


def test_torch_is_not_imported_without_a_gpu_driver() -> None:
    import subprocess

    program = (
        "import sys\n"
        "from livestyle.engines import discovery\n"
        "discovery._has_gpu_driver = lambda: False\n"
        "print(discovery.seen_devices('torch'))\n"
        "print('torch' in sys.modules)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
