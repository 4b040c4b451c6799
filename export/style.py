"""From a checkpoint to a style folder: models, card, preview and the network itself."""

import hashlib
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import onnx
import torch
from torch import nn

from livestyle import __version__
from livestyle.engines import EngineOptions, load
from livestyle.errors import ExportError
from livestyle.export.folder import new_folder
from livestyle.export.onnx import serialise_onnx, to_onnx
from livestyle.export.quantise import quantise
from livestyle.export.verify import paint_with_torch, verify
from livestyle.frame import Pixels
from livestyle.images import to_long_side, write_picture
from livestyle.nets import build_net, kmac_per_pixel, parameter_count
from livestyle.styles.card import CARD_FILE, PREVIEW_FILE, ModelFile, StyleCard
from livestyle.styles.style import Style
from livestyle.training.checkpoint import Checkpoint, save_checkpoint
from livestyle.training.config import TrainConfig
from livestyle.training.data.photos import PhotoSet

log = logging.getLogger(__name__)

NETWORK_FILES = {"": ("fp32", "fp16", "int8"), "-fine": ("fp16", "int8")}
"""Of the usual network, and of the one with fine strokes, which is for where time is short; by what
stands behind the style's name."""

FRAMES = 60
FRAME_SIDE_PX = 640
"""Photos for quantising and comparing: how many, and their long side at most."""


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
    fine: Checkpoint | None = None,
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
        targets: files to write, all of them ONNX; `livestyle.export.torchscript` has the other
            format, which no style has inside.
        fine: a network with strokes half as large, exported beside it for painting at half the
            size.
        preview: picture that is painted as the style's preview; None: the first frame.
        overwrite: replace an older style in that folder, once the new one is whole.
        optional: targets that are left out, with a warning in the log, where they fail.
        on_file: called for each file with its measured figure.

    Raises:
        ExportError: a file differs too much from the network, or cannot be written; or the strokes
            of `fine` are not half as large.
    """
    with new_folder(folder, CARD_FILE, overwrite=overwrite) as fresh:
        works = works_of(checkpoint, frames, fine)
        card = style_card(checkpoint, fine)
        files: dict[str, list[ModelFile]] = {suffix: [] for suffix in NETWORK_FILES}
        for work, target in product(works, targets):
            if target.precision not in NETWORK_FILES[work.suffix]:
                continue
            try:
                file = _export_file(work, card, target, fresh)
            except Exception as error:  # a failure of the quantiser may be of any kind
                if target not in optional:
                    raise
                _path(fresh, card.name, work, target).unlink(missing_ok=True)
                log.warning("The style has no %s file: %s", target.precision, error)
                continue
            on_file(file)
            files[work.suffix].append(file)
        card = card.with_files(*files.values())
        card.save(fresh)
        save_checkpoint(fresh, _shareable(checkpoint))
        painted = paint_with_torch(works[0].net, frames[0] if preview is None else preview)
        write_picture(fresh / PREVIEW_FILE, painted, quality=90)
    return card


@dataclass(frozen=True, slots=True)
class Work:
    """A network to export.

    Attributes:
        kind: the network's name in `livestyle.nets`.
        net: in evaluation mode.
        frames: real photos, RGB uint8 (H, W, 3), to quantise and to compare on.
        references: what the network makes of them.
        suffix: stands behind the style's name in the names of its files.
    """

    kind: str
    net: nn.Module
    frames: Sequence[Pixels]
    references: Sequence[Pixels]
    suffix: str

    @classmethod
    def of(cls, checkpoint: Checkpoint, frames: Sequence[Pixels], suffix: str = "") -> "Work":
        net = build_net(checkpoint.config.net)
        net.load_state_dict(checkpoint.net)
        net.eval()
        references = [paint_with_torch(net, frame) for frame in frames]
        return cls(checkpoint.config.net, net, frames, references, suffix)

    def card(self, usual: StyleCard) -> StyleCard:
        """The style's card as a file of this network carries it."""
        return replace(usual, net=self.kind, **_cost(self.net))


