"""How FFmpeg's swscale is asked to convert colours: rounded, not cut off."""

from functools import cache

UNTAGGED = 2
"""FFmpeg's AVCOL_SPC_UNSPECIFIED."""

ITU709, ITU601 = 1, 5
"""swscale's SWS_CS_ITU709 and SWS_CS_ITU601."""


def to_rgb() -> int:
    """Flags of `VideoReformatter` from YUV: without them everything gets one level darker."""
    return _flags("BILINEAR", "ACCURATE_RND", "FULL_CHR_H_INT", "FULL_CHR_H_INP")


def to_yuv() -> int:
    """Flags of `VideoReformatter` from RGB: colours of each block of pixels are averaged."""
    return _flags("AREA", "ACCURATE_RND", "FULL_CHR_H_INT", "FULL_CHR_H_INP")


@cache
def _flags(*names: str) -> int:
    # PyAV carries a second FFmpeg beside OpenCV's: it is loaded only where it is needed.
    from av.video.reformatter import Interpolation

    known = (getattr(Interpolation, name, 0) for name in names)  # older PyAVs lack some
    return sum(int(flag) for flag in known)
