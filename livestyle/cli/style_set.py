"""StyleSet: the styles a live show plays with, by name and in key order."""

from collections.abc import Hashable
from dataclasses import replace

from livestyle.engines import EngineOptions, load
from livestyle.frame import Pixels
from livestyle.library import find_styles, list_styles
from livestyle.live.stroke_pair import StrokePair
from livestyle.picture import read_picture
from livestyle.stages import Stylizer
from livestyle.style import reread, stamp


class StyleSet:
    """Styles that are read from disk whenever they are loaded: their files may change.

    Attributes:
        styles: by name, as they were found.
        names: in key order, the one to begin with first.
    """

    def __init__(
        self, name_or_path: str, engine: EngineOptions, *, stroke_lock: bool = False
    ) -> None:
        """Finds the styles: those of a folder of styles, or else all, the one asked for first.

        Args:
            name_or_path: of a style, or of a folder of styles.
            engine: what to run them on.
            stroke_lock: strokes shall keep their size on the screen, see `StrokePair`.

        Raises:
            StyleError: there is none like that.
        """
        asked = {style.card.name: style for style in find_styles(name_or_path)}
        others = {style.card.name: style for style in list_styles()} if len(asked) == 1 else {}
        self.styles = asked | others | asked
        self._engine = engine
        self._stroke_lock = stroke_lock
        self.names = list(self.styles)

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

    def _loaded(self, name: str, options: EngineOptions) -> Stylizer:
        style = reread(self.styles[name])
        usual = load(style, options)
        if self._stroke_lock and (fine := style.fine):
            return StrokePair(usual, lambda: load(fine, options))
        return usual
