"""Screen: a window as a sink, with words over the picture."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from livestyle.frame import Frame, Pixels
from livestyle.live.metrics import Metrics
from livestyle.live.player import Player
from livestyle.live.recording import RecordingSwitch
from livestyle.protocols import FrameSource, Sink
from livestyle.ui.controls import HELP
from livestyle.ui.overlay import Overlay, Words
from livestyle.ui.sprites import Row
from livestyle.ui.style_search import styles_like
from livestyle.ui.thumbnails import Thumbnails
from livestyle.ui.typing import NUMBER, PATH

REDRAW_S = 0.1
"""Without new frames the last one is drawn again this often, so that words come and fade."""

POLL_S = 0.01
"""The window need not be asked for keys more often than this."""

POLL_MS = 1

HINT = "press h for the keys"
HINT_S = 6.0

MOST_FOUND = 4
"""Styles shown that may be meant by what is typed."""

FIGURES_S = 0.25
"""Figures that change with every frame cannot be read."""


class Window(Protocol):
    """A window, as the live path uses it; on the main thread only.

    Attributes:
        is_open: False once the person has closed it.
        is_fullscreen: whether it fills the display.
    """

    @property
    def is_open(self) -> bool: ...

    @property
    def is_fullscreen(self) -> bool: ...

    def show(self, pixels: Pixels, draw: Callable[[Pixels], Pixels] | None = None) -> None:
        """Shows a picture, scaled to the window.

        Args:
            pixels: RGB uint8 (H, W, 3).
            draw: draws on the scaled picture; is given and returns RGB uint8 of the window's size.
        """

    def poll_key(self, wait_ms: int) -> str | None:
        """Handles the window's events for up to `wait_ms`.

        Returns:
            A key that was pressed, as its character or a name such as "space", "esc", "left" or
            "wheelup"; None for none.
        """

    def poll_click(self) -> tuple[int, int] | None:
        """A place that was clicked and not yet taken.

        Returns:
            (x, y) in pixels of the window, as `draw` was given it; None for none.
        """

    def set_title(self, title: str) -> None:
        """Names the window."""

    def toggle_fullscreen(self) -> None:
        """Fills the display with the window, or goes back."""

    def close(self) -> None:
        """Takes the window away."""


@runtime_checkable
class NoticeSource(Protocol):
    """Something that has a sentence for the screen now and then."""

    def take_notice(self) -> str:
        """The latest sentence, told once; "" when there is nothing new."""


class Screen(Sink):
    """Shows each frame with the words that belong to it; used on the main thread.

    Attributes:
        shows_figures: whether the figures are on the screen.
        shows_help: whether the table of keys is.
        shows_styles: whether the thumbnails are.
        typed: what was typed so far to choose a style, as in `TypedView`; "" when nothing is.
        completions: paths that may be meant by it.
        frame: the frame shown last, without words; None before the first.
    """

    def __init__(
        self,
        window: Window,
        source: FrameSource,
        player: Player,
        metrics: Metrics,
        recording: RecordingSwitch | None = None,
        *,
        thumbnails: Thumbnails | None = None,
        notice_sources: Sequence[NoticeSource] = (),
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Takes over the window: `close` closes it.

        Args:
            window: where to show.
            source: its status stays on the screen while it has one.
            player: its style and its notices are shown.
            metrics: its figures are.
            recording: its timer and its notices are.
            thumbnails: paints the pictures of the strip; without, it has names only.
            notice_sources: others whose notices are shown.
            clock: seconds.
        """
        self.shows_figures = False
        self.shows_help = False
        self.shows_styles = False
        self.typed = ""
        self.completions: tuple[str, ...] = ()
        self.frame: Frame | None = None
        self._window = window
        self._source = source
        self._player = player
        self._metrics = metrics
        self._recording = recording
        self._thumbnails = thumbnails
        self._notice_sources: tuple[NoticeSource, ...] = (
            player,
            *([recording] if recording else []),
            *notice_sources,
        )
        self._clock = clock
        self._overlay = Overlay(clock)
        self._overlay.hint(HINT, HINT_S)
        self._title = ""
        self._keys: deque[str] = deque()
        self._choices: deque[str] = deque()
        self._drawn_s = self._polled_s = float("-inf")
        self._figures: tuple[Row, ...] = ()
        self._figures_s = float("-inf")

    @property
    def is_open(self) -> bool:
        """False once the person has closed the window."""
        return self._window.is_open

    @property
    def is_fullscreen(self) -> bool:
        """Whether the window fills the display."""
        return self._window.is_fullscreen

    def write(self, frame: Frame) -> None:
        """Shows a frame.

        Raises:
            SinkError: the window cannot.
        """
        self.frame = frame
        self._draw()
        self._poll()  # only now is it on the display, and the metrics right to call it shown

    def refresh(self) -> None:
        """Keeps the window alive; draws the last frame again when that was a while ago."""
        if self._clock() - self._drawn_s >= REDRAW_S:
            self._draw()
        if self._clock() - self._polled_s >= POLL_S:
            self._poll()

    def take_key(self) -> str | None:
        """The oldest key that was pressed and not yet taken, or None."""
        return self._keys.popleft() if self._keys else None

    def take_choice(self) -> str | None:
        """The style of the oldest thumbnail that was clicked on and not yet taken, or None."""
        return self._choices.popleft() if self._choices else None

    def say(self, notice: str) -> None:
        """Shows a notice for a moment."""
        self._overlay.say(notice)

    def toggle_fullscreen(self) -> None:
        """Fills the display with the window, or goes back."""
        self._window.toggle_fullscreen()

    def turn_page(self, by: int) -> None:
        """Goes on (+1) or back (-1) a page of thumbnails, while they are on the screen."""
        if self.shows_styles:
            self._overlay.strip.turn(by)
            self._draw()

    def close(self) -> None:
        """Takes the window away."""
        self._window.close()

    def _poll(self) -> None:
        if (key := self._window.poll_key(POLL_MS)) is not None:
            self._keys.append(key)
        while (click := self._window.poll_click()) is not None:
            strip = self._overlay.strip
            if (style := strip.name_at(*click)) is not None:
                self._choices.append(style)
            elif by := strip.arrow_at(*click):
                self.turn_page(by)
        self._polled_s = self._clock()

    def _draw(self) -> None:
        if not self._window.is_open:
            return
        self._relay_notices()
        style = self._player.current
        if (title := f"{style} - livestyle") != self._title:
            self._title = title
            self._window.set_title(title)
        self._drawn_s = self._clock()
        words = self._words(style)
        self._window.show(self._pixels(), lambda pixels: self._overlay.draw(pixels, words))
        if self._thumbnails:
            shown = self._overlay.strip.shown
            self._thumbnails.want(shown, self._player.seen, self._player.look)

    def _pixels(self) -> Pixels:
        if self.frame is not None:
            return self.frame.pixels
        width, height = self._source.size
        return np.full((height, width, 3), 24, np.uint8)

    def _words(self, style: str) -> Words:
        names = self._player.names
        return Words(
            style=style,
            number=names.index(style) + 1 if style in names else 0,
            status=self._source.status,
            figures=self._current_figures() if self.shows_figures else (),
            help=HELP if self.shows_help else (),
            search=_found(self.typed, names, self.completions),
            frozen=self._player.frozen,
            recording_s=self._recording.elapsed_s if self._recording else None,
            styles=names if self.shows_styles else (),
            marked=self._player.place,
            thumbnails=self._thumbnails.pictures if self._thumbnails else {},
        )

    def _relay_notices(self) -> None:
        for notice_source in self._notice_sources:
            if notice := notice_source.take_notice():
                self.say(notice)

    def _current_figures(self) -> tuple[Row, ...]:
        now_s = self._clock()
        if now_s - self._figures_s >= FIGURES_S:
            self._figures, self._figures_s = self._measured(), now_s
        return self._figures

    def _measured(self) -> tuple[Row, ...]:
        now, info, scale = self._metrics.snapshot(), self._player.info, self._player.scale
        return (
            ("fps", f"{now.fps:.1f}"),
            ("capture", _ms(now.capture_ms)),
            ("style", _ms(now.style_ms)),
            ("show", _ms(now.show_ms)),
            ("latency", _ms(now.latency_ms)),
            ("dropped", str(now.dropped)),
            *((("scale", f"{scale:.0%}"),) if scale != 1 else ()),
            ("engine", f"{info.engine} {info.device} {info.precision}"),
        )


def _found(typed: str, names: Sequence[str], paths: Sequence[str]) -> tuple[Row, ...]:
    """What is typed, and the styles or paths that may be meant by it."""
    if not typed:
        return ()
    if typed[0] == PATH:
        shown = [_last_part(path) for path in paths[:MOST_FOUND]]
        if len(paths) > MOST_FOUND:
            shown.append(f"and {len(paths) - MOST_FOUND} more")
        return (("picture", f"{typed[1:]}_"), *(("", text) for text in shown))
    if typed[0] == NUMBER:
        return (("style number", f"{typed[1:]}{'_' * (3 - len(typed))}"),)
    name = typed[1:]
    found = styles_like(name, names)[:MOST_FOUND] if name else []
    rows = [("Enter" if place == 0 else "", style) for place, style in enumerate(found)]
    if name and not found:
        rows = [("", "no such style")]
    return (("style", f"{name}_"), *rows)


def _last_part(path: str) -> str:
    """The name at the end of a path, of a folder with its /."""
    return path[path.rstrip("/").rfind("/") + 1 :]


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} ms"
