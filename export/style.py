"""From a checkpoint to a style folder: models, card, preview and the network itself."""

import hashlib
import logging
import shutil
import tempfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import onnx
import torch
from torch import nn

from livestyle import __version__
from livestyle.card import CARD_FILE, PREVIEW_FILE, ModelFile, StyleCard
from livestyle.engines import EngineOptions, load
from livestyle.errors import ExportError
from livestyle.export.onnx import serialise_onnx, to_onnx
from livestyle.export.quantise import quantise
from livestyle.export.torchscript import to_torchscript
from livestyle.export.verify import paint_with_torch, verify
from livestyle.frame import Pixels
from livestyle.nets import build_net, kmac_per_pixel, parameter_count
from livestyle.picture import to_long_side, write_picture
from livestyle.style import Style
from livestyle.training.checkpoint import Checkpoint, save_checkpoint
from livestyle.training.data import PhotoSet

log = logging.getLogger(__name__)

FRAMES = 60
FRAME_SIDE_PX = 640
"""Photos for quantising and comparing: how many, and their long side at most."""

SUFFIX = {"onnx": ".onnx", "torchscript": ".pt"}
VERIFYING_ENGINE = {"onnx": "openvino", "torchscript": "torchscript"}


@dataclass(frozen=True, slots=True)
class Target:
    """One file to export: format "onnx" or "torchscript", precision "fp32", "fp16" or "int8"."""

    format: str
    precision: str

    def __post_init__(self) -> None:
        if self.format == "torchscript" and self.precision == "int8":
            raise ExportError("TorchScript leaves as fp32 or fp16; int8 leaves as ONNX.")


DEFAULT_TARGETS = (Target("onnx", "fp32"), Target("onnx", "fp16"), Target("onnx", "int8"))


def comparison_frames(photos: PhotoSet) -> list[Pixels]:
    """Photos to quantise and to compare on, RGB uint8 (H, W, 3), of the size of frames."""
    return [
        to_long_side(photo, FRAME_SIDE_PX) if max(photo.shape) > FRAME_SIDE_PX else photo
        for photo in photos.sample(FRAMES)
    ]


def export_style(
    checkpoint: Checkpoint,
    folder: Path,
    frames: Sequence[Pixels],
    targets: Sequence[Target] = DEFAULT_TARGETS,
    *,
    preview: Pixels | None = None,
    overwrite: bool = False,
    optional: Collection[Target] = (),
    on_file: Callable[[ModelFile], None] = lambda _: None,
) -> StyleCard:
    """Writes a style folder.

    Args:
        checkpoint: a trained network and how it was made.
        folder: the style's own folder, which is made.
        frames: real photos, RGB uint8 (H, W, 3), to quantise and to compare on.
        targets: files to write.
        preview: picture that is painted as the style's preview; None: the first frame.
        overwrite: replace an older style in that folder, once the new one is whole.
        optional: targets that are left out, with a warning in the log, where they fail.
        on_file: called for each file with its measured figure.

    Raises:
        ExportError: a file differs too much from the network, or cannot be written.
    """
    if not frames:
        raise ExportError("Every export is compared on real photos; pass --photos DIR.")
    if folder.exists() and not (overwrite and (folder / CARD_FILE).exists()):
        raise ExportError(
            f"{folder} is there already. Pass --overwrite to replace it if it is a style, "
            "or another --out."
        )
    net = build_net(checkpoint.config.net)
    net.load_state_dict(checkpoint.net)
    net.eval()
    card = _card(checkpoint, net)
    references = [paint_with_torch(net, frame) for frame in frames]
    painted_preview = references[0] if preview is None else paint_with_torch(net, preview)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".export-") as name:
            fresh = Path(name)
            files = []
            for target in targets:
                try:
                    file = _export_file(net, card, target, fresh, frames, references)
                except Exception as error:  # a failure of the quantiser may be of any kind
                    if target not in optional:
                        raise
                    _path(fresh, card.name, target).unlink(missing_ok=True)
                    log.warning("The style has no %s file: %s", target.precision, error)
                    continue
                on_file(file)
                files.append(file)
            card = card.with_files(files)
            card.save(fresh)
            save_checkpoint(fresh, _shareable(checkpoint))
            write_picture(fresh / PREVIEW_FILE, painted_preview, quality=90)
            _put_in_place(fresh, folder)
    except OSError as error:
        raise ExportError(f"The style cannot be written to {folder} ({error}).") from error
    return card


