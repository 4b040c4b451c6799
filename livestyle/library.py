"""The styles there are: those in the box, those the user added, and those named by a path."""

import difflib
import importlib.resources
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from platformdirs import user_data_path

from livestyle.card import CARD_FILE, PREVIEW_FILE, ModelFile, StyleCard
from livestyle.engines.model_file import FORMATS, MAX_BYTES, card_inside, read_model
from livestyle.errors import StyleError
from livestyle.pack import PACK_SUFFIX, is_pack, member_names, read_member

log = logging.getLogger(__name__)

DEFAULT_STYLE = "mosaic"
STYLES_VARIABLE = "LIVESTYLE_STYLES"

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_FILE_NAME = re.compile(r"[^./\\:\x00][^/\\:\x00]{0,127}")
RUN_STYLE = "style"
"""Sub-folder of a training run that gets its exported style."""

_CHECKPOINT_FILE = "checkpoint.safetensors"
_COMPANIONS = (PREVIEW_FILE, _CHECKPOINT_FILE)
"""What a style folder may hold beside its models: the picture, and what training goes on from."""


@dataclass(frozen=True, slots=True)
class Style:
    """A style that can be loaded.

    Attributes:
        card: what it is.
        folder: where its model files lie; or the style pack that they are in.
        file: the model file or style pack it was read from; None for a folder with a card.
    """

    card: StyleCard
    folder: Path
    file: Path | None = None

    def path(self, file: ModelFile) -> Path:
        """Where one of its model files lies."""
        return self.folder / file.path

    @property
    def preview(self) -> Path:
        """Where its picture lies, if it has one."""
        return self.folder / PREVIEW_FILE


def styles_folder() -> Path:
    """The user's own styles; `LIVESTYLE_STYLES` in the environment moves it."""
    if folder := os.environ.get(STYLES_VARIABLE):
        return Path(folder)
    return user_data_path("livestyle", appauthor=False) / "styles"


def list_styles() -> list[Style]:
    """Every style there is, the default first, then by name.

    A style of the user replaces the packaged one of the same name. A broken one is passed over
    with a warning in the log.
    """
    styles = {}
    for folder in (*_folders(_packaged_folder()), *_folders(styles_folder())):
        try:
            style = _open_folder(folder)
        except StyleError as error:
            log.warning("A style is passed over: %s", error)
        else:
            styles[style.card.name] = style
    return sorted(styles.values(), key=lambda s: (s.card.name != DEFAULT_STYLE, s.card.name))


def find_style(name_or_path: str) -> Style:
    """The style of that name, or in that folder, finished run, style pack or model file.

    Raises:
        StyleError: there is none, with the nearest name; or it is broken.
    """
    styles = {style.card.name: style for style in list_styles()}
    if name_or_path in styles:
        return styles[name_or_path]
    path = Path(name_or_path)
    if path.exists():
        return _open(path)
    if path.suffix.lower() in (*FORMATS, PACK_SUFFIX) or path.name != name_or_path:
        raise StyleError(f"There is no style at {path}. `livestyle styles` lists those by name.")
    raise StyleError(_unknown(name_or_path, list(styles)))


def find_styles(name_or_path: str) -> list[Style]:
    """All styles in a folder of styles, by name; else the one of that name or path.

    A folder of styles holds folders with a card, style packs, or single model files that carry
    their card. A broken one is passed over with a warning in the log; a name that is there
    already is told apart by the name of the file or folder.

    Raises:
        StyleError: there is none, or none that can be used.
    """
    folder = Path(name_or_path)
    known = (style.card.name for style in list_styles())
    is_one = (folder / CARD_FILE).is_file() or is_unexported(folder)
    if not folder.is_dir() or is_one or name_or_path in known:
        return [find_style(name_or_path)]
    styles: dict[str, Style] = {}
    failure: StyleError | None = None
    suffixes = (*FORMATS, PACK_SUFFIX)
    files = (path for path in sorted(folder.iterdir()) if path.suffix.lower() in suffixes)
    for path in (*_folders(folder), *files):
        try:
            style = _open(path)
        except StyleError as error:
            failure = error
            log.warning("A style is passed over: %s", error)
            continue
        name = style.card.name if style.card.name not in styles else path.stem
        if name not in styles:
            styles[name] = replace(style, card=replace(style.card, name=name))
    if not styles:
        raise failure or StyleError(
            f"{folder} is not a style, nor are there any in it: neither a {CARD_FILE}, nor folders "
            "that have one, nor model files. `livestyle export` writes such folders."
        )
    return [styles[name] for name in sorted(styles)]


def reread(style: Style) -> Style:
    """The style as it is on disk now.

    Raises:
        StyleError: it is broken, or gone.
    """
    return _open(style.file or style.folder)


def stamp(style: Style) -> tuple[object, ...]:
    """Something that differs when the files of the style do, without reading them."""
    paths = [style.file] if style.file else [style.folder / CARD_FILE]
    return tuple(_stamp_of(path) for path in [*paths, *map(style.path, style.card.files)])


def _stamp_of(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def add_style(path: Path) -> Style:
    """Copies a style to the user's styles, whole or not at all.

    An older style of the user with the same name is replaced.

    Args:
        path: a style's folder, a finished run, a style pack, or a single model file.

    Raises:
        StyleError: it is broken, unsafe or differs from its card, or cannot be written.
    """
    style = _open(path)
    files = style_files(style)
    target = styles_folder() / style.card.name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".adding-", dir=target.parent) as scratch:
            fresh = Path(scratch, "new")
            fresh.mkdir()
            for name, data in files.items():
                (fresh / name).write_bytes(data)
            if target.exists():
                target.rename(Path(scratch, "old"))
            fresh.rename(target)
    except OSError as error:
        raise StyleError(
            f"The style {style.card.name} cannot be written to {target} "
            f"({error.strerror or error}). {STYLES_VARIABLE} names another folder."
        ) from error
    return Style(style.card, target)


