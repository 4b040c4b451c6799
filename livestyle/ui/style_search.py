"""Finding a style by what is typed of its name."""

import difflib
from collections.abc import Sequence

SIMILAR = 0.6
"""From this likeness on, of 1.0, a name is taken for a mistyped one."""


def styles_like(typed: str, names: Sequence[str]) -> list[str]:
    """The styles that may be meant, the likeliest first.

    Neither case counts nor blanks, hyphens and underscores. Names that begin with what was typed
    come first, then those that contain it; where there are none, those that are similar.

    Args:
        typed: part of a name; "" means every style.
        names: of the styles.
    """
    wanted = _plain(typed)
    plain = {name: _plain(name) for name in names}
    begin = [name for name in names if plain[name].startswith(wanted)]
    contain = [name for name in names if wanted in plain[name] and name not in begin]
    if begin or contain:
        return begin + contain
    likeness = {name: _likeness(wanted, plain[name]) for name in names}
    similar = [name for name in names if likeness[name] >= SIMILAR]
    return sorted(similar, key=lambda name: -likeness[name])


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _likeness(typed: str, name: str) -> float:
    """0.0 to 1.0, to the whole name or to as much of it as was typed."""
    beginning = name[: len(typed)]
    return max(difflib.SequenceMatcher(None, typed, part).ratio() for part in (name, beginning))
