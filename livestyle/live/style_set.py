"""StyleSet: the styles a live show plays with, by name and in the order of their numbers."""

from collections.abc import Hashable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from livestyle.engines import EngineOptions, load
from livestyle.errors import StyleError
from livestyle.frame import Pixels
from livestyle.images import read_picture
from livestyle.protocols import Stylizer
from livestyle.render.half_scale import HalfScalePair
from livestyle.styles.library import (
    find_style,
    find_styles,
    is_folder_of_styles,
    list_styles,
    stamp_of_folder,
    styles_folder,
)
from livestyle.styles.style import Style, reread, stamp


class StyleSet:
    """Styles that are read from disk whenever they are loaded: their files may change.

    Attributes:
        styles: by name, as they were found.
        names: in the order of `livestyle styles`, whichever is asked for: a style's number is
            its place here, from 1. One that is not among those, and new ones, come last.
        first: name of the style to begin with.
    """

    def __init__(
        self,
        name_or_path: str,
        engine: EngineOptions,
        *,
        names: Sequence[str] = (),
        stroke_lock: bool = False,
    ) -> None:
        """Finds the styles: those that are named, those of a folder of styles, or else all.

        Args:
            name_or_path: of the style to begin with, or of a folder of styles.
            engine: what to run them on.
            names: names or paths of the set, in this order; none: all styles there are.
            stroke_lock: strokes shall keep their size on the screen, see `HalfScalePair`.

        Raises:
            StyleError: there is none like that.
        """
        folder = [Path(name_or_path)] if is_folder_of_styles(name_or_path) else []
        self._asked = name_or_path
        self._wanted = tuple(names)
        self._engine = engine
        self._stroke_lock = stroke_lock
        self._folders = [*folder, styles_folder()]
        self._searched = self._seen = self._listing()
        self.first, self.styles = self._found()
        self.names = list(self.styles)

    def search(self) -> list[str]:
        """The names, with those of styles that are new in the folder or among the user's own.

        Looks into the files only when something is new there since the last search, and has not
        changed since the last but one.
        """
        before, self._seen = self._seen, self._listing()
        if self._seen == before != self._searched:
            self._searched = self._seen
            with suppress(StyleError):
                _, found = self._found()
                new = {name: style for name, style in found.items() if name not in self.styles}
                self.styles |= new
                self.names += new
        return self.names

    def exchange(self, name: str, style: Style) -> None:
        """Puts another style in the place of one; it keeps name and number."""
        self.styles[name] = replace(style, card=replace(style.card, name=name))

    def load(self, name: str) -> Stylizer:
        """A style on the engine asked for."""
        return self._loaded(name, self._engine)

    def load_on_cpu(self, name: str) -> Stylizer:
        """A style where it surely runs."""
        options = replace(self._engine, engine="auto", device="cpu", precision="auto")
        return self._loaded(name, options)

    def preview(self, name: str) -> Pixels | None:
        """The picture that lies beside a style, RGB uint8 (H, W, 3); None without one."""
        path = self.styles[name].preview
        return read_picture(path) if path.is_file() else None

    def stamp(self, name: str) -> Hashable:
        """Something that differs when the files of a style do."""
        return stamp(self.styles[name])

    def _found(self) -> tuple[str, dict[str, Style]]:
        """The name of the style to begin with, and all of the set by name."""
        listed = list_styles()
        asked = {style.card.name: style for style in find_styles(self._asked, listed)}
        if self._wanted:
            found = (find_style(name, listed) for name in self._wanted)
            wanted = {style.card.name: style for style in found}
            return next(iter(asked)), wanted | asked
        others = {style.card.name: style for style in listed} if len(asked) == 1 else {}
        return next(iter(asked)), others | asked

    def _listing(self) -> list[Hashable]:
        return [stamp_of_folder(folder) for folder in self._folders]

    def _loaded(self, name: str, options: EngineOptions) -> Stylizer:
        style = reread(self.styles[name])
        usual = load(style, options)
        if self._stroke_lock and (fine := style.fine):
            return HalfScalePair(usual, lambda: load(fine, options))
        return usual
