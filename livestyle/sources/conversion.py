"""From what decoders give to the one picture format of this program: RGB uint8 (H, W, 3)."""

from typing import TYPE_CHECKING, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from livestyle.frame import Pixels

if TYPE_CHECKING:
    from av import VideoFrame
    from av.sidedata.sidedata import SideDataContainer


def decode_jpeg(jpeg: bytes) -> Pixels | None:
    """The picture as RGB uint8 (H, W, 3), or None when it cannot be decoded."""
    try:
        bgr = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    return None if bgr is None else np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


class FrameConverter:
    """Turns PyAV's frames into upright RGB pictures; colour matrix and range as tagged.

    One converter serves one stream: it keeps the tables of its last conversion.
    """

    def __init__(self) -> None:
        # PyAV carries a second FFmpeg beside OpenCV's: it is loaded only where it is needed.
        from av.video.reformatter import VideoReformatter

        self._reformatter = VideoReformatter()

    def __call__(self, frame: "VideoFrame") -> Pixels:
        """The frame as RGB uint8, (H, W, 3), turned as its display matrix asks."""
        rgb = self._reformatter.reformat(frame, format="rgb24").to_ndarray()
        # Lines are padded where the width asks for it.
        pixels = np.ascontiguousarray(rgb, np.uint8)
        try:
            matrix = bytes(cast("SideDataContainer", frame.side_data)["DISPLAYMATRIX"])
        except KeyError:
            return pixels
        return upright(pixels, np.frombuffer(matrix, np.int32))


def upright(pixels: Pixels, matrix: NDArray[np.int32]) -> Pixels:
    """Turns and mirrors a picture as a display matrix asks, to the nearest quarter turn.

    Args:
        pixels: RGB uint8, (H, W, 3), as stored.
        matrix: the nine numbers a b u c d v x y w of ISO/IEC 14496-12: a stored point (x, y)
            is shown at (a x + c y, b x + d y).

    Returns:
        RGB uint8, (H, W, 3) or (W, H, 3), contiguous.
    """
    a, b, _, c, d = (int(number) for number in matrix[:5])
    if abs(b) + abs(c) > abs(a) + abs(d):
        pixels = pixels.transpose(1, 0, 2)
        a, d = c, b
    across, down = (-1 if a < 0 else 1), (-1 if d < 0 else 1)
    return np.ascontiguousarray(pixels[::down, ::across])
