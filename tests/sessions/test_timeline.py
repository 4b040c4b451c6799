import json
from dataclasses import replace
from pathlib import Path

import pytest

from livestyle.errors import SinkError, SourceError
from livestyle.render.compositing import Look
from livestyle.render.scene import Scene
from livestyle.sessions.style_reference import StyleReference
from livestyle.sessions.timeline import (
    TIMELINE_FILE,
    SessionSettings,
    TimelineFile,
    read_timeline,
)

PLAYING = SessionSettings(
    "camera 0", steady=0.5, crossfade_s=0.4, began="2025-03-01T20:15:00+01:00"
)
MOSAIC = StyleReference("/styles/mosaic", ("a1", "b2"))
PLAIN = Scene("mosaic", Look())
BUSY = Scene("wave", Look(strength=0.3, keep_color=True, split=True, mirror=True), frozen=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A session of two scenes."""
    file = TimelineFile(tmp_path / TIMELINE_FILE, PLAYING)
    file.add_style("mosaic", MOSAIC)
    file.add_scene(0.0, PLAIN)
    file.add_scene(1.2, BUSY)
    file.close()
    return tmp_path


def change(folder: Path, number: int, text: str) -> None:
    """Writes another text into a line, from 1."""
    path = folder / TIMELINE_FILE
    lines = path.read_text().splitlines()
    lines[number - 1] = text
    path.write_text("\n".join(lines) + "\n")


def test_what_was_written_is_read(folder: Path) -> None:
    timeline = read_timeline(folder)
    assert timeline.playing == PLAYING
    assert timeline.styles == {"mosaic": MOSAIC}
    assert timeline.style_names == ("mosaic", "wave")
    moments_s = (0.0, 1.0, 1.198, 1.1997, 1.2, 99.0)
    assert [timeline.scene_at(at_s) for at_s in moments_s] == [PLAIN] * 3 + [BUSY] * 3


def test_before_the_first_scene_the_picture_is_as_in_it(tmp_path: Path) -> None:
    file = TimelineFile(tmp_path / TIMELINE_FILE, PLAYING)
    file.add_scene(0.5, BUSY)
    file.close()
    assert read_timeline(tmp_path).scene_at(0.0) == BUSY


def test_every_line_is_there_at_once(tmp_path: Path) -> None:
    file = TimelineFile(tmp_path / TIMELINE_FILE, PLAYING)
    file.add_scene(0.0, PLAIN)
    assert read_timeline(tmp_path).scene_at(0.0) == PLAIN
    file.close()


def test_lines_moved_by_hand_are_taken_in_the_order_of_their_moments(folder: Path) -> None:
    path = folder / TIMELINE_FILE
    path.write_text(path.read_text() + '{"at_s": 0.6, "style": "mosaic", "strength": 0.5}\n')
    timeline = read_timeline(folder)
    assert [timeline.scene_at(at_s).look.strength for at_s in (0.5, 0.7, 1.3)] == [1.0, 0.5, 0.3]


def test_a_line_that_was_being_written_is_passed_over(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = folder / TIMELINE_FILE
    path.write_text(path.read_text()[:-40])
    assert read_timeline(folder).scene_at(5.0) == PLAIN
    assert "damaged lines that are passed over: 1" in caplog.text


def test_keys_of_later_versions_are_passed_over(folder: Path) -> None:
    path = folder / TIMELINE_FILE
    lines = [{**json.loads(line), "later": [1]} for line in path.read_text().splitlines()]
    path.write_text("\n".join(map(json.dumps, [*lines, {"chapter": "two"}, lines[-1]])))
    timeline = read_timeline(folder)
    assert (timeline.playing, timeline.scene_at(1.2)) == (PLAYING, BUSY)


@pytest.mark.parametrize(
    ("number", "text", "message"),
    [
        (1, "", "is not the timeline"),
        (1, "frames.mp4", "is not the timeline"),
        (1, "[1]", "is not the timeline"),
        (1, '{"steady": 0.5}', "is not the timeline"),
        (1, '{"format": 2}', "newer format.*Update livestyle"),
        (1, '{"format": 1, "steady": "much"}', "Line 1 .* cannot be read"),
        (1, '{"format": 1, "steady": "0.5"}', "Line 1 .* cannot be read"),
        (1, '{"format": 1, "stroke_lock": "no"}', "Line 1 .* cannot be read"),
        (1, '{"format": 1, "source": 5}', "Line 1 .* cannot be read"),
        (1, "[" * 10_000, "is not the timeline"),
        (1, '{"format": 1, "crossfade_s": NaN}', "is not the timeline"),
    ],
)
def test_what_is_foreign_or_broken(folder: Path, number: int, text: str, message: str) -> None:
    change(folder, number, text)
    with pytest.raises(SourceError, match=message):
        read_timeline(folder)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "[" * 10_000,
        '{"style": "mosaic", "path": "/x"}',
        '{"at_s": 0}',
        '{"at_s": "now", "style": "a"}',
        '{"at_s": "1.0", "style": "a"}',
        '{"at_s": 1e999, "style": "a"}',
        '{"at_s": 0, "style": "a", "strength": 2}',
        '{"at_s": 0, "style": "a", "strength": null}',
        '{"at_s": 0, "style": ["a"]}',
        '{"at_s": 0, "style": "a", "frozen": "no"}',
        '{"at_s": 0, "style": "a", "frozen": 1}',
        '{"at_s": 0, "style": "a", "mirror": "false"}',
        '{"at_s": 0, "style": "a", "split": []}',
        '{"at_s": 0, "style": "a", "keep_color": 0}',
        '{"at_s": 0, "style": "a", "strength": true}',
        '{"at_s": true, "style": "a"}',
        '{"style": "mosaic", "path": 5, "models_sha256": []}',
        '{"style": "mosaic", "path": "/x", "models_sha256": "5f3c"}',
        '{"style": 5, "path": "/x", "models_sha256": ["5f3c"]}',
    ],
)
def test_a_damaged_line_is_passed_over(
    folder: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    change(folder, 3, text)
    timeline = read_timeline(folder)
    assert timeline.scene_at(1.2) == BUSY
    assert ("damaged lines that are passed over: 1" in caplog.text) == bool(text)


@pytest.mark.parametrize("name", ["a\u2028b", "a\udcffb", "a\nb"])
def test_names_that_break_lines_or_are_raw_bytes_come_back(tmp_path: Path, name: str) -> None:
    file = TimelineFile(tmp_path / TIMELINE_FILE, replace(PLAYING, source=name))
    file.add_scene(0.0, PLAIN)
    file.close()
    timeline = read_timeline(tmp_path)
    assert (timeline.playing.source, timeline.scene_at(0.0)) == (name, PLAIN)


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is no folder"):
        read_timeline(tmp_path / "missing")
    with pytest.raises(SourceError, match=f"has no {TIMELINE_FILE}"):
        read_timeline(tmp_path)
    TimelineFile(tmp_path / TIMELINE_FILE, PLAYING).close()
    with pytest.raises(SourceError, match="before anything was painted"):
        read_timeline(tmp_path)


def test_an_older_timeline_stays(folder: Path) -> None:
    before = (folder / TIMELINE_FILE).read_text()
    with pytest.raises(SinkError, match="cannot be written"):
        TimelineFile(folder / TIMELINE_FILE, PLAYING)
    assert (folder / TIMELINE_FILE).read_text() == before
