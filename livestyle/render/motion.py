"""Motion between two pictures: where each pixel of one is in the other, and where that is sure.

Dense optical flow by DIS (Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV
2016), forwards and backwards: where the two do not lead back to where they began, something covers
or uncovers something else. Flow is found in small pictures, which is where its time goes.
"""

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from livestyle.frame import Pixels
from livestyle.resize import resized

LONG_SIDE_PX = 480
"""Flow is found in a picture of at most this size, and of at most half the size of the frame."""

MOST_ASTRAY_PX = 1.0
"""Forward and backward flow that miss each other by more are wrong, in pixels of the small
picture."""

ALIKE, DIFFERENT = 12.0, 30.0
"""Levels of any colour: up to ALIKE what flow brings together is one thing, from DIFFERENT on it is
two."""

CUT = 0.3
"""Where less than this part of a picture is found in the one before, it is another scene."""

Map: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Motion:
    """Where the pixels of one picture are in another one.

    Attributes:
        flow: how far to the right and down, in pixels, float32 (h, w, 2).
        sure: 0.0 to 1.0: whether they are there at all, float32 (h, w).
    """

    flow: Map
    sure: Map

    @classmethod
    def none(cls, height: int, width: int) -> "Motion":
        """That of a picture and itself."""
        return cls(np.zeros((height, width, 2), np.float32), np.ones((height, width), np.float32))

    @property
    def is_cut(self) -> bool:
        """Whether the other picture is of another scene."""
        return float(self.sure.mean()) < CUT

    def then(self, other: "Motion") -> "Motion":
        """This motion and, from where it ends, another one."""
        x, y = _ends(self.flow)
        flow = self.flow + cv2.remap(other.flow, x, y, cv2.INTER_LINEAR)
        sure = np.minimum(self.sure, cv2.remap(other.sure, x, y, cv2.INTER_LINEAR))
        return Motion(flow, sure)

    def brought(self, pixels: Pixels) -> Pixels:
        """The other picture, its things brought to where they are in this one.

        Args:
            pixels: of the other picture, of any size and the same shape, RGB uint8 (H, W, 3).
        """
        height, width = pixels.shape[:2]
        small_height, small_width = self.sure.shape
        flow = self.flow * np.array((width / small_width, height / small_height), np.float32)
        x, y = _ends(np.asarray(cv2.resize(flow, (width, height)), np.float32))
        moved = cv2.remap(pixels, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
        return np.asarray(moved, np.uint8)


class MotionEstimator:
    """Finds the motion between pictures. Used by one thread."""

    def __init__(self) -> None:
        self._dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._dis.setFinestScale(0)  # presets stop at a quarter or half of the size

    def between(self, one: Pixels, other: Pixels) -> tuple[Motion, Motion]:
        """The motions from one small picture to another of its size, and back."""
        greys = [cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) for pixels in (one, other)]
        there, back = self._flow(*greys), self._flow(*reversed(greys))
        return (
            Motion(there, _sureness(one, other, there, back)),
            Motion(back, _sureness(other, one, back, there)),
        )

    def _flow(self, one: cv2.typing.MatLike, other: cv2.typing.MatLike) -> Map:
        empty = np.zeros((*one.shape[:2], 2), np.float32)
        return np.asarray(self._dis.calc(one, other, empty), np.float32)


def small(pixels: Pixels) -> Pixels:
    """A frame, RGB uint8 (H, W, 3), as small as motion is found in it."""
    height, width = pixels.shape[:2]
    scale = min(0.5, LONG_SIDE_PX / max(height, width))
    return resized(pixels, (max(32, round(width * scale)), max(32, round(height * scale))))


def _ends(flow: Map) -> tuple[Map, Map]:
    """Where flow leads: x and y, (h, w) each."""
    height, width = flow.shape[:2]
    x, y = (np.asarray(part, np.float32) for part in cv2.split(flow))
    x += np.arange(width, dtype=np.float32)
    y += np.arange(height, dtype=np.float32)[:, np.newaxis]
    return x, y


def _sureness(one: Pixels, other: Pixels, there: Map, back: Map) -> Map:
    """How sure it is that flow leads to the same thing, 0.0 to 1.0, (h, w)."""
    height, width = one.shape[:2]
    x, y = _ends(there)
    astray = there + cv2.remap(back, x, y, cv2.INTER_LINEAR)
    sure = 1.5 - cv2.magnitude(astray[..., 0], astray[..., 1]) / MOST_ASTRAY_PX
    difference = cv2.absdiff(one, np.asarray(cv2.remap(other, x, y, cv2.INTER_LINEAR)))
    difference = cv2.blur(difference.max(axis=2).astype(np.float32), (3, 3))
    sure = np.minimum(sure, 1) * np.clip((DIFFERENT - difference) / (DIFFERENT - ALIKE), 0, 1)
    sure[(x < 0) | (x > width - 1) | (y < 0) | (y > height - 1)] = 0
    sure = np.maximum(sure, 0).astype(np.float32)
    # A network that sees something appear paints its surroundings differently too.
    return np.asarray(cv2.blur(cv2.erode(sure, np.ones((5, 5), np.uint8)), (3, 3)))
