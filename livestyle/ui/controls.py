"""Controls: the keys of the live window, in one table that is also the help."""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from livestyle.errors import SinkError
from livestyle.frame import Frame
from livestyle.images import write_picture
from livestyle.live.player import Player
from livestyle.live.recording import RecordingSwitch, new_path
from livestyle.ui.new_styles import NewStyles, StyleMaker
from livestyle.ui.overlay import FADE_S, HOLD_S
from livestyle.ui.sprites import Row
from livestyle.ui.typing import NAME, NUMBER, PATH, TypedView, Typing

QUIT_S = HOLD_S + FADE_S
"""Esc quits when it is pressed again while its notice is shown."""


class View(TypedView, Protocol):
    """What the keys change about the screen.

    Attributes:
        shows_figures: whether the figures are on the screen.
        shows_help: whether the table of keys is.
        shows_styles: whether the thumbnails are.
        is_fullscreen: whether the window fills the display.
        frame: the frame shown last, without any words on it; None before the first.
    """

    shows_figures: bool
    shows_help: bool
    shows_styles: bool
    frame: Frame | None

    @property
    def is_fullscreen(self) -> bool: ...

    def toggle_fullscreen(self) -> None:
        """Fills the display with the window, or goes back."""

    def turn_page(self, by: int) -> None:
        """Goes on (+1) or back (-1) a page of thumbnails."""


