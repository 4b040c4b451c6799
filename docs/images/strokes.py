"""Paints strokes.jpg: the same picture at four sizes, with strokes locked and not.

python docs/images/strokes.py
"""

from pathlib import Path

from PIL import Image

import livestyle
from livestyle.contact_sheet import in_grid, labelled
from livestyle.images import resampled
from livestyle.render.renderer import FrameRenderer
from livestyle.sources.demo import Demo

SIZES = ((320, 240), (640, 480), (1280, 960), (1920, 1440))
SHOWN = (480, 360)


def main() -> None:
    with Demo(paced=False) as demo:
        scene = demo.scene(0)
    rows = []
    with livestyle.load("mosaic") as style:
        for locked in (True, False):
            row = []
            for size in SIZES:
                renderer = FrameRenderer(
                    size, steady=0.0, crossfade_s=0.0, target_fps=None, stroke_lock=locked
                )
                pixels = resampled(scene, size)
                frame = livestyle.Frame(pixels, 0, 0.0, 0.0)
                painted = renderer.paint(
                    frame, pixels, "mosaic", style, livestyle.Look(), judge=False
                )
                name = f"{size[0]}x{size[1]}, {'' if locked else 'not '}locked"
                row.append(labelled(resampled(painted.pixels, SHOWN), name))
            rows.append(row)
    Image.fromarray(in_grid(rows)).save(Path(__file__).parent.with_name("strokes.jpg"), quality=88)


if __name__ == "__main__":
    main()
