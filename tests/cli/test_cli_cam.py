"""`livestyle cam` without a window: every frame of a clip, limits, signals, the report."""

import itertools
import json
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_runs import Ended, Running, decoded, difference, plays
from media import make_clip
from models import blur_model, invert_model, make_card, save_onnx, save_style

from livestyle.engines import EngineOptions
from livestyle.errors import EngineError
from livestyle.live.style_set import StyleSet

REPORT = {
    "source", "size", "style_history", "engine", "device", "precision", "frames", "fps",
    "threads", "stages_ms", "painting_ms", "latency_ms", "swaps", "reconnects", "wall_s",
    "peak_memory_mb",
}  # fmt: skip
VFR_S = [0.0, 0.033, 0.1, 0.4, 0.45, 0.9, 1.0]

Livestyle = Callable[..., Ended]
Start = Callable[..., Running]


@pytest.mark.parametrize(
    ("name", "how", "size"),
    [
        ("plain.mp4", {}, (64, 48)),
        ("vfr.mkv", {"times_s": VFR_S}, (64, 48)),
        ("odd.mp4", {"size": (67, 49)}, (68, 50)),
        ("turned.mov", {"rotation": 90}, (48, 64)),
        ("sound.mp4", {"audio_s": 0.4, "frames": 12}, (64, 48)),
        ("moving.gif", {"fps": 10}, (64, 48)),
    ],
)
def test_every_frame_of_a_clip(
    name: str, how: dict[str, object], size: tuple[int, int], livestyle: Livestyle
) -> None:
    clip = decoded(make_clip(Path(name), **how))  # type: ignore[arg-type]
    ended = livestyle(
        "cam", "--source", name, "--no-display", "--record", "out.mp4", "--report", "r.json"
    )
    assert (ended.code, ended.out) == (0, ""), ended.err
    assert f"Painting {name} at" in ended.err
    assert f"Painted {len(clip.pictures)} frames" in ended.err and "out.mp4" in ended.err
    painted = decoded(Path("out.mp4"))
    assert len(painted.pictures) == len(clip.pictures)
    assert painted.times_s == pytest.approx([t - clip.times_s[0] for t in clip.times_s], abs=0.001)
    assert painted.pictures[0].shape == (size[1], size[0], 3)
    assert painted.sound_s == pytest.approx(clip.sound_s, abs=0.05)
    report = json.loads(Path("r.json").read_text())
    assert set(report) >= REPORT
    assert report["source"] == name and report["reconnects"] == 0 and report["swaps"] == []
    count = len(clip.pictures)
    assert report["frames"] == {"captured": count, "styled": count, "shown": count, "dropped": 0}
    assert [entry["style"] for entry in report["style_history"]] == ["mosaic"]
    assert set(report["stages_ms"]) == {"capture", "style", "show"}
    assert all(set(stage) == {"p50", "p95", "p99"} for stage in report["stages_ms"].values())


def test_the_recording_is_painted(livestyle: Livestyle) -> None:
    clip = decoded(make_clip(Path("clip.mp4")))
    options = ("--source", "clip.mp4", "--no-display", "--record")
    assert livestyle("cam", *options, "full.mp4").code == 0
    assert livestyle("cam", *options, "none.mp4", "--strength", "0").code == 0
    assert livestyle("cam", *options, "flipped.mp4", "--mirror").code == 0
    original = clip.pictures[3]
    assert difference(decoded(Path("full.mp4")).pictures[3], 255 - original) < 6
    assert difference(decoded(Path("none.mp4")).pictures[3], original) < 6
    assert difference(decoded(Path("flipped.mp4")).pictures[3], 255 - original[:, ::-1]) < 6


@pytest.mark.parametrize("suffix", [".mkv", ".mov", ".webm", ".avi"])
def test_other_containers(suffix: str, livestyle: Livestyle) -> None:
    make_clip(Path("clip.mp4"))
    ended = livestyle("cam", "--source", "clip.mp4", "--no-display", "--record", f"out{suffix}")
    assert ended.code == 0, ended.err
    assert len(decoded(Path(f"out{suffix}")).pictures) == 10


def test_a_single_model_file_as_style(styles_folder: Path, livestyle: Livestyle) -> None:
    style = styles_folder / "abstract" / "abstract.onnx"
    options = ("--source", "demo", "--no-display", "--max-frames", "2", "--report", "r.json")
    ended = livestyle("cam", "--style", style, *options)
    assert ended.code == 0 and "as abstract" in ended.err


