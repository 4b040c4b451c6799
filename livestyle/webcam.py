"""Webcam: source, player, window, recording and virtual camera, put together."""

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from livestyle.engines import EngineOptions
from livestyle.live.background_writer import WAITING_FRAMES
from livestyle.live.camera_learning import CameraLearning, LearningOptions
from livestyle.live.metrics import Metrics
from livestyle.live.pipeline import Pipeline
from livestyle.live.player import Player, PlayerOptions
from livestyle.live.recording import RecordingSwitch
from livestyle.live.style_set import StyleSet
from livestyle.live.style_watcher import StyleWatcher
from livestyle.protocols import Closable, Sink
from livestyle.render.compositing import Look
from livestyle.render.opencv_threads import without_opencv_threads
from livestyle.render.scene import Scene
from livestyle.sessions.recorder import SessionRecorder
from livestyle.sessions.timeline import SessionSettings
from livestyle.sinks.disk import check_folder_writable
from livestyle.sinks.formats import RecordOptions
from livestyle.sinks.null import NullSink
from livestyle.sinks.recorder import Recorder, recorder_for
from livestyle.sinks.virtual_camera import VirtualCamera
from livestyle.sources.opening import SourceOptions, open_source
from livestyle.styles.library import DEFAULT_STYLE
from livestyle.styles.style import reread
from livestyle.ui.session import LiveSession
from livestyle.ui.thumbnails import Thumbnails

SESSION_ENCODING = RecordOptions(crf=18, preset="ultrafast")
"""How a session's frames are encoded: in the time that JPEG takes, at a third of its size."""

SESSION_QUEUE_BYTES = 64_000_000
"""Frames of a session that wait for a busy machine: two seconds of them at 640x480 and 30 fps."""


@dataclass(frozen=True, slots=True)
class WebcamOptions:
    """What to show, in which style, and where it goes.

    Attributes:
        source: a camera's number or path, a video file, an http:// or rtsp:// address, or "demo".
        opening: how the source is opened.
        style: the style to begin with, by name or path, or a folder of styles; None: the first
            of `styles`, or the default.
        styles: names or paths of the styles that keys reach, in this order; none: all there are.
        look: strength, colours, mirror.
        engine: what runs the network.
        player: smoothing, crossfade, resolution, memory.
        display: whether there is a window.
        folder: where pictures and recordings go that keys ask for.
        record: the video to write; None records nothing.
        overwrite: whether `record` may replace an older file.
        session: the new folder to keep the camera's own frames in; None keeps none.
        virtual_camera: whether other programs see the painted picture as a camera.
        virtual_mirror: whether they see it mirrored where the window does.
        max_frames: end after so many frames.
        duration_s: end after so many seconds.
        learning: how the style of a picture learns beside the show; None: it does not.
    """

    source: str = "0"
    opening: SourceOptions = field(default_factory=SourceOptions)
    style: str | None = None
    styles: tuple[str, ...] = ()
    look: Look = field(default_factory=Look)
    engine: EngineOptions = field(default_factory=EngineOptions)
    player: PlayerOptions = field(
        default_factory=lambda: PlayerOptions(steady=0.5, stroke_lock=True)
    )
    display: bool = True
    folder: Path = Path()
    record: Path | None = None
    overwrite: bool = False
    session: Path | None = None
    virtual_camera: bool = False
    virtual_mirror: bool = False
    max_frames: int | None = None
    duration_s: float | None = None
    learning: LearningOptions | None = None


