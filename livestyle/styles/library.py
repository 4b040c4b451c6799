"""The styles there are: those in the box, those the user added, and those named by a path."""

import difflib
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Container, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from itertools import chain, count, islice
from pathlib import Path

from platformdirs import user_data_path

from livestyle.errors import SinkError, StyleError
from livestyle.installation import shipped_styles
from livestyle.plain import is_there
from livestyle.styles.card import CARD_FILE, StyleCard
from livestyle.styles.checkpoint_file import CHECKPOINT_FILE
from livestyle.styles.mixture import is_mixture, open_mixture
from livestyle.styles.model_file import MODEL_SUFFIXES, PROGRAM_SUFFIXES, is_picture
from livestyle.styles.pack import PACK_SUFFIX
from livestyle.styles.style import (
    Style,
    is_unexported,
    open_picture_style,
    open_style,
    style_files,
    unmade_picture_style,
)

log = logging.getLogger(__name__)

DEFAULT_STYLE = "mosaic"
MAX_ENTRIES = 2000
STYLES_VARIABLE = "LIVESTYLE_STYLES"


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
            style = open_style(folder)
        except StyleError as error:
            _warn_once(f"A style is passed over: {error}")
        else:
            styles[style.card.name] = style
    return sorted(styles.values(), key=lambda s: (s.card.name != DEFAULT_STYLE, s.card.name))


def find_style(name_or_path: str, among: Sequence[Style] | None = None) -> Style:
    """The style of that name, or in that folder, finished run, style pack or model file; or that of
    a picture, or a mixture.

    Args:
        name_or_path: of the style; names and paths joined by + for a style between them, as of
            `open_mixture`.
        among: what `list_styles` gave; None asks it.

    Raises:
        StyleError: there is none, with the nearest name; or it is broken.
    """
    styles = {style.card.name: style for style in (list_styles() if among is None else among)}
    if name_or_path in styles:
        return styles[name_or_path]
    path = Path(name_or_path)
    if is_there(name_or_path):
        return open_style(path)
    if is_mixture(name_or_path):
        return open_mixture(name_or_path, lambda part: find_style(part, among))
    alike = [style for name, style in styles.items() if _plain(name) == _plain(name_or_path)]
    if len(alike) == 1:
        return alike[0]
    if (
        is_picture(path)
        or path.suffix.lower() in (*MODEL_SUFFIXES, *PROGRAM_SUFFIXES, PACK_SUFFIX)
        or path.name != name_or_path
    ):
        raise StyleError(f"There is no style at {path}. `livestyle styles` lists those by name.")
    raise StyleError(_unknown(name_or_path, list(styles)))


def _plain(name: str) -> str:
    """A style's name without what people write differently: case, blanks, hyphens, underscores."""
    return re.sub(r"[\s_-]+", "", name.casefold())


def is_folder_of_styles(name_or_path: str) -> bool:
    """Whether that is a folder to look for styles in, rather than one of them or its name."""
    folder = Path(name_or_path)
    if not folder.is_dir() or (folder / CARD_FILE).is_file() or is_unexported(folder):
        return False
    return all(style.card.name != name_or_path for style in list_styles())


def stamp_of_folder(folder: Path) -> tuple[object, ...]:
    """Something that differs when a style comes into a folder of styles, or goes."""
    stamps = []
    for path in _entries(folder):
        for part in (path, path / CARD_FILE):
            with suppress(OSError):
                stamps.append((part, part.stat().st_mtime_ns))
    return tuple(stamps)


def find_styles(name_or_path: str, among: Sequence[Style] | None = None) -> list[Style]:
    """All styles in a folder of styles, by name; else the one of that name or path.

    A folder of styles holds folders with a card, style packs, single model files that carry their
    card, or pictures, whose styles are made when they are loaded. A broken
    one is passed over with a warning in the log; a name that is there already is told apart by the
    name of the file or folder, that of a picture by a number.

    Args:
        name_or_path: of the folder or the style.
        among: as for `find_style`.

    Raises:
        StyleError: there is none, or none that can be used.
    """
    if not is_folder_of_styles(name_or_path):
        return [find_style(name_or_path, among)]
    folder = Path(name_or_path)
    styles: dict[str, Style] = {}
    failure: StyleError | None = None
    suffixes = (*MODEL_SUFFIXES, *PROGRAM_SUFFIXES, PACK_SUFFIX)  # programs are passed over aloud
    files = (path for path in _entries(folder) if path.suffix.lower() in suffixes)
    pictures = (path for path in _entries(folder) if path.is_file() and is_picture(path))
    for path in (*_folders(folder), *files, *pictures):
        try:
            style = unmade_picture_style(path) if is_picture(path) else open_style(path)
        except StyleError as error:
            failure = error
            _warn_once(f"A style is passed over: {error}")
            continue
        if style.card.name not in styles:
            name = style.card.name
        else:
            name = unused_name(style.card.name, styles) if is_picture(path) else path.stem
        if name not in styles:
            styles[name] = replace(style, card=replace(style.card, name=name))
    if not styles:
        raise failure or StyleError(
            f"{folder} is not a style, nor are there any in it: neither a {CARD_FILE}, nor folders "
            "that have one, nor model files, nor pictures."
        )
    return [styles[name] for name in sorted(styles)]


