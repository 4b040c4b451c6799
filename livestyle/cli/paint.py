"""`livestyle paint`: one photo, one artwork, a few minutes."""

import sys
from pathlib import Path

import click

from livestyle.nets.vgg import load_loss_network
from livestyle.optimisation.gatys import INITS, paint_gatys
from livestyle.optimisation.objective import DEFAULT_WEIGHTS, LAYERS, Weights
from livestyle.optimisation.photorealistic import PHOTOREALISTIC_WEIGHTS, paint_photorealistic
from livestyle.picture import read_picture, to_long_side, write_picture


@click.command()
@click.argument("content", type=click.Path(path_type=Path))
@click.argument("style_image", type=click.Path(path_type=Path))
@click.argument("output", metavar="OUT.png", type=click.Path(path_type=Path))
@click.option(
    "--method",
    type=click.Choice(["gatys", "hrnet"]),
    default="gatys",
    show_default=True,
    help="gatys repaints with strokes; hrnet stays photorealistic and takes over the colours.",
)
@click.option("--steps", default=300, show_default=True, type=click.IntRange(1))
@click.option(
    "--init",
    type=click.Choice(INITS),
    default="content",
    show_default=True,
    help="What gatys begins with.",
)
@click.option(
    "--size",
    default=512,
    show_default=True,
    type=click.IntRange(32, 4096),
    help="Long side of both pictures in pixels.",
)
@click.option("--content-weight", default=DEFAULT_WEIGHTS.content, show_default=True)
@click.option(
    "--style-weight",
    type=float,
    help=f"[default: {DEFAULT_WEIGHTS.style:g} for gatys, "
    f"{PHOTOREALISTIC_WEIGHTS.style:g} for hrnet]",
)
@click.option("--tv-weight", default=DEFAULT_WEIGHTS.tv, show_default=True)
@click.option(
    "--loss-network", type=click.Choice(["vgg19", "vgg16"]), default="vgg19", show_default=True
)
@click.option(
    "--vgg-weights",
    type=click.Path(path_type=Path),
    help="Its weights, if torchvision cannot fetch them.",
)
def paint(
    content: Path,
    style_image: Path,
    output: Path,
    method: str,
    steps: int,
    init: str,
    size: int,
    content_weight: float,
    style_weight: float | None,
    tv_weight: float,
    loss_network: str,
    vgg_weights: Path | None,
) -> None:
    """Repaint CONTENT in the style of STYLE_IMAGE, by optimisation."""
    photo = to_long_side(read_picture(content), size)
    artwork = to_long_side(read_picture(style_image), size)
    if style_weight is None:
        usual = DEFAULT_WEIGHTS if method == "gatys" else PHOTOREALISTIC_WEIGHTS
        style_weight = usual.style
    weights = Weights(content_weight, style_weight, tv_weight)
    network = load_loss_network(loss_network, LAYERS, vgg_weights)
    with click.progressbar(length=steps, file=sys.stderr, show_pos=True) as bar:

        def on_step(done: int, loss: float) -> None:
            bar.update(1)

        if method == "gatys":
            painted = paint_gatys(
                network, photo, artwork, steps=steps, init=init, weights=weights, on_step=on_step
            )
        else:
            painted = paint_photorealistic(
                network, photo, artwork, steps=steps, weights=weights, on_step=on_step
            )
    write_picture(output, painted)
    click.echo(output)
