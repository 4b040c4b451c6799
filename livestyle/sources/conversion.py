"""From what decoders give to the one picture format of this program: RGB uint8 (H, W, 3)."""

from typing import TYPE_CHECKING, Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from livestyle.frame import Pixels
from livestyle.images import Picture
from livestyle.sources.tone_mapping import BT2020, ToneMapper
from livestyle.swscale import ITU601, ITU709, UNTAGGED, to_rgb

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
    """Turns PyAV's frames into upright RGB pictures; colours as tagged.

    Without a tag, frames from 1280 wide or above 576 high are BT.709 and smaller ones BT.601, as
    players have it. BT.2020 and HDR are brought to BT.709, see `livestyle.sources.tone_mapping`.
    What is transparent is laid on white.

    One converter serves one stream: it keeps the tables of its last conversion.

    Attributes:
        note: what was done to the picture that its owner may want to know, a sentence; "" so far.
    """

    def __init__(self) -> None:
        # PyAV carries a second FFmpeg beside OpenCV's: it is loaded only where it is needed.
        from av.video.reformatter import VideoReformatter

        # Any: the type hints of some PyAVs do not know all of its arguments.
        self._reformatter: Any = VideoReformatter()
        self._tone_mappers: dict[int, ToneMapper] = {}
        self.note = ""

    def __call__(self, frame: "VideoFrame") -> Pixels:
        """The frame as RGB uint8, (H, W, 3), turned as its display matrix asks."""
        matrix = _colour_matrix(frame)
        if getattr(frame, "color_primaries", 0) == BT2020:
            pixels = self._tone_mapped(frame, matrix)
        else:
            wanted = "rgba" if _may_be_transparent(frame) else "rgb24"
            rgb = self._reformatter.reformat(
                frame, format=wanted, src_colorspace=matrix, interpolation=to_rgb()
            )
            # Lines are padded where the width asks for it.
            pixels = np.ascontiguousarray(rgb.to_ndarray(), np.uint8)
            if pixels.shape[2] == 4:
                pixels = self._on_white(pixels)
        return _turned(pixels, frame)

    def _on_white(self, rgba: NDArray[np.uint8]) -> Pixels:
        """A picture with transparency, RGBA uint8 (H, W, 4), laid on white."""
        if rgba[..., 3].min() == 255:
            return np.ascontiguousarray(rgba[..., :3])
        self.note = "what is transparent is laid on white"
        return Picture(rgba[..., :3], rgba[..., 3]).on_white

    def _tone_mapped(self, frame: "VideoFrame", matrix: int | None) -> Pixels:
        transfer = int(frame.color_trc)
        self.note = "HDR is brought down to the colours of an ordinary screen (BT.709)"
        if transfer not in self._tone_mappers:
            self._tone_mappers[transfer] = ToneMapper(transfer)
        # No flags: with full chroma interpolation swscale's 16 bits come out wrong.
        rgb = self._reformatter.reformat(frame, format="rgb48le", src_colorspace=matrix)
        return self._tone_mappers[transfer](np.asarray(rgb.to_ndarray(), np.uint16))


def _colour_matrix(frame: "VideoFrame") -> int | None:
    """The YUV matrix of a frame as the reformatter names it; None: as the frame is tagged."""
    if int(frame.colorspace) == UNTAGGED:
        return ITU709 if frame.width >= 1280 or frame.height > 576 else ITU601
    return None


def _may_be_transparent(frame: "VideoFrame") -> bool:
    stored = frame.format
    return stored.has_palette or any(part.is_alpha for part in stored.components)


def _turned(pixels: Pixels, frame: "VideoFrame") -> Pixels:
    try:
        matrix = bytes(cast("SideDataContainer", frame.side_data)["DISPLAYMATRIX"])
    except KeyError:
        return pixels
    except ValueError:  # side data, such as EXIF, that this PyAV has no name for
        return np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90)))
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
