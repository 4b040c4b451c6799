"""LiveSession: a live show in a window: source, player, screen, keys and recording."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from livestyle.live.camera_learning import CameraLearning
from livestyle.live.metrics import Metrics
from livestyle.live.pipeline import Pipeline
from livestyle.live.player import Player
from livestyle.live.recording import RecordingSwitch
from livestyle.protocols import FrameSource, Sink
from livestyle.ui.controls import Controls
from livestyle.ui.new_styles import StyleMaker
from livestyle.ui.screen import NoticeSource, Screen, Window
from livestyle.ui.thumbnails import Thumbnails


class LiveSession:
    """A pipeline that is shown in a window and controlled by its keys. Without a window, use
    `Pipeline` itself."""

    def __init__(
        self,
        source: FrameSource,
        player: Player,
        metrics: Metrics,
        window: Window,
        *,
        folder: Path,
        recording: RecordingSwitch | None = None,
        thumbnails: Thumbnails | None = None,
        maker: StyleMaker | None = None,
        sinks: Sequence[Sink] = (),
        session_recorder: Sink | None = None,
        learning: CameraLearning | None = None,
        settings: Mapping[str, str] | None = None,
        max_frames: int | None = None,
        duration_s: float | None = None,
    ) -> None:
        """Takes over the source, the window and the sinks, but not the player.

        Args:
            source: a file is shown at the speed it was filmed in.
            player: paints; the caller closes it after `run`.
            metrics: the player's.
            window: where the picture is shown and keys are pressed.
            folder: where pictures and recordings go that keys ask for.
            recording: what `r` switches; may be running already.
            thumbnails: paints what `t` shows; the caller closes it after `run`.
            maker: of the styles that keys ask for, which the player loads.
            sinks: others that get every frame, without words on it; their notices are shown.
            session_recorder: gets every frame as it came; its notices are shown, too.
            learning: what `k` keeps the result of; its notices are shown.
            settings: what else to keep in the metadata of pictures.
            max_frames: end after this many shown frames.
            duration_s: end this long after the first shown frame.
        """
        fed = [*sinks, session_recorder] if session_recorder else sinks
        notice_sources: list[NoticeSource] = [
            sink for sink in fed if isinstance(sink, NoticeSource)
        ]
        if learning:
            notice_sources.append(learning)
        self._screen = Screen(
            window,
            source,
            player,
            metrics,
            recording,
            thumbnails=thumbnails,
            notice_sources=notice_sources,
        )
        self._controls = Controls(
            player,
            self._screen,
            quit=self.stop,
            folder=folder,
            recording=recording,
            keep_learned=learning.keep if learning else None,
            maker=maker,
            settings=settings,
        )
        self._pipeline = Pipeline(
            source,
            player.begin,
            [self._screen, *([recording] if recording else []), *sinks],
            metrics,
            finish=player.finish,
            session_recorder=session_recorder,
            on_idle=self._idle,
            max_frames=max_frames,
            duration_s=duration_s,
            paced=not source.is_live,
        )

    def run(self) -> None:
        """Runs on the main thread until the source ends, a limit, `q`, or the window is closed.

        Raises:
            BaseException: the first error of any stage, or KeyboardInterrupt, when all is closed.
        """
        try:
            self._pipeline.run()
        finally:
            self._controls.close()

    def stop(self) -> None:
        """Asks for the end, from any thread."""
        self._pipeline.stop()

    def _idle(self) -> None:
        self._screen.refresh()
        if not self._screen.is_open:
            self.stop()
        while (key := self._screen.take_key()) is not None:
            self._controls.press(key)
        while (style := self._screen.take_choice()) is not None:
            self._controls.choose(style)
