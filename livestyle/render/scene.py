"""Scene: the settings that a frame is painted with."""

from dataclasses import dataclass

from livestyle.render.compositing import Look


@dataclass(frozen=True, slots=True)
class Scene:
    """What the picture looks like from one moment to the next.

    Attributes:
        style: name of the style that paints.
        look: how painted and original meet.
        frozen: whether the first frame of the scene is held.
    """

    style: str
    look: Look
    frozen: bool = False
