"""The demo: a picture seen through a hand-held camera that is not there."""

import math
import threading
import time
from importlib.resources import files

import cv2
import numpy as np
from numpy.typing import NDArray

from livestyle.errors import SourceError
from livestyle.frame import Frame, Pixels
from livestyle.protocols import FrameSource
from livestyle.resize import resized
from livestyle.sources.conversion import decode_jpeg

_TURN_RAD = math.radians(3.0)
_FILL = 0.92
"""Widest view, as a share of what the picture holds: the rest is room to move in."""
_MARGIN = 1.25
"""How much larger than the view the picture is kept at most: more would flicker."""
_NOISE_SIGMA = 2.5
_NOISE_TILE_PX = 512
_NOISE_ROOM_PX = 31


class Demo(FrameSource):
    """Eileen Collins, astronaut (NASA, public domain), in a moving view with sensor noise.

    The scene at a given moment is always the same, so that runs can be compared.
    """

    SIZE = (640, 480)
    FPS = 30.0

    is_live = True

    def __init__(self, size: tuple[int, int] = SIZE, fps: float = FPS, paced: bool = True) -> None:
        """Prepares the picture and the noise.

        Args:
            size: (width, height) of the frames.
            fps: frames per second of the scene.
            paced: frames come at their time, and those that nobody takes are lost, as with a
                camera; False gives every frame at once, for measuring.

        Raises:
            SourceError: the rate is not above 0.
        """
        if not fps > 0:
            raise SourceError(f"The demo cannot run at {fps:g} fps; a rate is above 0.")
        self.name = f"demo at {size[0]}x{size[1]}"
        self.size = size
        self.fps = fps
        self.reconnects = 0
        self.status = ""
        self._paced = paced
        self._closing = threading.Event()
        self._index = 0
        self._tick = 0
        self._began_s: float | None = None
        self._picture = _picture_for(size)
        self._brighter, self._darker = _noise(size)

    def read(self) -> Frame | None:
        """The next frame when it is due; None after `close`."""
        if self._paced:
            self._wait_for_tick()
        if self._closing.is_set():
            return None
        frame = Frame(
            self.scene(self._tick), self._index, self._tick / self.fps, time.perf_counter()
        )
        self._tick += 1
        self._index += 1
        return frame

    def close(self) -> None:
        """Ends a waiting `read`."""
        self._closing.set()

    def scene(self, tick: int) -> Pixels:
        """The view at `tick / fps` seconds: RGB uint8, (H, W, 3)."""
        view = cv2.warpAffine(
            self._picture,
            self._camera_at(tick / self.fps),
            self.size,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        # Two shifts that come back together after 31 x 31 ticks only.
        x, y = tick * 17 % _NOISE_ROOM_PX, (tick * 11 + tick // _NOISE_ROOM_PX) % _NOISE_ROOM_PX
        width, height = self.size
        window = np.s_[y : y + height, x : x + width]
        cv2.add(view, self._brighter[window], dst=view)
        cv2.subtract(view, self._darker[window], dst=view)
        return np.asarray(view, np.uint8)

    def _wait_for_tick(self) -> None:
        now_s = time.perf_counter()
        if self._began_s is None:
            self._began_s = now_s
        self._tick = max(self._tick, int((now_s - self._began_s) * self.fps))
        self._closing.wait(max(0.0, self._began_s + self._tick / self.fps - now_s))

    def _camera_at(self, time_s: float) -> NDArray[np.float64]:
        """Where the camera looks: from frame to picture coordinates, a (2, 3) affine matrix.

        Slow sines of periods without a common multiple. The room for panning is what zoom and
        turn leave over, so that the view never sees past the picture's edge.
        """
        wide, high = self.size[0] - 1, self.size[1] - 1
        last = self._picture.shape[0] - 1
        turn = _TURN_RAD * math.sin(time_s / 5.3)
        cos, sin = math.cos(turn), math.sin(turn)
        most_cos, most_sin = math.cos(_TURN_RAD), math.sin(_TURN_RAD)
        widest = max(wide * most_cos + high * most_sin, wide * most_sin + high * most_cos, 1.0)
        zoom = _FILL * last / widest * (0.86 + 0.14 * math.sin(time_s / 7.1))
        room_x = (last - zoom * (wide * cos + high * abs(sin))) / 2
        room_y = (last - zoom * (wide * abs(sin) + high * cos)) / 2
        x = last / 2 + room_x * (0.6 * math.sin(time_s / 3.7) + 0.3 * math.sin(time_s / 1.9))
        # Above the middle, where the face is.
        y = last / 2 - room_y * (0.6 + 0.25 * math.cos(time_s / 4.9) + 0.1 * math.sin(time_s / 1.3))
        across = np.array([[zoom * cos, -zoom * sin], [zoom * sin, zoom * cos]])
        corner = np.array([x, y]) - across @ np.array([wide / 2, high / 2])
        return np.column_stack([across, corner])


def _picture_for(size: tuple[int, int]) -> Pixels:
    """The picture, 512x512, or smaller where the view is much smaller."""
    data = files("livestyle.sources").joinpath("demo.jpg").read_bytes()
    picture = decode_jpeg(data)
    if picture is None:
        raise SourceError("The demo's picture is broken. Install livestyle again.")
    side = min(picture.shape[0], max(8, math.ceil(max(size) * _MARGIN)))
    return resized(picture, (side, side))


def _noise(size: tuple[int, int]) -> tuple[Pixels, Pixels]:
    """What noise adds and what it takes, each (H + room, W + room, 3)."""
    tile = np.random.default_rng(1).normal(0, _NOISE_SIGMA, (_NOISE_TILE_PX, _NOISE_TILE_PX, 3))
    high, wide = size[1] + _NOISE_ROOM_PX, size[0] + _NOISE_ROOM_PX
    times = (math.ceil(high / _NOISE_TILE_PX), math.ceil(wide / _NOISE_TILE_PX), 1)

    def spread(part: NDArray[np.float64]) -> Pixels:
        return np.tile(np.rint(part).clip(0).astype(np.uint8), times)[:high, :wide]

    return spread(tile), spread(-tile)
