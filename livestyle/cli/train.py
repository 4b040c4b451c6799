"""`livestyle train`: a painting and photos in, a style to paint with out."""

import re
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from livestyle.cli.echo import echo
from livestyle.cli.options import FiniteRange, is_set, was_given
from livestyle.cli.progress import ProgressShown
from livestyle.cli.signals import ending_cleanly
from livestyle.cli.sweep import OWN_OPTIONS, run_sweep, sweep_config
from livestyle.cli.train_options import DEFAULTS, train_options
from livestyle.cli.typed import typed
from livestyle.frame import Pixels
from livestyle.sources.demo import Demo
from livestyle.styles.card import PREVIEW_FILE, is_style_name
from livestyle.styles.library import find_style, list_styles
from livestyle.training.config import OF_LOSSES, TrainConfig, TrainOptions

if TYPE_CHECKING:  # torch is imported when a run begins, so that --help works without it
    from livestyle.training.loop import Trainer

FINE_TUNING, FROM_PREDICTED = 4, 8
"""A network that can paint already needs a quarter of the steps; one that was predicted from the
artwork, an eighth."""

PATTERN_LEARNING_RATE = 5e-3
"""Where a pattern is learned, as all else is there."""

CLIP_SIZE, CLIP_FPS, CLIP_FRAMES = (256, 192), 10.0, 10

RUNS = Path("runs")
"""Where runs lie unless told otherwise."""

