"""A picture becomes a style: predicted, written as model files, and kept in the user's cache."""

import hashlib
import logging
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from livestyle import __version__
from livestyle.errors import SourceError, StyleError
from livestyle.frame import Pixels
from livestyle.images import read_picture, resampled, write_picture
from livestyle.installation import predicted_styles, shipped_styles
from livestyle.openvino_core import shared_core
from livestyle.plain import printable, read_regular
from livestyle.styles.card import (
    CARD_FILE,
    CARD_KEY,
    PREDICTED,
    PREVIEW_FILE,
    UNKNOWN,
    ModelFile,
    StyleCard,
)
from livestyle.styles.from_picture.baking import (
    activation_ranges,
    quantised,
    read_weights,
    written,
)
from livestyle.styles.from_picture.painter import (
    PAINTER_FILE,
    PREDICTOR_FILE,
    Weights,
    any_picture_folder,
    are_related,
    is_light,
    mixed,
    weights,
)
from livestyle.styles.from_picture.predictor import predict
from livestyle.styles.model_file import read_model
from livestyle.styles.onnx_file import with_metadata

if TYPE_CHECKING:  # it opens what is made here
    from livestyle.styles.style import Style

log = logging.getLogger(__name__)

MOST_KEPT = 60
"""Styles in the cache; those used longest ago go. One takes 1.5 MB."""

MAX_FILE_BYTES = 200_000_000
TEMPLATE_STYLE = "mosaic"
VIEW_PX = 320
MAX_PSNR_DB = 99.0
"""Of pictures that are equal."""


def folder_of(picture: Path, stroke: float = 1.0, name: str | None = None) -> Path:
    """The folder of the style of a picture: from the cache, or made now, in a second or two.

    Args:
        picture: any that `livestyle.images` reads; of an animation, the first frame.
        stroke: size of the strokes; 1.0 shows the predictor the picture at 448 pixels.
        name: of the style; None: that of the file.

    Raises:
        StyleError: it is no picture, there is no style in it, or nothing can be written.
    """
    digest = hashlib.sha256(_read(picture)).hexdigest()
    title, name = picture.stem, name or name_of(picture)

    def make(folder: Path) -> None:
        try:
            styles = predict(read_picture(picture), (stroke, stroke / 2))
        except SourceError as error:
            raise StyleError(f"No style can be made: {error}") from error
        except StyleError as error:
            raise StyleError(f"No style can be made of {picture}: {error}") from error
        usual, fine = map(weights, styles)
        _write(folder, _card(name, title, picture.name, {"stroke": stroke}), usual, fine)

    return _kept(("picture", digest, f"{stroke:g}", name), make)


def folder_of_mixture(parts: Sequence[tuple["Style", float]]) -> Path:
    """The folder of a style between some: from the cache, or made now.

    Args:
        parts: styles, each with its share; the shares sum to 1.

    Raises:
        StyleError: they cannot be mixed, or nothing can be written.
    """
    files = [(_file(style, style.card.files), _file(style, style.card.fine)) for style, _ in parts]
    shares = [round(share, 6) for _, share in parts]  # the same, whichever way they were summed
    card = card_of_mixture(parts)

    def make(folder: Path) -> None:
        networks = []
        for column in zip(*files, strict=True):
            read = [
                read_weights(read_model(style.path(file), file))
                for (style, _), file in zip(parts, column, strict=True)
            ]
            for (style, _), network in zip(parts, read, strict=True):
                if not is_light(network):
                    raise StyleError(_unmixable(style))
                if not are_related(read[0], network):
                    raise StyleError(
                        f"{parts[0][0].card.name} and {style.card.name} cannot be mixed: their "
                        "networks were trained apart. Styles of pictures mix with one another, "
                        "and with most of those in the box."
                    )
            networks.append(mixed(list(zip(read, shares, strict=True))))
        _write(folder, card, *networks)

    digests = [file.sha256 for column in files for file in column]
    return _kept(("mixture", *digests, *(f"{share:.4f}" for share in shares), card.name), make)


def _file(style: "Style", files: Sequence[ModelFile]) -> ModelFile:
    """The most exact of some model files of a style."""
    for precision in ("fp32", "fp16"):
        for file in files:
            if file.precision == precision and style.card.net == "light":
                return file
    raise StyleError(_unmixable(style))


