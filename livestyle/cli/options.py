"""Options that several commands share, and what they are turned into."""

import math
import re
from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any, TypeVar, cast

import click
from click.core import ParameterSource

from livestyle.engines import DEVICES, ENGINES, FORMER_ENGINES, PRECISION_NAMES, EngineOptions
from livestyle.images import MAX_PIXELS
from livestyle.render.compositing import Look
from livestyle.sinks.formats import RecordOptions
from livestyle.styles.library import DEFAULT_STYLE

F = TypeVar("F", bound=Callable[..., Any])
LOOK, ENGINE_OPTIONS, RECORD_OPTIONS = Look(), EngineOptions(), RecordOptions()
"""The defaults."""

MAX_SIDE_PX = 16384

LOSS_NETWORK_HELP = "Network whose features the losses compare."
VGG_WEIGHTS_HELP = (
    "File with the weights of that network, for a machine without internet.  [default: torchvision "
    "downloads them]"
)
STYLE_HELP = (
    "A style of `livestyle styles`, a picture to paint like, a style pack, a finished run, a "
    "style's folder, or a model file that carries its card. Joined by + they are mixed: "
    "mosaic+wave.jpg:0.3 is seven tenths mosaic and three tenths wave.jpg"
)
PRECISION_HELP = "Precision to compute in; auto takes bf16 where that is faster."


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


class BitRateType(click.ParamType[int]):
    """Bits per second, with k or M for thousands or millions."""

    name = "RATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Bits per second."""
        match = re.fullmatch(r"(\d+(?:\.\d+)?)([kKmM]?)", str(value).strip())
        if not match:
            self.fail(f"{value!r} is not a bit rate like 4M or 800k.", param, ctx)
        rate = float(match[1]) * {"": 1, "k": 1e3, "m": 1e6}[match[2].lower()]
        if not 1000 <= rate <= 1e9:
            self.fail(f"{value}: a bit rate is from 1k to 1000M.", param, ctx)
        return round(rate)


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


def gathered(
    name: str, build: Callable[..., object], *options: Callable[[F], F]
) -> Callable[[F], F]:
    """Adds options to a command, which gets what `build` makes of them as one parameter.

    Args:
        name: of the command's parameter.
        build: takes the options by their names; what is no option keeps its default.
        options: decorators of click, in the order of the help page.
    """
    keys = signature(build).parameters

    def decorate(command: F) -> F:
        @wraps(command)
        def call(*args: Any, **values: Any) -> Any:
            taken = {key: values.pop(key) for key in keys if key in values}
            return command(*args, **{name: build(**taken)}, **values)

        decorated: Any = call
        for option in reversed(options):
            decorated = option(decorated)
        return cast(F, decorated)

    return decorate


def option(*names: str, **settings: Any) -> Callable[[F], F]:
    """An option of click, typed for `gathered`."""
    return click.option(*names, **settings)


def was_given(ctx: click.Context, parameter: str) -> bool:
    """Whether a parameter was typed, and is not a default."""
    return ctx.get_parameter_source(parameter) is ParameterSource.COMMANDLINE


def is_set(ctx: click.Context, parameter: str) -> bool:
    """Whether a parameter was typed or stands in the settings file."""
    return ctx.get_parameter_source(parameter) is not ParameterSource.DEFAULT


ALL = "all"
"""For `--style` and `--styles`: every style there is."""


