"""The options of `livestyle train` that say what a run does."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from livestyle.cli.options import (
    LOSS_NETWORK_HELP,
    PRECISION_HELP,
    VGG_WEIGHTS_HELP,
    F,
    FiniteRange,
    gathered,
)
from livestyle.training.brushes import BRUSHES
from livestyle.training.config import TrainOptions
from livestyle.training.patterns import PATTERNS

DEFAULTS = TrainOptions()


def setting(
    flag: str, field: str, help: str, type: click.ParamType[Any] | None = None
) -> Callable[[F], F]:
    """An option for a field of `TrainOptions`, with its default."""
    default = getattr(DEFAULTS, field)
    return click.option(
        flag, field, default=default, show_default=default != "", help=help, type=type
    )


train_options = gathered(
    "options",
    TrainOptions,
    setting("--net", "net", "Network to train.", click.Choice(["light", "rich", "johnson"])),
    setting("--steps", "steps", "Batches to train on.", click.IntRange(1)),
    setting("--batch", "batch", "Crops per step.", click.IntRange(1)),
    setting("--crop", "crop_px", "Side of a crop in pixels.", click.IntRange(64, 2048)),
    setting(
        "--style-strength",
        "style_strength",
        "How strongly to paint.",
        FiniteRange(0, 10, min_open=True),
    ),
    setting(
        "--stroke",
        "stroke",
        "Size of the strokes: the painting is learned at 512 px times this, its forms at more; a "
        "brush's strokes are as much larger or smaller, and a pattern can be a half or a quarter.",
        FiniteRange(0.125, 8),
    ),
    setting(
        "--brush",
        "brush",
        "Draw these strokes, in the painting's colours, in place of its texture; needs no loss "
        "network.",
        click.Choice([*BRUSHES]),
    ),
    setting(
        "--pattern",
        "pattern",
        "Paint this on flat walls and skies, in the painting's colours; all else as the network "
        "paints it that the run begins with. Needs no loss network.",
        click.Choice([*PATTERNS]),
    ),
    setting(
        "--surface/--no-surface",
        "surface",
        "Lay the painting's canvas or paper over all that is painted.",
    ),
    setting("--content-weight", "content_weight", "Weight of the content loss.", FiniteRange(0)),
    setting("--style-weight", "style_weight", "Weight of the style loss.", FiniteRange(0)),
    setting("--tv-weight", "tv_weight", "Weight of the total variation.", FiniteRange(0)),
    setting(
        "--steadiness-weight",
        "steadiness_weight",
        "Weight of the loss against flicker between frames.",
        FiniteRange(0),
    ),
    setting(
        "--colour-weight",
        "colour_weight",
        "Weight of the loss that brings the photo's light and colours in the painting's range.",
        FiniteRange(0),
    ),
    setting(
        "--detail-weight",
        "detail_weight",
        "Weight of the loss that keeps the photo's detail, such as eyes and letters, readable.",
        FiniteRange(0),
    ),
    setting(
        "--face-weight",
        "face_weight",
        "Weight of the loss that keeps faces as they are.",
        FiniteRange(0),
    ),
    setting(
        "--remove-grain/--keep-grain",
        "remove_grain",
        "Take the grain of paper, canvas or JPEG out of the painting first.",
    ),
    setting(
        "--learning-rate",
        "learning_rate",
        "Peak learning rate; with --pattern it is 0.005 unless given.",
        FiniteRange(0),
    ),
    setting(
        "--noise/--no-noise",
        "noise",
        "Paint flat walls and skies as well, by a noise map that stays on the screen.",
    ),
    setting(
        "--augment",
        "augment",
        "How much light and noise of the photos vary; 0: not at all.",
        FiniteRange(0, 4),
    ),
    setting("--seed", "seed", "Same seed, same run.", click.INT),
    setting(
        "--loss-network",
        "loss_network",
        LOSS_NETWORK_HELP,
        click.Choice(["vgg19", "vgg16"]),
    ),
    click.option(
        "--vgg-weights",
        type=click.Path(path_type=Path),
        help=VGG_WEIGHTS_HELP,
    ),
    setting(
        "--device", "device", "Device to compute on.", click.Choice(["auto", "cpu", "cuda", "mps"])
    ),
    setting("--precision", "precision", PRECISION_HELP, click.Choice(["auto", "bf16", "fp32"])),
    setting("--compile/--no-compile", "compile", "Run the networks through torch.compile."),
    setting("--keep", "keep", "Number of checkpoints that are kept.", click.IntRange(1)),
    setting(
        "--save-every", "save_every", "Steps between checkpoints and previews.", click.IntRange(1)
    ),
    setting("--title", "title", "Of the artwork, for the style's card."),
    setting("--artist", "artist", "Of the artwork, for the style's card."),
    setting("--year", "year", "Of the artwork, for the style's card."),
    setting("--licence", "licence", "Of the artwork, for the style's card."),
    setting("--source", "source", "Where the picture comes from, for the style's card."),
)
"""Options of what a run does: `options`, a `TrainOptions`."""