SCRATCH = "scratch"
"""To start from fresh weights."""


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
@click.option(
    "--hours",
    type=FiniteRange(0, min_open=True),
    help="Time it may take; without --steps, as many steps as fit are done.",
)
@click.option(
    "--images", type=click.IntRange(1), help="In place of --steps: the number of crops to train on."
)
@click.option(
    "--from",
    "start_from",
    help="Style, run, pack or checkpoint to start from, with a quarter of the steps (all of them "
    "with --brush and --pattern); or scratch.  "
    "[default: what is predicted from the painting, with an eighth, for the net light]",
)
@click.option(
    "--sweep",
    is_flag=True,
    help="Short runs over strength and stroke, and a sheet to choose from.",
)
@click.option("--resume", is_flag=True, help="Go on with the run in --out, as it was begun.")
@click.option("--export/--no-export", default=True, help="Make a style of the run at its end.")
@click.option(
    "--install/--no-install",
    default=None,
    help="Make it known by its name.  [default: unless another artwork's style has the name]",
)
@train_options
@click.pass_context
def train(
    ctx: click.Context,
    /,
    style_image: Path | None,
    photos: Path | None,
    name: str | None,
    out: Path | None,
    hours: float | None,
    images: int | None,
    start_from: str | None,
    sweep: bool,
    resume: bool,
    export: bool,
    install: bool | None,
    options: TrainOptions,
) -> None:
    """Train a network to repaint anything in the style of STYLE_IMAGE.

    Takes a few hundred photos of anything (one or two thousand are better) and, on two CPU cores,
    one minute to ten: it starts from a network predicted from the painting. Ctrl-C leaves a
    checkpoint; --resume goes on from it. At the end there is a style that `livestyle cam --style
    NAME` shows.

    Several processes share the work through
    `torchrun --nproc-per-node N -m livestyle.cli.main train ...`.
    """
    steps_given = is_set(ctx, "steps") or is_set(ctx, "images")
    goes_on = resume and not sweep
    if goes_on:
        config = _resumed(ctx, options, style_image, photos, name, out)
    else:
        config = _begun(options, style_image, photos, name, out)
    if config.imitates:
        _refuse_unused_options(ctx, config)
    if config.pattern and not (goes_on or was_given(ctx, "learning_rate")):
        config = replace(config, learning_rate=PATTERN_LEARNING_RATE)
    if images:
        config = replace(config, steps=max(1, images // config.batch))
    if sweep:
        config = sweep_config(config, steps_given=steps_given, out_given=is_set(ctx, "out"))
        begin = _network(start_from, config)
        run_sweep(config, _repeated(ctx), resume=resume, start_from=begin)
        return
    begin = None if resume else _network(start_from, config)
    takes_fewer = bool(begin) and not (steps_given or hours or config.imitates)
    if takes_fewer:
        fewer = FROM_PREDICTED if begin == config.style_image else FINE_TUNING
        config = replace(config, steps=config.steps // fewer)
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
    _announce(trainer, takes_fewer, hours if fit else None)
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


def _begun(
    options: TrainOptions,
    style_image: Path | None,
    photos: Path | None,
    name: str | None,
    out: Path | None,
) -> TrainConfig:
    """A new run, which needs a painting and photos."""
    if not style_image:
        raise click.UsageError("Missing argument 'STYLE_IMAGE', a picture of the painting.")
    if not photos:
        raise click.UsageError("Missing option '--photos', a folder, zip or tar of photos.")
    name = name or _name_from(style_image.stem)
    return TrainConfig(
        style_image=style_image,
        photos=photos,
        name=name,
        out=out or RUNS / name,
        **asdict(options),
    )


def _resumed(
    ctx: click.Context,
    options: TrainOptions,
    style_image: Path | None,
    photos: Path | None,
    name: str | None,
    out: Path | None,
) -> TrainConfig:
    """A run that goes on: as its checkpoint says, but for what was typed."""
    if was_given(ctx, "start_from"):
        raise click.UsageError(
            "A run that goes on has its network: --resume and --from do not go together. For a new "
            "run from another network, leave --resume out and take another --out."
        )
    if not out:
        if not (name or style_image):
            raise click.UsageError("Which run shall go on? Pass its folder: --out runs/NAME.")
        out = RUNS / (name or _name_from(style_image.stem if style_image else ""))
    from livestyle.training.checkpoint import load_checkpoint

    saved = load_checkpoint(out).config
    changed = {
        field.name: getattr(options, field.name)
        for field in fields(options)
        if was_given(ctx, field.name)
    }
    return replace(
        saved,
        style_image=style_image or saved.style_image,
        photos=photos or saved.photos,
        name=name or saved.name,
        out=out,
        **changed,
    )


def _refuse_unused_options(ctx: click.Context, config: TrainConfig) -> None:
    """Raises UsageError for options that change nothing where strokes are drawn."""
    if config.brush and config.pattern:
        raise click.UsageError(
            "A brush and a pattern are learned one after the other: train with --brush, then "
            "--from what came of it with --pattern."
        )
    kind, unused = "--brush", OF_LOSSES
    if config.pattern:
        kind, unused = "--pattern", OF_LOSSES | {"remove_grain"}
    given = [
        option.opts[0]
        for option in ctx.command.params
        if option.name in unused and was_given(ctx, option.name)
    ]
    if given:
        raise click.UsageError(f"With {kind} these change nothing: {', '.join(given)}.")
    if not config.noise:
        raise click.UsageError(f"{kind} is painted by way of the noise map: not with --no-noise.")


def _repeated(ctx: click.Context) -> list[str]:
    """The options that were given, as they are typed, but for those that a sweep chooses."""
    words = []
    for option in ctx.command.params:
        name = option.name or ""
        if isinstance(option, click.Option) and was_given(ctx, name) and name not in OWN_OPTIONS:
            value = ctx.params[name]
            if option.is_flag:
                words.append(option.opts[0] if value else option.secondary_opts[0])
            else:
                words += [option.opts[0], str(value)]
    return words


def _clip() -> list[Pixels]:
    """A second of a moving camera, to see how steadily the network paints."""
    demo = Demo(CLIP_SIZE, CLIP_FPS, paced=False)
    return [demo.scene(tick) for tick in range(CLIP_FRAMES)]


def _announce(trainer: "Trainer", takes_fewer: bool, fit_hours: float | None) -> None:
    """Says what is about to happen, and where to look meanwhile."""
    config = trainer.config
    if takes_fewer:
        echo(
            f"Starting from a network that paints takes {config.steps} steps in place of "
            f"{DEFAULTS.steps}; --steps asks for more.",
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


def _network(start_from: str | None, config: TrainConfig) -> Path | None:
    """What to start from: the checkpoint of an installed style, a path, or the artwork itself,
    from which a network is predicted; None for none."""
    if config.pattern and (
        start_from == SCRATCH or (not start_from and config.net != DEFAULTS.net)
    ):
        raise click.UsageError(
            "A pattern is added to what a network paints, and one from scratch paints nothing. "
            f"Begin with a style's network: --from STYLE, of a {config.net} network."
        )
    if not start_from:
        return config.style_image if config.net == DEFAULTS.net else None
    if start_from == SCRATCH:
        return None
    named = {style.card.name: style.folder for style in list_styles()}
    if start_from in named:
        return named[start_from]
    return Path(start_from) if Path(start_from).exists() else find_style(start_from).folder
