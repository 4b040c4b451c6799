"""What `livestyle cam` writes its frames to: a recording, a session."""

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from pathlib import Path

from livestyle.live.background_writer import WAITING_FRAMES
from livestyle.live.player import PlayerOptions
from livestyle.protocols import FrameSource
from livestyle.sessions.recorder import SessionRecorder
from livestyle.sessions.timeline import SessionSettings
from livestyle.sinks.formats import RecordOptions
from livestyle.sinks.recorder import Recorder
from livestyle.styles.style import Style

KEPT = RecordOptions(crf=18, preset="ultrafast")
"""How a session's frames are encoded: in the time that JPEG takes, at a third of its size."""

WAITING_BYTES = 64_000_000
"""Pictures of a session that wait for a busy machine: two seconds of them at 640x480 and 30 fps."""


def recorder_for(path: Path, frames: FrameSource, options: RecordOptions | None = None) -> Recorder:
    """A recorder for the source: a file's own clock and sound are kept.

    Raises:
        SinkError: it cannot be written.
    """
    time_base: Fraction | None = getattr(frames, "time_base", None)
    sound: Path | None = getattr(frames, "path", None)
    return Recorder(path, fps=frames.fps, options=options, time_base=time_base, audio_from=sound)


def session_recorder_for(
    folder: Path, frames: FrameSource, playing: PlayerOptions, styles: Mapping[str, Style]
) -> SessionRecorder:
    """Begins a session in the folder.

    Raises:
        SinkError: the folder holds something, or cannot be written.
    """
    width, height = frames.size
    return SessionRecorder(
        folder,
        lambda path: recorder_for(path, frames, KEPT),
        SessionSettings(
            source=frames.name,
            steady=playing.steady,
            crossfade_s=playing.crossfade_s,
            stroke_lock=playing.stroke_lock,
            began=datetime.now().astimezone().isoformat(timespec="seconds"),
        ),
        styles.__getitem__,
        may_drop=frames.is_live,
        waiting_frames=max(WAITING_FRAMES, WAITING_BYTES // (3 * width * height)),
    )