def test_a_folder_of_styles_is_the_set(
    livestyle: Livestyle, caplog: pytest.LogCaptureFixture
) -> None:
    save_style(Path("mine/b"), "second", blur_model())
    save_style(Path("mine/c"), "third")
    Path("mine/third.onnx").write_bytes(Path("mine/c/third.onnx").read_bytes()[:99])
    save_onnx(invert_model(), Path("mine/first.onnx"), make_card("first"))
    options = ("--source", "demo", "--no-display", "--max-frames", "2")
    ended = livestyle("cam", "--style", "mine", *options)
    assert ended.code == 0 and "as first" in ended.err
    assert "third.onnx" in caplog.text, "what is broken is named"
    assert StyleSet("mine", EngineOptions()).names == ["first", "second", "third"]
    one = StyleSet("mine/c", EngineOptions())
    assert (one.first, one.names[:2], one.names[-1]) == ("third", ["mosaic", "abstract"], "third")


def test_new_styles_are_found_once_they_are_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVESTYLE_STYLES", "own")
    save_style(Path("mine/first"), "first")
    styles = StyleSet("mine", EngineOptions())
    assert styles.search() == styles.names and styles.first == "first"
    known = list(styles.names)
    save_style(Path("mine/second"), "second")
    model = Path("mine/second/second.onnx").rename("away.onnx")
    save_style(Path("own/third"), "third")
    styles.search()
    assert styles.search() == [*known, "third"]
    model.rename("mine/second/second.onnx")
    styles.search()
    assert styles.search() == [*known, "third", "second"]


def test_strokes_keep_their_size_where_it_paints_smaller(start: Start, tmp_path: Path) -> None:
    """A rate that no machine holds; the fine network, whose pictures are grey, takes over."""
    for name in ("mine", "other"):
        folder = tmp_path / "set" / name
        card = save_style(folder)
        fine = save_onnx(blur_model(), folder / "tiny-fine.onnx", card)
        card.with_files(card.files, [fine]).save(folder)
    where = ("--source", "demo", "--size", "1280x720", "--no-display", "--record", "out.mkv")
    cam = start(
        "-v", "cam", *where, "--style", folder.parent, "--target-fps", "1000", "--steady", "0"
    )
    cam.wait_for(lambda: cam.err.count("368x208") > 1, "half the size, for the other style too")
    time.sleep(1)  # it is ready to paint at that size; now some frames are
    cam.send(signal.SIGINT)
    assert cam.ended().code == 130
    means = [float(picture.mean()) for picture in decoded(tmp_path / "out.mkv").pictures]
    assert means[0] < 120
    assert means[-1] == pytest.approx(127, abs=2)


def test_a_style_that_is_exported_anew_is_painted_in_at_once(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    save_style(folder)
    options = ("--no-display", "--size", "64x48", "--record", "out.mkv", "--style", folder)
    cam = start("-v", "cam", "--source", "demo", *options)
    cam.wait_for(lambda: "Painting demo" in cam.err, "painting")
    (folder / "tiny.onnx").write_bytes(b"half")
    cam.wait_for(lambda: "cannot be used" in cam.err, "a broken file")
    save_style(folder, model=blur_model())
    cam.wait_for(lambda: "tiny has changed and is loaded again" in cam.err, "the new style")
    cam.send(signal.SIGINT)
    assert cam.ended().code == 130
    pictures = decoded(tmp_path / "out.mkv").pictures
    assert difference(255 - pictures[0], pictures[-1]) > 20
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.parametrize("limit", [("--max-frames", "5"), ("--duration", "0.3")])
def test_limits(limit: tuple[str, str], livestyle: Livestyle) -> None:
    ended = livestyle("cam", "--source", "demo", "--no-display", "--report", "r.json", *limit)
    assert (ended.code, ended.out) == (0, "")
    report = json.loads(Path("r.json").read_text())
    assert report["size"] == [640, 480] and "demo at 640x480" in report["source"]
    assert report["frames"]["shown"] >= 1
    if limit[0] == "--max-frames":
        assert report["frames"]["shown"] == 5


@pytest.mark.parametrize("size", [(1, 1), (1, 30), (17, 33), (333, 1)])
def test_tiny_and_odd_sizes(size: tuple[int, int], livestyle: Livestyle) -> None:
    ended = livestyle(
        "cam", "--source", "demo", "--size", f"{size[0]}x{size[1]}", "--no-display",
        "--max-frames", "3", "--record", "out.mp4", "--report", "r.json",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    assert json.loads(Path("r.json").read_text())["size"] == list(size)
    assert len(decoded(Path("out.mp4")).pictures) == 3


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)]
)
def test_a_signal_leaves_a_whole_recording(
    number: signal.Signals, code: int, start: Start, tmp_path: Path
) -> None:
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip("nohup started the tests: SIGHUP is ignored, and by the program too")
    options = ("--no-display", "--record", "out.mp4", "--report", "r.json")
    cam = start("cam", "--source", "demo", "--size", "160x120", *options)
    cam.wait_for(lambda: plays(tmp_path / "out.mp4.partial"), "a recording that plays")
    cam.send(number)
    ended = cam.ended()
    assert (ended.code, ended.out) == (code, ""), ended.err
    assert "Recorded to out.mp4" in ended.err and "interrupted" in ended.err
    assert "Traceback" not in ended.err
    report = json.loads(Path("r.json").read_text())
    assert len(decoded(Path("out.mp4")).pictures) == report["frames"]["shown"] > 0
    assert not Path("out.mp4.partial").exists()


