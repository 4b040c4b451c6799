"""`livestyle bench`: how fast a style is here, on everything that runs it."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace

import click

from livestyle.cli.echo import echo
from livestyle.cli.options import SIZE, engine_options, style_option
from livestyle.engines import EngineOptions, load
from livestyle.engines.selection import PAIRS
from livestyle.engines.timing import Timing, time_in_turns
from livestyle.errors import EngineError, LivestyleError
from livestyle.frame import Pixels
from livestyle.render.profile import profile
from livestyle.sources.demo import Demo
from livestyle.styles.card import PRECISIONS
from livestyle.styles.library import find_style
from livestyle.styles.style import Style

log = logging.getLogger(__name__)

Network = Callable[[Pixels], Pixels]
PRECISIONS_ELSEWHERE = ("fp32", "fp16")
"""int8 is for CPUs."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        network: style or baseline, with precision, engine and device.
        size: "WIDTHxHEIGHT" of the frame.
        median_ms, p95_ms, fps: of the network alone, frame in, frame out.
        times_as_fast: as the baseline at that size; None without one.
    """

    network: str
    size: str
    median_ms: float
    p95_ms: float
    fps: float
    times_as_fast: float | None


@click.command()
@style_option
@engine_options
@click.option(
    "--size",
    "sizes",
    type=SIZE,
    multiple=True,
    help="Of the frame; repeatable.  [default: 640x480]",
)
@click.option("--rounds", default=20, show_default=True, type=click.IntRange(1), help="Turns.")
@click.option("--baseline/--no-baseline", default=True, help="Time the Johnson network too.")
@click.option(
    "--stages",
    is_flag=True,
    help="Time the stages of a frame of cam instead, with strokes locked.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def bench(
    style: str,
    engine: EngineOptions,
    sizes: tuple[tuple[int, int], ...],
    rounds: int,
    baseline: bool,
    stages: bool,
    as_json: bool,
) -> None:
    """Time a style in every engine and precision that runs here.

    All take turns on one frame, beside the classic network of Johnson et al. in ONNX Runtime
    (with the packages of the extra `train`). Name --engine, --device or --precision to time less.
    Leave the machine alone meanwhile.
    """
    wanted = find_style(style)
    sizes = sizes or ((640, 480),)
    if stages:
        _time_stages(wanted, engine, sizes, rounds, as_json=as_json)
        return
    with ExitStack() as opened:
        networks: dict[str, Network] = {}
        for name, network in _networks(wanted, engine, opened):
            networks.setdefault(name, network)
        if not networks:
            raise EngineError(
                f"Nothing that runs here fits what was asked for {wanted.card.name}. "
                "`livestyle doctor` tells what runs, and --verbose why the others were left out."
            )
        rival = _baseline(engine.threads) if baseline else {}
        rows = [
            row
            for size in sizes
            for row in _rows(size, time_in_turns(networks | rival, _frame(size), rounds), rival)
        ]
    if as_json:
        echo(json.dumps([asdict(row) for row in rows], indent=2))
        return
    echo(f"{'network alone':44}{'size':>10}{'ms':>9}{'p95':>9}{'fps':>8}{'x Johnson':>11}")
    for row in rows:
        ratio = f"{row.times_as_fast:.1f}" if row.times_as_fast else "-"
        echo(
            f"{row.network:44}{row.size:>10}{row.median_ms:9.1f}{row.p95_ms:9.1f}{row.fps:8.1f}"
            f"{ratio:>11}"
        )


def _time_stages(
    style: Style,
    engine: EngineOptions,
    sizes: tuple[tuple[int, int], ...],
    rounds: int,
    *,
    as_json: bool,
) -> None:
    """Where the time of a frame goes, by size."""
    with load(style, replace(engine, spare_processor=True)) as stylizer:
        found = {
            "{}x{}".format(*size): profile(stylizer, [_frame(size, t) for t in range(4)], rounds)
            for size in sizes
        }
        name = f"{style.card.name}, {stylizer.info}"
    if as_json:
        rows = [{"network": name, "size": size, "stages_ms": ms} for size, ms in found.items()]
        echo(json.dumps(rows, indent=2))
        return
    echo(f"{name}; milliseconds of a frame, medians")
    echo(f"{'':10}" + "".join(f"{stage:>10}" for stage in (*next(iter(found.values())), "all")))
    for size, ms in found.items():
        echo(f"{size:10}" + "".join(f"{value:10.2f}" for value in (*ms.values(), sum(ms.values()))))


def _networks(
    style: Style, asked: EngineOptions, opened: ExitStack
) -> Iterator[tuple[str, Network]]:
    """The style in all that was asked for and runs, by name."""
    for engine, device in PAIRS:
        if asked.engine not in ("auto", engine) or asked.device not in ("auto", device):
            continue
        usual = PRECISIONS if device == "cpu" else PRECISIONS_ELSEWHERE
        precisions = usual if asked.precision == "auto" else (asked.precision,)
        for precision in precisions:
            options = replace(asked, engine=engine, device=device, precision=precision)
            try:
                stylizer = load(style, options)
                opened.callback(stylizer.close)
                stylizer(_frame((64, 64)))
            except LivestyleError as error:
                if options == asked:  # all of it was named, so it is news
                    raise
                log.info("%s on %s in %s is left out: %s", engine, device, precision, error)
                continue
            info = stylizer.info
            name = f"{style.card.name} {precision}, {info.engine} on {info.device.lower()}"
            yield name, stylizer


def _baseline(threads: int | None) -> dict[str, Network]:
    from livestyle.export.baseline import NAME, Johnson

    try:
        return {NAME: Johnson(threads)}
    except EngineError as error:
        echo(f"Without the baseline: {error}", err=True)
        return {}


def _rows(
    size: tuple[int, int], timings: dict[str, Timing], rival: dict[str, Network]
) -> Iterator[Row]:
    rival_ms = next((timings[name].median_ms for name in rival), None)
    for name, timing in timings.items():
        yield Row(
            network=name,
            size="{}x{}".format(*size),
            median_ms=round(timing.median_ms, 2),
            p95_ms=round(timing.p95_ms, 2),
            fps=round(timing.fps, 1),
            times_as_fast=round(rival_ms / timing.median_ms, 1) if rival_ms else None,
        )


def _frame(size: tuple[int, int], tick: int = 0) -> Pixels:
    return Demo(size, paced=False).scene(tick)
