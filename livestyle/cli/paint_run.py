"""One run of `livestyle paint`, from its checks to its figures."""

import shlex
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from livestyle.cli.echo import echo
from livestyle.cli.paint_watch import Display, PaintProgress, PreviewFile, Snapshots, TimeLapse
from livestyle.cli.progress import duration
from livestyle.cli.signals import ending_cleanly
from livestyle.contact_sheet import in_grid, labelled
from livestyle.errors import SinkError
from livestyle.frame import Pixels
from livestyle.images import SUFFIXES, read_picture, to_long_side, write_picture
from livestyle.nets.vgg import LossNetwork, load_loss_network
from livestyle.optimisation.optimise import Result, optimise
from livestyle.optimisation.progress import Step
from livestyle.optimisation.settings import Settings
from livestyle.output_file import check_output
from livestyle.sinks.disk import check_file_writable
from livestyle.training.similarity import LAYERS

SWEPT = 1.0, 15.0, 50.0
"""Li et al.'s strengths, from photorealistic to artistic."""

SHEET_PX = 512


@dataclass(frozen=True, slots=True)
class Job:
    """What is painted after what, how, and where to."""

    photo: Path
    artworks: list[tuple[Path, float]]
    output: Path
    method: str
    settings: Settings
    loss_network: str
    vgg_weights: Path | None


@dataclass(frozen=True, slots=True)
class Watched:
    """How the work is seen, and what is kept beside the picture."""

    preview: Path | None
    display: bool
    save_every: int | None
    timelapse: Path | None
    keep_network: Path | None
    overwrite: bool


def check_target(path: Path, inputs: list[Path], *, overwrite: bool, picture: bool = True) -> None:
    """Refuses a place that may not or cannot be written, before the work and not after it.

    Raises:
        SinkError: it is an input, is there already, or lies in no folder, or is no picture.
    """
    check_output(path, overwrite=overwrite, inputs=inputs)
    if picture and path.suffix.lower() not in SUFFIXES:
        raise SinkError(f"{path}: pictures end in {', '.join(sorted(SUFFIXES))}.")
    check_file_writable(path)


def run_paint(job: Job, watched: Watched) -> None:
    """Paints, shows the work, writes what was asked for, and prints the path.

    Raises:
        KeyboardInterrupt: it was interrupted; the best so far is written.
        LivestyleError: what failed.
    """
    photo, artworks, network = _opened(job, watched)
    began_s = time.monotonic()
    stop = threading.Event()
    with ending_cleanly(stop.set):
        with ExitStack() as opened:
            callbacks = _callbacks(job, watched, opened)

            def on_step(step: Step) -> bool:
                for watcher in callbacks:
                    watcher.stepped(step)
                return not stop.is_set()

            result = optimise(
                photo, artworks, job.method, settings=job.settings, loss_network=network,
                on_step=on_step,
            )  # fmt: skip
            for watcher in callbacks:
                watcher.finished(result.pixels)
        write_picture(job.output, result.pixels, text=_described(job))
        if watched.keep_network and result.network:
            result.network.save(watched.keep_network)
        _say(result, job, time.monotonic() - began_s)
    echo(job.output)


def run_sweep(job: Job, watched: Watched) -> None:
    """Paints at three strengths, and writes one sheet of photo and pictures.

    Raises:
        KeyboardInterrupt: it was interrupted; the sheet has what was painted so far.
        LivestyleError: what failed.
    """
    photo, artworks, network = _opened(job, watched)
    artwork = to_long_side(artworks[0][0], SHEET_PX)
    tiles = [labelled(to_long_side(photo, SHEET_PX), "photo"), labelled(artwork, "artwork")]
    stop = threading.Event()
    with ending_cleanly(stop.set):
        for strength in SWEPT:
            echo(f"--style-strength {strength:g}", err=True)
            shown = PaintProgress()

            def on_step(step: Step, shown: PaintProgress = shown) -> bool:
                shown.stepped(step)
                return not stop.is_set()

            result = optimise(
                photo, artworks, job.method, settings=replace(job.settings, strength=strength),
                loss_network=network, on_step=on_step,
            )  # fmt: skip
            shown.finished(result.pixels)
            name = f"strength {strength:g}"
            tiles.append(labelled(to_long_side(result.pixels, SHEET_PX), name))
            write_picture(job.output, _sheet(tiles))
            if stop.is_set():
                break
    echo("Go on with the one you like, with --style-strength.", err=True)
    echo(job.output)


