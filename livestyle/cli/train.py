"""`livestyle train`: a painting and photos in, a style to paint with out."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from livestyle.cli.echo import echo
from livestyle.cli.options import FiniteRange, is_set, was_given
from livestyle.cli.progress import ProgressShown
from livestyle.cli.signals import ending_cleanly
from livestyle.cli.sweep import OWN_OPTIONS, run_sweep, sweep_config
from livestyle.cli.typed import typed
from livestyle.frame import Pixels
from livestyle.sources.demo import Demo
from livestyle.styles.card import PREVIEW_FILE, is_style_name
from livestyle.styles.library import DEFAULT_STYLE, find_style, list_styles
from livestyle.training.config import TrainConfig

if TYPE_CHECKING:  # torch is imported when a run begins, so that --help works without it
    from livestyle.training.loop import Trainer

F = TypeVar("F", bound=Callable[..., Any])

DEFAULTS: dict[str, Any] = {
    field: value.default for field, value in TrainConfig.__dataclass_fields__.items()
}
FINE_TUNING = 4
"""A network that can paint already needs a quarter of the steps."""

CLIP_SIZE, CLIP_FPS, CLIP_FRAMES = (256, 192), 10.0, 10

SCRATCH = "scratch"
"""To start from fresh weights."""


def setting(flag: str, field: str, help: str, **options: Any) -> Callable[[F], F]:
    """An option whose default is that of `TrainConfig`."""
    return click.option(
        flag, field, default=DEFAULTS[field], show_default=True, help=help, **options
    )


def _style_name(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Refuses a name that no style may have before the hours of training, not after them."""
    if value is not None and not is_style_name(value):
        raise click.BadParameter(
            f"{value!r}: a name has small letters, digits, - and _ only, such as "
            f"{_name_from(value)!r}."
        )
    return value


