"""What earlier versions wrote is read as they meant it."""

from pathlib import Path

from livestyle.render.compositing import Look
from livestyle.render.scene import Scene
from livestyle.sessions.timeline import TIMELINE_FILE, SessionSettings, read_timeline

OF_0_1 = """\
{"format": 1, "livestyle": "0.1.0", "source": "camera 0 at 640x480", "steady": 0.5, \
"crossfade_s": 0.0, "stroke_lock": true, "began": "2026-11-28T20:15:00+01:00"}
{"style": "mosaic", "path": "/home/ada/mosaic", "models_sha256": ["5f3c"]}
{"at_s": 0.0, "style": "mosaic", "strength": 1.0, "keep_color": false, "split": false, \
"mirror": true, "frozen": false}
{"at_s": 2.5, "style": "udnie", "strength": 0.7, "keep_color": true, "split": false, \
"mirror": true, "frozen": true}
"""


def test_a_session_of_0_1_is_painted_as_it_was(tmp_path: Path) -> None:
    """It had no noise setting, which was whole then."""
    (tmp_path / TIMELINE_FILE).write_text(OF_0_1)
    timeline = read_timeline(tmp_path)
    began = "2026-11-28T20:15:00+01:00"
    assert timeline.playing == SessionSettings(
        "camera 0 at 640x480", 0.5, 0.0, True, noise=1.0, began=began
    )
    assert timeline.scene_at(1) == Scene("mosaic", Look(mirror=True))
    assert timeline.scene_at(3) == Scene("udnie", Look(0.7, True, mirror=True), frozen=True)
    assert timeline.styles["mosaic"].path == "/home/ada/mosaic"


def test_whether_a_larger_network_painted_is_passed_over(tmp_path: Path) -> None:
    """Styles had a second one, which a session named."""
    header, scenes = OF_0_1.split("\n", 1)
    with_network = header.replace('"began"', '"noise": 0.5, "rich": true, "began"')
    (tmp_path / TIMELINE_FILE).write_text(f"{with_network}\n{scenes}")
    timeline = read_timeline(tmp_path)
    assert timeline.playing.noise == 0.5
    assert timeline.style_names == ("mosaic", "udnie")