def _opened(job: Job, watched: Watched) -> tuple[Pixels, list[tuple[Pixels, float]], LossNetwork]:
    """Everything read and every target checked, before minutes are spent."""
    inputs = [job.photo, *(path for path, _ in job.artworks)]
    check_target(job.output, inputs, overwrite=watched.overwrite)
    check_target(preview_of(job, watched), inputs, overwrite=watched.overwrite)
    for path in (watched.timelapse, watched.keep_network):
        if path:
            check_target(path, inputs, overwrite=watched.overwrite, picture=False)
    targets = [job.output, preview_of(job, watched), watched.timelapse, watched.keep_network]
    named = [path.absolute() for path in targets if path]
    if len(set(named)) < len(named):
        raise SinkError("Two of the files to write have the same name.")
    photo = read_picture(job.photo)
    artworks = [(read_picture(path), weight) for path, weight in job.artworks]
    return photo, artworks, load_loss_network(job.loss_network, LAYERS, job.vgg_weights)


def preview_of(job: Job, watched: Watched) -> Path:
    """Where the work can be seen."""
    return watched.preview or job.output.with_name(f"{job.output.stem}.preview.jpg")


def _callbacks(
    job: Job, watched: Watched, opened: ExitStack
) -> list[PaintProgress | PreviewFile | Snapshots | TimeLapse | Display]:
    """All that show the work; they are closed with `opened`."""
    preview = PreviewFile(preview_of(job, watched), stays=watched.preview is not None)
    callbacks: list[PaintProgress | PreviewFile | Snapshots | TimeLapse | Display] = [
        PaintProgress(),
        preview,
    ]
    if watched.save_every:
        callbacks.append(Snapshots(job.output, watched.save_every, overwrite=watched.overwrite))
    if watched.timelapse:
        callbacks.append(TimeLapse(watched.timelapse, overwrite=watched.overwrite))
    if watched.display:
        callbacks.append(Display(f"livestyle paint {job.output.name}"))
    for watcher in callbacks:
        opened.callback(watcher.close)
    echo(f"Watch {preview.path}.", err=True)
    return callbacks


def _sheet(tiles: list[Pixels]) -> Pixels:
    """Tiles in one row, each on white of the largest one's size."""
    import numpy as np

    height, width = (max(tile.shape[side] for tile in tiles) for side in (0, 1))
    row = []
    for tile in tiles:
        page = np.full((height, width, 3), 255, np.uint8)
        page[: tile.shape[0], : tile.shape[1]] = tile
        row.append(page)
    return in_grid([row])


def _described(job: Job) -> dict[str, str]:
    """What a PNG says of its origin."""
    words = ["paint", "--method", job.method]
    if job.settings.strength:
        words += ["--style-strength", f"{job.settings.strength:g}"]
    return {"Software": "livestyle", "Comment": shlex.join(["livestyle", *words])}


def _say(result: Result, job: Job, seconds: float) -> None:
    found = result.similarity
    if result.ended:
        echo(
            f"Interrupted after step {result.steps}; the best so far is in {job.output}.", err=True
        )
    echo(
        f"{result.steps} steps in {duration(seconds)}. SSIM of gradients "
        f"{found.gradient_ssim:.3f} (1: every edge of the photo is kept), style error "
        f"{found.style_error:.3f}, content error {found.content_error:.3f} "
        f"(0: as the artwork, as the photo; {job.loss_network}).",
        err=True,
    )
