"""The keys of the live window without a window."""

from collections.abc import Callable
from pathlib import Path

from live_fakes import ListSink, SetClock, ValueStylizer, loaded, wait_until

from livestyle.frame import Frame
from livestyle.live.metrics import Metrics
from livestyle.live.player import Player
from livestyle.live.recording import RecordingSwitch
from livestyle.protocols import Stylizer
from livestyle.render.compositing import Look
from livestyle.ui.controls import Controls
from livestyle.ui.new_styles import StyleMaker


class Desk:
    """A view without a window, and controls connected to it."""

    def __init__(
        self,
        folder: Path,
        load: Callable[[str], Stylizer] = lambda name: ValueStylizer(),
        maker: StyleMaker | None = None,
    ) -> None:
        self.shows_figures = self.shows_help = self.shows_styles = False
        self.is_fullscreen = False
        self.typed = ""
        self.completions: tuple[str, ...] = ()
        self.pages = 0
        self.clock = SetClock()
        self.frame: Frame | None = None
        self.said: list[str] = []
        self.quits = 0
        self.sinks: dict[Path, ListSink] = {}
        self.folder = folder
        self.player = Player(
            ["a", "b", "c"],
            load,
            first="a",
            size=(8, 6),
            look=Look(),
            metrics=Metrics(),
        )
        wait_until(lambda: len(loaded(self.player)) == 3)
        self.recording = RecordingSwitch(self.open_recorder)
        self.controls = Controls(
            self.player,
            self,
            quit=self.quit,
            folder=folder,
            recording=self.recording,
            maker=maker,
            settings={"source": "camera 0"},
            clock=self.clock,
        )

    def say(self, notice: str) -> None:
        self.said.append(notice)

    def toggle_fullscreen(self) -> None:
        self.is_fullscreen = not self.is_fullscreen

    def turn_page(self, by: int) -> None:
        self.pages += by

    def quit(self) -> None:
        self.quits += 1

    def open_recorder(self, path: Path) -> ListSink:
        path.touch()
        self.sinks[path] = ListSink()
        return self.sinks[path]

    def press(self, *keys: str) -> None:
        for key in keys:
            assert self.controls.press(key)

    def close(self) -> None:
        self.controls.close()
        self.recording.close()
        self.player.close()
