"""`livestyle train-any`: the network that makes a style of any picture, trained by yourself."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from livestyle.cli.echo import echo
from livestyle.cli.options import FiniteRange, was_given
from livestyle.cli.signals import ending_cleanly
from livestyle.cli.typed import typed
from livestyle.styles.library import list_styles
from livestyle.training.any_picture.config import AnyPictureConfig

if TYPE_CHECKING:  # torch is imported when a run begins, so that --help works without it
    from torch import Tensor

    from livestyle.training.any_picture.painter_training import PainterTraining

OUT = Path("runs/any_picture")
TOLD_EVERY = 20
_DEFAULTS = AnyPictureConfig(photos=Path(), paintings=Path(), out=OUT)


@click.command("train-any")
@click.option("--photos", type=click.Path(path_type=Path), help="Photos: folder, zip or tar.")
@click.option(
    "--paintings",
    type=click.Path(path_type=Path),
    help="Some thousand artworks of all kinds: folder, zip or tar.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), default=OUT, show_default=True, help="Of the run."
)
@click.option(
    "--begin-with",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of artworks named after styles that you have (great_wave.jpg): the training "
    "begins with what these styles paint.",
)
@click.option("--hours", type=FiniteRange(0, min_open=True), help="Time that this piece may take.")
@click.option("--resume", is_flag=True, help="Go on with the run in --out.")
@click.option(
    "--encoder",
    "encoder_only",
    is_flag=True,
    help="Leave the painter as far as it is; train faces and encoder now.",
)
@click.option(
    "--steps",
    type=click.IntRange(0),
    default=_DEFAULTS.steps,
    show_default=True,
    help="Of the painter in all, however many pieces they come in; 0: it stays as it begins.",
)
@click.option(
    "--face-steps",
    type=click.IntRange(0),
    default=_DEFAULTS.face_steps,
    show_default=True,
    help="In which the painter learns to keep faces readable.",
)
@click.option(
    "--encoder-steps", type=click.IntRange(1), default=_DEFAULTS.encoder_steps, show_default=True
)
@click.option(
    "--pictures",
    type=click.IntRange(1),
    default=_DEFAULTS.pictures,
    show_default=True,
    help="Artworks in a step.",
)
@click.option(
    "--style-strength",
    type=FiniteRange(0, min_open=True),
    default=_DEFAULTS.style_strength,
    show_default=True,
    help="How strongly to paint, a factor of the style loss.",
)
@click.option(
    "--loss-network", type=click.Choice(["vgg19", "vgg16"]), default=_DEFAULTS.loss_network
)
@click.option("--vgg-weights", type=click.Path(path_type=Path), help="File of its weights.")
@click.option("--device", default=_DEFAULTS.device, show_default=True)
@click.pass_context
def train_any(
    ctx: click.Context,
    /,
    photos: Path | None,
    paintings: Path | None,
    out: Path,
    begin_with: Path | None,
    hours: float | None,
    resume: bool,
    encoder_only: bool,
    steps: int,
    face_steps: int,
    encoder_steps: int,
    pictures: int,
    style_strength: float,
    loss_network: str,
    vgg_weights: Path | None,
    device: str,
) -> None:
    """Train the network that makes a style of any picture, in pieces of any length.

    First the painter learns, which takes a day or two on two CPU cores, then to keep faces
    readable, some minutes, and the encoder, half an hour. At the end, or with --encoder at any
    time, --out has painter.npz and predictor.onnx; in the folder weights/any_picture they take the
    place of those that ship.
    """
    from livestyle.training.any_picture import checkpoint

    given: dict[str, Any] = {
        "steps": steps,
        "face_steps": face_steps,
        "encoder_steps": encoder_steps,
        "pictures": pictures,
        "style_strength": style_strength,
        "loss_network": loss_network,
        "vgg_weights": vgg_weights,
        "device": device,
        "begin_with": begin_with,
    }
    state: dict[str, Tensor] | None = None
    step = 0
    if resume:
        if begin_with:
            raise click.UsageError("--begin-with is for a new run; this one has begun.")
        config, step, state = checkpoint.load(out)
        changed = {name: value for name, value in given.items() if was_given(ctx, name)}
        config = replace(
            config, **changed, out=out, photos=photos or config.photos,
            paintings=paintings or config.paintings,
        )  # fmt: skip
    elif photos and paintings:
        config = replace(_DEFAULTS, photos=photos, paintings=paintings, out=out, **given)
        if (out / checkpoint.FILE).exists():
            raise click.UsageError(f"{out} holds a run already. Go on with it through --resume.")
    else:
        raise click.UsageError("A new run needs --photos and --paintings.")
    _train(config, state, step, hours, encoder_only=encoder_only)


def _train(
    config: AnyPictureConfig,
    state: "dict[str, Tensor] | None",
    step: int,
    hours: float | None,
    *,
    encoder_only: bool,
) -> None:
    """The painter, as far as the time goes; then faces, the encoder, and the files that ship."""
    from livestyle.training.any_picture import checkpoint
    from livestyle.training.any_picture.painter_training import PainterTraining

    config.out.mkdir(parents=True, exist_ok=True)
    run = PainterTraining(config, state, {} if state else _related_networks(), step)
    stopped = threading.Event()

    def stepped(run: PainterTraining) -> bool:
        if run.processes.is_main and run.step % config.save_every == 0:
            checkpoint.save(config, run.step, run.state)
        if run.processes.is_main and run.step % TOLD_EVERY == 0:
            losses = ", ".join(f"{name} {value:.3f}" for name, value in run.losses.items())
            echo(f"step {run.step} of {config.steps}: {losses}", err=True)
        return stopped.is_set()

    with ending_cleanly(stopped.set):
        if not encoder_only:
            run.run(hours, stepped)
        if run.processes.is_main:
            checkpoint.save(config, run.step, run.state)
            if encoder_only or run.step >= config.steps:
                _finish(run, stopped.is_set)
    run.processes.leave()
    if run.step < config.steps:
        echo(f"To go on: {typed('train-any', '--resume', '--out', config.out)}", err=True)
    echo(config.out)


def _finish(run: "PainterTraining", stopped: Callable[[], bool]) -> None:
    """Trains what comes after the painter, then writes the files that ship."""
    from livestyle.export.any_picture import write_any_picture
    from livestyle.training.any_picture.encoder_training import EncoderTraining
    from livestyle.training.any_picture.face_training import FaceTraining

    def stepped(training: "EncoderTraining | FaceTraining") -> bool:
        if training.step % TOLD_EVERY == 0:
            of = "faces" if isinstance(training, FaceTraining) else "encoder"
            said = f"{of}, step {training.step} of {training.steps}: loss {training.loss:.3f}"
            echo(said, err=True)
        return stopped()

    run.networks.load_state_dict(run.state)
    FaceTraining(run).run(stepped)
    encoder = EncoderTraining(run)
    if not stopped():
        encoder.run(stepped)
    if stopped():
        echo(
            "Stopped before the files that ship were written. --resume goes on with the faces.",
            err=True,
        )
        return
    write_any_picture(run.config.out, run.networks.painter, run.networks.predictor, encoder.encoder)


def _related_networks() -> "dict[str, dict[str, Tensor]]":
    """The networks of the styles there are that come from one another by training, by name.

    Patterns and surfaces are left out: the painter has none.
    """
    from livestyle.styles.from_picture.painter import TILES
    from livestyle.training.any_picture.painter_training import are_related
    from livestyle.training.checkpoint import load_checkpoint

    found: dict[str, dict[str, Tensor]] = {}
    for style in list_styles():
        if style.card.net == "light" and style.checkpoint and style.file is None:
            network = load_checkpoint(style.folder).net
            network = {k: v for k, v in network.items() if k not in TILES}
            if not found or are_related(next(iter(found.values())), network):
                found[style.card.name] = network
    return found
