"""One picture at a time: how near it comes to its artwork, and what it keeps of its photo.

    python benchmarks/one_picture.py pairs FOLDER OUT        # hrnet beside its authors' outputs
    python benchmarks/one_picture.py networks OUT PHOTO,STYLE,ARTWORK ...   # gatys beside styles
    python benchmarks/one_picture.py times PHOTO ARTWORK     # hrnet beside its unoptimised self

FOLDER has NAME_content.jpg, NAME_style.jpg and NAME_output.jpg of each pair. What OUT has already
is measured and not painted again. All through VGG16; --vgg-weights FILE names its weights.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import torch

from livestyle.contact_sheet import in_grid, labelled
from livestyle.engines import load
from livestyle.frame import Pixels
from livestyle.images import read_picture, to_long_side, write_picture
from livestyle.nets.hrnet import HRNet
from livestyle.nets.pixels import to_batch
from livestyle.nets.vgg import LossNetwork, load_loss_network
from livestyle.optimisation.fit import LEARNING_RATE, padded
from livestyle.optimisation.objective import Objective
from livestyle.optimisation.optimise import optimise
from livestyle.optimisation.progress import Step
from livestyle.optimisation.settings import NORMALISED, Settings
from livestyle.styles.library import find_style
from livestyle.training.similarity import LAYERS, LONG_SIDE_PX, Similarity, similarity

TILE_PX = 400
STRENGTHS = 4.0, 2.0, 1.0
"""Tried until gatys is as near to the photo as the style's network is."""

TURNS, STEPS = 3, 1


def painted(path: Path, paint: Callable[[], Pixels]) -> Pixels:
    """The picture of that path, which is painted unless it is there."""
    if not path.exists():
        write_picture(path, paint())
    return read_picture(path)


def say(name: str, found: Similarity) -> None:
    layers = " ".join(f"{error:.3f}" for error in found.style_errors.values())
    print(
        f"{name:32s} style {found.style_error:.3f} ({layers})  content {found.content_error:.3f}  "
        f"SSIM of gradients {found.gradient_ssim:.3f}",
        flush=True,
    )


def tile(pixels: Pixels, name: str) -> Pixels:
    """A square with the whole picture in it, named."""
    page = np.full((TILE_PX, TILE_PX, 3), 255, np.uint8)
    small = to_long_side(pixels, TILE_PX)
    page[: small.shape[0], : small.shape[1]] = small
    return labelled(page, name)


def pairs(folder: Path, out: Path, settings: Settings, vgg: LossNetwork) -> None:
    """hrnet and its authors, pair by pair, and a sheet of both."""
    rows = []
    for path in sorted(folder.glob("*_content.jpg")):
        name = path.stem.removesuffix("_content")
        photo, artwork, authors = (
            read_picture(folder / f"{name}_{part}.jpg") for part in ("content", "style", "output")
        )
        ours = painted(
            out / f"{name}.png",
            lambda photo=photo, artwork=artwork: (
                optimise(  # type: ignore[misc]
                    photo, artwork, "hrnet", settings=settings, loss_network=vgg
                ).pixels
            ),
        )
        for whose, picture in (("authors", authors), ("ours", ours)):
            say(f"{name}, {whose}", similarity(vgg, picture, photo, artwork))
        columns = {"photo": photo, "artwork": artwork, "authors": authors, "ours": ours}
        rows.append([tile(picture, whose) for whose, picture in columns.items()])
    write_picture(out / "sheet.jpg", in_grid(rows))


def networks(wanted: list[str], out: Path, settings: Settings, vgg: LossNetwork) -> None:
    """gatys, made as true to each photo as a style's network is, and that network."""
    for words in wanted:
        photo_path, style, artwork_path = words.split(",")
        photo = to_long_side(read_picture(Path(photo_path)), LONG_SIDE_PX)
        artwork = read_picture(Path(artwork_path))
        with load(find_style(style)) as stylizer:
            by_network = similarity(vgg, stylizer(photo), photo, artwork)
        name = f"{Path(photo_path).stem}, {style}"
        say(f"{name}, network", by_network)
        for strength in STRENGTHS:
            chosen = partial(
                optimise, photo, artwork, "gatys", loss_network=vgg,
                settings=Settings(
                    steps=settings.steps, size_px=LONG_SIDE_PX, strength=strength
                ),
            )  # fmt: skip
            path = out / f"{Path(photo_path).stem}_{style}_{strength:g}.png"
            found = similarity(vgg, painted(path, lambda: chosen().pixels), photo, artwork)  # noqa: B023
            say(f"{name}, gatys, strength {strength:g}", found)
            if found.content_error <= by_network.content_error:
                break


def seconds_a_step(photo: Pixels, artwork: Pixels, settings: Settings, vgg: LossNetwork) -> float:
    """CPU time of hrnet as it is; the first step pays for what is set up."""
    ends: list[float] = []

    def on_step(step: Step) -> bool:
        ends.append(time.process_time())
        return step.done <= STEPS

    optimise(photo, artwork, "hrnet", settings=settings, loss_network=vgg, on_step=on_step)
    return (ends[-1] - ends[0]) / STEPS


def plain_seconds_a_step(photo: Pixels, artwork: Pixels, vgg: LossNetwork) -> float:
    """Of the same network and losses at the photo's full size, in fp32, NCHW."""
    batch = padded(to_batch(photo)).contiguous()
    objective = Objective(vgg, batch, [(to_batch(artwork), 1.0)], NORMALISED)
    net = HRNet()
    optimiser = torch.optim.Adam(net.parameters(), lr=LEARNING_RATE)
    for step in range(STEPS + 1):
        if step == 1:
            began_s = time.process_time()
        optimiser.zero_grad()
        losses = objective.losses(net(batch))
        torch.autograd.backward(torch.stack(list(losses.values())).sum())
        optimiser.step()
    return (time.process_time() - began_s) / STEPS


def times(photo: Pixels, artwork: Pixels, vgg: LossNetwork) -> None:
    """A step of hrnet with and without what makes it fast, in turns, in seconds of CPU time.

    Other programs at work do not count there, as they do in wall time.
    """
    ways = {
        "as it is": lambda: seconds_a_step(photo, artwork, Settings(), vgg),
        "in fp32": lambda: seconds_a_step(photo, artwork, Settings(precision="fp32"), vgg),
        "unoptimised": lambda: plain_seconds_a_step(photo, artwork, vgg),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(TURNS):
        for name, way in ways.items():
            found[name].append(way())
    for name, seconds in found.items():
        share = median(seconds) / median(found["unoptimised"])
        print(f"{name:12s} {median(seconds):6.2f} s a step, {share:.3f} of the unoptimised")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["pairs", "networks", "times"])
    parser.add_argument("words", nargs="+")
    parser.add_argument("--vgg-weights", type=Path)
    parser.add_argument("--recipe", default="normalised")
    parser.add_argument("--size", type=int, help="Long side that hrnet learns at.")
    parser.add_argument("--steps", type=int)
    args = parser.parse_args()
    vgg = load_loss_network("vgg16", LAYERS, args.vgg_weights)
    settings = Settings(recipe=args.recipe, steps=args.steps, size_px=args.size)
    if args.what == "times":
        photo, artwork = (read_picture(Path(word)) for word in args.words)
        times(photo, artwork, vgg)
        return
    if args.what == "pairs":
        folder, out = (Path(word) for word in args.words)
        pairs(folder, out, settings, vgg)
    else:
        networks(args.words[1:], Path(args.words[0]), settings, vgg)


if __name__ == "__main__":
    main()