def _export_file(
    net: nn.Module,
    card: StyleCard,
    target: Target,
    folder: Path,
    frames: Sequence[Pixels],
    references: Sequence[Pixels],
) -> ModelFile:
    path = _path(folder, card.name, target)
    if target.format == "torchscript":
        data = to_torchscript(net, target.precision, card.to_json())
    elif target.precision == "int8":
        data = serialise_onnx(quantise(to_onnx(net, "fp32"), frames), card.to_json())
    else:
        data = serialise_onnx(to_onnx(net, target.precision), card.to_json())
    path.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    file = ModelFile(path.name, target.format, target.precision, len(data), digest, 0.0)
    options = EngineOptions(VERIFYING_ENGINE[target.format], "cpu", target.precision)
    stylizer = load(Style(card.with_files([file]), folder), options)
    try:
        figure = verify(stylizer, references, frames, target.precision)
    finally:
        stylizer.close()
    return replace(file, psnr_db=round(figure, 1))


def _path(folder: Path, name: str, target: Target) -> Path:
    return folder / f"{name}-{target.precision}{SUFFIX[target.format]}"


def _card(checkpoint: Checkpoint, net: nn.Module) -> StyleCard:
    config = checkpoint.config
    return StyleCard(
        name=config.name,
        title=config.title or config.style_image.stem,
        artist=config.artist,
        year=config.year,
        licence=config.licence,
        source=config.source,
        net=config.net,
        parameters=parameter_count(net),
        kmac_per_pixel=round(kmac_per_pixel(net), 2),
        training={
            "steps": checkpoint.step,
            "batch": config.batch,
            "crop_px": config.crop_px,
            "stroke": config.stroke,
            "style_strength": config.style_strength,
            "photos": config.photos.name,
            "loss_network": config.loss_network,
            "content_layer": config.content_layer,
            "style_layers": list(config.style_layers),
            "content_weight": config.content_weight,
            "style_weight": config.style_weight,
            "tv_weight": config.tv_weight,
            "steadiness_weight": config.steadiness_weight,
            "palette_weight": config.palette_weight,
            "chroma_weight": config.chroma_weight,
            "learning_rate": config.learning_rate,
            "seed": config.seed,
            "losses": {name: round(value, 1) for name, value in checkpoint.losses.items()},
            **checkpoint.origin,
            "versions": {
                "livestyle": __version__,
                "torch": torch.__version__,
                "onnx": onnx.__version__,
            },
        },
    )


def _shareable(checkpoint: Checkpoint) -> Checkpoint:
    """The network to train on from, without the optimiser and without anybody's folders."""
    config = checkpoint.config
    weights = config.vgg_weights
    return replace(
        checkpoint,
        moments={},
        config=replace(
            config,
            style_image=Path(config.style_image.name),
            photos=Path(config.photos.name),
            out=Path(config.name),
            vgg_weights=Path(weights.name) if weights else None,
        ),
    )


def _put_in_place(folder: Path, target: Path) -> None:
    """Moves the finished folder to its name; an older one goes once the new one stands."""
    folder.chmod(0o755)
    old = target.with_name(f".old-{target.name}")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.replace(old)
    shutil.move(folder, target)
    shutil.rmtree(old, ignore_errors=True)
    folder.mkdir()  # for the temporary folder's own clean-up
