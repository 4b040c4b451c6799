"""How near networks come to the best there is: the picture itself, optimised for each photo.

    python benchmarks/optimum.py ARTWORK HELDOUT RUN [RUN ...] --vgg-weights FILE
        [--photos 2] [--side 256] [--sheet FILE]

L-BFGS on the pixels (Gatys et al., arXiv 1508.06576), 300 evaluations from the photo, makes the
training's loss, content error + 8 style error, as small as it gets. Each run's network paints the
same photos at the same size. Prints means over the photos, in shares of the optimum's.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from livestyle.contact_sheet import in_grid
from livestyle.export.verify import paint_with_torch
from livestyle.frame import Pixels
from livestyle.images import read_picture, to_long_side, write_picture
from livestyle.nets import build_net
from livestyle.nets.pixels import to_batch, to_pixels
from livestyle.nets.vgg import LossNetwork, load_loss_network
from livestyle.optimisation.gatys import minimise
from livestyle.optimisation.objective import Objective
from livestyle.optimisation.settings import NORMALISED, Recipe
from livestyle.training.callbacks.preview import square
from livestyle.training.checkpoint import load_checkpoint
from livestyle.training.config import TrainConfig
from livestyle.training.data.photos import PhotoSet
from livestyle.training.similarity import LAYERS, LONG_SIDE_PX, Similarity, mean_similarity

EVALUATIONS = 300
STYLE_WEIGHT = TrainConfig.__dataclass_fields__["style_weight"].default


@dataclass(frozen=True)
class Optimum:
    """Paints a photo as well as the loss allows; minutes each."""

    loss_network: LossNetwork
    artwork: Pixels

    def __call__(self, photo: Pixels) -> Pixels:
        recipe: Recipe = replace(NORMALISED, style=STYLE_WEIGHT)
        artworks = [(to_batch(self.artwork), 1.0)]
        objective = Objective(self.loss_network, to_batch(photo), artworks, recipe)
        picture, _, _ = minimise(objective.gradient, to_batch(photo), EVALUATIONS)
        return to_pixels(picture)


def network(run: Path) -> Callable[[Pixels], Pixels]:
    checkpoint = load_checkpoint(run)
    net = build_net(checkpoint.config.net)
    net.load_state_dict(checkpoint.net)
    return lambda photo: paint_with_torch(net.eval(), photo)


def total(found: Similarity) -> float:
    return found.content_error + STYLE_WEIGHT * found.style_error


def print_errors(name: str, found: Similarity, best: Similarity) -> None:
    print(
        f"{name:32s} content {found.content_error:6.3f}   style {found.style_error:6.3f}   "
        f"{total(found) / total(best):5.2f} of the optimum's",
        flush=True,
    )


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("artwork", type=Path)
    parser.add_argument("heldout", type=Path)
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--vgg-weights", type=Path)
    parser.add_argument("--photos", type=int, default=2)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--sheet", type=Path, help="Picture to write: a row for each painter.")
    args = parser.parse_args(words)
    loss_network = load_loss_network("vgg16", LAYERS, args.vgg_weights)
    artwork = to_long_side(read_picture(args.artwork), LONG_SIDE_PX)
    photos = [square(photo, args.side) for photo in PhotoSet(args.heldout).sample(args.photos)]
    painters: dict[str, Callable[[Pixels], Pixels]] = {
        "optimum": Optimum(loss_network, artwork),
        "photo": np.copy,
        **{str(run): network(run) for run in args.runs},
    }
    rows, best = [], None
    for name, painter in painters.items():
        rows.append([painter(photo) for photo in photos])
        painted = iter(rows[-1])
        found = mean_similarity(loss_network, lambda _: next(painted), photos, artwork)  # noqa: B023
        best = best or found
        print_errors(name, found, best)
    if args.sheet:
        write_picture(args.sheet, in_grid(rows))


if __name__ == "__main__":
    main()
