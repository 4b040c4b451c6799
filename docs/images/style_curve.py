"""Draws docs/style_curve.png from the table in docs/experiments.md.

python docs/images/style_curve.py
"""

from dataclasses import dataclass
from itertools import product
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

DOCS = Path(__file__).parents[1]
MARKERS = {"2016": "^", "box": "s", "ships": "*"}
LABEL_PX = 10, 13
"""Size of a letter, with the air around it."""


@dataclass(frozen=True, slots=True)
class Point:
    """A network of the table; content and style are its errors."""

    name: str
    content: float
    style: float


def read_table(text: str) -> dict[str, list[Point]]:
    """The points of each artwork; a row without an artwork goes on with the last one."""
    artworks: dict[str, list[Point]] = {}
    artwork = ""
    header = text.index("| | artwork | try |")
    for line in text[header : text.index("\n\n", header)].splitlines()[2:]:
        names, named, _, _, style, content, *_ = (cell.strip() for cell in line.split("|")[1:-1])
        artwork = named or artwork
        errors = zip(content.split(), style.split(), strict=True)
        for name, (x, y) in zip(names.split(", "), errors, strict=True):
            artworks.setdefault(artwork, []).append(Point(name, float(x), float(y)))
    return artworks


def label(axes: Axes, points: list[Point]) -> None:
    """Names the points, each label where it covers no point and no other label."""
    at = {point: axes.transData.transform((point.content, point.style)) for point in points}
    taken = [Bbox.from_bounds(x - 5, y - 5, 10, 10) for x, y in at.values()]
    for point, (x, y) in at.items():
        width, height = LABEL_PX[0] * (0.4 + 0.6 * len(point.name)), LABEL_PX[1]
        boxes = [
            Bbox.from_bounds(x + dx * (7 + width / 2) - width / 2, y + dy * 12 - height / 2,
                             width, height)
            for dx, dy in product((1, -1, 0), (0, 1, -1, 2, -2))
            if (dx, dy) != (0, 0)
        ]  # fmt: skip
        box = next((box for box in boxes if not box.count_overlaps(taken)), boxes[0])
        taken.append(box)
        middle = axes.transData.inverted().transform((box.x0 + width / 2, box.y0 + height / 2))
        axes.annotate(point.name, middle, ha="center", va="center", fontsize=8)


def main() -> None:
    artworks = read_table((DOCS / "experiments.md").read_text(encoding="utf-8"))
    figure, panels = plt.subplots(1, len(artworks), figsize=(13, 3.6), dpi=90, layout="constrained")
    for axes, (artwork, points) in zip(panels, artworks.items(), strict=True):
        for point in points:
            marker = MARKERS.get(point.name, "o")
            axes.plot(point.content, point.style, marker, color="#c8553d" if marker == "o" else "k")
        axes.set_title(artwork, loc="left")
        axes.set_xlabel("content error at relu4_2")
        axes.margins(0.12)
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("style error")
    figure.canvas.draw()  # the layout gives the pixels in which labels are placed
    for axes, points in zip(panels, artworks.values(), strict=True):
        label(axes, points)
    figure.savefig(DOCS / "style_curve.png")


if __name__ == "__main__":
    main()
