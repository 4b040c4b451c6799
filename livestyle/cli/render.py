"""`livestyle render`: a session of `livestyle cam` painted again, at full quality."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import click

from livestyle.cli.echo import echo
from livestyle.cli.options import (
    SIZE,
    encoding_options,
    engine_options,
    is_set,
    overwrite_option,
    resume_option,
)
from livestyle.cli.video import repaint
from livestyle.engines import EngineOptions, load
from livestyle.files import Clip
from livestyle.sessions.recorder import frames_of
from livestyle.sessions.replay import Replay
from livestyle.sessions.style_reference import find_referenced
from livestyle.sessions.timeline import read_timeline
from livestyle.sinks.formats import RecordOptions


@click.command()
@click.argument("session", type=click.Path(path_type=Path))
@click.argument("output", metavar="OUT.mp4", type=click.Path(path_type=Path))
@engine_options
@click.option("--size", type=SIZE, help="Scale to exactly this.  [default: the camera's]")
@encoding_options
@resume_option
@overwrite_option
@click.pass_context
def render(
    ctx: click.Context,
    /,
    session: Path,
    output: Path,
    engine: EngineOptions,
    size: tuple[int, int] | None,
    encoding: RecordOptions,
    resume: bool,
    overwrite: bool,
) -> None:
    """Paint a session again that `livestyle cam --session` kept.

    Every frame of the camera is painted, in its full size and in fp32, with the styles, strengths,
    strokes and all else that was on the screen at that moment. Speed does not matter: what a slow
    machine left out or painted smaller is whole. --noise is that of the session unless it is
    given here.
    """
    timeline, frames = read_timeline(session), frames_of(session)
    if not is_set(ctx, "noise"):
        engine = replace(engine, noise=min(1.0, timeline.playing.noise))
    styles = find_referenced({name: timeline.styles.get(name) for name in timeline.style_names})
    for style in styles.values():  # an hour of work must not end at the last one
        load(style, engine).close()
    with closing(Replay(timeline, lambda name: load(styles[name], engine))) as replay:
        repaint(frames, output, replay, Clip(size), encoding, overwrite=overwrite, resume=resume)
    echo(output)


for option in render.params:
    if isinstance(option, click.Option) and option.name == "noise":
        option.show_default = "the session's"
    elif option.name == "precision":
        option.default = "fp32"