@click.command()
@click.argument("style_image", required=False, type=click.Path(path_type=Path))
@click.option(
    "--photos",
    type=click.Path(path_type=Path),
    help="Photos to learn on: a folder, or a zip or tar file; not needed with --resume.",
)
@click.option(
    "--name", callback=_style_name, help="Name of the style.  [default: the picture's file name]"
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder of the run.  [default: runs/NAME]"
)
@setting("--net", "net", "Network to train.", type=click.Choice(["light", "rich", "johnson"]))
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
@click.option("--images", type=click.IntRange(1), help="The same, counted in images.")
@click.option(
    "--hours",
    type=FiniteRange(0, min_open=True),
    help="Time it may take; without --steps, as many steps as fit are done.",
)
@setting("--batch", "batch", "Crops per step.", type=click.IntRange(1))
@setting("--crop", "crop_px", "Side of a crop in pixels.", type=click.IntRange(64, 2048))
@setting(
    "--style-strength",
    "style_strength",
    "How strongly to paint.",
    type=FiniteRange(0, 10, min_open=True),
)
@setting(
    "--stroke",
    "stroke",
    "Size of the strokes: the painting is learned at 512 px times this.",
    type=FiniteRange(0.125, 8),
)
@setting("--content-weight", "content_weight", "How much the photo counts.", type=FiniteRange(0))
@setting("--style-weight", "style_weight", "How much the painting counts.", type=FiniteRange(0))
@setting("--tv-weight", "tv_weight", "How much smoothness counts.", type=FiniteRange(0))
@setting(
    "--steadiness-weight", "steadiness_weight", "How much steadiness counts.", type=FiniteRange(0)
)
@setting(
    "--colour-weight",
    "colour_weight",
    "How much light and colours count: the photo's, in the painting's range.",
    type=FiniteRange(0),
)
@setting(
    "--detail-weight",
    "detail_weight",
    "How much the photo's detail counts, that eyes and letters can be read.",
    type=FiniteRange(0),
)
@setting("--learning-rate", "learning_rate", "Peak learning rate.", type=FiniteRange(0))
@setting(
    "--noise/--no-noise",
    "noise",
    "Paint flat walls and skies as well, by a noise map that stays on the screen.",
)
@setting(
    "--augment",
    "augment",
    "How much light and noise of the photos vary; 0: not at all.",
    type=FiniteRange(0, 4),
)
@setting("--seed", "seed", "Same seed, same run.", type=int)
@click.option(
    "--from",
    "start_from",
    type=str,
    help="Style, run, pack or checkpoint to start from, with a quarter of the steps; or scratch.  "
    "[default: mosaic, for the net light]",
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
@click.option(
    "--sweep",
    is_flag=True,
    help="Short runs over strength and stroke from mosaic or --from, and a sheet to choose from.",
)
@click.option("--resume", is_flag=True, help="Go on with the run in --out, as it was begun.")
@setting("--title", "title", "Of the artwork, for the card.")
@setting("--artist", "artist", "Of the artwork, for the card.")
@setting("--year", "year", "Of the artwork, for the card.")
@setting("--licence", "licence", "Of the artwork, for the card.")
@setting("--source", "source", "Where the picture comes from, for the card.")
@click.option("--export/--no-export", default=True, help="Make a style of the run at its end.")
@click.option(
    "--install/--no-install",
    default=None,
    help="Make it known by its name.  [default: unless another artwork's style has the name]",
)
@click.pass_context
def train(
    ctx: click.Context,
    /,
    style_image: Path | None,
    hours: float | None,
    start_from: str | None,
    sweep: bool,
    resume: bool,
    export: bool,
    install: bool | None,
    **settings: Any,
) -> None:
    """Train a network to repaint anything in the style of STYLE_IMAGE.

    Takes one or two thousand photos of anything and, on two CPU cores, three minutes to twenty: it
    starts from the network of a style in the box. Ctrl-C leaves a checkpoint; --resume goes on from
    it. At the end there is a style that `livestyle cam --style NAME` shows.

    Several processes share the work through
    `torchrun --nproc-per-node N -m livestyle.cli.main train ...`.
    """
    steps_given = is_set(ctx, "steps") or is_set(ctx, "images")
    _check_given(style_image, settings, resume and not sweep)
    if sweep:
        config = sweep_config(
            _config(ctx, style_image, settings, resume=False),
            steps_given=steps_given,
            out_given=is_set(ctx, "out"),
        )
        begin = _network(start_from, config.net)
        run_sweep(config, _repeated(ctx), resume=resume, start_from=begin)
        return
    config = _config(ctx, style_image, settings, resume)
    begin = None if resume else _network(start_from, config.net)
    takes_quarter = bool(begin) and not (steps_given or hours)
    if takes_quarter:
        config = replace(config, steps=config.steps // FINE_TUNING)
    from livestyle.cli.finish import finish_run
    from livestyle.training.callbacks.history import History
    from livestyle.training.callbacks.preview import Preview
    from livestyle.training.callbacks.tensorboard import TensorBoard
    from livestyle.training.loop import SKIPPED_FILE, Trainer

    trainer = Trainer(config, resume=resume, start_from=begin)
    fit = hours is not None and not steps_given
    if not trainer.processes.is_main:
        with ending_cleanly(trainer.stop):
            trainer.run(hours=hours, fit=fit)
        return
    _announce(trainer, takes_quarter, hours if fit else None)
    history = History(_clip())
    try:
        with ending_cleanly(trainer.stop):
            callbacks = [ProgressShown(), history, Preview(), TensorBoard(history)]
            trainer.run(callbacks, hours=hours, fit=fit)
    except KeyboardInterrupt:
        _say_unfinished(trainer, "Stopped")
        raise
    if skipped := len(trainer.photos.skipped):
        said = f"{skipped} photos were skipped; {config.out / SKIPPED_FILE} says why."
        echo(said, err=True)
    if trainer.step < trainer.config.steps:
        _say_unfinished(trainer, "The time is up")
    else:
        finish_run(config.out, trainer.photos, export=export, install=install)
    echo(config.out)


def _check_given(style_image: Path | None, settings: dict[str, Any], resume: bool) -> None:
    """A run is begun with a painting and photos; one that goes on need only be found."""
    if resume:
        if not (style_image or settings["name"] or settings["out"]):
            raise click.UsageError("Which run shall go on? Pass its folder: --out runs/NAME.")
        return
    if not style_image:
        raise click.UsageError("Missing argument 'STYLE_IMAGE', a picture of the painting.")
    if not settings["photos"]:
        raise click.UsageError("Missing option '--photos', a folder, zip or tar of photos.")


def _config(
    ctx: click.Context, style_image: Path | None, settings: dict[str, Any], resume: bool
) -> TrainConfig:
    """What to do, from the options, and for a resumed run from its checkpoint."""
    if style_image:
        settings["style_image"] = style_image
        settings["name"] = settings["name"] or _name_from(style_image.stem)
    settings["out"] = settings["out"] or Path("runs") / settings["name"]
    images = settings.pop("images")
    if images:
        settings["steps"] = max(1, images // settings["batch"])
    if resume:
        from livestyle.training.checkpoint import load_checkpoint

        given = {key: value for key, value in settings.items() if was_given(ctx, key)}
        if images:
            given["steps"] = settings["steps"]
        saved = load_checkpoint(settings["out"]).config.to_dict()
        artwork = {"style_image": style_image} if style_image else {}
        settings = saved | given | artwork | {"out": settings["out"]}
    return TrainConfig.from_dict(settings)


def _repeated(ctx: click.Context) -> list[str]:
    """The options that were given, as they are typed, but for those that a sweep chooses."""
    words = []
    for option in ctx.command.params:
        name = option.name or ""
        if isinstance(option, click.Option) and was_given(ctx, name) and name not in OWN_OPTIONS:
            value = ctx.params.get(name)
            words += [option.opts[0]] if option.is_flag else [option.opts[0], str(value)]
    return words


def _clip() -> list[Pixels]:
    """A second of a moving camera, to see how steadily the network paints."""
    demo = Demo(CLIP_SIZE, CLIP_FPS, paced=False)
    return [demo.scene(tick) for tick in range(CLIP_FRAMES)]


def _announce(trainer: "Trainer", takes_quarter: bool, fit_hours: float | None) -> None:
    """Says what is about to happen, and where to look meanwhile."""
    config = trainer.config
    if takes_quarter:
        echo(
            f"Starting from a network that paints takes {config.steps} steps, a quarter of "
            f"{DEFAULTS['steps']}; --steps asks for more.",
            err=True,
        )
    steps = f"{config.steps - trainer.step} steps"
    if fit_hours is not None:
        steps = f"as many steps as fit into {fit_hours:g} h"
    echo(
        f"Training {config.name} on {len(trainer.photos)} photos, {steps} of {config.batch}. "
        f"Watch {config.out / PREVIEW_FILE}.",
        err=True,
    )


def _say_unfinished(trainer: "Trainer", why: str) -> None:
    out = trainer.config.out
    echo(
        f"{why} after step {trainer.step} of {trainer.config.steps}; nothing is lost. To go on: "
        f"{typed('train', '--resume', '--out', out)}. To take it as it is: {typed('export', out)}",
        err=True,
    )


def _name_from(text: str) -> str:
    """A name that a style may have, made from any text."""
    return re.sub(r"[^a-z0-9_-]+", "_", text.lower()).strip("_-")[:64] or "style"


def _network(start_from: str | None, net: str) -> Path | None:
    """The checkpoint to start from: that of an installed style, or a path; None for none."""
    start_from = start_from or (DEFAULT_STYLE if net == DEFAULTS["net"] else SCRATCH)
    if start_from == SCRATCH:
        return None
    named = {style.card.name: style.folder for style in list_styles()}
    if start_from in named:
        return named[start_from]
    return Path(start_from) if Path(start_from).exists() else find_style(start_from).folder
