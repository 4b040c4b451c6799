"""`livestyle paint`: one photo, one artwork, a few minutes."""

from pathlib import Path
from typing import Any

import click

from livestyle.cli.options import (
    LOSS_NETWORK_HELP,
    PRECISION_HELP,
    VGG_WEIGHTS_HELP,
    FiniteRange,
    gathered,
)
from livestyle.optimisation.settings import (
    DEFAULTS,
    INITS,
    METHODS,
    OPTIMISERS,
    RECIPES,
    Settings,
)

FILE = click.Path(path_type=Path)
ANY = Settings()
"""The defaults that no method has of its own."""


class WeightedType(click.ParamType[tuple[Path, float]]):
    """FILE or FILE:WEIGHT."""

    name = "FILE[:WEIGHT]"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[Path, float]:
        """The file and its weight, 1 unless it says so."""
        name, colon, said = str(value).rpartition(":")
        if not colon or Path(str(value)).exists():
            return Path(str(value)), 1.0
        try:
            weight = float(said)
        except ValueError:
            return Path(str(value)), 1.0  # a colon of the file's own name, as in C:\wave.jpg
        if not 0 < weight < float("inf"):
            self.fail(f"{value!r}: a weight is above 0.", param, ctx)
        return Path(name), weight


def _own(field: str) -> str:
    """What each method takes unless told otherwise."""
    own = {method: str(getattr(DEFAULTS[method], field)).removesuffix(".0") for method in METHODS}
    if len(set(own.values())) == 1:
        return f"[default: {own[METHODS[0]]}]"
    return f"[default: {', '.join(f'{value} for {method}' for method, value in own.items())}]"


paint_options = gathered(
    "settings",
    Settings,
    click.option(
        "--style-strength",
        "strength",
        type=FiniteRange(0, min_open=True),
        help="1 is photorealistic, 15 and 50 are artistic.  " + _own("strength"),
    ),
    click.option(
        "--steps",
        type=click.IntRange(1),
        help="At most; it ends where the loss no longer falls.  " + _own("steps"),
    ),
    click.option(
        "--size",
        "size_px",
        type=click.IntRange(64, 8192),
        help="Long side to work at, in pixels. gatys paints at this size; hrnet learns at it "
        "and then paints the photo at its own.  " + _own("size_px"),
    ),
    click.option(
        "--recipe",
        type=click.Choice(list(RECIPES)),
        help="Losses as Li et al. publish them for hrnet, or normalised.  " + _own("recipe"),
    ),
    click.option("--content-weight", type=FiniteRange(0), help="In place of the recipe's."),
    click.option("--style-weight", type=FiniteRange(0), help="In place of the recipe's."),
    click.option("--tv-weight", type=FiniteRange(0), help="In place of the recipe's."),
    click.option(
        "--init",
        type=click.Choice(INITS),
        default=ANY.init,
        show_default=True,
        help="What gatys begins with: the photo in the artwork's colours, or noise.",
    ),
    click.option(
        "--optimiser",
        type=click.Choice(OPTIMISERS),
        default=ANY.optimiser,
        show_default=True,
        help="Of gatys; auto: lbfgs up to 2048 px, adam above.",
    ),
    click.option(
        "--keep-colour",
        "--keep-color",
        "keep_colour",
        is_flag=True,
        help="Light and dark of the artwork, colours of the photo.",
    ),
    click.option(
        "--device",
        type=click.Choice(["auto", "cpu", "cuda", "mps"]),
        default=ANY.device,
        show_default=True,
        help="Device to compute on.",
    ),
    click.option(
        "--precision",
        type=click.Choice(["auto", "bf16", "fp32"]),
        default=ANY.precision,
        show_default=True,
        help=PRECISION_HELP,
    ),
)
"""Options of how to optimise: `settings`, a `Settings`."""


