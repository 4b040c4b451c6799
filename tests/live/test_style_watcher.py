from collections.abc import Iterator
from threading import Event

import pytest
from live_fakes import wait_until

from livestyle.live.style_watcher import StyleWatcher

pytestmark = pytest.mark.timeout(20)


class Files:
    """Styles whose files change when told; they are looked at one by one."""

    def __init__(self) -> None:
        self.stamps = {"a": 1, "b": 1}
        self.changes: list[str] = []
        self.looks = 0
        self.looked = Event()
        self.watch = StyleWatcher(
            lambda: [*self.stamps], self.look, self.changes.append, every_s=0.001
        )

    def look(self, name: str) -> int:
        self.looks += 1
        return self.stamps[name]

    def look_on(self, rounds: int = 4) -> None:
        until = self.looks + 2 * rounds
        wait_until(lambda: self.looks > until)


@pytest.fixture
def files() -> Iterator[Files]:
    files = Files()
    yield files
    files.watch.close()


def test_what_stands_still_is_not_told(files: Files) -> None:
    files.look_on()
    assert files.changes == []


def test_a_change_is_told_once(files: Files) -> None:
    files.stamps["b"] = 2
    wait_until(lambda: files.changes == ["b"])
    files.look_on()
    files.stamps["a"] = 2
    wait_until(lambda: files.changes == ["b", "a"])
    files.stamps["b"] = 1
    wait_until(lambda: files.changes == ["b", "a", "b"])


def test_a_new_style_is_told(files: Files) -> None:
    files.stamps["c"] = 1
    wait_until(lambda: files.changes == ["c"])
    files.look_on()
    assert files.changes == ["c"]


def test_files_that_are_still_being_written_are_waited_for() -> None:
    growing = iter(range(50))
    sizes: list[int] = []

    def look(name: str) -> int:
        sizes.append(next(growing, 50))
        return sizes[-1]

    changes: list[int] = []
    watch = StyleWatcher(lambda: ["a"], look, lambda name: changes.append(sizes[-1]), every_s=0.001)
    wait_until(lambda: bool(changes))
    watch.close()
    assert changes == [50]


def test_after_close_nothing_is_told(files: Files) -> None:
    files.watch.close()
    looks = files.looks
    files.stamps["a"] = 2
    assert (files.looks, files.changes) == (looks, [])