def test_a_kill_leaves_a_partial_recording_that_plays(start: Start, tmp_path: Path) -> None:
    options = ("--no-display", "--record", "out.mp4")
    cam = start("cam", "--source", "demo", "--size", "160x120", *options)
    cam.wait_for(lambda: plays(tmp_path / "out.mp4.partial"), "a recording that plays")
    cam.send(signal.SIGKILL)
    assert cam.ended().code == -signal.SIGKILL
    assert len(decoded(Path("out.mp4.partial"), whole=False).pictures) > 0
    assert not Path("out.mp4").exists()


def test_interrupted_while_it_starts(start: Start, tmp_path: Path) -> None:
    """The style is being loaded, by libraries that take a signal for a failure of their own."""
    cam = start("cam", "--source", "demo", "--no-display", "--record", "out.mp4")
    cam.wait_for((tmp_path / "out.mp4.partial").exists, "the recorder")
    cam.send(signal.SIGTERM)
    ended = cam.ended()
    assert ended.code == 143 and "Traceback" not in ended.err, ended.err
    assert ended.err.splitlines()[-1] == "livestyle: interrupted."


def test_a_signal_that_a_library_took_for_its_own_failure(
    livestyle: Livestyle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(*_: object) -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as error:
            raise EngineError("OpenVINO cannot be imported.") from error

    monkeypatch.setattr("livestyle.live.style_set.load", load)
    ended = livestyle("cam", "--source", "demo", "--no-display", "--record", "out.mp4")
    assert (ended.code, ended.out) == (130, "")
    assert ended.err.splitlines() == ["livestyle: interrupted."]
    assert not list(Path().glob("out*"))


def test_of_two_that_record_to_the_same_file_the_second_is_refused(
    start: Start, tmp_path: Path
) -> None:
    options = ("cam", "--source", "demo", "--no-display", "--size", "64x48", "--record", "out.mp4")
    first = start(*options)
    first.wait_for(lambda: plays(tmp_path / "out.mp4.partial"), "a recording that plays")
    second = start(*options, "--max-frames", "20").ended()
    assert second.code == 5
    assert "another program is writing to it" in second.err
    first.send(signal.SIGINT)
    assert first.ended().code == 130
    assert decoded(tmp_path / "out.mp4").pictures
    assert not list(tmp_path.glob("out.mp4.*"))


def test_a_clip_in_a_loop(livestyle: Livestyle) -> None:
    make_clip(Path("clip.mp4"), frames=4)
    options = ("--no-display", "--max-frames", "10", "--record", "out.mp4")
    ended = livestyle("cam", "--source", "clip.mp4", "--loop", *options)
    assert ended.code == 0, ended.err
    times_s = decoded(Path("out.mp4")).times_s
    assert len(times_s) == 10
    assert all(before < after for before, after in itertools.pairwise(times_s))


def test_a_camera_in_a_loop_is_refused(livestyle: Livestyle) -> None:
    ended = livestyle("cam", "--source", "demo", "--loop", "--no-display")
    assert ended.code == 3 and "Only a video file can be looped" in ended.err