class Webcam(Closable):
    """The webcam that paints. A context manager; `run` is called once, on the main thread.

        with Webcam(WebcamOptions(source="demo", max_frames=100, display=False)) as webcam:
            webcam.run()
            print(webcam.report()["fps"])

    Attributes:
        source: gives the frames.
        player: paints them; its style, look and freeze may be set from any thread.
        virtual_camera: the device that other programs see; "" without one.
    """

    def __init__(self, options: WebcamOptions) -> None:
        """Opens everything, so that what does not work shows at once.

        Raises:
            SourceError, StyleError, EngineError, SinkError: what cannot be opened.
        """
        self._options = options
        self._metrics = Metrics()
        self._opened = ExitStack()
        self.virtual_camera = ""
        try:
            self._open()
        except BaseException:
            self._opened.close()
            raise

    def run(self) -> None:
        """Runs until the source ends, a limit is reached, `stop` is called or the window closed.

        Raises:
            LivestyleError: what failed.
            KeyboardInterrupt: Ctrl-C; everything written is whole.
        """
        self._show.run()

    def stop(self) -> None:
        """Asks for the end, from any thread."""
        self._show.stop()

    def close(self) -> None:
        """Frees the source, the styles, the window and what else is open."""
        self._opened.close()

    def report(self) -> dict[str, Any]:
        """Source, engine and what was measured; the keys are those of `cam --report`."""
        info = self.player.info
        return {
            "source": self.source.name,
            "size": list(self.source.size),
            "engine": info.engine,
            "device": info.device,
            "precision": info.precision,
            "threads": info.threads,
            **self._metrics.report(),
            "reconnects": self.source.reconnects,
        }

    @property
    def session_outcome(self) -> str:
        """One sentence on the session that was kept; "" when there was none."""
        return self._session_recorder.outcome() if self._session_recorder else ""

    def _open(self) -> None:
        options = self._options
        self._opened.enter_context(without_opencv_threads())
        first = options.style or (options.styles[0] if options.styles else DEFAULT_STYLE)
        styles = StyleSet(
            first,
            replace(options.engine, spare_processor=True),
            names=options.styles,
            stroke_lock=options.player.stroke_lock,
        )
        if options.display:
            check_folder_writable(options.folder)
        self.source = open_source(options.source, options.opening)
        self._opened.callback(self.source.close)
        cameras = self._virtual_cameras()
        recording = self._recording(is_alone=not (options.display or cameras or options.session))
        window = None
        if options.display:
            from livestyle.sinks.window import Window

            window = Window("livestyle")
            self._opened.callback(window.close)
        self._session_recorder: SessionRecorder | None = None
        self.player = Player(
            styles.names,
            styles.load,
            first=styles.first,
            size=self.source.size,
            look=options.look,
            metrics=self._metrics,
            options=options.player,
            load_fallback=styles.load_on_cpu,
            note=self._note_scene,
        )
        self._opened.callback(self.player.close)
        is_lent = self.player.info.device.lower() == "cpu" and self.player.holds_all
        lend = self.player.lend if is_lent else None
        thumbnails = Thumbnails(styles.load_on_cpu, styles.preview, lend)
        self._opened.callback(thumbnails.close)
        self._session_recorder = self._open_session(styles)
        self._opened.callback(_watch(styles, self.player, thumbnails).close)
        learning = self._learning(styles)
        self._show: LiveSession | Pipeline
        if window is not None:
            assert isinstance(recording, RecordingSwitch)
            self._show = LiveSession(
                self.source,
                self.player,
                self._metrics,
                window,
                folder=options.folder,
                recording=recording,
                thumbnails=thumbnails,
                maker=styles,
                sinks=cameras,
                session_recorder=self._session_recorder,
                learning=learning,
                settings={"source": self.source.name},
                max_frames=options.max_frames,
                duration_s=options.duration_s,
            )
        else:
            self._show = Pipeline(
                self.source,
                self.player.begin,
                [recording, *cameras],
                self._metrics,
                finish=self.player.finish,
                session_recorder=self._session_recorder,
                max_frames=options.max_frames,
                duration_s=options.duration_s,
            )

    def _note_scene(self, at_s: float, scene: Scene) -> None:
        """Told by the player what each frame is painted with."""
        if self._session_recorder:
            self._session_recorder.note(at_s, scene)

    def _virtual_cameras(self) -> list[Sink]:
        """The virtual camera if one is wanted; what else is shown or written outlives it."""
        options = self._options
        if not (options.virtual_camera or options.virtual_mirror):
            return []
        camera = VirtualCamera(
            self.source.size,
            self.source.fps,
            keeps_mirror=options.virtual_mirror,
            may_fail=options.display or bool(options.record) or bool(options.session),
        )
        self._opened.callback(camera.close)
        self.virtual_camera = camera.device
        return [camera]

    def _recording(self, *, is_alone: bool) -> Sink:
        """Where frames are recorded.

        Args:
            is_alone: whether nothing else shows or keeps the frames, so that a recording that
                fails ends the run.
        """
        options, source = self._options, self.source
        if is_alone and not options.record:
            return NullSink()

        def open_recorder(path: Path) -> Recorder:
            overwrite = options.overwrite and path == options.record
            return recorder_for(path, source, overwrite=overwrite)

        if is_alone and options.record:
            recorder = open_recorder(options.record)
            self._opened.callback(recorder.close)
            return recorder
        recording = RecordingSwitch(open_recorder, may_drop=source.is_live)
        self._opened.callback(recording.close)
        if options.record:
            recording.start(options.record)
        return recording

    def _learning(self, styles: StyleSet) -> CameraLearning | None:
        """What makes the first style better beside the show, if that is wanted."""
        if self._options.learning is None:
            return None
        learning = CameraLearning(
            reread(styles.styles[styles.first]),
            self._options.learning,
            seen=lambda: self.player.seen,
            fps=lambda: self._metrics.snapshot().fps,
            improved=lambda style: styles.exchange(styles.first, style),
        )
        self._opened.callback(learning.close)
        return learning

    def _open_session(self, styles: StyleSet) -> SessionRecorder | None:
        options, source = self._options, self.source
        if not options.session:
            return None
        width, height = source.size
        recorder = SessionRecorder(
            options.session,
            lambda path: recorder_for(path, source, SESSION_ENCODING),
            SessionSettings(
                source=source.name,
                steady=options.player.steady,
                crossfade_s=options.player.crossfade_s,
                stroke_lock=options.player.stroke_lock,
                noise=options.engine.noise,
                began=datetime.now().astimezone().isoformat(timespec="seconds"),
            ),
            styles.styles.__getitem__,
            may_drop=source.is_live,
            waiting_frames=max(WAITING_FRAMES, SESSION_QUEUE_BYTES // (3 * width * height)),
        )
        self._opened.callback(recorder.close)
        return recorder


def _watch(styles: StyleSet, player: Player, thumbnails: Thumbnails) -> StyleWatcher:
    """Loads new styles, and again those whose files change: one in training can be watched."""

    known = set(styles.names)

    def renew(name: str) -> None:
        if name in known:
            player.reload(name)
            thumbnails.renew(name)
        elif name not in player.names:  # a key may have opened it
            player.add(name)
        known.add(name)

    return StyleWatcher(styles.search, styles.stamp, renew)
