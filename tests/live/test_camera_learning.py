"""A style learns beside the show: frames out, better weights in."""

import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from livestyle.errors import EngineError, StyleError
from livestyle.installation import shipped_styles
from livestyle.live import camera_learning
from livestyle.live.camera_learning import CameraLearning, LearningOptions
from livestyle.styles.from_picture.picture_style import weights_of
from livestyle.styles.library import list_styles
from livestyle.styles.style import Style, open_style

FRAME = np.full((120, 160, 3), 90, np.uint8)

CHILD = """
import json, sys, time
from pathlib import Path
import numpy as np
asked = json.loads(sys.argv[1])
out = Path(asked["out"])
while len(list(Path(asked["frames"]).iterdir())) < 3:
    time.sleep(0.02)
with np.load(out / "begin.npz") as file:
    weights = {name: file[name] * 0.9 for name in file.files}
for step in (1, 2):
    np.savez(out / "weights.npz", **weights)
    status = {"step": step, "seconds": 30.0 * step, "loss": 1.0, "is_done": step == 2}
    (out / "next").write_text(json.dumps(status))
    (out / "next").rename(out / "status.json")
    while step == 1 and not (out / "go").exists():
        time.sleep(0.02)
"""
"""In the place of the learning, which needs torch."""


@pytest.fixture
def style() -> Style:
    """A style of a picture, as far as the learning can tell."""
    shipped = open_style(shipped_styles() / "mosaic")
    picture = shipped.preview
    return Style(shipped.card, shipped.folder, picture)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(camera_learning, "SETTLED_S", 0.0)
    monkeypatch.setattr(camera_learning, "LOOK_S", 0.05)
    monkeypatch.setattr(camera_learning, "FRAME_EVERY_S", 0.05)
    monkeypatch.setattr(camera_learning, "find_spec", lambda name: importlib.util.find_spec("json"))
    child = tmp_path / "child.py"
    child.write_text(CHILD)
    begin = subprocess.Popen

    def popen(words: list[str], **rest: object) -> "subprocess.Popen[bytes]":
        return begin([sys.executable, str(child), words[-1]], **rest)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(subprocess, "Popen", popen)


def until(there: Callable[[], bool]) -> None:
    ends_s = time.monotonic() + 60
    while not there():
        assert time.monotonic() < ends_s, "it never came"
        time.sleep(0.02)


def said(learning: CameraLearning, notices: list[str]) -> str:
    """The latest sentence, which is noted."""
    notices.append(learning.take_notice())
    return notices[-1]


def test_better_weights_become_a_style_and_k_keeps_it(style: Style) -> None:
    better: list[Style] = []
    kept: list[str] = []
    with CameraLearning(
        style, LearningOptions(), seen=lambda: FRAME, fps=lambda: 30.0, improved=better.append
    ) as learning:
        until(lambda: bool(better))
        learned = weights_of(better[0])["up1.weight"]
        assert np.allclose(learned, weights_of(style)["up1.weight"] * 0.9, atol=1e-6)
        fine = weights_of(style, fine=True)["up1.weight"] - weights_of(style)["up1.weight"] * 0.1
        assert np.allclose(weights_of(better[0], fine=True)["up1.weight"], fine, atol=1e-6)
        learning.keep()
        kept.append(learning.take_notice())
        (learning._folder / "go").touch()
        until(lambda: len(better) == 2)
        assert not better[0].folder.exists()  # one state is kept, not one for every half minute
        until(lambda: "has learned what it can" in learning.take_notice())
        learning.keep()
        kept.append(learning.take_notice())
    assert all("kept as mosaic_2" in notice for notice in kept), kept
    assert [s.card.name for s in list_styles()].count("mosaic_2") == 1
    assert not learning._folder.exists()


def test_a_show_that_slows_down_is_told(style: Style) -> None:
    rates = iter([30.0])
    notices: list[str] = []
    with CameraLearning(
        style,
        LearningOptions(),
        seen=lambda: FRAME,
        fps=lambda: next(rates, 12.0),
        improved=lambda _: None,
    ) as learning:
        until(lambda: "12 frames" in said(learning, notices))


def test_a_learning_that_fails_is_one_sentence_and_the_show_goes_on(
    style: Style, tmp_path: Path
) -> None:
    (tmp_path / "child.py").write_text("raise SystemExit('there is no loss network here')")
    with CameraLearning(
        style, LearningOptions(), seen=lambda: FRAME, fps=lambda: 30.0, improved=lambda _: None
    ) as learning:
        notices: list[str] = []
        until(lambda: "no longer" in said(learning, notices))
        assert "there is no loss network here" in notices[-1]


def test_what_is_no_picture_has_nothing_to_learn_from(style: Style) -> None:
    with pytest.raises(StyleError, match="not the style of a picture"):
        CameraLearning(
            open_style(style.folder),
            LearningOptions(),
            seen=lambda: None,
            fps=lambda: 0.0,
            improved=lambda _: None,
        )


def test_without_torch_it_says_what_installs_it(
    style: Style, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera_learning, "find_spec", lambda name: None)
    with pytest.raises(EngineError, match="--learn needs torch"):
        CameraLearning(
            style, LearningOptions(), seen=lambda: None, fps=lambda: 0.0, improved=lambda _: None
        )


def test_the_learning_is_asked_what_it_understands() -> None:
    """Both sides name the same files; the other one imports torch, which this one does without."""
    source = (Path(camera_learning.__file__).parents[1] / "training/on_camera.py").read_text()
    names = (camera_learning.BEGIN_FILE, camera_learning.WEIGHTS_FILE, camera_learning.STATUS_FILE)
    for name in names:
        assert json.dumps(name) in source
