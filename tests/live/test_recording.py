import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event

import av
import numpy as np
import pytest
from live_fakes import ListSink, make_frame, next_notice, wait_until

from livestyle.errors import SinkError
from livestyle.frame import Frame
from livestyle.live.background_writer import WAITING_FRAMES
from livestyle.live.recording import RecordingSwitch, new_path
from livestyle.protocols import Sink
from livestyle.sinks import disk
from livestyle.sinks.recorder import Recorder

pytestmark = pytest.mark.timeout(20)
OUT = Path("out.mp4")


class SlowDisk(Sink):
    """A recorder that writes a frame only when it may."""

    def __init__(self) -> None:
        self.frames: list[int] = []
        self.closed = 0
        self.free, self.writing = Event(), Event()

    def write(self, frame: Frame) -> None:
        self.writing.set()
        self.free.wait(10)
        self.frames.append(frame.index)

    def close(self) -> None:
        self.closed += 1


def finished(switch: RecordingSwitch) -> str:
    """Waits for the notice of a recording that has ended."""
    return next_notice(switch.take_notice)


def test_a_slow_disk_holds_up_no_picture_and_what_is_left_out_is_counted() -> None:
    disk = SlowDisk()
    switch = RecordingSwitch(lambda path: disk, may_drop=True)
    switch.start(OUT)
    switch.write(make_frame(0))
    assert disk.writing.wait(5)
    for index in range(1, 51):
        switch.write(make_frame(index))
    switch.stop()
    assert (disk.closed, switch.elapsed_s) == (0, None), "nor does stopping wait"
    disk.free.set()
    assert finished(switch) == f"saved {OUT.absolute()}, without 42 frames: the disk is slow"
    assert disk.frames == list(range(WAITING_FRAMES + 1))
    assert (disk.closed, switch.dropped) == (1, 50 - WAITING_FRAMES)
    switch.close()


def test_a_file_loses_nothing_on_a_slow_disk() -> None:
    sink = ListSink(on_write=lambda frame: Event().wait(0.002))
    switch = RecordingSwitch(lambda path: sink)
    switch.start(OUT)
    for index in range(60):
        switch.write(make_frame(index))
    switch.close()
    assert (sink.frames, sink.closed, switch.dropped) == (list(range(60)), 1, 0)


@pytest.mark.parametrize("may_drop", [False, True])
def test_it_ends_by_itself_before_the_disk_is_full_and_keeps_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, may_drop: bool
) -> None:
    monkeypatch.setattr(disk, "CHECK_S", 0.0)
    left_mb = iter([1000.0] * 13)
    monkeypatch.setattr(disk, "free_mb", lambda path: next(left_mb, 199.0))
    path = tmp_path / "evening.mp4"
    switch = RecordingSwitch(lambda path: Recorder(path, fps=25.0), may_drop=may_drop)
    switch.start(path)
    notices: list[str] = []

    def stopped() -> bool:
        switch.write(make_frame(len(notices), (64, 48)))
        notices.append(switch.take_notice())
        return switch.elapsed_s is None

    wait_until(stopped)
    assert any(f"nearly full; {path} is kept" in notice for notice in notices)
    switch.write(make_frame(999))
    switch.close()
    with av.open(path) as container:
        assert sum(1 for _ in container.decode(video=0)) == 12


def test_it_does_not_begin_on_a_full_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(disk, "free_mb", lambda path: 150.0)
    switch = RecordingSwitch(lambda path: Recorder(path, fps=25.0))
    with pytest.raises(SinkError, match="less than 200 MB"):
        switch.start(tmp_path / "out.mp4")
    assert not list(tmp_path.iterdir())
    assert switch.elapsed_s is None
    switch.close()


def test_a_recording_that_breaks_lets_the_show_go_on_and_raises_at_the_end() -> None:
    sink = ListSink(fail_at=2, error=SinkError)
    switch = RecordingSwitch(lambda path: sink)
    switch.start(OUT)
    for index in range(50):
        switch.write(make_frame(index))
    assert finished(switch) == "recording stopped: sink"
    assert (sink.frames, sink.closed, switch.elapsed_s) == ([0, 1], 1, None)
    assert switch.take_notice() == ""
    switch.write(make_frame(99))
    with pytest.raises(SinkError, match="sink"):
        switch.close()
    switch.close()