@click.command()
@click.argument("pictures", metavar="PHOTO [ARTWORK] OUT", nargs=-1, type=FILE)
@click.option(
    "--style",
    "styles",
    multiple=True,
    type=WeightedType(),
    help="An artwork and its weight, such as a.jpg:0.7; may be repeated.",
)
@click.option(
    "--method",
    type=click.Choice(METHODS),
    default="gatys",
    show_default=True,
    help="gatys repaints in strokes; hrnet stays sharp and takes over colour and light.",
)
@paint_options
@click.option(
    "--sweep",
    is_flag=True,
    help="Paint at three strengths and write a contact sheet of them to OUT.",
)
@click.option(
    "--preview",
    type=FILE,
    help="Picture that shows the work every few seconds.  [default: beside OUT until it is done]",
)
@click.option("--display", is_flag=True, help="Show the work in a window.")
@click.option(
    "--save-every",
    type=click.IntRange(1),
    metavar="STEPS",
    help="Keep a picture after so many steps, numbered, beside OUT.",
)
@click.option("--timelapse", type=FILE, metavar="OUT.mp4", help="Record the work as a video.")
@click.option(
    "--keep-network",
    type=FILE,
    metavar="FILE",
    help="Keep the network that hrnet fits (.safetensors), for --network.",
)
@click.option(
    "--network",
    type=FILE,
    metavar="FILE",
    help="Paint PHOTO, or a video, with a kept network, in seconds.",
)
@click.option(
    "--loss-network",
    type=click.Choice(["vgg19", "vgg16"]),
    default="vgg19",
    show_default=True,
    help=LOSS_NETWORK_HELP,
)
@click.option("--vgg-weights", type=FILE, help=VGG_WEIGHTS_HELP)
@click.option("-y", "--overwrite", is_flag=True, help="Replace older files.")
def paint(
    pictures: tuple[Path, ...],
    styles: tuple[tuple[Path, float], ...],
    method: str,
    settings: Settings,
    sweep: bool,
    preview: Path | None,
    display: bool,
    save_every: int | None,
    timelapse: Path | None,
    keep_network: Path | None,
    network: Path | None,
    loss_network: str,
    vgg_weights: Path | None,
    overwrite: bool,
) -> None:
    """Paint PHOTO after ARTWORK, by optimisation, and write OUT.

    On two CPU cores hrnet takes about four minutes at 384 px, gatys about ten at 1024 px and two at
    512 px; on a GPU, seconds. Ctrl-C keeps the best so far.
    """
    if network:
        if len(pictures) != 2 or styles or sweep or keep_network:
            raise click.UsageError("--network FILE takes PHOTO and OUT, and no artwork.")
        from livestyle.cli.paint_network import paint_with  # imports torch, which --help needs not

        paint_with(network, *pictures, overwrite=overwrite)
        return
    photo, output, artworks = _named(pictures, styles)
    if keep_network and method != "hrnet":
        raise click.UsageError("--keep-network needs --method hrnet; gatys fits no network.")
    if sweep and (keep_network or timelapse or save_every):
        raise click.UsageError("--sweep writes one sheet; choose a strength, then the rest.")
    if sweep and settings.strength:
        raise click.UsageError("--sweep chooses strengths itself; leave out --style-strength.")
    from livestyle.cli.paint_run import Job, Watched, run_paint, run_sweep

    job = Job(photo, artworks, output, method, settings, loss_network, vgg_weights)
    watched = Watched(preview, display, save_every, timelapse, keep_network, overwrite)
    if sweep:
        run_sweep(job, watched)
    else:
        run_paint(job, watched)


def _named(
    pictures: tuple[Path, ...], styles: tuple[tuple[Path, float], ...]
) -> tuple[Path, Path, list[tuple[Path, float]]]:
    """Photo, output, and artworks with weights, from the arguments.

    Raises:
        UsageError: there are too few or too many.
    """
    if len(pictures) == 3:
        return pictures[0], pictures[2], [(pictures[1], 1.0), *styles]
    if len(pictures) == 2 and styles:
        return pictures[0], pictures[1], list(styles)
    raise click.UsageError(
        "Name a photo, an artwork and where to write: PHOTO ARTWORK OUT.png; "
        "or PHOTO OUT.png with --style ARTWORK[:WEIGHT] for each artwork."
    )
