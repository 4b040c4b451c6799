"""`livestyle export`: a trained network leaves as model files, a whole style as one pack."""

from collections.abc import Sequence
from pathlib import Path

import click

from livestyle.card import CARD_FILE, ModelFile
from livestyle.errors import ExportError, TrainingError
from livestyle.frame import Pixels
from livestyle.library import find_style
from livestyle.pack import PACK_SUFFIX, write_pack
from livestyle.style import RUN_STYLE, Style, is_unexported, style_files

PACK = "pack"
PRECISIONS = {"onnx": ("fp32", "fp16", "int8"), "torchscript": ("fp32", "fp16")}
EXPORTS = Path("exports")


@click.command()
@click.argument("origin", metavar="STYLE|RUN|CHECKPOINT")
@click.option(
    "--to",
    "formats",
    multiple=True,
    type=click.Choice([*PRECISIONS, PACK]),
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
    help="Folder that gets a folder named after the style, or its pack.  [default: exports; "
    f"a RUN gets a folder `{RUN_STYLE}` of its own]",
)
@click.option(
    "--photos",
    type=click.Path(path_type=Path),
    help="Real photos to quantise and compare on.  [default: those of the run]",
)
@click.option(
    "--fine",
    type=click.Path(path_type=Path, exists=True),
    help="Run or checkpoint of a network trained --from this one with half its --stroke: it paints "
    "at half the size, so that strokes keep theirs.",
)
@click.option(
    "--rich",
    type=click.Path(path_type=Path, exists=True),
    help="Run or checkpoint of a network trained on the same painting with --net rich: strong "
    "machines paint with it.",
)
@click.option("--overwrite", is_flag=True, help="Replace an older export.")
def export(
    origin: str,
    formats: Sequence[str],
    precisions: Sequence[str],
    out: Path | None,
    photos: Path | None,
    fine: Path | None,
    rich: Path | None,
    overwrite: bool,
) -> None:
    """Write a trained network as ONNX or TorchScript, or a style as one file.

    Every model file takes and gives one uint8 RGB frame, (1, height, width, 3), of any size, and
    is compared with the network it came from. In an OpenVINO program of your own, reshape a model
    to the frame's size before you compile it: with a free size it is slower, and int8 can paint
    wrong pictures (seen with OpenVINO 2026.4 on AVX2).

    `--to pack` writes NAME.livestyle, which has all that belongs to the style; any other machine
    paints with it (`livestyle cam --style NAME.livestyle`) or installs it (`livestyle styles add`).
    """
    networks = [name for name in formats if name != PACK]
    is_exported = not (networks or precisions or fine or rich or is_unexported(Path(origin)))
    if PACK in formats and is_exported:
        style = find_style(origin)
    else:
        style = _export(origin, networks, precisions, out, photos, fine, rich, overwrite)
        click.echo(style.folder)
    if PACK in formats:
        click.echo(_pack(style, out or _run(origin) or EXPORTS, overwrite))


def _export(
    origin: str,
    formats: Sequence[str],
    precisions: Sequence[str],
    out: Path | None,
    photos: Path | None,
    fine: Path | None,
    rich: Path | None,
    overwrite: bool,
) -> Style:
    """Writes a style's folder from a network."""
    from livestyle.export.style import DEFAULT_TARGETS, Target, export_style
    from livestyle.training.checkpoint import load_checkpoint
    from livestyle.video.demo import Demo

    targets = list(DEFAULT_TARGETS)
    if formats or precisions:
        targets = [
            Target(name, precision)
            for name in formats or ("onnx",)
            for precision in precisions or PRECISIONS[name]
        ]
    path = Path(origin)
    checkpoint = load_checkpoint(path if path.exists() else find_style(origin).folder)
    run = _run(origin)
    folder = run / RUN_STYLE if run and not out else (out or EXPORTS) / checkpoint.config.name
    card = export_style(
        checkpoint,
        folder,
        _frames(photos or checkpoint.config.photos, required=photos is not None),
        targets,
        fine=load_checkpoint(fine) if fine else None,
        rich=load_checkpoint(rich) if rich else None,
        preview=Demo(paced=False).scene(0),
        overwrite=overwrite,
        on_file=say_exported,
    )
    return Style(card, folder)


def say_exported(file: ModelFile) -> None:
    """One line for a file that was written."""
    click.echo(f"{file.path}: {file.size_bytes / 1024:.0f} KB, {file.psnr_db} dB", err=True)


def _pack(style: Style, out: Path, overwrite: bool) -> Path:
    path = out / (style.card.name + PACK_SUFFIX)
    if path.exists() and not overwrite:
        raise ExportError(
            f"{path} is there already. Pass --overwrite to replace it, or another --out."
        )
    write_pack(path, style_files(style))
    return path


def _run(origin: str) -> Path | None:
    """The folder of a training run, if that is one."""
    path = Path(origin)
    return path if path.is_dir() and not (path / CARD_FILE).exists() else None


def _frames(path: Path, *, required: bool) -> list[Pixels]:
    """Photos spread over the set, RGB uint8 (H, W, 3)."""
    from livestyle.export.style import comparison_frames
    from livestyle.training.data import PhotoSet

    try:
        photos = PhotoSet(path)
    except TrainingError as error:
        if required:
            raise
        raise ExportError(
            f"The photos of the run are not at {path} any more. Every export is compared on real "
            "photos; pass some dozens with --photos DIR."
        ) from error
    return comparison_frames(photos)
