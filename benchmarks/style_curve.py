"""Style error over content error: which of several networks paints more at the same content.

    python benchmarks/style_curve.py ARTWORK PHOTOS NAME=WHAT[,WHAT ...] [NAME=...] --out DIR
        --vgg-weights FILE [--stroke 1.0]

WHAT is a style, its folder, a run, or a folder of pictures that somebody painted of the photos,
named as they are. Those of one name are a curve, such as a network trained at three strengths.
Writes curve.md, a table, and curve.png: the lower and the farther left, the better. Through VGG16,
at 512 px; `livestyle.training.similarity` says what the errors are.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image

from livestyle.engines import load
from livestyle.export.verify import paint_with_torch
from livestyle.frame import Pixels
from livestyle.images import read_picture, to_long_side, write_picture
from livestyle.nets import build_net
from livestyle.nets.vgg import LossNetwork, load_loss_network
from livestyle.styles.library import find_style
from livestyle.training.checkpoint import checkpoints_in, load_checkpoint
from livestyle.training.similarity import (
    LAYERS,
    LONG_SIDE_PX,
    STYLE_LAYERS,
    Similarity,
    mean_similarity,
)

matplotlib.use("Agg")
import matplotlib.pyplot as plt

Paint = Callable[[Pixels], Pixels]
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


def pictures_in(folder: Path) -> dict[str, Path]:
    """Pictures by their name without the suffix, in order."""
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)
    return {file.stem: file for file in files}


def painted_by(what: str, names: Sequence[str], photos: Sequence[Pixels]) -> list[Pixels]:
    """The photos, painted by a style or a run, or as they lie painted in a folder."""
    folder = Path(what)
    if folder.is_dir() and set(names) <= set(found := pictures_in(folder)):
        return [read_picture(found[name]) for name in names]
    if folder.is_dir() and checkpoints_in(folder):
        checkpoint = load_checkpoint(folder)
        net = build_net(checkpoint.config.net)
        net.load_state_dict(checkpoint.net)
        return [paint_with_torch(net.eval(), photo) for photo in photos]
    stylizer = load(find_style(what))
    try:
        return [stylizer(photo) for photo in photos]
    finally:
        stylizer.close()


def measured(
    loss_network: LossNetwork,
    painted: Sequence[Pixels],
    photos: Sequence[Pixels],
    artwork: Pixels,
    stroke: float,
) -> Similarity:
    """The mean errors of painted photos; some networks' pictures are a few pixels smaller."""
    fitted = (
        np.asarray(Image.fromarray(picture).resize(photo.shape[1::-1], Image.Resampling.LANCZOS))
        for picture, photo in zip(painted, photos, strict=True)
    )
    return mean_similarity(loss_network, lambda _: next(fitted), photos, artwork, stroke)


def table(curves: dict[str, list[tuple[str, Similarity]]]) -> str:
    layers = " | ".join(STYLE_LAYERS)
    lines = [
        f"| network | style error | {layers} | content error | at relu2_2 |",
        "|---|---:" + "|---:" * (len(STYLE_LAYERS) + 2) + "|",
    ]
    for name, points in curves.items():
        for what, found in points:
            said = name if len(points) == 1 else f"{name}, {Path(what).name}"
            errors = " | ".join(f"{found.style_errors[layer]:.3f}" for layer in STYLE_LAYERS)
            lines.append(
                f"| {said} | {found.style_error:.3f} | {errors} "
                f"| {found.content_error:.2f} | {found.shallow_error:.2f} |"
            )
    return "\n".join(lines) + "\n"


def plot(curves: dict[str, list[tuple[str, Similarity]]], path: Path) -> None:
    figure, axes = plt.subplots(figsize=(8, 5), dpi=120, layout="constrained")
    for name, points in curves.items():
        at = sorted((found.content_error, found.style_error) for _, found in points)
        axes.plot(*zip(*at, strict=True), "o-", label=name)
    axes.set(xlabel="content error at relu4_2", ylabel="style error, mean of relu1_1 to relu5_1")
    axes.legend(frameon=False)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("artwork", type=Path)
    parser.add_argument("photos", type=Path)
    parser.add_argument("networks", nargs="+", metavar="NAME=WHAT[,WHAT ...]")
    parser.add_argument("--vgg-weights", type=Path)
    parser.add_argument("--stroke", type=float, default=1.0)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    loss_network = load_loss_network("vgg16", LAYERS, args.vgg_weights)
    artwork, files = read_picture(args.artwork), pictures_in(args.photos)
    names = list(files)
    photos = [to_long_side(read_picture(file), LONG_SIDE_PX) for file in files.values()]

    def point(painted: Sequence[Pixels]) -> Similarity:
        return measured(loss_network, painted, photos, artwork, args.stroke)

    curves = {"unpainted": [("", point(photos))]}
    args.out.mkdir(parents=True, exist_ok=True)
    for words in args.networks:
        name, _, all_of_it = words.partition("=")
        curves[name] = []
        for what in all_of_it.split(","):
            painted = painted_by(what, names, photos)
            curves[name].append((what, point(painted)))
            folder = args.out / name / Path(what).name
            folder.mkdir(parents=True, exist_ok=True)
            for stem, picture in zip(names, painted, strict=True):
                write_picture(folder / f"{stem}.jpg", picture, quality=92)
    text = table(curves)
    (args.out / "curve.md").write_text(text)
    print(text)
    plot(curves, args.out / "curve.png")
    print(args.out / "curve.png")


if __name__ == "__main__":
    main()
