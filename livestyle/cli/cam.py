"""`livestyle cam`: the webcam that paints."""

import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from livestyle.cli.options import SIZE, FiniteRange, painting_of, painting_options
from livestyle.cli.recorders import recorder_for, session_recorder_for
from livestyle.cli.signals import ending_cleanly
from livestyle.errors import SinkError
from livestyle.live.metrics import Metrics
from livestyle.live.pipeline import Pipeline
from livestyle.live.player import Player, PlayerOptions
from livestyle.live.recording import RecordingSwitch
from livestyle.live.style_set import StyleSet
from livestyle.live.style_watcher import StyleWatcher
from livestyle.protocols import FrameSource, Sink
from livestyle.render.compositing import Look
from livestyle.sessions.recorder import SessionRecorder
from livestyle.sinks.disk import check_file_writable, check_folder_writable
from livestyle.sinks.null import NullSink
from livestyle.sinks.virtual_camera import VirtualCamera
from livestyle.sources.opening import SourceOptions, open_source
from livestyle.ui.session import LiveSession
from livestyle.ui.thumbnails import Thumbnails

Show = LiveSession | Pipeline
PLAYING = PlayerOptions()
"""The defaults of how to play."""

STEADY = 0.5
"""Halves the flicker that a camera's noise makes, and holds nothing that moves."""


@click.command()
@click.option(
    "--source",
    default="0",
    show_default=True,
    help="Camera number or path, video file, http:// or rtsp:// address, or demo.",
)
@painting_options
@click.option("--size", type=SIZE, help="Asked of a camera; files and streams are scaled to it.")
@click.option(
    "--fps", metavar="N", type=FiniteRange(1, 1000), help="Asked of a camera; the demo's."
)
@click.option(
    "--target-fps",
    metavar="N",
    type=FiniteRange(1, 1000),
    help="Hold this rate by painting smaller; strokes keep their size where they are locked.",
)
@click.option(
    "--stroke-lock/--no-stroke-lock",
    default=True,
    show_default=True,
    help="Strokes as large in the picture as at 640x480, for the time that 640x480 takes; without, "
    "every pixel is painted, and strokes are finer in larger pictures.",
)
@click.option(
    "--steady",
    default=STEADY,
    show_default=True,
    metavar="0..1",
    type=FiniteRange(0, 1),
    help="Take the flicker out of what stands still; 0: show each frame as it is painted.",
)
@click.option(
    "--crossfade",
    "crossfade_s",
    default=PLAYING.crossfade_s,
    show_default=True,
    metavar="S",
    type=FiniteRange(0, 60),
    help="Dissolve from style to style in S seconds.",
)
@click.option(
    "--memory",
    "memory_mb",
    default=PLAYING.memory_mb,
    show_default=True,
    metavar="MB",
    type=FiniteRange(1),
    help="Keep about so much of styles loaded; those used longest ago go.",
)
@click.option(
    "--loop",
    is_flag=True,
    help="Play a video file again and again; a recording of it has no sound.",
)
@click.option("--mirror/--no-mirror", help="Show and record the picture as a mirror does.")
@click.option("--display/--no-display", default=True, help="Show a window or none.")
@click.option(
    "--record",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the painted video here (.mp4 .mov .mkv .webm .avi).",
)
@click.option(
    "--session",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Keep the camera's own frames and what you do in this new folder, for `livestyle render`.",
)
@click.option(
    "--virtual-camera",
    is_flag=True,
    help="Other programs see the painted picture as a camera; never mirrored, so that others can "
    "read what you hold up.",
)
@click.option("--virtual-mirror", is_flag=True, help="Other programs see it mirrored when you do.")
@click.option(
    "--folder",
    default=Path(),
    type=click.Path(path_type=Path, file_okay=False),
    help="Where pictures and recordings go that keys ask for.  [default: here]",
)
@click.option("--reconnect/--no-reconnect", default=True, help="Wait for a camera that is lost.")
@click.option(
    "--tls-verify/--no-tls-verify",
    default=True,
    show_default=True,
    help="Whether a camera at https:// or rtsps:// has to prove who it is.",
)
@click.option(
    "--ca-file",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Trust the certificates in this PEM file instead of the system's.",
)
@click.option("--max-frames", metavar="N", type=click.IntRange(1), help="End after N frames.")
@click.option(
    "--duration",
    "duration_s",
    metavar="S",
    type=FiniteRange(0, min_open=True),
    help="End after S seconds.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write what was measured here, as JSON.",
)
def cam(
    source: str,
    size: tuple[int, int] | None,
    fps: float | None,
    loop: bool,
    mirror: bool,
    display: bool,
    record: Path | None,
    session: Path | None,
    virtual_camera: bool,
    virtual_mirror: bool,
    folder: Path,
    reconnect: bool,
    tls_verify: bool,
    ca_file: Path | None,
    max_frames: int | None,
    duration_s: float | None,
    report: Path | None,
    **options: Any,
) -> None:
    """Repaint a camera, stream or clip live.

    In the window: 1-9, n and p swap styles, t shows them all to click on, [ and ] change the
    strength, w saves a picture, r records, h shows all keys, q quits. Without a window Ctrl-C
    ends it; a recording is then whole.

    --style also takes a folder of styles, which are then the set. A style whose files change is
    loaded again while it runs, and one that is new there joins the set.
    """
    painting = painting_of(options)
    playing = PlayerOptions(**options)
    styles = StyleSet(painting.style, painting.engine, stroke_lock=playing.stroke_lock)
    if report:
        check_file_writable(report)
    if display:
        check_folder_writable(folder)
    metrics = Metrics()
    with ExitStack() as opened:
        wanted = SourceOptions(
            size=size,
            fps=fps,
            reconnect=reconnect,
            tls_verify=tls_verify,
            ca_file=ca_file,
            loop=loop,
        )
        frames = open_source(source, wanted)
        opened.callback(frames.close)
        cameras = []
        if virtual_camera or virtual_mirror:
            cameras = [_virtual_camera(opened, frames, virtual_mirror, display)]
        thumbnails = Thumbnails(styles.load_on_cpu, styles.preview)
        prepare = partial(_in_window, thumbnails=thumbnails) if display else _unseen
        prepared = prepare(opened, frames, record, folder, cameras)
        session_recorder = (
            session_recorder_for(session, frames, playing, styles.styles) if session else None
        )
        if session_recorder:
            opened.callback(session_recorder.close)
        look = replace(painting.look, mirror=mirror)
        player = _player(styles, look, playing, frames, metrics, session_recorder)
        opened.callback(player.close)
        opened.callback(_watch(styles, player, thumbnails).close)
        show = prepared(
            player,
            metrics=metrics,
            session_recorder=session_recorder,
            max_frames=max_frames,
            duration_s=duration_s,
        )
        click.echo(_what_runs(frames, player), err=True)
        if display:
            click.echo("In the window, h shows the keys and q quits.", err=True)
        try:
            with ending_cleanly(show.stop):
                show.run()
                click.echo(_what_was_done(metrics, record), err=True)
                if session_recorder:
                    click.echo(session_recorder.outcome(), err=True)
        finally:
            if report:
                _write_report(report, frames, player, metrics)