def _unmixable(style: "Style") -> str:
    return (
        f"{style.card.name} cannot be mixed with others: that takes model files in fp32 or fp16, "
        "also for half scale, of a light network."
    )


def _kept(key: tuple[str, ...], make: Callable[[Path], None]) -> Path:
    """The folder in the cache of that key; made if it is not there."""
    digest = hashlib.sha256("\n".join((_edition(), *key)).encode()).hexdigest()
    folder = predicted_styles() / digest[:32]
    try:
        if not (folder / CARD_FILE).is_file():
            make(folder)
        with suppress(OSError):
            folder.touch()  # the styles used last stay longest
    except OSError as error:
        raise StyleError(
            f"No style can be kept in {folder.parent} ({error.strerror or error}). "
            "Make room there, or make it writable."
        ) from error
    return folder


def card_of(picture: Path) -> StyleCard:
    """The card of a picture's style before that is made: no files are on it yet."""
    return _card(name_of(picture), picture.stem, picture.name, {})


def card_of_mixture(parts: Sequence[tuple["Style", float]]) -> StyleCard:
    """The card of a style between some before that is made: no files are on it yet."""
    stems = [f"{style.card.name[:20]}{share * 100:.0f}" for style, share in parts]
    titles = [f"{share:.0%} {style.card.title}" for style, share in parts]
    return _card("_".join(stems)[:64], " + ".join(titles), "", {})


def name_of(picture: Path) -> str:
    """The name of a picture's style: that of its file, in small letters."""
    name = re.sub(r"[^a-z0-9_-]+", "_", picture.stem.lower()).strip("_-")[:48] or "picture"
    return f"{name}_picture" if (shipped_styles() / name).is_dir() else name


def _read(picture: Path) -> bytes:
    try:
        data = read_regular(picture, MAX_FILE_BYTES + 1)
    except OSError as error:
        raise StyleError(f"{picture} cannot be read ({error.strerror or error}).") from error
    if len(data) > MAX_FILE_BYTES:
        raise StyleError(f"{picture} has more than {MAX_FILE_BYTES // 1_000_000} MB.")
    return data


@cache
def _edition() -> str:
    """A digest of all that a style depends on beside its picture."""
    files = [any_picture_folder() / name for name in (PAINTER_FILE, PREDICTOR_FILE)]
    return __version__ + "".join(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)


def _write(folder: Path, card: StyleCard, usual: Weights, fine: Weights) -> None:
    """Writes a style into a folder, whole or not at all."""
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
    _make_room(folder.parent)


@dataclass(frozen=True, slots=True)
class _Models:
    """Model files by precision, and what the fp32 one makes of the views."""

    data: dict[str, bytes]
    painted: list[Pixels]


def _models(painter: Weights) -> _Models:
    data = {precision: written(_template(precision), painter) for precision in ("fp32", "fp16")}
    ranges, painted = activation_ranges(data["fp32"], _template("int8"), _views())
    return _Models(data | {"int8": quantised(_template("int8"), painter, ranges)}, painted)


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


def _card(name: str, title: str, source: str, training: dict[str, Any]) -> StyleCard:
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
def _template(precision: str) -> bytes:
    """A model file of a shipped style: all light networks are the same graph."""
    name = f"{TEMPLATE_STYLE}-{precision}.onnx"
    return (shipped_styles() / TEMPLATE_STYLE / name).read_bytes()


@cache
def _views() -> tuple[Pixels, ...]:
    """Parts of the demo's picture: a face, a wide view, a dark one and one with turned colours."""
    picture = read_picture(Path(str(files("livestyle.sources"))) / "demo.jpg")
    whole = resampled(picture, (VIEW_PX, VIEW_PX))
    top = (picture.shape[1] - VIEW_PX) // 2
    near = np.ascontiguousarray(picture[:VIEW_PX, top : top + VIEW_PX])
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


def _make_room(folder: Path) -> None:
    """Removes the styles that were used longest ago, and what a killed program left behind."""
    used_ns = {}
    for path in folder.iterdir():
        with suppress(OSError):  # another program makes room as well
            used_ns[path] = path.stat().st_mtime_ns
    for path in sorted(used_ns, key=used_ns.__getitem__, reverse=True)[MOST_KEPT:]:
        shutil.rmtree(path, ignore_errors=True)
