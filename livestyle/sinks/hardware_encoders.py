"""Video encoders of graphics cards and processors: which of them really run here.

FFmpeg has them whether the machine does or not. So each is tried with a few pictures before it is
offered or used.
"""

from fractions import Fraction
from functools import cache
from typing import cast

import numpy as np

_CODECS = ("h264", "hevc", "av1", "vp9")
_KINDS = ("nvenc", "qsv", "amf", "videotoolbox", "vaapi", "mf", "v4l2m2m", "vulkan")
"""NVIDIA, Intel, AMD, Apple, VA-API, Windows' Media Foundation, Video4Linux, Vulkan."""

_SIZE = (320, 240)
_PICTURES = 3


def is_hardware(encoder: str) -> bool:
    """Whether an encoder, by FFmpeg's name of it, is one of hardware."""
    return encoder.rpartition("_")[2] in _KINDS


def running_encoders() -> list[str]:
    """FFmpeg's names of those that run here."""
    names = (f"{codec}_{kind}" for codec in _CODECS for kind in _KINDS)
    return [name for name in names if not why_not(name)]


@cache
def why_not(encoder: str) -> str:
    """Encodes a few pictures: why that fails; "" when it does not."""
    import av
    from av import VideoCodecContext, VideoFrame

    try:
        context = cast(VideoCodecContext, av.CodecContext.create(encoder, "w"))
        context.width, context.height = _SIZE
        context.pix_fmt = pixel_format(encoder, "yuv420p")
        context.time_base, context.framerate = Fraction(1, 25), Fraction(25)
        packets = []
        for index in range(_PICTURES):
            pixels = np.full((_SIZE[1], _SIZE[0], 3), 80 * index, np.uint8)
            picture = VideoFrame.from_ndarray(pixels, "rgb24").reformat(format=context.pix_fmt)
            picture.pts = index
            packets += context.encode(picture)
        packets += context.encode(None)
    except (av.FFmpegError, ValueError, OSError) as error:
        return str(getattr(error, "strerror", None) or error)
    return "" if any(packet.size for packet in packets) else "it gives nothing"


def pixel_format(encoder: str, wanted: str) -> str:
    """The format that an encoder takes: as wanted, or NV12, which is the same in another order."""
    import av

    formats = [each.name for each in av.Codec(encoder, "w").video_formats or ()]
    return "nv12" if wanted == "yuv420p" and wanted not in formats and "nv12" in formats else wanted