def _in_window(
    opened: ExitStack,
    frames: FrameSource,
    record: Path | None,
    folder: Path,
    cameras: Sequence[Sink],
    thumbnails: Thumbnails,
) -> Callable[..., Show]:
    """Checks display and recording, and returns what makes a show in a window."""
    from livestyle.sinks.window import Window

    recording = RecordingSwitch(lambda path: recorder_for(path, frames), may_drop=frames.is_live)
    opened.callback(recording.close)
    if record:
        recording.start(record)
    window = Window("livestyle")
    opened.callback(window.close)
    opened.callback(thumbnails.close)
    return partial(
        LiveSession,
        frames,
        window=window,
        folder=folder,
        recording=recording,
        thumbnails=thumbnails,
        sinks=cameras,
        settings={"source": frames.name},
    )


def _unseen(
    opened: ExitStack,
    frames: FrameSource,
    record: Path | None,
    folder: Path,
    cameras: Sequence[Sink],
) -> Callable[..., Show]:
    """Checks the recording, and returns what makes a show that goes there, or nowhere."""
    sink = recorder_for(record, frames) if record else NullSink()
    opened.callback(sink.close)
    return partial(Pipeline, frames, sinks=[sink, *cameras])


def _virtual_camera(
    opened: ExitStack, frames: FrameSource, keeps_mirror: bool, display: bool
) -> VirtualCamera:
    """Opens it; when it fails later, the show goes on if there is a window to say so."""
    camera = VirtualCamera(frames.size, frames.fps, keeps_mirror=keeps_mirror, may_fail=display)
    opened.callback(camera.close)
    click.echo(f"Other programs find the picture at the camera {camera.device}.", err=True)
    return camera


def _player(
    styles: StyleSet,
    look: Look,
    playing: PlayerOptions,
    frames: FrameSource,
    metrics: Metrics,
    session_recorder: SessionRecorder | None,
) -> Player:
    return Player(
        styles.names,
        styles.load,
        first=styles.first,
        size=frames.size,
        look=look,
        metrics=metrics,
        options=playing,
        load_fallback=styles.load_on_cpu,
        note=session_recorder.note if session_recorder else None,
    )


def _watch(styles: StyleSet, player: Player, thumbnails: Thumbnails) -> StyleWatcher:
    """Loads new styles, and again those whose files change: one in training can be watched."""

    def renew(name: str) -> None:
        if name in player.names:
            player.reload(name)
            thumbnails.renew(name)
        else:
            player.add(name)

    return StyleWatcher(styles.search, styles.stamp, renew)


def _what_runs(frames: FrameSource, player: Player) -> str:
    size = "{}x{}".format(*frames.size)
    name = frames.name if size in frames.name else f"{frames.name} at {size}"
    return f"Painting {name} as {player.current} with {player.info}."


def _what_was_done(metrics: Metrics, record: Path | None) -> str:
    done = metrics.report()
    shown, fps = done["frames"]["shown"], done["fps"]
    rate = f", {fps:.1f} a second" if fps else ""
    place = f" Recorded to {record}." if record and shown else ""
    return f"Painted {shown} frames{rate}.{place}"


def _write_report(path: Path, frames: FrameSource, player: Player, metrics: Metrics) -> None:
    info = player.info
    report = {
        "source": frames.name,
        "size": list(frames.size),
        "engine": info.engine,
        "device": info.device,
        "precision": info.precision,
        "rich": info.rich,
        **metrics.report(),
        "reconnects": frames.reconnects,
    }
    try:
        path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise SinkError(f"The report {path} cannot be written ({error}).") from error
