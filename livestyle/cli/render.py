"""`livestyle render`: a session of `livestyle cam` painted again, at full quality."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from livestyle.cli.echo import echo
from livestyle.cli.options import (
    SIZE,
    encoding_options,
    engine_options,
    is_set,
    overwrite_option,
)
from livestyle.cli.video import repaint
from livestyle.engines import EngineOptions, load
from livestyle.files import Clip
from livestyle.sessions.recorder import frames_of
from livestyle.sessions.replay import Replay
from livestyle.sessions.style_reference import find_referenced
from livestyle.sessions.timeline import SessionSettings, read_timeline
from livestyle.sinks.formats import RecordOptions


@click.command()
@click.argument("session", type=click.Path(path_type=Path))
@click.argument("output", metavar="OUT.mp4", type=click.Path(path_type=Path))
@engine_options
@click.option("--size", type=SIZE, help="Scale to exactly this.  [default: the camera's]")
@encoding_options
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
    overwrite: bool,
) -> None:
    """Paint a session again that `livestyle cam --session` kept.

    Every frame of the camera is painted, in its full size and in fp32, with the styles, strengths,
    strokes and all else that was on the screen at that moment. Speed does not matter: what a slow
    machine left out or painted smaller is whole. --noise, --rich and --precision are those of the
    session unless they are given here.
    """
    timeline, frames = read_timeline(session), frames_of(session)
    engine = _as_played(engine, timeline.playing, given=partial(is_set, ctx))
    styles = find_referenced({name: timeline.styles.get(name) for name in timeline.style_names})
    for style in styles.values():  # an hour of work must not end at the last one
        load(style, engine).close()
    with closing(Replay(timeline, lambda name: load(styles[name], engine))) as replay:
        repaint(frames, output, replay, Clip(size), encoding, overwrite=overwrite)
    echo(output)


for option in render.params:
    if isinstance(option, click.Option) and option.name in ("noise", "rich", "precision"):
        option.show_default = "the session's"


def _as_played(
    engine: EngineOptions, playing: SessionSettings, *, given: Callable[[str], bool]
) -> EngineOptions:
    """The session's own network, at the best precision there is of it, unless others are given."""
    if not given("noise"):
        engine = replace(engine, noise=min(1.0, playing.noise))
    if not given("rich"):
        engine = replace(engine, rich=playing.rich)
    if not given("precision"):  # rich networks have no fp32 file
        engine = replace(engine, precision="fp16" if engine.rich else "fp32")
    return engine