def unused_name(name: str, taken: Container[str]) -> str:
    """The name of a style, numbered if it is taken."""
    numbered = (f"{name[:60]}_{number}" for number in count(2))
    return next(free for free in chain([name], numbered) if free not in taken)


def comes_with_livestyle(name: str) -> bool:
    """Whether a style of that name does; one of the user's hides it."""
    return (_packaged_folder() / name).exists()


def add_style(
    path: Path, *, overwrite: bool = False, name: str | None = None, stroke: float = 1.0
) -> Style:
    """Copies a style to the user's styles, whole or not at all.

    Args:
        path: a style's folder, a finished run, a style pack, a single model file, or a picture.
        overwrite: whether it may take the place of a style of the same name: an older one of the
            user is replaced, one that comes with livestyle is hidden until this one is removed.
        name: of a picture's style; None: that of the file.
        stroke: size of its strokes, a factor.

    Raises:
        StyleError: it is broken, unsafe or differs from its card.
        SinkError: there is one of that name, or it cannot be written.
    """
    if is_picture(path):
        style = open_picture_style(path, stroke, name)
    elif name or stroke != 1:
        raise StyleError(f"{path} has its name and its strokes; both can be chosen for pictures.")
    else:
        style = open_style(path)
    files = style_files(style)
    target = styles_folder() / style.card.name
    if not overwrite and (target.exists() or comes_with_livestyle(style.card.name)):
        what = f"your own style in {target}" if target.exists() else "a style of livestyle"
        happens = "be replaced" if target.exists() else "be hidden until you remove yours"
        raise SinkError(
            f"There is a style {style.card.name} already, {what}. With --overwrite (-y) it would "
            f"{happens}."
        )
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
    checkpoint = target / CHECKPOINT_FILE if CHECKPOINT_FILE in files else None
    return Style(style.card, target, checkpoint=checkpoint)


def remove_style(name: str) -> None:
    """Deletes a style of the user; a packaged one of the same name comes back.

    Raises:
        StyleError: there is none, it comes with livestyle, or it cannot be deleted.
    """
    folders = list(_folders(styles_folder()))
    # by its folder first: that is there however broken the card is
    for folder in sorted(folders, key=lambda folder: folder.name != name):
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
    return shipped_styles()


def _folders(parent: Path) -> Iterator[Path]:
    """Its sub-folders with a card, in order; a folder that is not there has none."""
    for folder in _entries(parent):
        if not folder.name.startswith(".") and os.path.lexists(folder / CARD_FILE):
            yield folder


def _entries(folder: Path) -> list[Path]:
    """What lies in a folder, in order, `MAX_ENTRIES` at most; a folder that is gone has nothing."""
    try:
        with os.scandir(folder) as found:
            names = [entry.name for entry in islice(found, MAX_ENTRIES + 1)]
    except FileNotFoundError:
        return []
    except OSError as error:
        _warn_once(f"{folder} cannot be read ({error.strerror or error}).")
        return []
    if len(names) > MAX_ENTRIES:
        _warn_once(
            f"{folder} has more than {MAX_ENTRIES} entries; styles are looked for in "
            f"{MAX_ENTRIES} of them."
        )
    return [folder / name for name in sorted(names[:MAX_ENTRIES])]


@cache
def _warn_once(message: str) -> None:
    """Warns once in a program's life: folders are looked at again and again while it runs."""
    log.warning("%s", message)


def _name_in(folder: Path) -> str | None:
    """The name on a folder's card, None when that cannot be read."""
    try:
        return StyleCard.load(folder).name
    except StyleError:
        return None


def _unknown(name: str, known: list[str]) -> str:
    """The sentence for a style that is not there."""
    near = difflib.get_close_matches(name.lower(), known, 1, 0.5)
    guess = f" Did you mean {near[0]}?" if near else ""
    return f"There is no style called {name!r}.{guess} `livestyle styles` lists those there are."
