"""A run on one page: `report.html`, with its pictures inside and no program in it."""

import base64
import html
import io
import shlex
from pathlib import Path
from typing import Any

from livestyle.errors import LivestyleError, TrainingError
from livestyle.frame import Pixels
from livestyle.images import encode_picture, read_picture, to_long_side
from livestyle.styles.card import PREVIEW_FILE, StyleCard
from livestyle.training.callbacks.history import LOSSES_FILE, STEADINESS_FILE, Table, read_table
from livestyle.training.checkpoint import Checkpoint, load_checkpoint
from livestyle.training.config import OF_LOSSES, TrainConfig
from livestyle.training.provenance import PREDICTED

REPORT_FILE = "report.html"
ARTWORK_PX = 560

_COLORS = {
    "content": "#3b6ea5", "style": "#c8553d", "tv": "#8a8a8a",
    "steadiness": "#5b8c5a", "colour": "#b58900", "detail": "#7d5ba6",
    "face": "#c0392b", "brushwork": "#2a7f7f", "pattern": "#2a7f7f",
}  # fmt: skip
_SETTINGS = (
    "net", "loss_network", "steps", "batch", "crop_px", "stroke", "remove_grain",
    "style_strength", "brush", "pattern", "surface",
    "content_layer", "style_layers", "style_layer_weights", "content_weight", "style_weight",
    "tv_weight", "steadiness_weight", "colour_weight", "detail_weight", "face_weight", "noise",
    "learning_rate", "augment", "seed",
)  # fmt: skip

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}: a training run of livestyle</title>
<style>
  body {{ font: 16px/1.5 system-ui, sans-serif; color: #222; background: #fff;
         max-width: 1100px; margin: 0 auto; padding: 2.5rem 1.5rem 4rem }}
  h1 {{ font-size: 2.1rem; margin: 0 }}
  h2 {{ font-size: 1.15rem; margin: 2.6rem 0 .7rem }}
  header {{ display: flex; gap: 2rem; align-items: center; flex-wrap: wrap }}
  header img {{ max-width: 280px; max-height: 280px; border-radius: 4px;
               box-shadow: 0 2px 14px #0003 }}
  .quiet, th {{ color: #666 }}
  .wide {{ max-width: 100%; height: auto }}
  .tables {{ display: flex; gap: 3.5rem; flex-wrap: wrap; align-items: flex-start }}
  table {{ border-collapse: collapse; font-size: .92rem }}
  th {{ text-align: left; font-weight: 400; padding: .15rem 1.4rem .15rem 0; vertical-align: top }}
  td {{ padding: .15rem 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere }}
  pre {{ background: #f4f3ef; padding: .8rem 1rem; border-radius: 4px; overflow-x: auto }}
</style>
<header>{artwork}
<div><h1>{name}</h1><p>{work}<br><span class="quiet">{rights}</span></p></div>
</header>
<h2>From the first steps to the last</h2>
{preview}
<h2>Losses</h2>
{curves}
<div class="tables">
<section><h2>Figures</h2>{figures}</section>
<section><h2>Settings</h2>{settings}</section>
</div>
<h2>Go on</h2>
<pre>{commands}</pre>
</html>
"""


def write_report(run: Path, card: StyleCard | None = None) -> Path:
    """Writes `report.html` into a run's folder from what lies there.

    Args:
        run: folder with a checkpoint, and the pictures and tables of its callbacks.
        card: of the style that was made of it; None: none was.

    Returns:
        The file.

    Raises:
        TrainingError: there is no checkpoint, or the report cannot be written.
    """
    checkpoint = load_checkpoint(run)
    config = checkpoint.config
    losses, steadiness = read_table(run / LOSSES_FILE), read_table(run / STEADINESS_FILE)
    work = ", ".join(filter(None, [config.title or config.style_image.name, config.year]))
    unused = {key for key in ("brush", "pattern", "surface") if not getattr(config, key)}
    if config.imitates:
        unused |= OF_LOSSES
    settings = [key for key in _SETTINGS if key not in unused]
    page = _PAGE.format(
        name=html.escape(config.name),
        work=html.escape(f"{work}, by {config.artist}" if config.artist != "unknown" else work),
        rights=html.escape(_rights(config)),
        artwork=_artwork(config.style_image),
        preview=_picture(run / PREVIEW_FILE),
        curves=_curves(losses, steadiness),
        figures=_rows(_figures(checkpoint, card, steadiness)),
        settings=_rows({key: getattr(config, key) for key in settings}),
        commands=html.escape("\n".join(_commands(run, card))),
    )
    path = run / REPORT_FILE
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise TrainingError(f"{path} cannot be written ({error.strerror}).") from error
    return path


def _rights(config: TrainConfig) -> str:
    known = [config.source, config.licence if config.licence != "unknown" else ""]
    return " · ".join(filter(None, known)) or "licence and source not given"


def _commands(run: Path, card: StyleCard | None) -> list[str]:
    """What to type next."""
    folder = shlex.quote(str(run))
    if card is None:
        return [f"livestyle export {folder}"]
    return [
        f"livestyle cam --style {folder}",
        f"livestyle styles add {folder}",
        f"livestyle export {folder} --to pack",
    ]


def _figures(checkpoint: Checkpoint, card: StyleCard | None, steadiness: Table) -> dict[str, Any]:
    """What was counted and measured."""
    start = checkpoint.origin.get("started_from")
    figures: dict[str, Any] = {
        "steps done": checkpoint.step,
        "photos": checkpoint.origin.get("photo_count", "?"),
        "started from": _started_from(start),
    }
    for name, value in checkpoint.losses.items():
        figures[f"{name} loss"] = f"{value:.3g}"
    if steadiness.get("flow_error"):
        figures["flicker under a known movement"] = f"{steadiness['flow_error'][-1]:.4f}"
    for file in card.files if card else ():
        said = f"{file.size_bytes / 1024:,.0f} KB, {file.psnr_db} dB against the network"
        figures[file.path] = said
    return figures


def _started_from(start: dict[str, Any] | None) -> str:
    """What the run began with, as its origin has it."""
    if not start:
        return "fresh weights"
    if start["name"] == PREDICTED:
        return "a network predicted from the artwork"
    return f"{start['name']} ({start['steps']} steps)"


def _rows(values: dict[str, Any]) -> str:
    def cell(value: Any) -> str:
        said = ", ".join(map(str, value)) if isinstance(value, tuple) else value
        return html.escape(f"{said:g}" if isinstance(said, float) else str(said))

    rows = (
        f"<tr><th>{html.escape(key.replace('_', ' '))}</th><td>{cell(value)}</td></tr>"
        for key, value in values.items()
    )
    return f"<table>{''.join(rows)}</table>"


def _artwork(path: Path) -> str:
    try:
        return _image(_jpeg(to_long_side(read_picture(path), ARTWORK_PX)), "image/jpeg", "artwork")
    except LivestyleError:  # gone since the run began
        return ""


def _picture(path: Path) -> str:
    try:
        return _image(path.read_bytes(), "image/jpeg", "photos painted at growing steps", "wide")
    except OSError:
        return "<p class=quiet>No preview was painted.</p>"


def _image(data: bytes, kind: str, alt: str, style: str = "") -> str:
    encoded = base64.b64encode(data).decode()
    return f'<img class="{style}" alt="{alt}" src="data:{kind};base64,{encoded}">'


def _jpeg(pixels: Pixels) -> bytes:
    buffer = io.BytesIO()
    encode_picture(buffer, pixels, "JPEG", quality=88)
    return buffer.getvalue()


def _curves(losses: Table, steadiness: Table) -> str:
    """The losses, and the flicker beside them, as one drawing."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return "<p class=quiet>matplotlib is not installed, so there are no curves.</p>"
    if not losses.get("step"):
        return "<p class=quiet>The run is too short for curves.</p>"
    figure = Figure(figsize=(11, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    for name in [name for name in _COLORS if name in losses]:
        values = [value or float("nan") for value in losses[name]]
        left.plot(losses["step"], values, label=name, color=_COLORS[name], linewidth=1.8)
    left.set(yscale="log", xlabel="step")
    left.set_title("weighted losses", loc="left")
    left.legend(frameon=False, ncols=4, loc="lower right", bbox_to_anchor=(1, 0.98))
    steps, ratios = steadiness.get("step", []), steadiness.get("clip_ratio", [])
    right.plot(steps[: len(ratios)], ratios, "o-", color=_COLORS["steadiness"])
    right.set(xlabel="step", ylim=(0, 1.2 * max(ratios, default=1)))
    right.set_title("warping error of a clip, times the camera's", loc="left")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return _image(buffer.getvalue(), "image/svg+xml", "loss curves", "wide")
