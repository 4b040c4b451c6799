"""StyleReference: which style painted, and where to find it again."""

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from livestyle.errors import StyleError
from livestyle.installation import predicted_styles, shipped_styles
from livestyle.styles.card import CARD_FILE
from livestyle.styles.library import find_style
from livestyle.styles.mixture import text_of_mixture
from livestyle.styles.model_file import is_picture
from livestyle.styles.style import Style, open_style

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StyleReference:
    """Where a style that painted was found.

    Attributes:
        path: its folder, or the file it came in, such as a picture; of a mixture, the text that
            `open_mixture` reads.
        models_sha256: of its model files.
    """

    path: str
    models_sha256: tuple[str, ...]


def reference_to(style: Style) -> StyleReference:
    """What is kept of a style, to find it again."""
    return StyleReference(_place(style), tuple(file.sha256 for file in style.card.files))


def _place(style: Style) -> str:
    if style.parts:
        return text_of_mixture([(_place_in_mixture(part), share) for part, share in style.parts])
    return str((style.file or style.folder).absolute())


def _place_in_mixture(part: Style) -> str:
    """What comes with livestyle is named: there, no name can stand in for a path that is gone."""
    return part.card.name if part.folder.parent == shipped_styles() else _place(part)


def find_referenced(styles: Mapping[str, StyleReference | None]) -> dict[str, Style]:
    """The styles that painted: where they were found then, or else by name.

    One whose models are no longer the same is taken with a warning.

    Args:
        styles: by name; None where nothing is known but that.

    Raises:
        StyleError: some are not there any more; they are named.
    """
    found = {name: _find(name, then) for name, then in styles.items()}
    missing = [
        f"{name} (it was in {then.path})" if then else name
        for name, then in styles.items()
        if found[name] is None
    ]
    if missing:
        raise StyleError(
            f"The session was played in styles that are not there any more: {', '.join(missing)}. "
            "Put them back, or add them with `livestyle styles add`."
        )
    return {name: style for name, style in found.items() if style is not None}


def _find(name: str, then: StyleReference | None) -> Style | None:
    """The same style, else another one of that name or of that picture, else None."""
    others = []
    for place in ([then.path] if then else []) + [name]:
        try:
            style = find_style(place)
        except StyleError as error:
            log.info("%s", error)
            continue
        sums = {file.sha256 for file in style.card.files}
        is_same = sums & set(then.models_sha256) if then else style.card.name == name
        if is_same:
            return style
        is_remade = style.parts or (style.file and is_picture(style.file))
        if is_remade or style.card.name == name:
            others.append(style)
    if then and (kept := _in_cache(then)):
        return kept
    if not others:
        return None
    log.warning("The style %s has changed since the session; it paints as it is now.", name)
    return others[0]


def _in_cache(then: StyleReference) -> Style | None:
    """The same style where those of pictures and mixtures are kept: the picture may be gone."""
    for card in predicted_styles().glob(f"*/{CARD_FILE}"):
        with suppress(StyleError):
            style = open_style(card.parent)
            if {file.sha256 for file in style.card.files} & set(then.models_sha256):
                return style
    return None
