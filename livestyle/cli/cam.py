"""`livestyle cam`: the webcam that paints."""

import json
import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from livestyle.cli.options import SIZE, Painting, painting_of, painting_options
from livestyle.engines import load
from livestyle.errors import SinkError
from livestyle.library import Style, find_style, list_styles
from livestyle.live.meter import Meter
from livestyle.live.pipeline import Pipeline
from livestyle.live.player import Player
from livestyle.live.recording import RecordingSwitch
from livestyle.live.session import LiveSession
from livestyle.stages import FrameSource
from livestyle.video.null import NullSink
from livestyle.video.recorder import Recorder
from livestyle.video.sources import SourceOptions, open_source

log = logging.getLogger(__name__)


@click.command()
@click.option(
    "--source",
    default="0",
    show_default=True,
    help="Camera number or path, video file, http:// or rtsp:// address, or demo.",
)
@painting_options
@click.option("--size", type=SIZE, help="Asked of the camera; files and streams are scaled.")
@click.option("--fps", type=click.FloatRange(1, 1000), help="Asked of the camera.")
@click.option("--mirror/--no-mirror", help="Show the picture as a mirror does.")
@click.option("--display/--no-display", default=True, help="Show a window or none.")
@click.option("--record", type=click.Path(path_type=Path), help="Write the painted video here.")
@click.option(
    "--folder",
    default=Path(),
    type=click.Path(path_type=Path, file_okay=False),
    help="Where pictures and recordings go that keys ask for.  [default: here]",
)
@click.option("--reconnect/--no-reconnect", default=True, help="Wait for a camera that is lost.")
@click.option("--max-frames", type=click.IntRange(1), help="End after so many frames.")
@click.option(
    "--duration", "duration_s", type=click.FloatRange(0, min_open=True), help="End after S seconds."
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
    mirror: bool,
    display: bool,
    record: Path | None,
    folder: Path,
    reconnect: bool,
    max_frames: int | None,
    duration_s: float | None,
    report: Path | None,
    **options: Any,
) -> None:
    """Repaint a camera, stream or clip live.

    In the window: 1-9, n and p swap styles, [ and ] change the strength, w saves a picture,
    r records, h shows all keys, q quits.
    """
    painting = painting_of(options)
    styles = _style_set(painting.style)
    if report:
        _check_folder(report)
    meter = Meter()
    with ExitStack() as opened:
        frames = open_source(source, SourceOptions(size=size, fps=fps, reconnect=reconnect))
        opened.callback(frames.close)
        show = _in_window(frames, record, folder) if display else _unseen(frames, record)
        player = _player(styles, painting, frames, mirror, meter)
        opened.callback(player.close)
        click.echo(_what_runs(frames, player), err=True)
        try:
            show(player, meter, max_frames=max_frames, duration_s=duration_s)
        finally:
            if report:
                _write_report(report, frames, player, meter)


def _in_window(frames: FrameSource, record: Path | None, folder: Path) -> Callable[..., None]:
    """Checks display and recording, and returns what shows the frames in a window."""
    from livestyle.video.window import Window

    recording = RecordingSwitch(lambda path: _recorder(path, frames))
    if record:
        recording.start(record)
    window = Window("livestyle")

    def show(player: Player, meter: Meter, **limits: Any) -> None:
        LiveSession(
            frames,
            player,
            meter,
            window,
            folder=folder,
            recording=recording,
            settings={"source": frames.name},
            **limits,
        ).run()

    return show


def _unseen(frames: FrameSource, record: Path | None) -> Callable[..., None]:
    """Checks the recording, and returns what sends the frames there, or nowhere."""
    sink = _recorder(record, frames) if record else NullSink()

    def run(player: Player, meter: Meter, **limits: Any) -> None:
        Pipeline(frames, player, [sink], meter, **limits).run()

    return run


def _style_set(name_or_path: str) -> dict[str, Style]:
    """All styles by name, in key order, the one asked for among them."""
    asked = find_style(name_or_path)
    styles = {style.card.name: style for style in list_styles()}
    return {asked.card.name: asked} | styles | {asked.card.name: asked}


def _player(
    styles: dict[str, Style],
    painting: Painting,
    frames: FrameSource,
    mirror: bool,
    meter: Meter,
) -> Player:
    first = next(iter(styles))
    return Player(
        list(styles),
        lambda name: load(styles[name], painting.engine),
        first=first,
        size=frames.size,
        look=replace(painting.look, mirror=mirror),
        meter=meter,
    )


def _recorder(path: Path, frames: FrameSource) -> Recorder:
    """A recorder for the source: a file's own clock and sound are kept."""
    time_base: Fraction | None = getattr(frames, "time_base", None)
    sound: Path | None = getattr(frames, "path", None)
    return Recorder(path, fps=frames.fps, time_base=time_base, audio_from=sound)


def _what_runs(frames: FrameSource, player: Player) -> str:
    info, (width, height) = player.info, frames.size
    return (
        f"Painting {frames.name} ({width}x{height}) as {player.current} with "
        f"{info.engine} on {info.device} in {info.precision}."
    )


def _check_folder(path: Path) -> None:
    if not path.parent.is_dir():
        raise SinkError(f"{path} cannot be written: there is no folder {path.parent}.")


def _write_report(path: Path, frames: FrameSource, player: Player, meter: Meter) -> None:
    info = player.info
    report = {
        "source": frames.name,
        "size": list(frames.size),
        "engine": info.engine,
        "device": info.device,
        "precision": info.precision,
        **meter.report(),
        "reconnects": frames.reconnects,
    }
    try:
        path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise SinkError(f"The report {path} cannot be written ({error}).") from error
