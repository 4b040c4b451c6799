"""Which cameras there are, and what each of them grants."""

import os
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

from livestyle.errors import SourceError
from livestyle.sources.camera import Mode, backend_name, camera_name, camera_nodes, granted_modes

_MOST_INDICES = 4
"""Tried where the system has no list of cameras."""

_VIDIOC_QUERYCAP = 0x80685600
_CAPABILITY = struct.Struct("=16s32s32sIII12x")
"""v4l2_capability: driver, card, bus, version, capabilities of the device, of this file."""

_DEVICE_CAPS = 0x80000000
_VIDEO_CAPTURE = 0x00000001 | 0x00001000  # in one plane or several


@dataclass(frozen=True, slots=True)
class CameraFacts:
    """A camera that is there.

    Attributes:
        device: its number, or its path where the system has one; as `--source` takes it.
        name: what the driver calls it; "" when the system does not say.
        backend: what OpenCV reads it with.
        modes: what it grants of the common sizes.
        problem: why it could not be asked, and what to do; "" when it could.
    """

    device: str
    name: str
    backend: str
    modes: tuple[Mode, ...] = ()
    problem: str = ""


def list_cameras(limit_s: float = 5.0) -> list[CameraFacts]:
    """Every camera with what it grants; each is opened, and left alone after `limit_s`.

    On Linux those with a device file; elsewhere the first few numbers, those that do not open
    being left out: a camera in use cannot be told from one that is not there.
    """
    if sys.platform == "linux":
        nodes = [node for node in camera_nodes() if gives_pictures(node)]
        return [_ask(str(node), camera_name(node), limit_s) for node in nodes]
    numbered = [_ask(str(index), "", limit_s) for index in range(_MOST_INDICES)]
    return [camera for camera in numbered if camera.modes]


def is_closed_to_us(node: Path) -> bool:
    """Whether a device file is there that this user may not open."""
    return not os.access(node, os.R_OK | os.W_OK)


def gives_pictures(node: Path) -> bool:
    """False for a device file that gives only data about pictures, or takes them.

    Most webcams have such a second file. What cannot be asked counts as a camera.
    """
    import fcntl  # not on Windows

    answer = bytearray(_CAPABILITY.size)
    try:
        file = os.open(node, os.O_RDWR | os.O_NONBLOCK)
        try:
            fcntl.ioctl(file, _VIDIOC_QUERYCAP, answer)
        finally:
            os.close(file)
    except OSError:
        return True
    *_, of_device, of_file = _CAPABILITY.unpack(answer)
    able = of_file if of_device & _DEVICE_CAPS else of_device
    return bool(able & _VIDEO_CAPTURE)


def _ask(device: str, name: str, limit_s: float) -> CameraFacts:
    backend = backend_name()
    if not device.isdigit() and is_closed_to_us(Path(device)):
        return CameraFacts(device, name, backend, problem=closed_to_us(device))
    try:
        modes = granted_modes(int(device) if device.isdigit() else device, limit_s)
    except SourceError as error:
        return CameraFacts(device, name, backend, problem=str(error))
    return CameraFacts(device, name, backend, tuple(modes))


def closed_to_us(device: str) -> str:
    """The sentences for a camera that this user may not open."""
    return (
        f"This user may not open {device}. Add yourself to the group that may, with "
        "`sudo usermod -aG video $USER`, and log in again."
    )
