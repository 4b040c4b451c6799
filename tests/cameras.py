"""Cameras that are not there, with the faults of those that are."""

import sys
import threading
from collections.abc import Callable
from types import ModuleType

import cv2
import numpy as np
import pytest
from media import Picture

Answer = tuple[bool, Picture | None]


class FakeCapture:
    """Stands in for `cv2.VideoCapture`: answers what `script` says for the nth read.

    `hang` blocks until the device is let go, as a driver whose camera was pulled out may.
    """

    def __init__(
        self,
        script: Callable[["FakeCapture", int], Answer] | None = None,
        opened: bool = True,
        granted: tuple[int, int, float] = (64, 48, 30.0),
    ) -> None:
        self.let_go = threading.Event()
        self.released = threading.Event()
        self.asked: list[tuple[int, float]] = []
        self._script = script or FakeCapture.red
        self._opened = opened
        self._granted = dict(
            zip((cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT, cv2.CAP_PROP_FPS), granted,
                strict=True)
        )  # fmt: skip
        self._reads = 0

    def isOpened(self) -> bool:  # noqa: N802
        return self._opened

    def set(self, prop: int, value: float) -> bool:
        self.asked.append((prop, value))
        return True

    def get(self, prop: int) -> float:
        return self._granted.get(prop, 0.0)

    def read(self) -> Answer:
        self._reads += 1
        return self._script(self, self._reads - 1)

    def release(self) -> None:
        self.released.set()

    def red(self, index: int) -> Answer:
        """Red with a sensor's noise, at about 200 a second."""
        self.let_go.wait(0.005)
        width = int(self._granted[cv2.CAP_PROP_FRAME_WIDTH])
        height = int(self._granted[cv2.CAP_PROP_FRAME_HEIGHT])
        picture = np.random.default_rng(index).integers(0, 9, (height, width, 3), np.uint8)
        picture[..., 2] += 240
        return True, picture

    def hang(self) -> Answer:
        self.let_go.wait()
        return False, None


class FakeVirtualCamera:
    """Stands in for `pyvirtualcam.Camera`, as far as it is used and as strict.

    The class keeps what its latest one was given; `fail_at` makes its nth `send` fail, and
    `let_go`, while not set, makes each `send` wait, as a slow driver does.
    """

    latest: "FakeVirtualCamera"
    refusal = ""
    fail_at: int | None = None
    let_go = threading.Event()
    let_go.set()

    def __init__(
        self,
        width: int,
        height: int,
        fps: float,
        *,
        fmt: str = "RGB",
        device: str | None = None,
        backend: str | None = None,
        print_fps: bool = False,
    ) -> None:
        if self.refusal:
            raise RuntimeError(self.refusal)
        type(self).latest = self
        self.width, self.height, self.fps = width, height, fps
        self.device = device or "/dev/video9"
        self.sent: list[Picture] = []
        self.waiting = threading.Event()
        self.closed = 0

    def send(self, frame: Picture) -> None:
        assert not self.closed, "sent after close"
        assert frame.dtype == np.uint8 and frame.shape == (self.height, self.width, 3)
        self.waiting.set()
        self.let_go.wait(10)
        if len(self.sent) == self.fail_at:
            raise RuntimeError("the device is gone")
        self.sent.append(frame.copy())

    def close(self) -> None:
        self.closed += 1

    @staticmethod
    def install(monkeypatch: pytest.MonkeyPatch) -> type["FakeVirtualCamera"]:
        """Puts it in the place of pyvirtualcam; what one test sets, no other sees."""

        class Fresh(FakeVirtualCamera):
            let_go = threading.Event()

        Fresh.let_go.set()
        module = ModuleType("pyvirtualcam")
        module.Camera = Fresh  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "pyvirtualcam", module)
        return Fresh
