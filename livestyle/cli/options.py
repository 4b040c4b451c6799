"""Options that several commands share, and what they are turned into."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from livestyle.engines import DEVICES, ENGINES, FORMER_ENGINES, PRECISIONS, EngineOptions
from livestyle.images import MAX_PIXELS
from livestyle.render.compositing import Look
from livestyle.sinks.formats import RecordOptions
from livestyle.styles.library import DEFAULT_STYLE

F = TypeVar("F", bound=Callable[..., Any])
MAX_SIDE_PX = 16384
PRESET = "medium"
"""Nobody waits for the frames of a file, so the encoder may take its time."""


class SizeType(click.ParamType[tuple[int, int]]):
    """WIDTHxHEIGHT in pixels."""

    name = "WxH"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """(width, height)."""
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(r"(\d+)[xX×](\d+)", str(value).strip())
        if not match:
            self.fail(f"{value!r} is not a size like 640x480.", param, ctx)
        size = int(match[1]), int(match[2])
        if not all(1 <= side <= MAX_SIDE_PX for side in size):
            self.fail(f"{value}: each side has 1 to {MAX_SIDE_PX} pixels.", param, ctx)
        if size[0] * size[1] > MAX_PIXELS:
            self.fail(
                f"{value} has more than {MAX_PIXELS // 1_000_000} million pixels.", param, ctx
            )
        return size


SIZE = SizeType()


class FiniteRange(click.FloatRange):
    """A number within bounds; neither NaN, which passes every comparison, nor infinite."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number.", param, ctx)
        return number


class EngineType(click.Choice[str]):
    """One of `ENGINES`; a former name passes too, and `EngineOptions` says what it is now."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name."""
        return value if value in FORMER_ENGINES else super().convert(value, param, ctx)


ENGINE = EngineType(ENGINES)


@dataclass(frozen=True, slots=True)
class Painting:
    """The shared options: which style, in which look, on what."""

    style: str
    look: Look
    engine: EngineOptions


def painting_options(command: F) -> F:
    """Adds the shared options; read them with `painting_of`."""
    options = [
        click.option(
            "--style",
            default=DEFAULT_STYLE,
            show_default=True,
            metavar="NAME|FILE",
            help="A style of `livestyle styles`, a style pack, a finished run, a style's folder, "
            "or a model file that carries its card.",
        ),
        click.option(
            "--strength",
            default=1.0,
            show_default=True,
            metavar="0..1",
            type=FiniteRange(0, 1),
            help="0 is the original, 1 the full style.",
        ),
        click.option("--keep-color", is_flag=True, help="Keep the colours of the original."),
    ]
    return _added(options, engine_options(command))


def engine_options(command: F) -> F:
    """Adds the options of what runs the network; read them with `engine_of`."""
    options = [
        click.option(
            "--engine",
            default="auto",
            show_default=True,
            type=ENGINE,
            help="What runs the network; auto takes the fastest that really runs.",
        ),
        click.option(
            "--device",
            default="auto",
            show_default=True,
            type=click.Choice(DEVICES),
            help="Where it runs; one that is named runs or is an error.",
        ),
        click.option(
            "--precision",
            default="auto",
            show_default=True,
            type=click.Choice(PRECISIONS),
            help="Which of the style's files; auto takes the fastest good one.",
        ),
        click.option(
            "--rich/--no-rich",
            default=None,
            help="Paint with the style's larger network, if it has one.  [default: on NVIDIA cards "
            "and processors with a matrix unit]",
        ),
        click.option(
            "--fill",
            default=1.0,
            show_default=True,
            metavar="0..1",
            type=FiniteRange(0, 1),
            help="How much to paint on flat walls and skies. Those strokes stay where they are on "
            "the screen; less is steadier before a camera that moves.",
        ),
        click.option(
            "--threads", metavar="N", type=click.IntRange(1), help="CPU threads for the network."
        ),
    ]
    return _added(options, command)


def encoding_options(command: F) -> F:
    """Adds the options of how a painted file is encoded; read them with `encoding_of`."""
    options = [
        click.option(
            "--codec", default="auto", show_default=True, help="h264, hevc, vp9 and others."
        ),
        click.option(
            "--crf",
            default=20,
            show_default=True,
            type=click.IntRange(0, 51),
            help="Quality; lower is better and larger.",
        ),
        click.option("--no-audio", is_flag=True, help="Leave the sound out."),
    ]
    return _added(options, command)


def _added(options: Sequence[Callable[[F], F]], command: F) -> F:
    """The command with the options, in this order before those it has."""
    for option in reversed(options):
        command = option(command)
    return command


def painting_of(options: dict[str, Any]) -> Painting:
    """Takes the shared options out of a command's parameters."""
    return Painting(
        style=options.pop("style"),
        look=Look(strength=options.pop("strength"), keep_color=options.pop("keep_color")),
        engine=engine_of(options),
    )


def engine_of(options: dict[str, Any]) -> EngineOptions:
    """Takes the options of what runs the network out of a command's parameters."""
    return EngineOptions(
        engine=options.pop("engine"),
        device=options.pop("device"),
        precision=options.pop("precision"),
        threads=options.pop("threads"),
        rich=options.pop("rich"),
        fill=options.pop("fill"),
    )


def encoding_of(options: dict[str, Any]) -> RecordOptions:
    """Takes the options of how a painted file is encoded out of a command's parameters."""
    return RecordOptions(
        codec=options.pop("codec"),
        crf=options.pop("crf"),
        preset=PRESET,
        audio=not options.pop("no_audio"),
    )
