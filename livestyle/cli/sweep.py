"""`livestyle train --sweep`: six short runs, a sheet of them, and how to go on with each."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from livestyle.cli.echo import echo
from livestyle.cli.progress import ProgressShown
from livestyle.cli.signals import ending_cleanly
from livestyle.cli.typed import typed
from livestyle.training.callbacks.callback import Callback
from livestyle.training.config import TrainConfig

if TYPE_CHECKING:  # torch is imported when a run begins, so that --help works without it
    from livestyle.training.sweep import Cell

STEPS = 150
"""Of each run, unless told otherwise: enough to tell the cells apart when they start from a
network that paints."""

STEPS_IMITATING = 1000
"""Before, drawn strokes can hardly be seen."""

OWN_OPTIONS = {
    "sweep", "steps", "images", "hours", "out", "name", "style_image", "style_strength", "stroke",
    "start_from", "resume", "export", "install",
}  # fmt: skip
"""What a sweep chooses or what makes no sense for the run after it."""


def run_sweep(
    config: TrainConfig, given: list[str], *, resume: bool, start_from: Path | None
) -> None:
    """Trains all cells, and prints the sheet's path and a command for each.

    Args:
        config: of every cell; `out` is the folder of the sweep.
        given: options that the command line to go on with repeats.
        resume: go on with an older sweep in that folder.
        start_from: whose network every cell starts from.

    Raises:
        UsageError: it was started by torchrun.
        TrainingError: as `Trainer` does.
    """
    if int(os.environ.get("WORLD_SIZE", 1)) > 1:
        raise click.UsageError("--sweep runs in one process; start it without torchrun.")
    from livestyle.training.sweep import CELLS, Sweep

    sweep = Sweep(config, resume=resume, start_from=start_from)
    done: list[tuple[Cell, Path]] = []

    def callbacks(cell: "Cell") -> list[Callback]:
        echo(f"{len(done) + 1} of {len(CELLS)}: {cell}", err=True)
        return [ProgressShown()]

    try:
        with ending_cleanly(sweep.stop):
            for cell, run in sweep.run(callbacks):
                done.append((cell, run))
                if len(done) == 1:
                    echo(f"Watch {sweep.sheet}.", err=True)
    finally:
        if done:
            echo(f"Look at {sweep.sheet}, then go on with the one you like:", err=True)
        for cell, run in done:
            # A pattern is laid over what the network painted that a run begins with: once.
            begin = start_from if config.pattern and start_from else run
            words = [config.style_image, *given, "--name", config.name]
            words += ["--style-strength", f"{cell.strength:g}", "--stroke", f"{cell.stroke:g}"]
            echo(f"{cell}:\n  {typed('train', *words, '--from', begin)}", err=True)
    echo(sweep.sheet)


def sweep_config(config: TrainConfig, *, steps_given: bool, out_given: bool) -> TrainConfig:
    """The settings of a sweep's cells, where a run's defaults are not meant for one."""
    steps = STEPS_IMITATING if config.imitates else STEPS
    return replace(
        config,
        steps=config.steps if steps_given else steps,
        out=config.out if out_given else config.out.with_name(f"{config.out.name}-sweep"),
    )
