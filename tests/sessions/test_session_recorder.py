"""A session on its way to the disk: kept frames, noted scenes, and what can go wrong."""

import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Event

import av
import pytest
from live_fakes import (
    CountedSource,
    ListSink,
    ValueStylizer,
    loaded,
    make_frame,
    next_notice,
    wait_until,
)
from models import make_card

from livestyle.errors import SinkError, SourceError
from livestyle.frame import Frame
from livestyle.live.metrics import Metrics
from livestyle.live.pipeline import Pipeline
from livestyle.live.player import Player
from livestyle.protocols import Sink
from livestyle.render.compositing import Look
from livestyle.render.scene import Scene
from livestyle.sessions.recorder import FRAMES_FILE, SessionRecorder, frames_of
from livestyle.sessions.timeline import TIMELINE_FILE, SessionSettings, read_timeline
from livestyle.sinks import disk
from livestyle.sinks.recorder import Recorder
from livestyle.styles.style import Style

pytestmark = pytest.mark.timeout(20)


def find(name: str) -> Style:
    return Style(make_card(name), Path(__file__))


def scene(style: str = "a", **look: object) -> Scene:
    return Scene(style, Look(**look))  # type: ignore[arg-type]


def keep(
    folder: Path,
    open_recorder: Callable[[Path], Sink] = lambda path: Recorder(path, fps=25.0),
    *,
    may_drop: bool = False,
) -> SessionRecorder:
    return SessionRecorder(folder, open_recorder, SessionSettings("test"), find, may_drop=may_drop)


def kept_frames(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_frames_and_scenes(tmp_path: Path) -> None:
    """Scenes are told from the first kept frame on, whatever the source's clock begins with."""
    folder = tmp_path / "evening" / "one"
    session_recorder = keep(folder)
    for index in range(100, 110):
        frame = make_frame(index, (64, 48))
        session_recorder.write(frame)
        session_recorder.note(frame.pts_s, scene(strength=1.0 if index < 105 else 0.5))
    session_recorder.close()
    assert sorted(path.name for path in folder.iterdir()) == [FRAMES_FILE, TIMELINE_FILE]
    assert kept_frames(frames_of(folder)) == 10
    lines = (folder / TIMELINE_FILE).read_text().splitlines()
    assert len(lines) == 4, "only what is news is noted"
    timeline = read_timeline(folder)
    assert [timeline.scene_at(n / 25).look.strength for n in (0, 4, 5, 9)] == [1.0, 1.0, 0.5, 0.5]
    assert set(timeline.styles) == {"a"}
    assert session_recorder.outcome().startswith("Kept 10 frames. ")
    assert [session_recorder.take_notice() for _ in range(2)] == [
        f"keeping the session in {folder.name}",
        "",
    ]


def test_a_source_that_changes_its_size(tmp_path: Path) -> None:
    session_recorder = keep(tmp_path)
    for index in range(6):
        session_recorder.write(make_frame(index, (64, 48) if index < 3 else (160, 90)))
    session_recorder.close()
    with av.open(str(frames_of(tmp_path))) as container:
        sizes = [(frame.width, frame.height) for frame in container.decode(video=0)]
    assert sizes == [(64, 48)] * 6


def test_a_timeline_that_cannot_be_written(tmp_path: Path) -> None:
    """The frames are kept, the show goes on, and the error comes at the end."""

    def lose(name: str) -> Style:
        raise SinkError("the disk is gone")

    session_recorder = SessionRecorder(
        tmp_path, lambda path: Recorder(path, fps=25.0), SessionSettings(), lose, may_drop=False
    )
    session_recorder.note(0.0, scene())
    session_recorder.write(make_frame(0, (64, 48)))
    assert session_recorder.take_notice().startswith("keeping the session")
    said = next_notice(session_recorder.take_notice)
    assert said == "the session is no longer kept: the disk is gone"
    session_recorder.write(make_frame(1, (64, 48)))
    with pytest.raises(SinkError, match="the disk is gone"):
        session_recorder.close()
    assert kept_frames(frames_of(tmp_path)) == 1


def test_a_killed_session_can_be_read(tmp_path: Path) -> None:
    """What is on the disk before anything is closed."""
    session_recorder = keep(tmp_path / "s")
    for index in range(60):
        frame = make_frame(index, (64, 48))
        session_recorder.write(frame)
        session_recorder.note(frame.pts_s, scene("a" if index < 20 else "b"))
    copy = tmp_path / "killed"

    def copied() -> bool:
        copy.mkdir(exist_ok=True)
        for path in (tmp_path / "s").iterdir():
            (copy / path.name).write_bytes(path.read_bytes())
        lines = (copy / TIMELINE_FILE).read_text().splitlines()
        return len(lines) == 5 and frames_of(copy).stat().st_size > 0

    wait_until(copied)
    session_recorder.close()
    assert frames_of(copy).name == FRAMES_FILE + ".partial"
    assert kept_frames(frames_of(copy)) >= 30
    timeline = read_timeline(copy)
    assert [timeline.scene_at(n / 25).style for n in (19, 20)] == ["a", "b"]


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(SinkError, match="not empty"):
        keep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]
    with pytest.raises(SinkError, match="cannot be kept"):
        keep(tmp_path / "note.txt")


