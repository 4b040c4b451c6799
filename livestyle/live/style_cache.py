"""StyleCache: the styles that are loaded, as many as the memory allows."""

import logging
from collections.abc import Iterable, Iterator, Set

from livestyle.errors import LivestyleError
from livestyle.render.fallback import FallbackStylizer
from livestyle.render.scaling import Size

log = logging.getLogger(__name__)

STYLE_MB = 10
BYTES_PER_PIXEL = 100
"""What a loaded style takes, as measured with OpenVINO: 15 to 35 MB at 640x480 and 60 to 90 at
1280x720, int8 to fp32. Engines do not tell, so this is what the bound is kept by."""


def capacity_within(memory_mb: float, size: Size) -> int:
    """How many styles fit into that much memory, by estimate, at (width, height); at least one."""
    style_mb = STYLE_MB + size[0] * size[1] * BYTES_PER_PIXEL / 1e6
    return max(1, int(memory_mb / style_mb))


class StyleCache:
    """Loaded styles in the order of their last use. Its owner's lock guards it.

    Attributes:
        evicted: styles that had to go. Whoever paints closes them: only then is none in use.
    """

    def __init__(self, capacity: int) -> None:
        """Begins empty.

        Args:
            capacity: how many styles may be loaded.
        """
        self.evicted: list[FallbackStylizer] = []
        self._capacity = capacity
        self._styles: dict[str, FallbackStylizer] = {}
        self._sizes: dict[str, Size] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._styles

    def __iter__(self) -> Iterator[str]:
        """Names, the one used longest ago first."""
        return iter(self._styles)

    def __len__(self) -> int:
        return len(self._styles)

    def __getitem__(self, name: str) -> FallbackStylizer:
        return self._styles[name]

    def get(self, name: str) -> FallbackStylizer | None:
        """The style if it is loaded."""
        return self._styles.get(name)

    @property
    def has_room(self) -> bool:
        """Whether one more fits."""
        return len(self) < self._capacity

    def use(self, name: str) -> FallbackStylizer:
        """The style, which is now the one used last."""
        self._styles[name] = style = self._styles.pop(name)
        return style

    def put(self, name: str, style: FallbackStylizer, size: Size, keep: Set[str]) -> None:
        """Takes a style in; an older one of the same name, and others used longest ago, go.

        Args:
            name: of the style.
            style: loaded, and warmed for pictures of `size`.
            size: (width, height) in pixels.
            keep: names of styles that must stay, even if that is one too many.
        """
        if (older := self._styles.pop(name, None)) is not None:
            self.evicted.append(older)
        self._styles[name] = style
        self._sizes[name] = size
        leaving = [other for other in self if other not in keep and other != name]
        for other in leaving[: max(0, len(self) - self._capacity)]:
            self.evicted.append(self._styles.pop(other))

    def evict(self, name: str) -> None:
        """Lets a style go, if it is here."""
        if (style := self._styles.pop(name, None)) is not None:
            self.evicted.append(style)

    def warm_size(self, name: str) -> Size:
        """(width, height) of the pictures the style was warmed for last."""
        return self._sizes[name]

    def note_warm(self, name: str, size: Size) -> None:
        """The style is warm for pictures of this size, if it is still here."""
        if name in self._styles:
            self._sizes[name] = size

    def take_evicted(self) -> list[FallbackStylizer]:
        """What had to go since the last time."""
        evicted, self.evicted = self.evicted, []
        return evicted

    def clear(self) -> list[FallbackStylizer]:
        """Everything, to be closed."""
        styles = [*self.take_evicted(), *self._styles.values()]
        self._styles.clear()
        return styles


def close_all(styles: Iterable[FallbackStylizer]) -> None:
    """Frees styles; one that cannot be freed only says so in the log."""
    for style in styles:
        try:
            style.close()
        except LivestyleError as error:
            log.warning("a style could not be closed: %s", error)
