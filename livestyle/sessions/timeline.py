"""Timeline: what was on the screen and since when, one JSON object a line.

The first line says what was played, a line with a `path` where a style was found, and a line with
`at_s` what the picture looked like from that moment on:

    {"format": 1, "source": "camera 0 at 640x480", "steady": 0.0, "crossfade_s": 0.5, ...}
    {"style": "mosaic", "path": "/home/ada/mosaic", "models_sha256": ["5f3c..."]}
    {"at_s": 0.0, "style": "mosaic", "strength": 1.0, "keep_color": false, ..., "frozen": false}

A moment is the time stamp of the first frame that was painted so, in seconds after the first frame
that was kept. It is not when a key was pressed: a style may load for a second before it comes, a
key may do nothing at all, and what the audience saw is what shall be painted again. Lines are only
ever appended, so that a program that is killed loses none; they may be edited by hand.
"""

import json
import logging
import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from livestyle import __version__
from livestyle.errors import SinkError, SourceError
from livestyle.plain import parse_json
from livestyle.render.compositing import Look
from livestyle.render.scene import Scene
from livestyle.sessions.style_reference import StyleReference

log = logging.getLogger(__name__)

FORMAT = 1
TIMELINE_FILE = "timeline.jsonl"

SAME_S = 0.0005
"""Video files round time stamps; moments this near are the same one."""


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """What was played, and how.

    Attributes:
        source: what a person calls it.
        steady: 0.0 to 1.0, see `TemporalSmoothing`.
        crossfade_s: see `Crossfade`.
        stroke_lock: whether strokes were as large in the picture as at 640x480.
        noise: factor of the noise map.
        began: when, ISO 8601.
    """

    source: str = ""
    steady: float = 0.0
    crossfade_s: float = 0.0
    stroke_lock: bool = False
    noise: float = 1.0
    began: str = ""


class TimelineFile:
    """A timeline that is being written. Used by one thread."""

    def __init__(self, path: Path, playing: SessionSettings) -> None:
        """Creates the file.

        Raises:
            SinkError: it cannot be written, or is already there.
        """
        self.path = path
        try:
            self._file = path.open("x", encoding="utf-8")
        except OSError as error:
            raise self._failure(error) from error
        self._add({"format": FORMAT, "livestyle": __version__, **asdict(playing)})

    def add_style(self, name: str, style: StyleReference) -> None:
        """Says where a style was found.

        Raises:
            SinkError: it cannot be written.
        """
        self._add({"style": name, **asdict(style)})

    def add_scene(self, at_s: float, scene: Scene) -> None:
        """Says what the picture looks like from `at_s` seconds on.

        Raises:
            SinkError: it cannot be written.
        """
        look = asdict(scene.look)
        self._add({"at_s": round(at_s, 6), "style": scene.style, **look, "frozen": scene.frozen})

    def close(self) -> None:
        """Closes the file.

        Raises:
            SinkError: what a failed write left over cannot be written now, either.
        """
        try:
            self._file.close()
        except OSError as error:
            raise self._failure(error) from error

    def _add(self, line: Mapping[str, Any]) -> None:
        try:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()
        except OSError as error:
            raise self._failure(error) from error

    def _failure(self, error: OSError) -> SinkError:
        return SinkError(f"{self.path} cannot be written ({error.strerror}).")


class Timeline:
    """A timeline that was written.

    Attributes:
        playing: what was played, and how.
        styles: where the styles were found, by name.
    """

    def __init__(
        self,
        playing: SessionSettings,
        styles: Mapping[str, StyleReference],
        scenes: Iterable[tuple[float, Scene]],
    ) -> None:
        """Puts the scenes, of which there is at least one, in the order of their moments."""
        self.playing = playing
        self.styles = styles
        ordered = sorted(scenes, key=lambda pair: pair[0])
        self._times_s = [at_s for at_s, _ in ordered]
        self._scenes = [scene for _, scene in ordered]

    @property
    def style_names(self) -> tuple[str, ...]:
        """The styles that paint, each once, in the order they come."""
        return tuple(dict.fromkeys(scene.style for scene in self._scenes))

    def scene_at(self, at_s: float) -> Scene:
        """What the picture looks like at a moment; before the first one, as in that."""
        return self._scenes[max(0, bisect_right(self._times_s, at_s + SAME_S) - 1)]


def read_timeline(folder: Path) -> Timeline:
    """Reads the timeline of a session; keys of other versions are passed over.

    Raises:
        SourceError: there is none, or it is foreign, broken, newer or empty.
    """
    path = folder / TIMELINE_FILE
    texts = _texts(folder, path)
    playing = _first_line(texts[0] if texts else "", path)
    styles: dict[str, StyleReference] = {}
    scenes: list[tuple[float, Scene]] = []
    damaged = 0
    for text in texts[1:]:
        if not text.strip():
            continue
        try:
            line = _object(text)
            if "at_s" in line:
                scenes.append((_number(line["at_s"]), _scene(line)))
            elif "path" in line:
                styles[_text(line["style"])] = _style(line)
        except (ValueError, TypeError, KeyError):
            damaged += 1
    if damaged:
        log.warning("%s: damaged lines that are passed over: %d", path, damaged)
    if not scenes:
        raise SourceError(f"The session in {folder} ended before anything was painted.")
    return Timeline(playing, styles, scenes)


def _texts(folder: Path, path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError as error:
        what = f"has no {TIMELINE_FILE} that can be read" if folder.is_dir() else "is no folder"
        raise SourceError(
            f"There is no session in {folder}: it {what}. "
            "A session is what `livestyle cam --session` writes."
        ) from error


def _first_line(text: str, path: Path) -> SessionSettings:
    """What was played.

    Raises:
        SourceError: it is not the first line of a timeline, or of a newer format.
    """
    try:
        line = _object(text)
        newer = _number(line["format"]) > FORMAT
    except (ValueError, TypeError, KeyError) as error:
        raise SourceError(f"{path} is not the timeline of a livestyle session.") from error
    if newer:
        raise SourceError(
            f"{path} is of a newer format than this livestyle reads. Update livestyle."
        )
    try:
        playing = SessionSettings(**_known(SessionSettings, line))
        return replace(playing, steady=min(1.0, playing.steady))
    except (ValueError, TypeError) as error:
        raise SourceError(f"Line 1 of {path} cannot be read ({error!r}).") from error


def _style(line: Mapping[str, Any]) -> StyleReference:
    sums = line["models_sha256"]
    if not isinstance(sums, list):
        raise ValueError("the sums of the models are no list")
    return StyleReference(_text(line["path"]), tuple(map(_text, sums)))


def _scene(line: Mapping[str, Any]) -> Scene:
    look = Look(**_known(Look, line))
    if look.strength > 1:
        raise ValueError(f"a strength of {look.strength}")
    return Scene(_text(line["style"]), look, _flag(line.get("frozen", False)))


def _object(text: str) -> dict[str, Any]:
    line = parse_json(text)
    if not isinstance(line, dict):
        raise ValueError("a line is one JSON object")
    return line


def _known(kind: type[Any], line: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a dataclass in a line, each of the type that its field has by default.

    Raises:
        ValueError: one is of another type, or a number out of range.
    """
    readers = {float: _number, bool: _flag, str: _text}
    return {
        field.name: readers[type(field.default)](line[field.name])
        for field in fields(kind)
        if field.name in line
    }


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value


def _number(value: Any) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (is_number and math.isfinite(value) and value >= 0):
        raise ValueError(f"{value!r} is not a number from 0 on")
    return float(value)
