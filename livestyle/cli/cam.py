"""`livestyle cam`: the webcam that paints."""

import json
from dataclasses import replace
from pathlib import Path

import click

from livestyle.cli.echo import echo
from livestyle.cli.options import (
    ALL,
    SIZE,
    STYLE_HELP,
    FiniteRange,
    engine_options,
    gathered,
    look_options,
    overwrite_option,
    style_names,
    was_given,
)
from livestyle.cli.settings import use_set
from livestyle.cli.signals import ending_cleanly
from livestyle.engines import EngineOptions
from livestyle.errors import SinkError
from livestyle.installation import install_command
from livestyle.live.camera_learning import LearningOptions
from livestyle.live.player import PlayerOptions
from livestyle.output_file import atomic_write, check_output
from livestyle.render.compositing import Look
from livestyle.sinks.disk import check_file_writable
from livestyle.sources.opening import SourceOptions
from livestyle.styles.library import DEFAULT_STYLE
from livestyle.webcam import Webcam, WebcamOptions

DEFAULTS = WebcamOptions()

STDOUT = Path("-")

source_options = gathered(
    "opening",
    lambda size, fps, loop, reconnect, tls_verify, ca_file: SourceOptions(
        size=size,
        fps=fps,
        loop=loop,
        reconnect=reconnect,
        tls_verify=tls_verify,
        ca_file=ca_file,
    ),
    click.option(
        "--size",
        type=SIZE,
        help="Resolution: requested from a camera; files and streams are scaled to it.",
    ),
    click.option(
        "--fps",
        metavar="N",
        type=FiniteRange(1, 1000),
        help="Frame rate requested from a camera, or of the demo.",
    ),
    click.option(
        "--loop",
        is_flag=True,
        help="Play a video file again and again; a recording of it has no sound.",
    ),
    click.option(
        "--reconnect/--no-reconnect",
        default=DEFAULTS.opening.reconnect,
        show_default=True,
        help="Whether to wait for a camera or stream that is lost.",
    ),
    click.option(
        "--tls-verify/--no-tls-verify",
        default=DEFAULTS.opening.tls_verify,
        show_default=True,
        help="Whether to verify the certificate of an https:// or rtsps:// server.",
    ),
    click.option(
        "--ca-file",
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Trust the certificates in this PEM file instead of the system's.",
    ),
)
"""Options of how the source is opened: `opening`, a `SourceOptions`."""

player_options = gathered(
    "player",
    lambda target_fps, stroke_lock, steady, crossfade_s, memory_mb: PlayerOptions(
        steady=steady,
        crossfade_s=crossfade_s,
        target_fps=target_fps,
        memory_mb=memory_mb,
        stroke_lock=stroke_lock,
    ),
    click.option(
        "--target-fps",
        metavar="N",
        type=FiniteRange(1, 1000),
        help="Keep this frame rate: paint at a lower resolution when the machine is too slow. With "
        "--stroke-lock the strokes keep their size.",
    ),
    click.option(
        "--stroke-lock/--no-stroke-lock",
        default=DEFAULTS.player.stroke_lock,
        show_default=True,
        help="Paint frames of any size as if they were of 640x480: strokes then have the same size "
        "in the picture, at the same speed. Without it every pixel is painted, slower and with "
        "finer strokes in larger frames.",
    ),
    click.option(
        "--steady",
        default=DEFAULTS.player.steady,
        show_default=True,
        metavar="0..1",
        type=FiniteRange(0, 1),
        help="Temporal smoothing of static areas, against flicker; 0 is none.",
    ),
    click.option(
        "--crossfade",
        "crossfade_s",
        default=DEFAULTS.player.crossfade_s,
        show_default=True,
        metavar="S",
        type=FiniteRange(0, 60),
        help="Duration of the crossfade from one style to the next, in seconds.",
    ),
    click.option(
        "--memory",
        "memory_mb",
        default=DEFAULTS.player.memory_mb,
        show_default=True,
        metavar="MB",
        type=FiniteRange(1),
        help="Memory for loaded styles; the least recently used are unloaded.",
    ),
)
"""Options of how styles are played: `player`, a `PlayerOptions`."""


