"""`livestyle train`: a painting and photos in, a trained network out."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from livestyle.cli.signals import ending_cleanly
from livestyle.training.checkpoint import load_checkpoint
from livestyle.training.config import TrainConfig
from livestyle.training.loop import SKIPPED_FILE, Trainer
from livestyle.training.preview import Preview
from livestyle.training.watcher import LossTable, Progress, Watcher

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

F = TypeVar("F", bound=Callable[..., Any])

DEFAULTS = {field: value.default for field, value in TrainConfig.__dataclass_fields__.items()}


class Bar(Watcher):
    """Moves a progress bar."""

    def __init__(self, bar: "ProgressBar[int | None]") -> None:
        self._bar = bar

    def started(self, trainer: Trainer) -> None:
        self._begun = trainer.step

    def stepped(self, progress: Progress) -> None:
        self._bar.length = progress.steps - self._begun
        self._bar.update(1)


def setting(flag: str, field: str, help: str, **options: Any) -> Callable[[F], F]:
    """An option whose default is that of `TrainConfig`."""
    return click.option(
        flag, field, default=DEFAULTS[field], show_default=True, help=help, **options
    )


@click.command()
@click.argument("style_image", type=click.Path(path_type=Path))
@click.option(
    "--photos",
    required=True,
    type=click.Path(path_type=Path),
    help="Photos to learn on: a folder, or a zip or tar file.",
)
@click.option("--name", help="Name of the style.  [default: the picture's file name]")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder of the run.  [default: runs/NAME]"
)
@setting("--net", "net", "Network to train.", type=click.Choice(["light", "johnson"]))
@setting(
    "--loss-network",
    "loss_network",
    "Network the losses look through.",
    type=click.Choice(["vgg19", "vgg16"]),
)
@click.option(
    "--vgg-weights",
    type=click.Path(path_type=Path),
    help="Its weights, if torchvision cannot fetch them.",
)
@setting("--steps", "steps", "Batches to train on.", type=click.IntRange(1))
@click.option(
    "--hours",
    type=click.FloatRange(0, min_open=True),
    help="Time it may take; without --steps, as many steps as fit are done.",
)
@click.option("--images", type=click.IntRange(1), help="The same, counted in images.")
@setting("--batch", "batch", "Crops per step.", type=click.IntRange(1))
@setting("--crop", "crop_px", "Side of a crop in pixels.", type=click.IntRange(64, 2048))
@setting(
    "--style-strength",
    "style_strength",
    "How strongly to paint.",
    type=click.FloatRange(0, 10, min_open=True),
)
@setting(
    "--stroke",
    "stroke",
    "Size of the strokes: the painting is learned at 512 px times this.",
    type=click.FloatRange(0.125, 8),
)
@setting("--content-weight", "content_weight", "How much the photo counts.", type=float)
@setting("--style-weight", "style_weight", "How much the painting counts.", type=float)
@setting("--tv-weight", "tv_weight", "How much smoothness counts.", type=float)
@setting("--steadiness-weight", "steadiness_weight", "How much steadiness counts.", type=float)
@setting("--learning-rate", "learning_rate", "Peak learning rate.", type=float)
@setting(
    "--augment",
    "augment",
    "How much light and noise of the photos vary; 0: not at all.",
    type=click.FloatRange(0, 4),
)
@setting("--seed", "seed", "Same seed, same run.", type=int)
@click.option(
    "--from",
    "start_from",
    type=str,
    help="Style, run or checkpoint to start from; takes a quarter of the steps.",
)
@setting(
    "--device", "device", "Where to compute.", type=click.Choice(["auto", "cpu", "cuda", "mps"])
)
@setting("--precision", "precision", "How to compute.", type=click.Choice(["auto", "bf16", "fp32"]))
@setting("--compile", "compile", "Run the networks through torch.compile.", is_flag=True)
@setting("--keep", "keep", "Checkpoints that are kept.", type=click.IntRange(1))
@setting(
    "--save-every", "save_every", "Steps between checkpoints and previews.", type=click.IntRange(1)
)
@click.option("--resume", is_flag=True, help="Go on from the run's checkpoint, with its settings.")
@setting("--title", "title", "Of the artwork, for the card.")
@setting("--artist", "artist", "Of the artwork, for the card.")
@setting("--year", "year", "Of the artwork, for the card.")
@setting("--licence", "licence", "Of the artwork, for the card.")
@setting("--source", "source", "Where the picture comes from, for the card.")
@click.pass_context
def train(
    ctx: click.Context,
    /,
    style_image: Path,
    name: str | None,
    out: Path | None,
    images: int | None,
    hours: float | None,
    start_from: str | None,
    resume: bool,
    **settings: Any,
) -> None:
    """Train a network to repaint anything in the style of STYLE_IMAGE.

    Takes one or two thousand photos of anything. On two CPU cores the quick way is
    --from mosaic --steps 600, which takes ten minutes or twenty. Ctrl-C leaves a checkpoint;
    --resume goes on from it. Several processes share the work through
    `torchrun --nproc-per-node N -m livestyle.cli.main train ...`.
    """
    name = name or style_image.stem.lower()
    out = out or Path("runs") / name
    if images:
        settings["steps"] = max(1, images // settings["batch"])
    settings.update(style_image=style_image, name=name, out=out)
    if resume:
        given = {key: value for key, value in settings.items() if _was_given(ctx, key)}
        if images:
            given["steps"] = settings["steps"]
        settings = load_checkpoint(out).config.to_dict() | given | {"out": out}
    config = TrainConfig.from_dict(settings)
    trainer = Trainer(config, resume=resume, start_from=_network(start_from))
    fit = hours is not None and not images and not _was_given(ctx, "steps")
    if not trainer.ranks.writes:
        with ending_cleanly(trainer.stop):
            trainer.run(hours=hours, fit=fit)
        return
    steps = (
        f"as many steps as fit into {hours:g} h" if fit else f"{config.steps - trainer.step} steps"
    )
    click.echo(
        f"Training {name} on {len(trainer.photos)} photos, {steps} "
        f"of {config.batch}. Watch {out / 'preview.jpg'}.",
        err=True,
    )

    def losses(_: int | None) -> str:
        return "  ".join(f"{name} {value:.3g}" for name, value in trainer.losses.items() if value)

    with (
        click.progressbar(
            length=config.steps - trainer.step,
            item_show_func=losses,
            show_pos=True,
            file=sys.stderr,
        ) as bar,
        ending_cleanly(trainer.stop),
    ):
        trainer.run([LossTable(), Preview(), Bar(bar)], hours=hours, fit=fit)
    if skipped := len(trainer.photos.skipped):
        click.echo(f"{skipped} photos were skipped; {out / SKIPPED_FILE} says why.", err=True)
    if trainer.step < trainer.config.steps:
        click.echo(
            f"The time is up after step {trainer.step} of {trainer.config.steps}. "
            "The same command with --resume goes on.",
            err=True,
        )
    else:
        click.echo(f"Done. Next: livestyle export {out}", err=True)
    click.echo(out)


def _was_given(ctx: click.Context, parameter: str) -> bool:
    return ctx.get_parameter_source(parameter) is ParameterSource.COMMANDLINE


def _network(start_from: str | None) -> Path | None:
    """The checkpoint to start from: a path, or the network of an installed style."""
    if start_from is None or Path(start_from).exists():
        return Path(start_from) if start_from else None
    from livestyle.library import find_style

    return find_style(start_from).folder
