"""StyleWatcher: notices that the files of a style have changed on disk, and that a style is new."""

import logging
from collections.abc import Callable, Hashable, Iterable
from threading import Event, Thread

log = logging.getLogger(__name__)

EVERY_S = 1.0
JOIN_S = 5.0


class StyleWatcher:
    """Looks at every style once in a while, in a thread of its own.

    A change is told when the files have stood still since the last look: whoever writes them is
    then most likely done.
    """

    def __init__(
        self,
        names: Callable[[], Iterable[str]],
        stamp: Callable[[str], Hashable],
        changed: Callable[[str], None],
        *,
        every_s: float = EVERY_S,
    ) -> None:
        """Begins to look; what is there now counts as known.

        Args:
            names: of the styles there are; asked at every look.
            stamp: something that differs when the files of a style do.
            changed: is told the name of a style that changed or is new, in the watch's thread.
            every_s: time between two looks.
        """
        self._names = names
        self._stamp = stamp
        self._tell = changed
        self._every_s = every_s
        self._closing = Event()
        self._known = {name: stamp(name) for name in names()}
        self._moving: set[str] = set()
        self._thread = Thread(target=self._look_on, name="livestyle-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Looks no more."""
        self._closing.set()
        self._thread.join(JOIN_S)

    def _look_on(self) -> None:
        while not self._closing.wait(self._every_s):
            try:
                for name in self._names():
                    self._look_at(name)
            except Exception as error:  # whatever lies there, the next look may be better
                log.warning("the styles could not be looked at: %s", error)

    def _look_at(self, name: str) -> None:
        stamp = self._stamp(name)
        if name not in self._known or stamp != self._known[name]:
            self._known[name] = stamp
            self._moving.add(name)
        elif name in self._moving:
            self._moving.remove(name)
            self._tell(name)
