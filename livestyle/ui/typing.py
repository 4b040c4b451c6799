"""Typing: a style's name behind the key `/`, its number behind `0`, a picture's path behind `o`."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from livestyle.live.player import Player
from livestyle.ui.path_completion import completed, completions, path_of
from livestyle.ui.style_search import styles_like

NAME, NUMBER, PATH = "/", "0", "o"
"""The keys to begin with."""

LONGEST_NAME = 40
LONGEST_PATH = 1000


class TypedView(Protocol):
    """Where what is typed is shown.

    Attributes:
        typed: what was typed so far, from its "/", "0" or "o" on; "" when nothing is.
        completions: paths that may be meant by it.
    """

    typed: str
    completions: tuple[str, ...]

    def say(self, notice: str) -> None:
        """Shows a short notice."""


class Typing:
    """Takes keys for a style that is typed. Used on the main thread."""

    def __init__(
        self, player: Player, screen: TypedView, open_picture: Callable[[Path], None]
    ) -> None:
        """Connects it.

        Args:
            player: swaps to the style that was typed.
            screen: shows what is typed.
            open_picture: makes a style of the picture that was typed.
        """
        self._player = player
        self._screen = screen
        self._open_picture = open_picture

    @property
    def is_on(self) -> bool:
        """Whether the next key is taken."""
        return bool(self._screen.typed)

    def begin(self, first: str) -> None:
        """Takes the keys that follow: `NAME`, `NUMBER` or `PATH` says for what."""
        self._show(first)

    def take(self, name: str) -> bool:
        """Takes a key; False when it means something else.

        Args:
            name: the character, in its case, or a name such as "space", "enter" or "tab".
        """
        typed = self._screen.typed
        kind = typed[0]
        if name == "esc":
            self._show("")
        elif name == "backspace":
            self._show(typed[:-1])
        elif kind == NUMBER:
            return self._take_digit(name)
        elif name == "enter":
            self._show("")
            (self._choose_path if kind == PATH else self._choose_name)(typed[1:])
        elif name == "tab" and kind == PATH:
            self._show(PATH + completed(typed[1:]))
        elif len(letter := " " if name == "space" else name) == 1 and letter.isprintable():
            longest = LONGEST_PATH if kind == PATH else LONGEST_NAME
            self._show((typed + letter)[: longest + 1])
        return True

    def _show(self, typed: str) -> None:
        self._screen.typed = typed
        is_path = typed.startswith(PATH)
        self._screen.completions = tuple(completions(typed[1:])) if is_path else ()

    def _take_digit(self, name: str) -> bool:
        typed = self._screen.typed + name
        if not name.isdecimal():
            self._show("")
            return False
        self._show(typed if len(typed) < 3 else "")
        if len(typed) == 3:
            self._player.select_number(int(typed))
        return True

    def _choose_name(self, name: str) -> None:
        if not name:
            return
        if found := styles_like(name, self._player.names):
            self._player.select(found[0])
        else:
            self._screen.say(f"no style is called {name}")

    def _choose_path(self, typed: str) -> None:
        if not typed.strip():
            return
        path = path_of(typed)
        if path.is_dir():
            self._screen.say(f"{typed} is a folder; type the name of a picture in it")
        else:
            self._open_picture(path)