def test_an_end_that_cannot_be_written_raises_too() -> None:
    switch = RecordingSwitch(lambda path: ListSink(fail_close=True, error=SinkError))
    switch.start(OUT)
    switch.stop()
    with pytest.raises(SinkError, match="sink close"):
        switch.close()


def test_a_new_recording_need_not_wait_for_the_last_one() -> None:
    disks = [SlowDisk(), SlowDisk()]
    opened = iter(disks)
    switch = RecordingSwitch(lambda path: next(opened), may_drop=True)
    for slow, index in zip(disks, (1, 2), strict=True):
        switch.start(Path(f"{index}.mp4"))
        switch.write(make_frame(index))
        assert slow.writing.wait(5)
    for slow in disks:
        slow.free.set()
    switch.close()
    assert [slow.frames for slow in disks] == [[1], [2]]
    assert [slow.closed for slow in disks] == [1, 1]


@pytest.mark.parametrize("close", [RecordingSwitch.close, RecordingSwitch.stop])
def test_closing_what_never_began(close: Callable[[RecordingSwitch], None]) -> None:
    switch = RecordingSwitch(lambda path: ListSink())
    close(switch)
    switch.write(make_frame())
    assert switch.take_notice() == ""


def test_a_real_recording_is_whole(tmp_path: Path) -> None:
    switch = RecordingSwitch(lambda path: Recorder(path, fps=25.0))
    with new_path(tmp_path, "mosaic", ".mp4") as path:
        switch.start(path)
    for index in range(30):
        switch.write(make_frame(index, (64, 48)))
    switch.close()
    with av.open(path) as container:
        brightness = [f.to_ndarray(format="rgb24").mean() for f in container.decode(video=0)]
    assert len(brightness) == 30
    assert np.all(np.diff(brightness) >= 0)
    assert brightness[-1] > 20


def test_a_recording_that_ends_while_a_path_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with new_path(tmp_path, "mosaic", ".mp4") as first:
        partial = first.with_name(f"{first.name}.partial")
        partial.touch()
    exists = Path.exists

    def and_then_it_ends(path: Path) -> bool:
        found = exists(path)
        if exists(partial):
            partial.rename(first)
        return found

    monkeypatch.setattr(Path, "exists", and_then_it_ends)
    with new_path(tmp_path, "mosaic", ".mp4") as second:
        assert second != first


CLAIMING = """
import sys
from pathlib import Path
from livestyle.live.recording import new_path

sys.stdin.readline()
for number in range(60):
    with new_path(Path(sys.argv[1]), "mosaic", ".mp4") as path:
        with path.with_name(path.name + ".partial").open("x") as file:
            file.write(sys.argv[2])
    path.with_name(path.name + ".partial").rename(path)
"""


def test_two_programs_in_one_folder_never_take_the_same_path(tmp_path: Path) -> None:
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIMING, str(tmp_path), name],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    for program in programs:
        assert program.stdin
        program.stdin.write("\n")
        program.stdin.flush()
    for program in programs:
        assert (program.communicate()[1], program.returncode) == ("", 0)
    written = [path.read_text() for path in tmp_path.glob("livestyle-mosaic-*.mp4")]
    assert (written.count("one"), written.count("two")) == (60, 60)
    assert len(list(tmp_path.iterdir())) == 120


def test_what_is_there_already_is_passed_over(tmp_path: Path) -> None:
    with new_path(tmp_path, "mosaic", ".mp4") as first:
        with new_path(tmp_path, "mosaic", ".mp4") as second:
            assert second != first
        first.with_name(first.name + ".partial").touch()
    with new_path(tmp_path, "mosaic", ".mp4") as third:
        assert third != first
    assert not list(tmp_path.glob(".*")), "claims are given back"
