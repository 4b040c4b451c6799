"""Paints live.webp, the README's moving picture: the demo in some styles, dissolving, in a loop.

python docs/images/live.py
"""

import math
from pathlib import Path

from PIL import Image

import livestyle
from livestyle.render.renderer import FrameRenderer
from livestyle.sources.demo import Demo

STYLES = ("mosaic", "the_scream", "guenever", "udnie", "starry_night")
FPS = 20
FRAMES_EACH = 13
SWING_S = 2.0
"""How far the demo's camera goes before it comes back, so that the end meets the beginning."""
SIZE = (480, 360)


def main() -> None:
    frames_of = ["original", *STYLES]
    count = FRAMES_EACH * len(frames_of)
    look = livestyle.Look()
    painters = {name: livestyle.load(name) for name in STYLES}
    renderer = FrameRenderer(
        Demo.SIZE, steady=0.5, crossfade_s=0.35, target_fps=None, stroke_lock=True
    )
    pictures = []
    with Demo(paced=False) as demo:
        for index in range(count):
            there = (1 - math.cos(2 * math.pi * index / count)) / 2
            scene = demo.scene(round(there * SWING_S * demo.fps))
            name = frames_of[index // FRAMES_EACH]
            style = painters.get(name, lambda pixels: pixels)
            frame = livestyle.Frame(scene, index, index / FPS, 0.0)
            painted = renderer.paint(frame, scene, name, style, look, judge=False)
            pictures.append(Image.fromarray(painted.pixels).resize(SIZE, Image.Resampling.LANCZOS))
    # The last style dissolves into the original, where the loop begins.
    for step in range(1, 6):
        pictures[-step] = Image.blend(pictures[0], pictures[-step], step / 6)
    pictures[0].save(
        Path(__file__).with_name("live.webp"),
        save_all=True,
        append_images=pictures[1:],
        duration=round(1000 / FPS),
        loop=0,
        quality=60,
        method=4,
    )


if __name__ == "__main__":
    main()
