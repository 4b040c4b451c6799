"""Where photos have faces, which are to stay readable when they are painted."""

import importlib.resources
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np

from livestyle.frame import Pixels

LEAST_SCORE = 0.6
"""Of what counts as a face, 0 to 1."""

ELLIPSE = 0.55, 0.58
"""Half axes of the ellipse over a face, in widths and heights of the box that was found."""


class FaceFinder:
    """Finds faces by YuNet (Wu, Peng and Yu, Machine Intelligence Research 2023), frontal and from
    the side, from 10 pixels on. For several threads."""

    def __init__(self) -> None:
        network = importlib.resources.files("livestyle.weights") / "face_detector/yunet.onnx"
        self._lock = threading.Lock()
        with _without_warnings():  # OpenCV 5 warns of a target that nobody chose
            self._detector = cv2.FaceDetectorYN.create(
                "onnx",
                np.frombuffer(network.read_bytes(), np.uint8),
                np.empty(0, np.uint8),
                (0, 0),
                LEAST_SCORE,
            )

    def mask(self, photo: Pixels) -> Pixels:
        """The faces of a photo.

        Args:
            photo: RGB uint8, (H, W, 3).

        Returns:
            uint8, (H, W): 255 within an ellipse over each face, 0 elsewhere.
        """
        height, width = photo.shape[:2]
        with self._lock:
            self._detector.setInputSize((width, height))
            _, found = self._detector.detect(cv2.cvtColor(photo, cv2.COLOR_RGB2BGR))
        mask = np.zeros((height, width), np.uint8)
        for x, y, w, h in [] if found is None else found[:, :4].tolist():
            centre = round(x + w / 2), round(y + h / 2)
            axes = round(ELLIPSE[0] * w), round(ELLIPSE[1] * h)
            cv2.ellipse(mask, centre, axes, 0, 0, 360, 255, cv2.FILLED)
        return mask


@contextmanager
def _without_warnings() -> Iterator[None]:
    """OpenCV 5 says less; OpenCV 4 has no such switch, and nothing to say."""
    logging = getattr(cv2.utils, "logging", None)
    if not logging:
        yield
        return
    before = logging.setLogLevel(logging.LOG_LEVEL_ERROR)
    try:
        yield
    finally:
        logging.setLogLevel(before)
