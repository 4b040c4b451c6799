"""StyleSet: the styles a live show plays with, by name and in the order of their numbers."""

from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Lock

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
    unused_name,
)
from livestyle.styles.model_file import is_picture
from livestyle.styles.style import (
    Style,
    reread,
    stamp,
    unmade_mixed_style,
    unmade_picture_style,
)


class StyleSet:
    """Styles that are read from disk whenever they are loaded: their files may change. Those of
    pictures and mixtures are made then.

    Attributes:
        styles: by name, as they were found or loaded last; also those outside the set.
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
        self._changed = Lock()
        asked, self.styles = self._found()
        self.first = self._first_usable(asked)
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
                for name, style in found.items():
                    self._take_in(name, style)
        return self.names

    def exchange(self, name: str, style: Style) -> None:
        """Puts another style in the place of one; it keeps name and number."""
        self.styles[name] = replace(style, card=replace(style.card, name=name))

    def open_picture(self, picture: Path) -> str:
        """The name of a picture's style, which joins the set when it is loaded for the first time.

        Args:
            picture: where it lies; looked at only when the style is loaded.
        """
        style = unmade_picture_style(picture.absolute())
        return self._registered(style, lambda other: _picture(other) == style.file)

    def open_mixture(self, parts: Sequence[tuple[str, float]]) -> str:
        """The name of a style between some, which is made when it is loaded; it does not join.

        Args:
            parts: names, each with its share; the shares sum to 1.
        """
        style = unmade_mixed_style([(self.styles[name], share) for name, share in parts])
        wanted = _recipe(style)
        return self._registered(style, lambda other: _recipe(other) == wanted)

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

    def _take_in(self, name: str, style: Style) -> None:
        """Adds a style that was found to the set, if it is new."""
        with self._changed:
            if picture := _picture(style):
                if any(_picture(other) == picture for other in self.styles.values()):
                    return
                name = unused_name(style.card.name, self.styles)
            if name not in self.styles:
                self.styles[name] = replace(style, card=replace(style.card, name=name))
                self.names.append(name)

    def _registered(self, style: Style, is_same: Callable[[Style], bool]) -> str:
        """The name of a style, which is a new one if there is none like it."""
        with self._changed:
            for name, other in self.styles.items():
                if is_same(other):
                    return name
            name = unused_name(style.card.name, self.styles)
            self.styles[name] = replace(style, card=replace(style.card, name=name))
            return name

    def _first_usable(self, names: Sequence[str]) -> str:
        """The first of some styles that can be made; what is wrong with those before it is said
        when they are loaded.

        Raises:
            StyleError: none can be.
        """
        failure: StyleError | None = None
        for name in names:
            style = self.styles[name]
            try:
                self.styles[name] = style if style.is_made else reread(style)
            except StyleError as error:
                failure = failure or error
            else:
                return name
        raise failure or StyleError(f"There are no styles in {self._asked}.")

    def _found(self) -> tuple[list[str], dict[str, Style]]:
        """The names of those to begin with, and all of the set by name."""
        listed = list_styles()
        asked = {style.card.name: style for style in find_styles(self._asked, listed)}
        if self._wanted:
            wanted: dict[str, Style] = {}
            for style in (_named(name, listed) for name in self._wanted):
                name = style.card.name
                wanted[unused_name(name, wanted) if _picture(style) else name] = style
            return list(asked), wanted | asked
        others = {style.card.name: style for style in listed} if len(asked) == 1 else {}
        return list(asked), others | asked

    def _listing(self) -> list[Hashable]:
        return [stamp_of_folder(folder) for folder in self._folders]

    def _loaded(self, name: str, options: EngineOptions) -> Stylizer:
        style = reread(self.styles[name])
        usual = load(style, options)
        self.styles[name] = style
        if _picture(style) and name not in self.names:
            self.names.append(name)
        if self._stroke_lock and (fine := style.fine):
            return HalfScalePair(usual, lambda: load(fine, options))
        return usual


def _named(name_or_path: str, listed: Sequence[Style]) -> Style:
    """A style of a set; that of a picture is made when it is loaded."""
    path = Path(name_or_path)
    if is_picture(path) and path.is_file():
        return unmade_picture_style(path)
    return find_style(name_or_path, listed)


def _picture(style: Style) -> Path | None:
    """The picture that a style is made of; None of any other style."""
    return style.file.absolute() if style.file and is_picture(style.file) else None


def _recipe(style: Style) -> list[tuple[str, float]]:
    """Of a mixture, the names of what is mixed, with their shares."""
    return [(part.card.name, share) for part, share in style.parts]
