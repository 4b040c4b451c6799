"""A picture becomes a style: predicted, written as model files, and kept in the user's cache."""

import hashlib
import re
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from livestyle import __version__
from livestyle.errors import SourceError, StyleError
from livestyle.images import read_picture
from livestyle.installation import predicted_styles, shipped_styles
from livestyle.plain import read_regular
from livestyle.styles.card import CARD_FILE, ModelFile, StyleCard
from livestyle.styles.from_picture.baking import read_weights
from livestyle.styles.from_picture.painter import (
    PAINTER_FILE,
    PREDICTOR_FILE,
    Weights,
    any_picture_folder,
    are_related,
    is_light,
    mixed,
    weights,
    with_surface_of,
)
from livestyle.styles.from_picture.predictor import predict
from livestyle.styles.from_picture.recolouring import GAIN, LIGHT, ROUNDS, VIVIDNESS
from livestyle.styles.from_picture.style_folder import in_colours_of, unmade_card, write_style
from livestyle.styles.from_picture.surface import CLIPPED, FINE_PX, LONG_SIDE_PX, MOST, SIDE
from livestyle.styles.model_file import read_model

if TYPE_CHECKING:  # it opens what is made here
    from livestyle.styles.style import Style

NOT_LIGHT = "its network is not a light one"
MOST_KEPT = 60
"""Styles in the cache; those used longest ago go. One takes 4 MB."""

MAX_FILE_BYTES = 200_000_000


def folder_of(picture: Path, stroke: float = 1.0, name: str | None = None) -> Path:
    """The folder of the style of a picture: from the cache, or made now, in a second or two.

    Args:
        picture: any that `livestyle.images` reads; of an animation, the first frame.
        stroke: size of the strokes; 1.0 shows the predictor the picture at 512 pixels.
        name: of the style; None: that of the file.

    Raises:
        StyleError: it is no picture, there is no style in it, or nothing can be written.
    """
    digest = hashlib.sha256(_read(picture)).hexdigest()
    title, name = picture.stem, name or name_of(picture)
    strokes = stroke, stroke / 2

    def make(folder: Path) -> None:
        try:
            pixels = read_picture(picture)
            styles = predict(pixels, strokes)
        except SourceError as error:
            raise StyleError(f"No style can be made: {error}") from error
        except StyleError as error:
            raise StyleError(f"No style can be made of {picture}: {error}") from error
        usual, fine = (
            with_surface_of(pixels, in_colours_of(pixels, weights(style)), size)
            for style, size in zip(styles, strokes, strict=True)
        )
        write_style(
            folder,
            unmade_card(name, title, picture.name, {"stroke": stroke, "surface": True}),
            usual,
            fine,
        )

    return _kept(("picture", digest, f"{stroke:g}", name, picture.name), make)


def forget(picture: Path) -> None:
    """Takes the style of a picture out of the cache, if it is there."""
    digest = hashlib.sha256(_read(picture)).hexdigest()
    folder = _place(("picture", digest, "1", name_of(picture), picture.name))
    shutil.rmtree(folder, ignore_errors=True)


def folder_of_mixture(parts: Sequence[tuple["Style", float]]) -> Path:
    """The folder of a style between some: from the cache, or made now.

    Args:
        parts: styles, each with its share; the shares sum to 1.

    Raises:
        StyleError: they cannot be mixed, or nothing can be written.
    """
    files = [
        (_file(style, style.card.files), _file(style, style.card.fine, " for half scale"))
        for style, _ in parts
    ]
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
                    raise StyleError(_unmixable(style, NOT_LIGHT))
                if not are_related(read[0], network):
                    raise StyleError(
                        f"{parts[0][0].card.name} and {style.card.name} cannot be mixed: their "
                        "networks were trained apart. Styles of pictures mix with one another, "
                        "and with most of those in the box."
                    )
            networks.append(mixed(list(zip(read, shares, strict=True))))
        write_style(folder, card, *networks)

    digests = [file.sha256 for column in files for file in column]
    return _kept(("mixture", *digests, *(f"{share:.4f}" for share in shares), card.name), make)


def _file(style: "Style", files: Sequence[ModelFile], scale: str = "") -> ModelFile:
    """The most exact of some model files of a style, for a scale."""
    if style.card.net != "light":
        raise StyleError(_unmixable(style, NOT_LIGHT))
    for precision in ("fp32", "fp16"):
        for file in files:
            if file.precision == precision:
                return file
    raise StyleError(_unmixable(style, f"it has no model file{scale} in fp32 or fp16"))


def _unmixable(style: "Style", why: str) -> str:
    return f"{style.card.name} cannot be mixed with others: {why}."


def _kept(key: tuple[str, ...], make: Callable[[Path], None]) -> Path:
    """The folder in the cache of that key; made if it is not there."""
    folder = _place(key)
    try:
        if not (folder / CARD_FILE).is_file():
            make(folder)
            _make_room(folder.parent)
        with suppress(OSError):
            folder.touch()  # the styles used last stay longest
    except OSError as error:
        raise StyleError(
            f"No style can be kept in {folder.parent} ({error.strerror or error}). "
            "Make room there, or make it writable."
        ) from error
    return folder


def _place(key: tuple[str, ...]) -> Path:
    digest = hashlib.sha256("\n".join((_edition(), *key)).encode()).hexdigest()
    return predicted_styles() / digest[:32]


def weights_of(style: "Style", *, fine: bool = False) -> Weights:
    """The weights of a style's network, each as a row; or of that for half scale.

    Raises:
        StyleError: it has no file that they can be read from.
    """
    file = _file(style, style.card.fine if fine else style.card.files)
    return read_weights(read_model(style.path(file), file))


def write_learned(folder: Path, style: "Style", usual: Weights) -> None:
    """Writes a style whose network has learned, beside what it was; the folder is new.

    Args:
        folder: where to, in `predicted_styles`.
        style: what it was. Its network for half scale is moved by as much as the usual one was:
            they are relatives, and the differences of weights add up (arXiv 2212.04089).
        usual: the weights now.
    """
    card = replace(style.card, training=style.card.training | {"learned": "on a camera"})
    before = weights_of(style)
    fine = {
        name: np.asarray(weight + usual[name].reshape(-1) - before[name], np.float32)
        for name, weight in weights_of(style, fine=True).items()
    }
    write_style(folder, card, usual, fine)


def card_of(picture: Path) -> StyleCard:
    """The card of a picture's style before that is made: no files are on it yet."""
    return unmade_card(name_of(picture), picture.stem, picture.name, {})


def card_of_mixture(parts: Sequence[tuple["Style", float]]) -> StyleCard:
    """The card of a style between some before that is made: no files are on it yet."""
    stems = [f"{style.card.name[:20]}{share * 100:.0f}" for style, share in parts]
    titles = [f"{share:.0%} {style.card.title}" for style, share in parts]
    return unmade_card("_".join(stems)[:64], " + ".join(titles), "", {})


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
    digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    return " ".join(
        [
            __version__,
            *digests,
            str((GAIN, LIGHT, ROUNDS, VIVIDNESS, CLIPPED, FINE_PX, LONG_SIDE_PX, MOST, SIDE)),
        ]
    )


def _make_room(folder: Path) -> None:
    """Removes the styles that were used longest ago, and what a killed program left behind."""
    used_ns = {}
    for path in folder.iterdir():
        with suppress(OSError):  # another program makes room as well
            used_ns[path] = path.stat().st_mtime_ns
    for path in sorted(used_ns, key=used_ns.__getitem__, reverse=True)[MOST_KEPT:]:
        shutil.rmtree(path, ignore_errors=True)
