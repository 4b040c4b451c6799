"""`livestyle cam --session` and `livestyle render`: a performance kept and painted again."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals

import pytest
from cli_runs import Ended, Running, decoded, difference
from media import make_clip
from models import blur_model, save_onnx, save_style

Livestyle = Callable[..., Ended]
Start = Callable[..., Running]
VFR_S = [0.0, 0.033, 0.1, 0.4, 0.45, 0.9, 1.0]


def timeline(*lines: dict[str, object]) -> None:
    """Puts lines behind the first one of the session's timeline."""
    path = Path("s/timeline.jsonl")
    first = path.read_text().splitlines()[0]
    path.write_text("\n".join([first, *map(json.dumps, lines)]) + "\n")


def keep_clip(livestyle: Livestyle, clip: Path, *options: object) -> None:
    ended = livestyle("cam", "--source", clip, "--no-display", "--session", "s", *options)
    assert (ended.code, ended.out) == (0, ""), ended.err
    assert "Kept " in ended.err and "`livestyle render s show.mp4`" in ended.err


def test_a_clip_is_painted_again_frame_by_frame(livestyle: Livestyle) -> None:
    clip = make_clip(Path("clip.mkv"), times_s=VFR_S, audio_s=1.0)
    original = decoded(clip)
    keep_clip(livestyle, clip, "--strength", "0.5", "--mirror", "--record", "live.mp4")
    kept = decoded(Path("s/frames.mp4"))
    assert difference(kept.pictures[3], original.pictures[3]) < 4, "unpainted, unmirrored"
    ended = livestyle("render", "s", "show.mp4")
    assert (ended.code, ended.out) == (0, "show.mp4\n"), ended.err
    live, show = decoded(Path("live.mp4")), decoded(Path("show.mp4"))
    assert show.times_s == pytest.approx(original.times_s, abs=0.001)
    assert show.sound_s == pytest.approx(original.sound_s, abs=0.05)
    assert len(show.pictures) == 7
    for one, other in zip(show.pictures, live.pictures, strict=True):
        assert difference(one, other) < 6


def test_swaps_come_at_their_frames(livestyle: Livestyle) -> None:
    """Also at twice the size, where the default style is the negative, `abstract` a blur."""
    clip = make_clip(Path("clip.mp4"), frames=12)
    keep_clip(livestyle, clip, "--crossfade", "0")
    timeline(
        {"at_s": 0, "style": "mosaic", "strength": 1.0},
        {"at_s": 4 / 30, "style": "mosaic", "strength": 0.0},
        {"at_s": 6 / 30, "style": "abstract", "strength": 1.0, "split": True},
        {"at_s": 8 / 30, "style": "mosaic", "strength": 1.0, "frozen": True},
        {"at_s": 10 / 30, "style": "mosaic", "strength": 1.0, "mirror": True},
    )
    assert livestyle("render", "s", "show.mp4", "--size", "128x96", "--crf", "10").code == 0
    assert livestyle("video", "clip.mp4", "plain.mp4", "--size", "128x96", "--strength", "0",
                     "--crf", "10").code == 0  # fmt: skip
    plain, show = decoded(Path("plain.mp4")).pictures, decoded(Path("show.mp4")).pictures
    expected = {
        **{index: 255 - plain[index] for index in range(4)},
        **{index: plain[index] for index in (4, 5)},
        **dict.fromkeys((8, 9), 255 - plain[8]),
        **{index: 255 - plain[index][:, ::-1] for index in (10, 11)},
    }
    assert len(show) == 12
    for index, picture in expected.items():
        assert difference(show[index], picture) < 8, index
    assert difference(show[6][:, :60], plain[6][:, :60]) < 8
    assert difference(show[6][:, 68:], plain[6][:, 68:]) > 20


def test_an_interrupted_run_goes_on(livestyle: Livestyle, caplog: pytest.LogCaptureFixture) -> None:
    clip = make_clip(Path("clip.mp4"), frames=150)
    keep_clip(livestyle, clip, "--crossfade", "1")
    timeline(
        {"at_s": 0, "style": "mosaic", "strength": 1.0},
        {"at_s": 115 / 30, "style": "abstract", "strength": 1.0},
    )
    assert livestyle("render", "s", "whole.mp4").code == 0
    shutil.copy("whole.mp4", "show.mp4.partial")
    ended = livestyle("render", "s", "show.mp4", "--resume")
    assert ended.code == 0, ended.err
    found = re.search(r"(\d+) frames are there already", caplog.text)
    assert found and 110 < int(found[1]) < 150, caplog.text
    assert f"Painted {150 - int(found[1])} frames" in ended.err
    whole, show = decoded(Path("whole.mp4")), decoded(Path("show.mp4"))
    assert show.times_s == whole.times_s
    for one, other in zip(show.pictures, whole.pictures, strict=True):
        assert difference(one, other) < 3
    assert not Path("show.mp4.partial").exists()


def test_a_camera_keeps_what_nobody_painted(livestyle: Livestyle) -> None:
    ended = livestyle("cam", "--source", "demo", "--size", "64x48", "--no-display",
                      "--session", "s", "--duration", "1", "--report", "r.json")  # fmt: skip
    assert ended.code == 0, ended.err
    captured = json.loads(Path("r.json").read_text())["frames"]["captured"]
    assert livestyle("render", "s", "show.mp4", "--precision", "auto").code == 0
    kept, show = decoded(Path("s/frames.mp4")), decoded(Path("show.mp4"))
    assert len(show.pictures) == len(kept.pictures) > 1
    assert captured - 1 <= len(kept.pictures) <= captured
    assert difference(show.pictures[-1], 255 - kept.pictures[-1]) < 8