def is_unexported(path: Path) -> bool:
    """Whether that is a checkpoint, or a training run that has no exported style yet."""
    if path.suffix.lower() == ".safetensors":
        return True
    cards = path / CARD_FILE, path / RUN_STYLE / CARD_FILE
    return (path / _CHECKPOINT_FILE).is_file() and not any(card.is_file() for card in cards)


def is_style_name(name: str) -> bool:
    """Whether a style may be called that: small letters, digits, - and _, up to 64 of them."""
    return _NAME.fullmatch(name) is not None


def style_files(style: Style) -> dict[str, bytes]:
    """All that a copy of a style needs, file name -> content: models, card, preview, checkpoint.

    Raises:
        StyleError: a model is unsafe or differs from the card, or a file cannot be read.
    """
    files = {file.path: read_model(style.path(file), file) for file in style.card.files}
    files[CARD_FILE] = (style.card.to_json() + "\n").encode()
    if is_pack(style.folder):
        names = [name for name in member_names(style.folder) if name in _COMPANIONS]
        return files | {name: read_member(style.folder, name) for name in names}
    if style.file is None:
        files |= _companions(style.folder)
    return files


def remove_style(name: str) -> None:
    """Deletes a style of the user; a packaged one of the same name comes back.

    Raises:
        StyleError: there is none, it comes with livestyle, or it cannot be deleted.
    """
    for folder in _folders(styles_folder()):
        if name in (folder.name, _name_in(folder)):
            try:
                folder.unlink() if folder.is_symlink() else shutil.rmtree(folder)
            except OSError as error:
                raise StyleError(f"{folder} cannot be deleted ({error.strerror}).") from error
            return
    names = [style.card.name for style in list_styles()]
    if name in names:
        raise StyleError(
            f"The style {name} comes with livestyle and cannot be removed. "
            "One of your own with the same name would take its place."
        )
    raise StyleError(_unknown(name, names))


def _packaged_folder() -> Path:
    return Path(str(importlib.resources.files("livestyle.weights")))


def _folders(parent: Path) -> Iterator[Path]:
    """Its sub-folders with a card, in order; a folder that is not there has none."""
    if parent.is_dir():
        for folder in sorted(parent.iterdir()):
            if not folder.name.startswith(".") and (folder / CARD_FILE).is_file():
                yield folder


def _open(path: Path) -> Style:
    """The style in a folder, run, pack or single file, its card checked."""
    if path.is_dir():
        return _open_folder(path) if (path / CARD_FILE).exists() else _open_run(path)
    if is_pack(path):
        return _open_pack(path)
    if path.name == CARD_FILE:
        return _open_folder(path.parent)
    card = card_inside(path)
    _check_card(card, path)
    return Style(card, path.parent, path)


def _open_folder(folder: Path) -> Style:
    """The style in a folder; its files are there, but not yet looked into."""
    card = StyleCard.load(folder)
    _check_card(card, folder)
    for file in card.files:
        if not (folder / file.path).is_file():
            raise StyleError(
                f"The style in {folder} is not whole: {file.path} is missing. Copy it again."
            )
    return Style(card, folder)


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
    card = StyleCard.from_json(read_member(pack, CARD_FILE).decode("utf-8", "replace"), str(pack))
    _check_card(card, pack)
    wanted = {file.path for file in card.files}
    there = set(member_names(pack)) - {CARD_FILE, *_COMPANIONS}
    if missing := sorted(wanted - there):
        raise StyleError(f"The style pack {pack} is not whole: {missing[0]} is missing.")
    if foreign := sorted(there - wanted):
        raise StyleError(
            f"The style pack {pack} holds {foreign[0]!r}, which its card does not know. A pack has "
            "the files of one style and nothing else; this one is not opened."
        )
    return Style(card, pack, pack)


def _check_card(card: StyleCard, origin: Path) -> None:
    """Refuses names that would lead out of the style's folder, and files of no known kind."""
    if not isinstance(card.name, str) or not _NAME.fullmatch(card.name):
        raise StyleError(
            f"The style in {origin} is called {card.name!r}; names have small letters, digits, "
            "- and _ only."
        )
    if not card.files:
        raise StyleError(f"The style in {origin} lists no model files. Export it again.")
    for file in card.files:
        if not isinstance(file.path, str) or not _FILE_NAME.fullmatch(file.path):
            raise StyleError(f"The card in {origin} names the file {file.path!r}: no plain name.")
        if file.format not in FORMATS.values() or not isinstance(file.sha256, str):
            raise StyleError(f"The card in {origin} describes {file.path} in a way unknown here.")


def _name_in(folder: Path) -> str | None:
    """The name on a folder's card, None when that cannot be read."""
    try:
        return StyleCard.load(folder).name
    except StyleError:
        return None


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


def _unknown(name: str, known: list[str]) -> str:
    """The sentence for a style that is not there."""
    near = difflib.get_close_matches(name.lower(), known, 1, 0.5)
    guess = f" Did you mean {near[0]}?" if near else ""
    return f"There is no style called {name!r}.{guess} `livestyle styles` lists those there are."