def test_without_a_frame_nothing_is_left(tmp_path: Path) -> None:
    session_recorder = keep(tmp_path / "made")
    session_recorder.close()
    session_recorder.close()
    assert not (tmp_path / "made").exists()
    assert "no session was kept" in session_recorder.outcome()
    (tmp_path / "there").mkdir()
    keep(tmp_path / "there").close()
    assert not any((tmp_path / "there").iterdir())


def test_a_recorder_that_does_not_open_leaves_nothing(tmp_path: Path) -> None:
    def refuse(path: Path) -> Sink:
        raise SinkError("no encoder")

    with pytest.raises(SinkError, match="no encoder"):
        keep(tmp_path / "s", refuse)
    assert not (tmp_path / "s").exists()


def test_a_slow_disk_holds_up_no_camera(tmp_path: Path) -> None:
    going = Event()
    sink = ListSink(on_write=lambda frame: going.wait(10) and None)
    session_recorder = keep(tmp_path, lambda path: sink, may_drop=True)
    for index in range(50):
        session_recorder.write(make_frame(index))
    going.set()
    session_recorder.close()
    assert len(sink.frames) < 12
    assert (
        f"without {50 - len(sink.frames)} for which disk or processor were too slow"
        in session_recorder.outcome()
    )


def test_it_ends_before_the_disk_is_full_and_keeps_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "CHECK_S", 0.0)
    left_mb = iter([1000.0] * 14)
    monkeypatch.setattr(disk, "free_mb", lambda path: next(left_mb, 199.0))
    session_recorder = keep(tmp_path / "s")
    session_recorder.take_notice()  # that it begins
    notices: list[str] = []

    def ended() -> bool:
        frame = make_frame(len(notices), (64, 48))
        session_recorder.write(frame)
        session_recorder.note(frame.pts_s, scene())
        notices.append(session_recorder.take_notice())
        return notices[-1] != ""

    wait_until(ended)
    assert notices[-1] == "the session is no longer kept: the disk is nearly full"
    assert session_recorder.take_notice() == ""
    session_recorder.close()
    assert kept_frames(frames_of(tmp_path / "s")) == 13
    assert read_timeline(tmp_path / "s").style_names == ("a",)
    assert "It ended early: the disk is nearly full." in session_recorder.outcome()


def test_it_does_not_begin_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "free_mb", lambda path: 150.0)
    with pytest.raises(SinkError, match="less than 200 MB"):
        keep(tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_a_session_whose_folder_is_removed_says_so_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(disk, "CHECK_S", 0.0)
    session_recorder = keep(tmp_path / "s")
    session_recorder.write(make_frame(0, (64, 48)))
    wait_until(lambda: (tmp_path / "s" / FRAMES_FILE).with_suffix(".mp4.partial").exists())
    shutil.rmtree(tmp_path / "s")

    def said() -> bool:
        session_recorder.write(make_frame(1, (64, 48)))
        return "removed or renamed" in caplog.text

    wait_until(said)
    with pytest.raises(SinkError, match="removed or renamed"):
        session_recorder.close()


def test_a_session_that_breaks_lets_the_show_go_on_and_raises_at_the_end(tmp_path: Path) -> None:
    session_recorder = keep(tmp_path, lambda path: ListSink(fail_at=2, error=SinkError))
    shown = ListSink()
    pipeline = Pipeline(
        CountedSource(50),
        lambda frame: frame,
        [shown],
        Metrics(),
        session_recorder=session_recorder,
    )
    with pytest.raises(SinkError, match="sink"):
        pipeline.run()
    assert shown.frames == list(range(50))
    session_recorder.close()


def test_it_keeps_what_painting_leaves_out(tmp_path: Path) -> None:
    """A camera faster than the painter: every frame is kept, few are shown."""

    def paint(frame: Frame) -> Frame:
        Event().wait(0.02)
        return frame

    session_recorder, shown = keep(tmp_path / "s"), ListSink()
    source = CountedSource(60, is_live=True, interval_s=0.001)
    Pipeline(source, paint, [shown], Metrics(), session_recorder=session_recorder).run()
    assert len(shown.frames) < 30
    assert kept_frames(frames_of(tmp_path / "s")) == 60


def test_a_player_notes_what_it_paints() -> None:
    noted: list[tuple[float, Scene]] = []
    player = Player(
        ["a", "b"],
        lambda name: ValueStylizer(),
        first="a",
        size=(8, 6),
        look=Look(mirror=True),
        metrics=Metrics(),
        note=lambda pts_s, scene: noted.append((pts_s, scene)),
    )
    wait_until(lambda: len(loaded(player)) == 2)
    player(make_frame(0))
    player.select("b")
    player(make_frame(1))
    player.look = Look(strength=0.0)
    player.frozen = True
    player(make_frame(2))
    player.close()
    assert noted == [
        (0 / 25, scene("a", mirror=True)),
        (1 / 25, scene("b", mirror=True)),
        (2 / 25, Scene("b", Look(strength=0.0), frozen=True)),
    ]


def test_a_session_without_its_frames(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"frames\.mp4 is not there"):
        frames_of(tmp_path)