def works_of(
    checkpoint: Checkpoint, frames: Sequence[Pixels], fine: Checkpoint | None
) -> list[Work]:
    """The networks of a style, the usual one first.

    Raises:
        ExportError: there are no frames, or the strokes of `fine` are not half as large.
    """
    if not frames:
        raise ExportError("Every export is compared on real photos; pass --photos DIR.")
    if not fine:
        return [Work.of(checkpoint, frames)]
    stroke, half = fine.config.stroke, checkpoint.config.stroke / 2
    if stroke != half:
        raise ExportError(
            f"The fine network was trained with --stroke {stroke:g}, but beside this style it "
            f"takes --stroke {half:g}. Train it again with that."
        )
    halved = [_halved(frame) for frame in frames]
    return [Work.of(checkpoint, frames), Work.of(fine, halved, "-fine")]


def _halved(frame: Pixels) -> Pixels:
    return to_long_side(frame, max(frame.shape) // 2)


def _export_file(work: Work, card: StyleCard, target: Target, folder: Path) -> ModelFile:
    path = _path(folder, card.name, work, target)
    card = work.card(card)
    if target.precision == "int8":
        data = serialise_onnx(quantise(to_onnx(work.net, "fp32"), work.frames), card.to_json())
    else:
        data = serialise_onnx(to_onnx(work.net, target.precision), card.to_json())
    path.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    file = ModelFile(path.name, target.format, target.precision, len(data), digest, 0.0)
    options = EngineOptions("openvino", "cpu", target.precision)
    stylizer = load(Style(card.with_files([file]), folder), options)
    try:
        figure = verify(stylizer, work.references, work.frames, target.precision)
    finally:
        stylizer.close()
    return replace(file, psnr_db=round(figure, 1))


def _path(folder: Path, name: str, work: Work, target: Target) -> Path:
    return folder / f"{name}{work.suffix}-{target.precision}.onnx"


def _cost(net: nn.Module) -> dict[str, Any]:
    """As a card has it."""
    return {
        "parameters": parameter_count(net),
        "kmac_per_pixel": round(kmac_per_pixel(net), 2),
    }


def style_card(checkpoint: Checkpoint, fine: Checkpoint | None = None) -> StyleCard:
    """The card of a style, no files on it yet."""
    config = checkpoint.config
    others = {"fine": {"steps": fine.step, "stroke": fine.config.stroke}} if fine else {}
    return StyleCard(
        name=config.name,
        title=config.title or config.style_image.stem,
        artist=config.artist,
        year=config.year,
        licence=config.licence,
        source=config.source,
        net=config.net,
        **_cost(build_net(config.net)),
        training={
            "steps": checkpoint.step,
            "batch": config.batch,
            "crop_px": config.crop_px,
            "stroke": config.stroke,
            "remove_grain": config.remove_grain,
            "style_strength": config.style_strength,
            "photos": config.photos.name,
            **_objective(config),
            "steadiness_weight": config.steadiness_weight,
            "face_weight": config.face_weight,
            "noise": config.noise,
            "learning_rate": config.learning_rate,
            "seed": config.seed,
            "losses": {k: float(f"{value:.4g}") for k, value in checkpoint.losses.items()},
            **checkpoint.origin,
            "versions": {
                "livestyle": __version__,
                "torch": torch.__version__,
                "onnx": onnx.__version__,
            },
            **others,
        },
    )


def _objective(config: TrainConfig) -> dict[str, Any]:
    """What the network learned by, as a card has it."""
    drawn = {"brush": config.brush, "pattern": config.pattern, "surface": config.surface}
    named = {key: value for key, value in drawn.items() if value}
    if config.imitates:
        return named
    return named | {
        "loss_network": config.loss_network,
        "content_layer": config.content_layer,
        "style_layers": list(config.style_layers),
        "style_layer_weights": list(config.style_layer_weights),
        "content_weight": config.content_weight,
        "style_weight": config.style_weight,
        "tv_weight": config.tv_weight,
        "colour_weight": config.colour_weight,
        "detail_weight": config.detail_weight,
    }


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
