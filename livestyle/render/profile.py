"""Where the time of a frame goes, stage by stage."""

from collections.abc import Sequence
from statistics import median

from livestyle.frame import Frame, Pixels
from livestyle.protocols import Stylizer
from livestyle.render.compositing import Look
from livestyle.render.opencv_threads import without_opencv_threads
from livestyle.render.renderer import FrameRenderer

WARM_UP = 3
"""Frames that do not count."""

STEADY = 0.5
"""As much temporal smoothing as `cam` has by default."""


@without_opencv_threads()
def profile(stylizer: Stylizer, pictures: Sequence[Pixels], rounds: int) -> dict[str, float]:
    """Paints like `cam` does, with strokes locked, and times the stages.

    Args:
        stylizer: paints.
        pictures: of one size, RGB uint8 (H, W, 3), painted in turn.
        rounds: how many frames count.

    Returns:
        Milliseconds, medians: "resize" to the size to paint at, "network", "smooth" over time,
        "enlarge" with the picture's detail, "look" (crossfade, strength, colours).

    Raises:
        EngineError: the engine failed.
    """
    height, width = pictures[0].shape[:2]
    renderer = FrameRenderer(
        (width, height), steady=STEADY, crossfade_s=0.0, target_fps=None, stroke_lock=True
    )
    found: list[dict[str, float]] = []
    for index in range(WARM_UP + rounds):
        frame = Frame(pictures[index % len(pictures)], index, index / 30, 0.0)
        renderer.paint(frame, frame.pixels, "", stylizer, Look(), judge=False)
        found.append(renderer.stages_ms)
    counted = found[WARM_UP:]
    return {stage: round(median(ms[stage] for ms in counted), 3) for stage in counted[0]}