@click.command()
@click.option(
    "--source",
    default=DEFAULTS.source,
    show_default=True,
    help="Camera number or path, video file, http:// or rtsp:// address, or demo.",
)
@click.option(
    "-s",
    "--style",
    metavar="NAME|FILE",
    help=f"The style to begin with. {STYLE_HELP}. A folder of styles or pictures is a set, "
    "which what is saved into it joins; all: every style.  "
    f"[default: the first of --styles, or {DEFAULT_STYLE}]",
)
@click.option(
    "--styles",
    metavar="NAME,NAME",
    callback=style_names,
    help="The styles and pictures that keys reach, in this order.  [default: all]",
)
@click.option(
    "--set",
    metavar="NAME",
    is_eager=True,
    expose_value=False,
    callback=use_set,
    help="Take the defaults from [set.NAME] of the settings file; see `livestyle config`.",
)
@look_options
@engine_options
@source_options
@player_options
@click.option(
    "--mirror/--no-mirror",
    default=DEFAULTS.look.mirror,
    show_default=True,
    help="Flip the picture left to right, as in a mirror.",
)
@click.option(
    "--display/--no-display",
    default=DEFAULTS.display,
    show_default=True,
    help="Whether to open a window.",
)
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
    help="Save the camera's own frames and your changes of style to this new folder, for "
    "`livestyle render`.",
)
@click.option(
    "--virtual-camera",
    is_flag=True,
    help="Offer the painted picture to other programs as a camera; it is not mirrored, so that "
    "others can read what you hold up.",
)
@click.option("--virtual-mirror", is_flag=True, help="The same, mirrored when --mirror is on.")
@click.option(
    "--folder",
    default=DEFAULTS.folder,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the pictures and recordings that keys make.  [default: the current one]",
)
@click.option(
    "--learn",
    is_flag=True,
    help="With a picture as --style: train on what the camera sees beside the show, and paint "
    f"better every half minute; k keeps the result. Needs {install_command('train')}",
)
@click.option(
    "--loss-network",
    type=click.Choice(["vgg19", "vgg16"]),
    default=LearningOptions().loss_network,
    show_default=True,
    help="What --learn compares features in.",
)
@click.option(
    "--vgg-weights",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File of its weights.  [default: torchvision downloads them, 550 MB, once]",
)
@click.option("--max-frames", metavar="N", type=click.IntRange(1), help="Stop after N frames.")
@click.option(
    "--duration",
    "duration_s",
    metavar="S",
    type=FiniteRange(0, min_open=True),
    help="Stop after S seconds.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="Write measurements (frame rates, latencies, swaps) as JSON; - is standard output.",
)
@overwrite_option
@click.pass_context
def cam(
    ctx: click.Context,
    /,
    source: str,
    style: str | None,
    styles: tuple[str, ...],
    look: Look,
    engine: EngineOptions,
    opening: SourceOptions,
    player: PlayerOptions,
    mirror: bool,
    display: bool,
    record: Path | None,
    session: Path | None,
    virtual_camera: bool,
    virtual_mirror: bool,
    folder: Path,
    learn: bool,
    loss_network: str,
    vgg_weights: Path | None,
    max_frames: int | None,
    duration_s: float | None,
    report: Path | None,
    overwrite: bool,
) -> None:
    """Repaint a camera, a network stream or a video file live.

    Keys in the window: 1-9, n and p change the style, t shows all styles to click on, [ and ]
    change the strength, w saves a picture, r records, h shows all keys, q quits. Without a window,
    Ctrl-C ends the program; a recording is complete then.

    --style also takes a folder of styles; keys then reach these styles. While livestyle runs, it
    reloads a style whose files change, and adds styles that appear in the folder.
    """
    if not learn and (was_given(ctx, "loss_network") or was_given(ctx, "vgg_weights")):
        raise click.UsageError("--loss-network and --vgg-weights are for --learn.")
    if report and report != STDOUT:
        check_output(report, overwrite=overwrite)
        check_file_writable(report)
    options = WebcamOptions(
        source=source,
        opening=opening,
        style=None if style == ALL else style,
        styles=() if style == ALL else styles,
        look=replace(look, mirror=mirror),
        engine=engine,
        player=player,
        display=display,
        folder=folder,
        record=record,
        overwrite=overwrite,
        session=session,
        virtual_camera=virtual_camera,
        virtual_mirror=virtual_mirror,
        max_frames=max_frames,
        duration_s=duration_s,
        learning=LearningOptions(loss_network, vgg_weights) if learn else None,
    )
    with Webcam(options) as webcam:
        if webcam.virtual_camera:
            echo(
                f"Other programs find the picture at the camera {webcam.virtual_camera}.", err=True
            )
        echo(_what_runs(webcam), err=True)
        if display:
            echo("In the window, h shows the keys and q quits.", err=True)
        try:
            with ending_cleanly(webcam.stop):
                webcam.run()
                echo(_what_was_done(webcam, record), err=True)
                if webcam.session_outcome:
                    echo(webcam.session_outcome, err=True)
        finally:
            if report:
                _write_report(report, webcam)


def _what_runs(webcam: Webcam) -> str:
    frames, player = webcam.source, webcam.player
    size = "{}x{}".format(*frames.size)
    name = frames.name if size in frames.name else f"{frames.name} at {size}"
    return f"Painting {name} as {player.current} with {player.info}."


def _what_was_done(webcam: Webcam, record: Path | None) -> str:
    done = webcam.report()
    shown, fps = done["frames"]["shown"], done["fps"]
    rate = f", {fps:.1f} a second" if fps else ""
    place = f" Recorded to {record}." if record and shown else ""
    return f"Painted {shown} frames{rate}.{place}"


def _write_report(path: Path, webcam: Webcam) -> None:
    text = json.dumps(webcam.report(), indent=2)
    if path == STDOUT:
        echo(text)
        return
    try:
        with atomic_write(path) as partial:
            partial.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise SinkError(f"The report {path} cannot be written ({error}).") from error
