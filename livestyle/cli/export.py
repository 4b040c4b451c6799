"""`livestyle export`: a trained network leaves as model files."""

from collections.abc import Sequence
from pathlib import Path

import click

from livestyle.card import ModelFile
from livestyle.errors import ExportError, TrainingError
from livestyle.export.style import DEFAULT_TARGETS, Target, export_style
from livestyle.frame import Pixels
from livestyle.library import find_style
from livestyle.training.checkpoint import Checkpoint, load_checkpoint
from livestyle.training.data import PhotoSet
from livestyle.video.demo import Demo

PRECISIONS = {"onnx": ("fp32", "fp16", "int8"), "torchscript": ("fp32", "fp16")}
FRAMES = 60


@click.command()
@click.argument("origin", metavar="STYLE|RUN|CHECKPOINT")
@click.option(
    "--to",
    "formats",
    multiple=True,
    type=click.Choice(list(PRECISIONS)),
    help="Format; may be given several times.  [default: onnx]",
)
@click.option(
    "--precision",
    "precisions",
    multiple=True,
    type=click.Choice(["fp32", "fp16", "int8"]),
    help="May be given several times.  [default: all that the format has]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("exports"),
    show_default=True,
    help="Folder that gets a folder named after the style.",
)
@click.option(
    "--photos",
    type=click.Path(path_type=Path),
    help="Real photos to quantise and compare on.  [default: those of the run]",
)
@click.option("--overwrite", is_flag=True, help="Replace an older export.")
def export(
    origin: str,
    formats: Sequence[str],
    precisions: Sequence[str],
    out: Path,
    photos: Path | None,
    overwrite: bool,
) -> None:
    """Write a trained network as ONNX or TorchScript.

    Every file takes and gives one uint8 RGB frame, (1, height, width, 3), of any size, and is
    compared with the network it came from.
    """
    checkpoint = _checkpoint(origin)
    frames = _frames(photos or checkpoint.config.photos, required=photos is not None)

    def report(file: ModelFile) -> None:
        click.echo(f"{file.path}: {file.size_bytes / 1024:.0f} KB, {file.psnr_db} dB", err=True)

    card = export_style(
        checkpoint,
        out,
        frames,
        _targets(formats, precisions),
        preview=Demo(paced=False).scene(0),
        overwrite=overwrite,
        on_file=report,
    )
    click.echo(out / card.name)


def _targets(formats: Sequence[str], precisions: Sequence[str]) -> list[Target]:
    if not formats and not precisions:
        return list(DEFAULT_TARGETS)
    return [
        Target(name, precision)
        for name in formats or ("onnx",)
        for precision in precisions or PRECISIONS[name]
    ]


def _checkpoint(origin: str) -> Checkpoint:
    path = Path(origin)
    return load_checkpoint(path if path.exists() else find_style(origin).folder)


def _frames(path: Path, *, required: bool) -> list[Pixels]:
    """Photos spread over the set, RGB uint8 (H, W, 3)."""
    try:
        photos = PhotoSet(path)
    except TrainingError as error:
        if required:
            raise
        raise ExportError(
            f"The photos of the run are not at {path} any more. Every export is compared on real "
            "photos; pass some dozens with --photos DIR."
        ) from error
    step = max(1, len(photos) // FRAMES)
    read = (photos.read(index) for index in range(0, len(photos), step))
    return [photo for photo in read if photo is not None][:FRAMES]
