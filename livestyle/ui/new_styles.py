"""NewStyles: what keys make while the show runs: the style of a picture, and one between two."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from livestyle.live.player import Player

STEPS = 5
"""From one style to the next: a fifth each."""


class StyleMaker(Protocol):
    """Names styles that are made when the player loads them."""

    def open_picture(self, picture: Path) -> str:
        """The name of a picture's style."""

    def open_mixture(self, parts: Sequence[tuple[str, float]]) -> str:
        """The name of a style between some.

        Args:
            parts: names, each with its share; the shares sum to 1.
        """


class NewStyles:
    """Shows styles that are made for it, in the background. Used on the main thread."""

    def __init__(self, player: Player, maker: StyleMaker, say: Callable[[str], None]) -> None:
        """Connects it.

        Args:
            player: loads and shows them.
            maker: names them.
            say: shows a short notice.
        """
        self._player = player
        self._maker = maker
        self._say = say
        self._shown = self._base = self._other = ""
        self._steps = 0

    def open_picture(self, picture: Path) -> None:
        """Swaps to the style of a picture, which joins the set; at once where it is there."""
        name = self._maker.open_picture(picture)
        if name in self._player.names:
            self._player.select(name)
        else:
            self._player.show(name, f"making a style of {picture.name}", joins=True)

    def mix(self, by: int) -> None:
        """A fifth more (+1) or less (-1) of the next style in the set; all of it is that style."""
        if self._player.wanted != self._shown or (by > 0 and self._steps == STEPS):
            self._base, self._other = self._player.place, self._player.neighbour(1)
            self._steps = 0
        if self._base == self._other:
            self._say("there is no other style to mix with")
            return
        self._steps = max(0, self._steps + by)
        self._show_mixture(self._steps / STEPS)

    def _show_mixture(self, share: float) -> None:
        if share in (0, 1):
            self._shown = self._other if share else self._base
            self._player.select(self._shown)
            self._say(f"100% {self._shown}")
            return
        parts = (self._base, 1 - share), (self._other, share)
        self._shown = self._maker.open_mixture(parts)
        notice = ", ".join(f"{part:.0%} {name}" for name, part in parts)
        self._player.show(self._shown, notice)
        self._say(notice)
