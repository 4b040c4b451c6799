"""`livestyle render`: a session of `livestyle cam` painted again, at full quality."""

from contextlib import closing
from pathlib import Path
from typing import Any

import click

from livestyle.cli.echo import echo
from livestyle.cli.options import (
    SIZE,
    encoding_of,
    encoding_options,
    engine_of,
    engine_options,
)
from livestyle.cli.video import Cut, repaint
from livestyle.engines import load
from livestyle.sessions.recorder import frames_of
from livestyle.sessions.replay import Replay
from livestyle.sessions.style_reference import find_referenced
from livestyle.sessions.timeline import read_timeline


@click.command(context_settings={"default_map": {"precision": "fp32"}})
@click.argument("session", type=click.Path(path_type=Path))
@click.argument("output", metavar="OUT.mp4", type=click.Path(path_type=Path))
@engine_options
@click.option("--size", type=SIZE, help="Scale to exactly this.  [default: the camera's]")
@encoding_options
@click.option("--overwrite", is_flag=True, help="Replace an older output.")
def render(
    session: Path, output: Path, size: tuple[int, int] | None, overwrite: bool, **options: Any
) -> None:
    """Paint a performance again that `livestyle cam --session` kept.

    Every frame of the camera is painted, in its full size and in fp32, with the styles, strengths,
    strokes and all else that was on the screen at that moment. Speed does not matter: what a slow
    machine left out or painted smaller is whole.
    """
    engine, encoding = engine_of(options), encoding_of(options)
    timeline, frames = read_timeline(session), frames_of(session)
    styles = find_referenced({name: timeline.styles.get(name) for name in timeline.style_names})
    for style in styles.values():  # an hour of work must not end at the last one
        load(style, engine).close()
    with closing(Replay(timeline, lambda name: load(styles[name], engine))) as replay:
        repaint(frames, output, replay, Cut(size), encoding, overwrite)
    echo(output)
