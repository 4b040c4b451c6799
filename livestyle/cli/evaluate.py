"""`livestyle evaluate`: a style in numbers."""

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from livestyle.cli.echo import echo
from livestyle.cli.options import FiniteRange, engine_options
from livestyle.engines import EngineOptions, load
from livestyle.errors import StyleError, TrainingError
from livestyle.frame import Pixels
from livestyle.images import read_picture, to_long_side
from livestyle.protocols import EngineInfo
from livestyle.sources.file import VideoFile
from livestyle.styles.card import CARD_FILE
from livestyle.styles.library import DEFAULT_STYLE, find_style
from livestyle.styles.style import Style

if TYPE_CHECKING:  # torch is imported when it is used, so that --help works without it
    from livestyle.training.evaluation import Paint

CLIP_FRAMES = 40

MEANINGS = {
    "style_error": "   0 is the artwork's style itself; about 0.2 is a strong style",
    "style_error_unpainted": "   of the photos before painting",
    "content_error": "   0 is the photo itself; above 1.2 things are hard to recognise",
    "exact_flow_error": "   0 is steady under a moving camera; below 0.04 is good",
    "still_camera_flicker": "   change over that of the input; below 1 is steadier than the camera",
    "moving_camera_ratio": "   warping error over the clip's own; lower is steadier",
}
"""What is good, for people."""

STEADINESS_PHOTOS = 6


@click.command()
@click.argument("style_name", metavar="STYLE", default=DEFAULT_STYLE)
@engine_options
@click.option("--photos", type=click.Path(path_type=Path), help="Photos it was not trained on.")
@click.option(
    "--style-image",
    type=click.Path(path_type=Path),
    help="The artwork, for style and content error.",
)
@click.option(
    "--stroke",
    type=FiniteRange(0.125, 8),
    help="The artwork is shown at 512 px times this.  [default: as in training]",
)
@click.option(
    "--vgg-weights",
    type=click.Path(path_type=Path),
    help="Weights of VGG16, if torchvision cannot fetch them.",
)
@click.option("--clip", type=click.Path(path_type=Path), help="A video with a moving camera.")
@click.option("--save", is_flag=True, help="Write the figures into the style's card too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def evaluate(
    style_name: str,
    engine: EngineOptions,
    photos: Path | None,
    style_image: Path | None,
    stroke: float | None,
    vgg_weights: Path | None,
    clip: Path | None,
    save: bool,
    as_json: bool,
) -> None:
    """Measure how well and how steadily a style paints.

    With --photos and --style-image: how far painted photos are from the artwork (style error, the
    mean over relu1_1 to relu5_1 of VGG16) and from the photos (content error, at relu4_2), beside
    the unpainted photos' style error. With --photos: flicker under a known warp and of a still
    camera. With --clip: the warping error of a moving camera, over that of the clip itself.
    """
    if not photos and not clip:
        raise click.UsageError("Give --photos, --clip or both.")
    if save and engine.noise < 1:
        raise click.UsageError(
            "The card has the figures of the whole style: --save without --noise."
        )
    from livestyle.training.evaluation import moving_camera_ratio

    style = find_style(style_name)
    stylizer = load(style, engine)
    try:
        figures: dict[str, float] = {}
        if photos:
            seen = _photos(photos)
            figures["photos"] = len(seen)
            if style_image:
                artwork, shown = read_picture(style_image), stroke or _trained_stroke(style)
                figures |= _similarity(stylizer, seen, artwork, shown, vgg_weights)
            figures |= _steadiness(stylizer, seen)
        if clip:
            frames = _frames(clip)
            painted = [stylizer(frame) for frame in frames]
            figures["moving_camera_ratio"] = moving_camera_ratio(frames, painted)
    finally:
        stylizer.close()
    if save:
        _save(style, figures, stylizer.info)
    if as_json:
        echo(json.dumps(figures, indent=2))
        return
    for key, value in figures.items():
        echo(f"{key:26} {value:6.4g}{MEANINGS.get(key, '')}")


def _trained_stroke(style: Style) -> float:
    """The size at which the style's network was shown the artwork, as its card says."""
    stroke = style.card.training.get("stroke")
    return float(stroke) if isinstance(stroke, int | float) and stroke > 0 else 1.0


def _similarity(
    paint: "Paint",
    photos: Sequence[Pixels],
    artwork: Pixels,
    stroke: float,
    vgg_weights: Path | None,
) -> dict[str, float]:
    from livestyle.nets.vgg import load_loss_network
    from livestyle.training.similarity import LAYERS, mean_similarity

    loss_network = load_loss_network("vgg16", LAYERS, vgg_weights)
    painted = mean_similarity(loss_network, paint, photos, artwork, stroke)
    unpainted = mean_similarity(loss_network, lambda photo: photo, photos, artwork, stroke)
    return {
        "stroke": stroke,
        "style_error": painted.style_error,
        **{f"style_error_{layer}": error for layer, error in painted.style_errors.items()},
        "style_error_unpainted": unpainted.style_error,
        "content_error": painted.content_error,
        "content_error_relu2_2": painted.shallow_error,
    }


def _steadiness(paint: "Paint", photos: Sequence[Pixels]) -> dict[str, float]:
    from livestyle.training.evaluation import exact_flow_error, still_camera_flicker

    some = photos[:: max(1, len(photos) // STEADINESS_PHOTOS)][:STEADINESS_PHOTOS]
    flicker = [still_camera_flicker(paint, photo) for photo in some]
    return {
        "exact_flow_error": exact_flow_error(paint, some),
        "still_camera_flicker": sum(flicker) / len(flicker),
    }


def _save(style: Style, figures: dict[str, float], info: EngineInfo) -> None:
    """Adds the figures to `card.json`; the models keep the card that they were exported with."""
    if not (style.folder / CARD_FILE).is_file():
        raise StyleError(
            f"{style.card.name} is a single file, and the figures go into a {CARD_FILE}. "
            "Install it with `livestyle styles add`, then evaluate it by its name."
        )
    rounded: dict[str, Any] = {key: float(f"{value:.4g}") for key, value in figures.items()}
    rounded["measured_in"] = info.precision
    try:
        replace(style.card, figures=style.card.figures | rounded).save(style.folder)
    except OSError as error:
        raise StyleError(f"The card in {style.folder} cannot be written ({error}).") from error


def _photos(path: Path) -> list[Pixels]:
    from livestyle.training.data.photos import PhotoSet
    from livestyle.training.similarity import LONG_SIDE_PX

    found = PhotoSet(path)
    photos = [found.read(index) for index in range(len(found))]
    readable = [to_long_side(photo, LONG_SIDE_PX) for photo in photos if photo is not None]
    if not readable:
        raise TrainingError(f"None of the {len(found)} photos in {path} can be read.")
    return readable


def _frames(clip: Path) -> list[Pixels]:
    from livestyle.training.similarity import LONG_SIDE_PX

    file = VideoFile(clip)
    try:
        read = iter(file.read, None)
        frames = (frame.pixels for frame in islice(read, CLIP_FRAMES) if frame)
        return [to_long_side(pixels, LONG_SIDE_PX) for pixels in frames]
    finally:
        file.close()
