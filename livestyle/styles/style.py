"""Style: a card and the files it lists, in a folder, a finished run, a style pack or one file."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from livestyle.errors import StyleError
from livestyle.styles.card import CARD_FILE, PREVIEW_FILE, ModelFile, StyleCard, passed_over
from livestyle.styles.checkpoint_file import CHECKPOINT_FILE
from livestyle.styles.model_file import MAX_BYTES, card_inside, is_picture, read_model
from livestyle.styles.pack import is_pack, member_names, read_member

log = logging.getLogger(__name__)

RUN_STYLE = "style"
"""Sub-folder of a training run that gets its exported style."""

_COMPANIONS = (PREVIEW_FILE, CHECKPOINT_FILE)
"""What a style folder may hold beside its models: the picture, and what training goes on from."""

_TORCHSCRIPT = "torchscript"
"""Format of files on cards of earlier versions: programs, which are left out."""


@dataclass(frozen=True, slots=True)
class Style:
    """A style that can be loaded.

    Attributes:
        card: what it is.
        folder: where its model files lie; or the style pack that they are in.
        file: the model file, style pack or picture it was read from; None for a folder with a
            card.
        checkpoint: the trained network itself, which the torch engine runs; None where there is
            none. That of a style pack is PACK/NAME, as in `path`.
        parts: of a mixture, the styles that are mixed, each with its share; the shares sum to 1.
    """

    card: StyleCard
    folder: Path
    file: Path | None = None
    checkpoint: Path | None = None
    parts: "tuple[tuple[Style, float], ...]" = ()

    def path(self, file: ModelFile) -> Path:
        """Where one of its model files lies."""
        return self.folder / file.path

    @property
    def fine(self) -> "Style | None":
        """The same style with strokes half as large, for painting at half the size; if it has."""
        if not self.card.fine:
            return None
        return replace(self, card=self.card.with_files(self.card.fine), checkpoint=None)

    @property
    def preview(self) -> Path:
        """Where its picture lies, if it has one; of a picture that is no style yet, itself."""
        if self.file and not self.is_made:
            return self.file
        return self.folder / PREVIEW_FILE

    @property
    def is_made(self) -> bool:
        """Whether there are model files; those of a picture or a mixture may come when it loads."""
        return bool(self.card.files)


def open_style(path: Path) -> Style:
    """Reads a style's card and checks it; the models are looked into when they are loaded.

    Args:
        path: a style's folder, a finished training run, a style pack, a single model file, or a
            picture, whose style is predicted.

    Raises:
        SourceError: the picture cannot be read.
        StyleError: it is none of these, or broken.
    """
    if path.is_dir():
        return _open_folder(path) if (path / CARD_FILE).exists() else _open_run(path)
    if is_pack(path):
        return _open_pack(path)
    if path.name == CARD_FILE:
        return _open_folder(path.parent)
    if is_picture(path):
        return open_picture_style(path)
    card = card_inside(path)
    _check_card(card, path)
    return Style(card, path.parent, path)


def open_picture_style(picture: Path, stroke: float = 1.0, name: str | None = None) -> Style:
    """The style of a picture, predicted if it is not in the cache.

    Args:
        picture: the picture.
        stroke: size of the strokes, a factor.
        name: of the style; None: that of the file.

    Raises:
        StyleError: it is no picture, or there is no style in it.
    """
    from livestyle.styles.from_picture.picture_style import folder_of  # costs a second of imports

    return replace(_open_folder(folder_of(picture, stroke, name)), file=picture)


def unmade_picture_style(picture: Path) -> Style:
    """What the style of a picture will be; `reread` makes it, and no file is there before."""
    from livestyle.styles.from_picture.picture_style import card_of

    return Style(card_of(picture), picture.parent, picture)


def open_mixed_style(parts: Sequence[tuple[Style, float]]) -> Style:
    """The style between some, made if it is not in the cache.

    Args:
        parts: styles, each with its share; the shares sum to 1.

    Raises:
        StyleError: they cannot be mixed.
    """
    from livestyle.styles.from_picture.picture_style import folder_of_mixture

    made = tuple((part if part.is_made else reread(part), share) for part, share in _unmixed(parts))
    return replace(_open_folder(folder_of_mixture(made)), parts=made)


def unmade_mixed_style(parts: Sequence[tuple[Style, float]]) -> Style:
    """What the style between some will be; `reread` makes it, and no file is there before."""
    from livestyle.styles.from_picture.picture_style import card_of_mixture

    plain = tuple(_unmixed(parts))
    return Style(card_of_mixture(plain), Path(), parts=plain)


def _unmixed(parts: Sequence[tuple[Style, float]]) -> Iterator[tuple[Style, float]]:
    """The parts, with those of mixtures in their place."""
    for part, share in parts:
        if part.parts:
            yield from ((inner, share * of_part) for inner, of_part in part.parts)
        else:
            yield part, share


def reread(style: Style) -> Style:
    """The style as it is on disk now, under the name it had.

    Raises:
        StyleError: it is broken, or gone.
    """
    if style.parts:
        fresh = open_mixed_style([(reread(part), share) for part, share in style.parts])
    else:
        fresh = open_style(style.file or style.folder)
    return replace(fresh, card=replace(fresh.card, name=style.card.name))


def style_files(style: Style) -> dict[str, bytes]:
    """All that a copy of a style needs, file name -> content: models, card, preview, checkpoint.

    Raises:
        StyleError: a model is unsafe or differs from the card, or a file cannot be read.
    """
    files = {file.path: read_model(style.path(file), file) for file in style.card.all_files}
    files[CARD_FILE] = (style.card.to_json() + "\n").encode()
    if is_pack(style.folder):
        names = [name for name in member_names(style.folder) if name in _COMPANIONS]
        return files | {name: read_member(style.folder, name) for name in names}
    if style.file is None or is_picture(style.file):
        files |= _companions(style.folder)
    return files


def stamp(style: Style) -> tuple[object, ...]:
    """Something that differs when the files of the style do, without reading them; those that are
    made of a picture do not count, only the picture does."""
    if style.parts:
        return tuple(stamp(part) for part, _ in style.parts)
    if style.file and is_picture(style.file):
        return (_stamp_of(style.file),)
    paths = [style.file] if style.file else [style.folder / CARD_FILE]
    return tuple(_stamp_of(path) for path in [*paths, *map(style.path, style.card.all_files)])


def is_unexported(path: Path) -> bool:
    """Whether that is a checkpoint, or a training run that has no exported style yet."""
    if path.suffix.lower() == ".safetensors":
        return True
    cards = path / CARD_FILE, path / RUN_STYLE / CARD_FILE
    return (path / CHECKPOINT_FILE).is_file() and not any(card.is_file() for card in cards)


def _open_folder(folder: Path) -> Style:
    """The style in a folder; its files are there, but not yet looked into."""
    card = StyleCard.load(folder)
    _check_card(card, folder)
    card = _without_programs(card, folder)
    for file in card.all_files:
        if not (folder / file.path).is_file():
            raise StyleError(
                f"The style in {folder} is not whole: {file.path} is missing. Copy it again."
            )
    checkpoint = folder / CHECKPOINT_FILE
    return Style(card, folder, checkpoint=checkpoint if checkpoint.is_file() else None)


def _open_run(run: Path) -> Style:
    """The style that training exported at the end of a run."""
    style = run / RUN_STYLE
    if is_unexported(run):
        raise StyleError(
            f"The training run in {run} has no exported style yet. Finish it with --resume, or "
            f"take it as it is: livestyle export {run}"
        )
    return _open_folder(style if style.is_dir() else run)


def _open_pack(pack: Path) -> Style:
    """The style in a pack, which must hold the files of one and nothing else."""
    text = read_member(pack, CARD_FILE).decode("utf-8", "replace")
    card = StyleCard.from_json(text, str(pack))
    _check_card(card, pack)
    listed = {file.path for file in card.all_files} | passed_over(text)
    card = _without_programs(card, pack)
    wanted = {file.path for file in card.all_files}
    members = set(member_names(pack))
    there = members - {CARD_FILE, *_COMPANIONS}
    if missing := sorted(wanted - there):
        raise StyleError(f"The style pack {pack} is not whole: {missing[0]} is missing.")
    if foreign := sorted(there - listed):
        raise StyleError(
            f"The style pack {pack} holds {foreign[0]!r}, which its card does not know. A pack has "
            "the files of one style and nothing else; this one is not opened."
        )
    checkpoint = pack / CHECKPOINT_FILE if CHECKPOINT_FILE in members else None
    return Style(card, pack, pack, checkpoint)


def _without_programs(card: StyleCard, origin: Path) -> StyleCard:
    """The card without the TorchScript files that earlier versions put into styles.

    Raises:
        StyleError: it has no other files.
    """
    programs = [file.path for file in card.all_files if file.format == _TORCHSCRIPT]
    if not programs:
        return card
    files, fine = (
        [file for file in listed if file.format != _TORCHSCRIPT]
        for listed in (card.files, card.fine)
    )
    if not files:
        raise StyleError(
            f"The style in {origin} has only TorchScript files, which are programs, and livestyle "
            "runs none of a style's. Have it exported as ONNX: `livestyle export STYLE --to onnx`."
        )
    log.warning(
        "The style %s in %s is taken without %s: livestyle runs no program that comes with a "
        "style; its other files paint.",
        *(card.name, origin, ", ".join(programs)),
    )
    return card.with_files(files, fine)


def _check_card(card: StyleCard, origin: Path) -> None:
    """Refuses a style without models; the rest is checked as the card is read."""
    if not card.files:
        raise StyleError(f"The style in {origin} lists no model files. Export it again.")


def _companions(folder: Path) -> dict[str, bytes]:
    """What lies beside the models of a style and goes along with it."""
    files = [folder / name for name in _COMPANIONS]
    try:
        return {
            file.name: file.read_bytes()
            for file in files
            if file.is_file() and file.stat().st_size <= MAX_BYTES
        }
    except OSError as error:
        raise StyleError(f"{folder} cannot be read ({error.strerror or error}).") from error


def _stamp_of(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