def style_names(
    ctx: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[str, ...]:
    """The callback of `--styles`: names that are separated by commas; none for all styles."""
    names = tuple(name.strip() for name in (value or "").split(",") if name.strip())
    return () if names == (ALL,) else names


def style_option(command: F) -> F:
    """Adds `--style`, which the command gets as `style`."""
    return click.option(
        "-s",
        "--style",
        default=DEFAULT_STYLE,
        show_default=True,
        metavar="NAME|FILE",
        help=f"{STYLE_HELP}.",
    )(command)


look_options = gathered(
    "look",
    lambda strength, keep_color: Look(strength=strength, keep_color=keep_color),
    click.option(
        "--strength",
        default=LOOK.strength,
        show_default=True,
        metavar="0..1",
        type=FiniteRange(0, 1),
        help="0 is the original, 1 the full style.",
    ),
    click.option(
        "--keep-color",
        "--keep-colour",
        is_flag=True,
        help="Keep the colours of the original; take only light and dark from the style.",
    ),
)
"""Options of how the painted and the original picture are composited: `look`, a `Look`."""

engine_options = gathered(
    "engine",
    EngineOptions,
    click.option(
        "--engine",
        default=ENGINE_OPTIONS.engine,
        show_default=True,
        type=ENGINE,
        help="Inference engine; auto takes the fastest one that runs here.",
    ),
    click.option(
        "--device",
        default=ENGINE_OPTIONS.device,
        show_default=True,
        type=click.Choice(DEVICES),
        help="Device to compute on; a named one that does not run is an error.",
    ),
    click.option(
        "--precision",
        default=ENGINE_OPTIONS.precision,
        show_default=True,
        type=click.Choice(PRECISION_NAMES),
        help="Precision of the model file; auto takes the fastest that looks like fp32.",
    ),
    click.option(
        "--noise",
        "--fill",  # its name in 0.1
        "noise",
        default=ENGINE_OPTIONS.noise,
        show_default=True,
        metavar="0..1",
        type=FiniteRange(0, 1),
        help="Strength of the noise map, from which the network paints strokes in flat areas, "
        "and of a style's pattern and canvas. They do not move with the scene, so less is steadier "
        "when the camera moves. (--fill is its former name.)",
    ),
    click.option(
        "--threads",
        metavar="N",
        type=click.IntRange(1),
        help="Number of CPU threads for the network.",
    ),
)
"""Options of what runs the network: `engine`, an `EngineOptions`."""

encoding_options = gathered(
    "encoding",
    lambda codec, crf, bitrate, pix_fmt, audio, audio_track, subtitles: RecordOptions(
        codec=codec,
        crf=crf,
        audio=audio,
        audio_track=audio_track,
        subtitles=subtitles,
        pix_fmt=pix_fmt,
        bit_rate=bitrate,
    ),
    click.option(
        "--codec",
        default=RECORD_OPTIONS.codec,
        show_default=True,
        help="h264, hevc, av1, vp9 and others.",
    ),
    click.option(
        "--crf",
        default=RECORD_OPTIONS.crf,
        show_default=True,
        type=click.IntRange(0, 51),
        help="Quality; lower is better and larger.",
    ),
    click.option("--bitrate", type=BitRateType(), help="Instead of --crf, as in 4M or 800k."),
    click.option(
        "--pix-fmt",
        default=RECORD_OPTIONS.pix_fmt,
        show_default=True,
        metavar="FORMAT",
        help="yuv420p, yuv444p, yuv420p10le and others.",
    ),
    click.option(
        "--audio/--no-audio",
        default=RECORD_OPTIONS.audio,
        show_default=True,
        help="Keep the sound.",
    ),
    click.option(
        "--audio-track",
        metavar="N",
        type=click.IntRange(1),
        help="Keep this track of the sound alone, counted from 1.  [default: all]",
    ),
    click.option(
        "--subtitles/--no-subtitles",
        default=RECORD_OPTIONS.subtitles,
        show_default=True,
        help="Keep the subtitles.",
    ),
)
"""Options of how a painted file is encoded: `encoding`, a `RecordOptions`."""

overwrite_option = option("-y", "--overwrite", is_flag=True, help="Replace an older output.")
"""Adds `--overwrite`, which the command gets as `overwrite`."""

resume_option = option(
    "--resume",
    is_flag=True,
    help="Go on from the .partial that an interrupted run left beside the output, given the same "
    "options.",
)
"""Adds `--resume`, which the command gets as `resume`."""


def painting_options(command: F) -> F:
    """Adds `--style`, `look_options` and `engine_options`."""
    return style_option(look_options(engine_options(command)))
