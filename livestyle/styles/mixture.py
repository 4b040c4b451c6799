"""Styles between styles, as they are written: `mosaic+wave.jpg:0.3`."""

from collections.abc import Callable, Sequence

from livestyle.errors import StyleError
from livestyle.plain import is_there
from livestyle.styles.style import Style, open_mixed_style

SIGN = "+"
MOST_PARTS = 8


def is_mixture(text: str) -> bool:
    """Whether that names more than one style."""
    return SIGN in text.strip(SIGN)


def open_mixture(text: str, find: Callable[[str], Style]) -> Style:
    """The style between those that are named.

    Args:
        text: names or paths joined by +, each with a share after a colon or without one. Those
            without share what the others leave: `a+b` is half of each, `a+b:0.3` seven tenths
            of a.
        find: finds the style of a name or path.

    Raises:
        StyleError: a style is not there, the shares make no sense, or they cannot be mixed.
    """
    parts = [_share(part) for part in _parts(text)]
    if len(parts) > MOST_PARTS:
        raise StyleError(f"{text!r} has {len(parts)} styles; up to {MOST_PARTS} can be mixed.")
    shares = _filled([share for _, share in parts], text)
    return open_mixed_style(
        [(find(name), share) for (name, _), share in zip(parts, shares, strict=True)]
    )


def text_of_mixture(parts: Sequence[tuple[str, float]]) -> str:
    """How a mixture is written, so that `open_mixture` finds the same one.

    Args:
        parts: names or paths, each with its share.
    """
    (first, _), *others = parts
    return SIGN.join([first, *(f"{name}:{share!r}" for name, share in others)])


def _parts(text: str) -> list[str]:
    """What is mixed, each with its share; a path that is there may have the sign in it."""
    pieces = text.split(SIGN)
    parts = []
    while pieces:
        count = next((n for n in range(len(pieces), 1, -1) if _is_there(pieces[:n])), 1)
        parts.append(SIGN.join(pieces[:count]))
        del pieces[:count]
    return parts


def _is_there(pieces: Sequence[str]) -> bool:
    name, _ = _share(SIGN.join(pieces))
    return is_there(name)


def _share(part: str) -> tuple[str, float | None]:
    """Name and share of one part; what follows the last colon need not be a number."""
    name, colon, number = part.rpartition(":")
    try:
        return (name.strip(), float(number)) if colon else (part.strip(), None)
    except ValueError:
        return part.strip(), None


def _filled(shares: Sequence[float | None], text: str) -> list[float]:
    """The shares, summing to 1, in place of those that are not given."""
    given = [share for share in shares if share is not None]
    left = 1 - sum(given)
    missing = len(shares) - len(given)
    if any(not 0 <= share <= 1 for share in given) or left < -1e-6 or (left > 1e-6 and not missing):
        raise StyleError(
            f"The shares in {text!r} are 0 to 1 and sum to 1; one that is left out is filled up: "
            "mosaic+wave.jpg:0.3 is seven tenths of mosaic."
        )
    return [left / missing if share is None else share for share in shares]