@pytest.mark.parametrize("signal", [SIGKILL, SIGTERM])
def test_a_session_that_was_ended(signal: Signals, start: Start, livestyle: Livestyle) -> None:
    cam = start("cam", "--source", "demo", "--size", "64x48", "--no-display", "--session", "s")
    partial = Path("s/frames.mp4.partial")
    cam.wait_for(lambda: partial.is_file() and partial.stat().st_size > 3000, "kept frames")
    cam.send(signal)
    assert cam.ended().code == (-SIGKILL if signal is SIGKILL else 128 + SIGTERM)
    assert partial.is_file() == (signal is SIGKILL)
    ended = livestyle("render", "s", "show.mp4")
    assert (ended.code, ended.out) == (0, "show.mp4\n"), ended.err
    assert len(decoded(Path("show.mp4")).pictures) > 3


def test_a_style_given_by_its_path(livestyle: Livestyle) -> None:
    save_style(Path("mine"), "mine")
    clip = make_clip(Path("clip.mp4"), frames=3)
    keep_clip(livestyle, clip, "--style", "mine")
    assert livestyle("render", "s", "show.mp4").code == 0
    negative = 255 - decoded(clip).pictures[1]
    assert difference(decoded(Path("show.mp4")).pictures[1], negative) < 8
    shutil.rmtree("mine")
    ended = livestyle("render", "s", "other.mp4")
    assert (ended.code, ended.out) == (4, "")
    assert "not there any more: mine (it was in " in ended.err and "styles add" in ended.err
    assert not Path("other.mp4").exists()


def test_an_older_output_stays(livestyle: Livestyle) -> None:
    keep_clip(livestyle, make_clip(Path("clip.mp4"), frames=3))
    Path("show.mp4").write_text("mine")
    assert livestyle("render", "s", "show.mp4").code == 5
    assert Path("show.mp4").read_text() == "mine"
    assert livestyle("render", "s", "show.mp4", "--overwrite").code == 0
    assert livestyle("render", "s", "s/frames.mp4", "--overwrite").code == 5
    assert len(decoded(Path("s/frames.mp4")).pictures) == 3


def test_no_session(livestyle: Livestyle) -> None:
    for session in ("missing", "."):
        ended = livestyle("render", session, "show.mp4")
        assert (ended.code, ended.out) == (3, "")
        assert "There is no session in" in ended.err and "Traceback" not in ended.err
    keep_clip(livestyle, make_clip(Path("clip.mp4"), frames=3))
    Path("s/frames.mp4").write_bytes(b"nothing")
    assert livestyle("render", "s", "show.mp4").code == 3
    Path("s/frames.mp4").unlink()
    ended = livestyle("render", "s", "show.mp4")
    assert ended.code == 3 and "no frames" in ended.err
    Path("s/timeline.jsonl").write_text('{"format": 9}\n')
    ended = livestyle("render", "s", "show.mp4")
    assert ended.code == 3 and "newer format" in ended.err
    assert not Path("show.mp4").exists()


def test_a_session_begins_in_a_new_folder(livestyle: Livestyle) -> None:
    clip = make_clip(Path("clip.mp4"), frames=3)
    keep_clip(livestyle, clip)
    before = Path("s/timeline.jsonl").read_text()
    ended = livestyle("cam", "--source", clip, "--no-display", "--session", "s")
    assert (ended.code, ended.out) == (5, "")
    assert "s is not empty" in ended.err
    assert Path("s/timeline.jsonl").read_text() == before


def test_a_show_that_does_not_start_leaves_no_session(livestyle: Livestyle) -> None:
    clip = make_clip(Path("clip.mp4"), frames=3)
    options = ("--source", clip, "--no-display", "--session", "s", "--precision", "int8")
    assert livestyle("cam", *options).code == 4
    assert not Path("s").exists()


def test_the_noise_map_is_that_of_the_session(
    livestyle: Livestyle,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The tiny style has no noise map, and the log says so where there shall be less of it."""
    keep_clip(livestyle, make_clip(Path("clip.mp4"), frames=4), "--noise", "0.5")
    assert json.loads(Path("s/timeline.jsonl").read_text().splitlines()[0])["noise"] == 0.5

    def is_changed(*options: str) -> bool:
        caplog.clear()
        ended = livestyle("render", "s", "show.mp4", "--overwrite", *options)
        assert ended.code == 0, ended.err
        return "has nothing to leave out" in caplog.text

    assert is_changed()
    assert not is_changed("--noise", "1")
    monkeypatch.setenv("LIVESTYLE_CONFIG", str(tmp_path / "config.toml"))
    Path("config.toml").write_text("[render]\nnoise = 1.0\n")
    assert not is_changed(), "the settings file counts"


def test_it_is_painted_in_fp32_unless_told(livestyle: Livestyle, tmp_path: Path) -> None:
    """The style is the negative in fp32, and blurs in int8, which played."""
    folder = tmp_path / "mine"
    card = save_style(folder)
    blur = replace(save_onnx(blur_model(), folder / "tiny-int8.onnx", card), precision="int8")
    card.with_files([*card.files, blur]).save(folder)
    options = ("--style", folder, "--precision", "int8", "--record", "live.mp4")
    keep_clip(livestyle, make_clip(Path("clip.mp4"), frames=4), *options)
    live = decoded(Path("live.mp4")).pictures[2]
    assert livestyle("render", "s", "show.mp4").code == 0
    assert difference(live, decoded(Path("show.mp4")).pictures[2]) > 20
    assert livestyle("render", "s", "int8.mp4", "--precision", "int8").code == 0
    assert difference(live, decoded(Path("int8.mp4")).pictures[2]) < 6
