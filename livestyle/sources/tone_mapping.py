"""HDR pictures on an ordinary screen: PQ, HLG and BT.2020 to BT.709.

Transfer functions: ITU-R BT.2100-2, tables 4 and 5. White of graphics is 203 cd/m² (BT.2408).
What is brighter is compressed by the Möbius curve of FFmpeg's `tonemap`, which leaves the lower
half of the range as it is.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from livestyle.frame import Pixels

PQ, HLG = 16, 18
"""FFmpeg's AVCOL_TRC_SMPTE2084 and AVCOL_TRC_ARIB_STD_B67."""

BT2020 = 9
"""FFmpeg's AVCOL_PRI_BT2020."""

_WHITE_NITS = 203.0
_PEAK = 1000.0 / _WHITE_NITS
"""The brightest that is kept apart from white; in widths of white, as everything linear here."""

_KNEE = 0.5
_GAMMA = 2.4
"""Of the screen that BT.709 is made for (BT.1886)."""

_STEPS = 4096
_TO_BT709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]],
    np.float32,
)
_LUMA = np.array([0.2627, 0.6780, 0.0593], np.float32)

Linear = NDArray[np.float32]


class ToneMapper:
    """Turns the pictures of one stream into BT.709."""

    def __init__(self, transfer: int) -> None:
        """Builds its tables.

        Args:
            transfer: FFmpeg's number of the transfer function: `PQ`, `HLG`, or another one, which
                is taken for that of BT.709.
        """
        signal = np.linspace(0, 1, _STEPS, dtype=np.float64)
        self._is_hlg = transfer == HLG
        self._is_bright = transfer in (PQ, HLG)
        linear = _from_pq(signal) if transfer == PQ else signal**_GAMMA
        self._to_linear = (_from_hlg(signal) if self._is_hlg else linear).astype(np.float32)
        self._to_signal = (signal ** (1 / _GAMMA) * 255 + 0.5).astype(np.uint8)

    def __call__(self, pixels: NDArray[np.uint16]) -> Pixels:
        """The picture as RGB uint8, (H, W, 3), BT.709.

        Args:
            pixels: RGB uint16, (H, W, 3), full range, BT.2020 primaries, as the stream codes it.
        """
        linear: Linear = self._to_linear[pixels >> 4]
        if self._is_hlg:  # what the camera saw to what a screen of 1000 cd/m² shows
            luma = np.maximum(linear @ _LUMA, 1e-6)
            linear *= (_PEAK * luma**0.2)[..., np.newaxis]
        linear = np.asarray(cv2.transform(linear, _TO_BT709))
        np.maximum(linear, 0, out=linear)
        if self._is_bright:
            linear = _compressed(linear)
        steps = (np.minimum(linear, 1) * (_STEPS - 1) + 0.5).astype(np.uint16)
        return np.ascontiguousarray(self._to_signal[steps])


def _compressed(linear: Linear) -> Linear:
    """Brings 0 to `_PEAK` down to 0 to 1, by the brightest of the three so that hues stay."""
    brightest = np.maximum(linear.max(axis=2), 1e-6)
    middle = _KNEE**2 - 2 * _KNEE + _PEAK
    a = -(_KNEE**2) * (_PEAK - 1) / middle
    b = (_KNEE**2 - 2 * _KNEE * _PEAK + _PEAK) / (_PEAK - 1)
    curve = (b + _KNEE) ** 2 / (b - a) * (brightest + a) / (brightest + b)
    shown = np.where(brightest <= _KNEE, brightest, np.minimum(curve, 1))
    return np.asarray(linear * (shown / brightest)[..., np.newaxis], np.float32)


def _from_pq(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """EOTF of PQ, in widths of white."""
    power = signal ** (1 / 78.84375)
    ratio = np.maximum(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)
    return np.asarray(ratio ** (1 / 0.1593017578125) * 10_000 / _WHITE_NITS)


def _from_hlg(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inverse OETF of HLG, 0 to 1."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
