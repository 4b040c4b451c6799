"""OpenCV's own threads, which a show that paints on all processors does better without."""

from collections.abc import Iterator
from contextlib import contextmanager

import cv2


@contextmanager
def without_opencv_threads() -> Iterator[None]:
    """OpenCV works in the thread that calls it, in the whole process, as long as this lasts.

    Its threads wait for more work by spinning, and that takes the time of a processor from the
    network: a fifth of a frame in HD.
    """
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
