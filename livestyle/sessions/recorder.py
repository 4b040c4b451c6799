"""SessionRecorder: a performance on its way into a folder, from which it can be painted again."""

import shlex
from collections import deque
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from livestyle.errors import SinkError, SourceError
from livestyle.frame import Frame
from livestyle.live.background_writer import WAITING_FRAMES, Writer
from livestyle.protocols import Sink
from livestyle.render.scene import Scene
from livestyle.sessions.style_reference import reference_to
from livestyle.sessions.timeline import TIMELINE_FILE, SessionSettings, TimelineFile
from livestyle.styles.style import Style

FRAMES_FILE = "frames.mp4"


class SessionRecorder(Sink):
    """Keeps frames as they come from the camera, and what was painted of them.

    Three threads use it: the capture thread hands it frames with `write`, the painting thread
    scenes with `note`, the main one asks for notices and closes. A fourth one, its writer's,
    alone touches the disk, so that the picture never waits for it. A session that breaks or
    fills the disk does not end the show.

    Frames of another size than the first one's are scaled to it by the recorder.

    Attributes:
        folder: where the session lies. Without a frame nothing is left of it.
    """

    def __init__(
        self,
        folder: Path,
        open_recorder: Callable[[Path], Sink],
        playing: SessionSettings,
        find: Callable[[str], Style],
        *,
        may_drop: bool,
        waiting_frames: int = WAITING_FRAMES,
    ) -> None:
        """Makes the folder.

        Args:
            folder: new or empty.
            open_recorder: makes a recorder that writes to a path.
            playing: what is played, and how.
            find: the style of a name.
            may_drop: leave frames out when the disk is slow, as befits a camera, instead of
                waiting, as befits a file.
            waiting_frames: how many may wait for the disk.

        Raises:
            SinkError: the folder holds something, cannot be written, or its disk is nearly full.
        """
        self.folder = folder
        self._scene: Scene | None = None
        self._is_announced = self._is_told = self._is_raised = False
        self._is_ours = _made(folder)
        try:
            self._kept = self._begun(open_recorder, playing, find)
        except BaseException:
            self._remove_folder()
            raise
        self._writer = Writer(self._kept, may_drop=may_drop, waiting_frames=waiting_frames)

    def write(self, frame: Frame) -> None:
        """Keeps a frame as it came."""
        self._writer.write(frame)

    def note(self, pts_s: float, scene: Scene) -> None:
        """Keeps what the frame of this time was painted like, if that is news."""
        if scene != self._scene and not self._writer.is_over:
            self._scene = scene
            self._kept.scenes.append((pts_s, scene))

    def take_notice(self) -> str:
        """For the screen, each once: that a session is kept, and that it ended before its time."""
        if not self._is_announced:
            self._is_announced = True
            return f"keeping the session in {self.folder.name}"
        if self._is_told or not self._writer.is_over:
            return ""
        self._is_told = True
        return f"the session is no longer kept: {self._why_over()}"

    def close(self) -> None:
        """Writes what is left and finishes the files.

        Raises:
            SinkError: they could not be written to the end.
        """
        self._writer.finish()
        self._writer.join()
        self._is_told = True
        if not self._kept.frames:
            self._remove_folder()
        if self._writer.error is not None and not self._is_raised:
            self._is_raised = True
            raise self._writer.error

    def outcome(self) -> str:
        """What is there after `close`, in a sentence."""
        kept, lost = self._kept.frames, self._writer.dropped
        if not kept:
            return "No frame came, so no session was kept."
        early = f" It ended early: {self._why_over()}." if self._writer.is_full else ""
        without = f", without {lost} for which disk or processor were too slow" if lost else ""
        return (
            f"Kept {kept} frames{without}.{early} "
            f"`livestyle render {shlex.quote(str(self.folder))} show.mp4` paints them again."
        )

    def _begun(
        self,
        open_recorder: Callable[[Path], Sink],
        playing: SessionSettings,
        find: Callable[[str], Style],
    ) -> "_Kept":
        """Opens both files, or neither."""
        timeline = TimelineFile(self.folder / TIMELINE_FILE, playing)
        try:
            return _Kept(open_recorder(self.folder / FRAMES_FILE), timeline, find)
        except BaseException:
            timeline.close()
            timeline.path.unlink()
            raise

    def _remove_folder(self) -> None:
        """Leaves no empty folder behind that was not there before."""
        if self._is_ours:
            with suppress(OSError):
                self.folder.rmdir()

    def _why_over(self) -> str:
        return "the disk is nearly full" if self._writer.is_full else str(self._writer.error)


class _Kept(Sink):
    """A sink that writes frames and the scenes that came meanwhile. Used by the writer's thread.

    Attributes:
        scenes: to be written, with the time stamps of their first frames; others add to it.
        frames: how many were written.
    """

    def __init__(
        self, recorder: Sink, timeline: TimelineFile, find: Callable[[str], Style]
    ) -> None:
        self.scenes: deque[tuple[float, Scene]] = deque()
        self.frames = 0
        self._recorder = recorder
        self._timeline = timeline
        self._find = find
        self._zero_s = 0.0
        self._described: set[str] = set()

    def write(self, frame: Frame) -> None:
        """Writes the frame."""
        if not self.frames:
            self._zero_s = frame.pts_s
        self._recorder.write(frame)
        self.frames += 1
        self._write_scenes()

    def close(self) -> None:
        """Finishes both files; without a frame neither is left."""
        with closing(self._recorder), closing(self._timeline):
            if self.frames:
                self._write_scenes()
        if not self.frames:
            self._timeline.path.unlink(missing_ok=True)

    def _write_scenes(self) -> None:
        while self.scenes:
            pts_s, scene = self.scenes.popleft()
            if scene.style not in self._described:
                self._described.add(scene.style)
                self._timeline.add_style(scene.style, reference_to(self._find(scene.style)))
            self._timeline.add_scene(pts_s - self._zero_s, scene)


def frames_of(folder: Path) -> Path:
    """The video file in a session's folder, whole or as a killed program left it.

    Raises:
        SourceError: there is none.
    """
    whole = folder / FRAMES_FILE
    for path in (whole, whole.with_name(FRAMES_FILE + ".partial")):
        if path.is_file():
            return path
    raise SourceError(f"The session in {folder} has no frames: {FRAMES_FILE} is not there.")


def _made(folder: Path) -> bool:
    """Makes the folder; False when it is there and empty.

    Raises:
        SinkError: it holds something, or cannot be made.
    """
    try:
        if folder.is_dir():
            if any(folder.iterdir()):
                raise SinkError(
                    f"{folder} is not empty: a session begins in a new folder. Name another one."
                )
            return False
        folder.mkdir(parents=True)
    except OSError as error:
        raise SinkError(
            f"A session cannot be kept in {folder} ({error.strerror}). Name another folder."
        ) from error
    return True
