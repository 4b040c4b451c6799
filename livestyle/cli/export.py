"""`livestyle export`: a trained network leaves as model files, a whole style as one pack."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from livestyle.cli.echo import echo
from livestyle.cli.options import overwrite_option
from livestyle.errors import ExportError, TrainingError
from livestyle.export import MIN_FRAME_SIDE_PX
from livestyle.frame import Pixels
from livestyle.output_file import check_output
from livestyle.sources.demo import Demo
from livestyle.styles.card import CARD_FILE, PRECISIONS, PREDICTED, ModelFile
from livestyle.styles.checkpoint_file import CHECKPOINT_FILE
from livestyle.styles.library import find_style
from livestyle.styles.model_file import is_picture
from livestyle.styles.pack import PACK_SUFFIX, write_pack
from livestyle.styles.style import RUN_STYLE, Style, is_unexported, style_files

PACK = "pack"
ONNX, TORCHSCRIPT = "onnx", "torchscript"
EXPORTED_PRECISIONS = {ONNX: PRECISIONS, TORCHSCRIPT: ("fp32", "fp16")}
EXPORTS = Path("exports")

DEMO_FRAMES, DEMO_TICKS = 24, 25
"""Frames of the demo to compare exports on, so many ticks apart that each shows another part."""


@click.command(
    help=f"""Write a trained network as ONNX or TorchScript, or a style as one file.

    Every model file takes and gives one uint8 RGB frame, (1, height, width, 3), height and width
    of {MIN_FRAME_SIDE_PX} or more, and is compared with the network it came from. In an OpenVINO
    program of your own, reshape a model to the frame's size before you compile it: with a free
    size it is slower, and int8 can paint wrong pictures (seen with OpenVINO 2026.4 on AVX2).

    TorchScript is for other programs: it goes into a folder of its own, NAME-torchscript, and
    livestyle itself never runs it.

    `--to pack` writes NAME.livestyle, which has all that belongs to the style; any other machine
    paints with it (`livestyle cam --style NAME.livestyle`) or installs it (`livestyle styles add`).
    """
)
@click.argument("origin", metavar="STYLE|RUN|CHECKPOINT|PICTURE")
@click.option(
    "--to",
    "formats",
    multiple=True,
    type=click.Choice([*EXPORTED_PRECISIONS, PACK]),
    help="Format; may be given several times.  [default: onnx]",
)
@click.option(
    "--precision",
    "precisions",
    multiple=True,
    type=click.Choice(PRECISIONS),
    help="May be given several times.  [default: all that the format has]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder that gets a folder named after the style, or its pack.  [default: exports; "
    f"a RUN gets a folder `{RUN_STYLE}` or `{TORCHSCRIPT}` of its own]",
)
@click.option(
    "--photos",
    type=click.Path(path_type=Path),
    help="Real photos to quantise and compare on.  [default: those of the run]",
)
@click.option(
    "--half-scale",
    "--fine",  # its name in 0.1
    "half_scale",
    type=click.Path(path_type=Path, exists=True),
    help="Run or checkpoint of a network trained --from this one with half its --stroke: it paints "
    "at half the size, so that strokes keep theirs. (--fine is its former name.)",
)
@overwrite_option
def export(
    origin: str,
    formats: Sequence[str],
    precisions: Sequence[str],
    out: Path | None,
    photos: Path | None,
    half_scale: Path | None,
    overwrite: bool,
) -> None:
    # The help text stands at the top, as it has a number in it.
    networks = [name for name in formats if name != PACK]
    if untrained := _untrained(origin):
        if networks or not formats:
            echo(_copied(untrained, networks, precisions, out or EXPORTS, overwrite))
        if PACK in formats:
            echo(_pack(untrained, out or EXPORTS, overwrite))
        return
    if not networks and not _can_be_packed(origin, formats, precisions, half_scale):
        networks = [ONNX]
    elif PACK in formats and ONNX not in networks and is_unexported(Path(origin)):
        networks.append(ONNX)  # a pack needs it
    style = None
    if networks:
        style = _export(origin, networks, precisions, out, photos, half_scale, overwrite)
    if PACK in formats:
        style = style or find_style(origin)
        echo(_pack(style, out or _run(origin) or EXPORTS, overwrite))


def _untrained(origin: str) -> Style | None:
    """The style of a picture, or a mixture: there is no network to export, but model files."""
    path = Path(origin)
    is_style = is_picture(path) or (path / CARD_FILE).is_file()
    if is_unexported(path) or (path.exists() and not is_style):
        return None
    style = find_style(origin)
    return style if PREDICTED in style.card.training else None


def _copied(
    style: Style, networks: Sequence[str], precisions: Sequence[str], out: Path, overwrite: bool
) -> Path:
    """Writes a folder with the model files of a style."""
    from livestyle.export.folder import new_folder

    card, folder = style.card, out / style.card.name
    if TORCHSCRIPT in networks:
        raise ExportError(
            f"TorchScript is written from a trained network, and {card.name} has none: it was "
            "predicted from a picture, or mixed. Take --to onnx."
        )
    files, fine = (
        [file for file in listed if not precisions or file.precision in precisions]
        for listed in (card.files, card.fine)
    )
    wanted = replace(style, card=card.with_files(files, fine))
    with new_folder(folder, CARD_FILE, overwrite=overwrite) as fresh:
        for name, data in style_files(wanted).items():
            (fresh / name).write_bytes(data)
    return folder


def _can_be_packed(
    origin: str, formats: Sequence[str], precisions: Sequence[str], fine: Path | None
) -> bool:
    """Whether a pack is asked for, of a style that is exported already."""
    return PACK in formats and not (precisions or fine or is_unexported(Path(origin)))


def _export(
    origin: str,
    networks: Sequence[str],
    precisions: Sequence[str],
    out: Path | None,
    photos: Path | None,
    fine: Path | None,
    overwrite: bool,
) -> Style | None:
    """Writes a folder for each format; gives the style, if that is among them."""
    from livestyle.export.style import Target, export_style
    from livestyle.export.torchscript import export_torchscript
    from livestyle.training.checkpoint import load_checkpoint

    targets = {
        name: [Target(name, precision) for precision in precisions or EXPORTED_PRECISIONS[name]]
        for name in networks
    }
    path = Path(origin)
    checkpoint = load_checkpoint(path if path.exists() else find_style(origin).folder)
    name = checkpoint.config.name
    run = None if out else _run(origin)
    frames = _frames(photos or checkpoint.config.photos, required=photos is not None)
    finer = load_checkpoint(fine) if fine else None
    style = None
    if ONNX in targets:
        folder = run / RUN_STYLE if run else (out or EXPORTS) / name
        card = export_style(
            checkpoint,
            folder,
            frames,
            targets[ONNX],
            fine=finer,
            preview=Demo(paced=False).scene(0),
            overwrite=overwrite,
            on_file=say_exported,
        )
        style = Style(card, folder, checkpoint=folder / CHECKPOINT_FILE)
        echo(folder)
    if TORCHSCRIPT in targets:
        folder = run / TORCHSCRIPT if run else (out or EXPORTS) / f"{name}-{TORCHSCRIPT}"
        export_torchscript(
            checkpoint,
            folder,
            frames,
            targets[TORCHSCRIPT],
            fine=finer,
            overwrite=overwrite,
            on_file=say_exported,
        )
        echo(folder)
    return style


def say_exported(file: ModelFile) -> None:
    """One line for a file that was written."""
    echo(f"{file.path}: {file.size_bytes / 1024:.0f} KB, {file.psnr_db} dB", err=True)


def _pack(style: Style, out: Path, overwrite: bool) -> Path:
    path = out / (style.card.name + PACK_SUFFIX)
    out.mkdir(parents=True, exist_ok=True)
    check_output(path, overwrite=overwrite)
    write_pack(path, style_files(style))
    return path


def _run(origin: str) -> Path | None:
    """The folder of a training run, if that is one."""
    path = Path(origin)
    return path if path.is_dir() and not (path / CARD_FILE).exists() else None


def _frames(path: Path, *, required: bool) -> list[Pixels]:
    """Photos spread over the set, RGB uint8 (H, W, 3)."""
    from livestyle.export.style import comparison_frames
    from livestyle.training.data.photos import PhotoSet

    try:
        photos = PhotoSet(path)
    except TrainingError:
        if required:
            raise
        echo(
            "The photos it was trained on are not here: int8 is calibrated, and every file "
            "compared, on the demo's pictures. Real photos are better: --photos DIR.",
            err=True,
        )
        demo = Demo(paced=False)
        return [demo.scene(tick * DEMO_TICKS) for tick in range(DEMO_FRAMES)]
    return comparison_frames(photos)
