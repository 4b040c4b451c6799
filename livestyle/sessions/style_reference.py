"""StyleReference: which style painted, and where to find it again."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from livestyle.errors import StyleError
from livestyle.styles.library import find_style
from livestyle.styles.style import Style

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StyleReference:
    """Where a style that painted was found.

    Attributes:
        path: its folder, or the file it came in.
        models_sha256: of its model files.
    """

    path: str
    models_sha256: tuple[str, ...]


def reference_to(style: Style) -> StyleReference:
    """What is kept of a style, to find it again."""
    sums = tuple(file.sha256 for file in style.card.files)
    return StyleReference(str((style.file or style.folder).absolute()), sums)


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
    """The same style, else another one of that name, else None."""
    others = []
    for place in ([then.path] if then else []) + [name]:
        try:
            style = find_style(place)
        except StyleError as error:
            log.info("%s", error)
            continue
        if style.card.name != name:
            continue
        if then is None or {file.sha256 for file in style.card.files} & set(then.models_sha256):
            return style
        others.append(style)
    if not others:
        return None
    log.warning("The style %s has changed since the session; it paints as it is now.", name)
    return others[0]
