"""Weights become a style's folder: model files, card and preview."""

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from livestyle import __version__
from livestyle.frame import Pixels
from livestyle.images import read_picture, resampled, write_picture
from livestyle.installation import shipped_styles
from livestyle.openvino_core import shared_core
from livestyle.plain import printable
from livestyle.styles.card import (
    CARD_FILE,
    CARD_KEY,
    PREDICTED,
    PREVIEW_FILE,
    UNKNOWN,
    ModelFile,
    StyleCard,
)
from livestyle.styles.from_picture.baking import activation_ranges, quantised, written
from livestyle.styles.from_picture.painter import (
    SURFACE,
    Weights,
    pattern_planes,
)
from livestyle.styles.from_picture.recolouring import ColourMap, colour_map, recoloured
from livestyle.styles.onnx_file import with_metadata

TEMPLATE_STYLE = "mosaic"
TEMPLATES = {
    (0, False): TEMPLATE_STYLE, (1, False): "starry_night", (0, True): "shipwreck",
    (1, True): "the_scream", (3, False): "water_lilies", (3, True): "composition_vii",
}  # fmt: skip
"""Shipped styles whose model files serve as the form, by the planes of their pattern and whether
they have a surface."""

EXACT = "fp32", "fp16"
VIEW_PX = 320
MAX_PSNR_DB = 99.0
"""Of pictures that are equal."""


def write_style(folder: Path, card: StyleCard, usual: Weights, fine: Weights) -> None:
    """Writes a style into a folder, whole or not at all.

    Args:
        folder: where to; an older one stays if it is whole.
        card: without files.
        usual, fine: the weights of its network, and of that for half scale.
    """
    models = _models(usual)
    psnr_db = _psnr_db(models.data["int8"], _views(), models.painted)
    usual_files = _files(card, card.name, models, psnr_db)
    fine_files = _files(card, f"{card.name}-fine", _models(fine), 0.0)
    card = card.with_files([file for file, _ in usual_files], [file for file, _ in fine_files])
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".making-", dir=folder.parent) as scratch:
        fresh = Path(scratch, "style")
        fresh.mkdir()
        for file, data in (*usual_files, *fine_files):
            (fresh / file.path).write_bytes(data)
        write_picture(fresh / PREVIEW_FILE, models.painted[0], quality=90)
        card.save(fresh)
        if not (folder / CARD_FILE).is_file():
            shutil.rmtree(folder, ignore_errors=True)  # half of it was removed
        with suppress(OSError):  # another program was faster, and made the same
            fresh.rename(folder)


def in_colours_of(picture: Pixels, network: Weights) -> Weights:
    """A network that paints in the colours of a picture, RGB uint8 (H, W, 3)."""
    return recoloured(network, colour_map_to(picture, network))


def colour_map_to(picture: Pixels, network: Weights) -> ColourMap:
    """What gives a network the colours of a picture, RGB uint8 (H, W, 3)."""
    model = shared_core().read_model(model=written(_template("fp32"), network))
    model.reshape([1, *_views()[0].shape])
    compiled = shared_core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    painted = [np.array(compiled([view[np.newaxis]])[0][0]) for view in _views()]
    return colour_map(painted, picture)


@dataclass(frozen=True, slots=True)
class _Models:
    """Model files by precision, and what the fp32 one makes of the views."""

    data: dict[str, bytes]
    painted: list[Pixels]


def _models(painter: Weights) -> _Models:
    style = TEMPLATES[pattern_planes(painter), SURFACE in painter]
    data = {precision: written(_template(precision, style), painter) for precision in EXACT}
    int8 = _template("int8", style)
    ranges, painted = activation_ranges(data["fp32"], int8, _views())
    return _Models(data | {"int8": quantised(int8, painter, ranges)}, painted)


def _files(
    card: StyleCard, stem: str, models: _Models, int8_psnr_db: float
) -> list[tuple[ModelFile, bytes]]:
    """Model files with the card in each, and what the card in the folder says of them."""
    found = []
    for precision, model in models.data.items():
        data = with_metadata(model, CARD_KEY, card.to_json())
        digest = hashlib.sha256(data).hexdigest()
        psnr_db = int8_psnr_db if precision == "int8" else 0.0
        path = f"{stem}-{precision}.onnx"
        found.append((ModelFile(path, "onnx", precision, len(data), digest, psnr_db), data))
    return found


def unmade_card(name: str, title: str, source: str, training: dict[str, Any]) -> StyleCard:
    """The card of a style that no training made, no files on it yet."""
    form = _form()
    return StyleCard(
        name=name,
        title=printable(title, 100),
        artist=UNKNOWN,
        year="",
        licence=UNKNOWN,
        source=printable(source, 200),
        net=form.net,
        parameters=form.parameters,
        kmac_per_pixel=form.kmac_per_pixel,
        training={
            PREDICTED: "not trained: predicted from the picture, or mixed of other styles",
            **training,
            "versions": {"livestyle": __version__},
        },
    )


@cache
def _form() -> StyleCard:
    """The card of the style whose model files are the templates."""
    return StyleCard.load(shipped_styles() / TEMPLATE_STYLE)


@cache
def _template(precision: str, style: str = TEMPLATE_STYLE) -> bytes:
    """A model file of a shipped style: all light networks are the same graph, or that with a
    pattern, a surface, or both."""
    return (shipped_styles() / style / f"{style}-{precision}.onnx").read_bytes()


@cache
def _views() -> tuple[Pixels, ...]:
    """Parts of the demo's picture: a face, a wide view, a dark one and one with turned colours."""
    picture = read_picture(Path(str(files("livestyle.sources"))) / "demo.jpg")
    whole = resampled(picture, (VIEW_PX, VIEW_PX))
    left = (picture.shape[1] - VIEW_PX) // 2
    near = np.ascontiguousarray(picture[:VIEW_PX, left : left + VIEW_PX])
    dark = (whole * 0.4).astype(np.uint8)
    return whole, near, dark, np.ascontiguousarray(255 - near[..., ::-1])


def _psnr_db(model: bytes, views: Sequence[Pixels], wanted: Sequence[Pixels]) -> float:
    """Of what a model paints against what fp32 paints, the mean over views."""
    core = shared_core()
    network = core.read_model(model=model)
    network.reshape([1, *views[0].shape])
    compiled = core.compile_model(network, "CPU", {"PERFORMANCE_HINT": "LATENCY"})
    painted = (np.asarray(compiled([view[np.newaxis]])[0][0]) for view in views)
    found = [min(cv2.PSNR(a, b), MAX_PSNR_DB) for a, b in zip(painted, wanted, strict=True)]
    return round(float(np.mean(found)), 1)