class Controls:
    """Turns keys into what they do. Used on the main thread."""

    def __init__(
        self,
        player: Player,
        screen: View,
        *,
        quit: Callable[[], None],
        folder: Path,
        recording: RecordingSwitch | None = None,
        keep_learned: Callable[[], None] | None = None,
        maker: StyleMaker | None = None,
        settings: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Connects the keys.

        Args:
            player: paints.
            screen: shows.
            quit: asks for the end.
            folder: where pictures and recordings go; made when the first one comes.
            recording: what `r` switches; None where nothing can be recorded.
            keep_learned: what `k` does; None where nothing learns.
            maker: of the styles that keys ask for; None where none can be made.
            settings: what else to keep in the metadata of pictures, such as the source.
            clock: seconds.
        """
        self.player = player
        self.screen = screen
        self.recording = recording
        self.quit = quit
        self._keep_learned = keep_learned
        self.new_styles = NewStyles(player, maker, screen.say) if maker else None
        self.typing = Typing(player, screen, self.open_picture)
        self._folder = folder
        self._settings = dict(settings or {})
        self._clock = clock
        self._quit_asked_s = float("-inf")
        # Encoding a PNG takes longer than a frame may.
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="livestyle-pictures")

    def press(self, name: str) -> bool:
        """Does what a key does.

        Args:
            name: the character, in its case, or a name such as "space", "esc" or "left".

        Returns:
            False when the key means nothing.
        """
        name = {" ": "space", "\x1b": "esc"}.get(name, name)
        if self.typing.is_on and self.typing.take(name):
            return True
        action = _ACTIONS.get(name.lower())
        if action is None:
            return False
        if name != "esc":
            self._quit_asked_s = float("-inf")
        action(self)
        return True

    def choose(self, style: str) -> None:
        """Swaps to a style that was clicked on, as its key would."""
        self.player.select(style)

    def escape(self) -> None:
        """Closes what lies over the picture, else leaves fullscreen, else quits if asked twice."""
        screen = self.screen
        if screen.shows_help:
            screen.shows_help = False
        elif screen.shows_styles:
            screen.shows_styles = False
        elif screen.shows_figures:
            screen.shows_figures = False
        elif screen.is_fullscreen:
            screen.toggle_fullscreen()
        elif self._clock() - self._quit_asked_s < QUIT_S:
            self.quit()
        else:
            self._quit_asked_s = self._clock()
            screen.say("press Esc again to quit")

    def open_picture(self, picture: Path) -> None:
        """Makes a style of a picture and swaps to it."""
        if self.new_styles:
            self.new_styles.open_picture(picture)
        else:
            self.screen.say("no style can be made here")

    def mix(self, by: int) -> None:
        """A step more (+1) or less (-1) of the next style."""
        if self.new_styles:
            self.new_styles.mix(by)
        else:
            self.screen.say("no style can be made here")

    def close(self) -> None:
        """Waits for pictures that are still being written."""
        self._writer.shutdown()

    def change_strength(self, by: float) -> None:
        """More or less of the style, in tenths."""
        look = self.player.look
        strength = min(1.0, max(0.0, round(look.strength + by, 1)))
        self.player.look = replace(look, strength=strength)
        self.screen.say(f"strength {strength:.0%}")

    def toggle_look(self, field: str, text: str) -> None:
        """Switches one of the look's yes-or-no fields."""
        value = not getattr(self.player.look, field)
        self.player.look = replace(self.player.look, **{field: value})
        self.screen.say(f"{text} {'on' if value else 'off'}")

    def toggle_freeze(self) -> None:
        """Holds the picture, or lets it move on."""
        self.player.frozen = not self.player.frozen
        self.screen.say("frozen; space goes on" if self.player.frozen else "live again")

    def toggle_recording(self) -> None:
        """Begins a recording in the folder, or finishes the one that runs."""
        if self.recording is None:
            self.screen.say("nothing can be recorded here")
            return
        try:
            if self.recording.elapsed_s is not None:
                self.recording.stop()
                return
            with self._new_path(".mp4") as path:
                self.recording.start(path)
        except SinkError as error:
            self.screen.say(str(error))

    def keep_learned(self) -> None:
        """Keeps what was learned beside the show as a style of one's own."""
        if self._keep_learned is None:
            self.screen.say("nothing learns here; see cam --learn")
        else:
            self._writer.submit(self._keep_learned)

    def save_picture(self) -> None:
        """Writes the frame shown last as PNG, with the settings in its metadata."""
        if (frame := self.screen.frame) is not None:
            self._writer.submit(self._write_picture, frame, self._described(frame))

    def _write_picture(self, frame: Frame, text: dict[str, str]) -> None:
        try:
            with self._new_path(".png", frame.style) as path:
                write_picture(path, frame.pixels, text=text)
            self.screen.say(f"saved {path.absolute()}")
        except SinkError as error:
            self.screen.say(str(error))

    def _described(self, frame: Frame) -> dict[str, str]:
        look, info = self.player.look, self.player.info
        return {
            "Software": "livestyle",
            "style": frame.style or "",
            "strength": f"{look.strength:g}",
            "keep_color": str(look.keep_color).lower(),
            "mirror": str(look.mirror).lower(),
            "engine": info.engine,
            "device": info.device,
            "precision": info.precision,
            "pts_s": f"{frame.pts_s:.3f}",
        } | self._settings

    @contextmanager
    def _new_path(self, suffix: str, style: str | None = None) -> Iterator[Path]:
        """A path of our own in the folder, which is made if need be.

        Raises:
            SinkError: nothing can be written there.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with new_path(self._folder, style or self.player.current, suffix) as path:
                yield path
        except OSError as error:
            raise SinkError(
                f"Nothing can be written to {self._folder} ({error.strerror})."
            ) from error

    def toggle_figures(self) -> None:
        """Figures on or off."""
        self.screen.shows_figures = not self.screen.shows_figures

    def toggle_help(self) -> None:
        """The table of keys on or off."""
        self.screen.shows_help = not self.screen.shows_help

    def toggle_styles(self) -> None:
        """The thumbnails on or off."""
        self.screen.shows_styles = not self.screen.shows_styles


@dataclass(frozen=True, slots=True)
class Key:
    """One line of the help.

    Attributes:
        label: how the help writes it.
        text: what it does, in a few words.
        actions: what each of its keys does, by the name the window gives it.
    """

    label: str
    text: str
    actions: Mapping[str, Callable[[Controls], None]]


def _numbers() -> Mapping[str, Callable[[Controls], None]]:
    return {str(n): lambda c, n=n: c.player.select_number(n) for n in range(1, 10)}  # type: ignore[misc]


def _page_keys() -> Mapping[str, Callable[[Controls], None]]:
    back, on = ("left", "up", "pageup", "wheelup"), ("right", "down", "pagedown", "wheeldown")
    return dict.fromkeys(back, lambda c: c.screen.turn_page(-1)) | dict.fromkeys(
        on, lambda c: c.screen.turn_page(1)
    )


KEYS: tuple[Key, ...] = (
    Key("1 - 9", "style by number", _numbers()),
    Key("0 1 2", "style number 12", {"0": lambda c: c.typing.begin(NUMBER)}),
    Key(
        "/   o",
        "style name, picture",
        {"/": lambda c: c.typing.begin(NAME), "o": lambda c: c.typing.begin(PATH)},
    ),
    Key(
        "n   p",
        "next, previous style",
        {"n": lambda c: c.player.step(1), "p": lambda c: c.player.step(-1)},
    ),
    Key(
        "t",
        "all styles, in pages",
        {"t": Controls.toggle_styles, **_page_keys()},
    ),
    Key(
        ",   .",
        "less, more of the next",
        {",": lambda c: c.mix(-1), ".": lambda c: c.mix(1)},
    ),
    Key(
        "[   ]",
        "less, more style",
        {"[": lambda c: c.change_strength(-0.1), "]": lambda c: c.change_strength(0.1)},
    ),
    Key("c", "original colours", {"c": lambda c: c.toggle_look("keep_color", "original colours")}),
    Key("s", "split view", {"s": lambda c: c.toggle_look("split", "split view")}),
    Key("m", "mirror", {"m": lambda c: c.toggle_look("mirror", "mirror")}),
    Key("f", "fullscreen", {"f": lambda c: c.screen.toggle_fullscreen()}),
    Key("space", "freeze", {"space": Controls.toggle_freeze}),
    Key(
        "w   k",
        "save picture, learning",
        {"w": Controls.save_picture, "k": Controls.keep_learned},
    ),
    Key("r", "record on, off", {"r": Controls.toggle_recording}),
    Key("i", "figures", {"i": Controls.toggle_figures}),
    Key("h", "this help", {"h": Controls.toggle_help}),
    Key("Esc", "close, leave, quit", {"esc": Controls.escape}),
    Key("q", "quit", {"q": lambda c: c.quit()}),
)
"""Every key there is, in the order of the help."""

HELP: tuple[Row, ...] = tuple((key.label, key.text) for key in KEYS)
_ACTIONS = {name: action for key in KEYS for name, action in key.actions.items()}
