"""Trying it out: does an engine paint here, and how long does each stage take?"""

import base64
import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TypeVar

import numpy as np

from livestyle.engines import EngineOptions, load
from livestyle.frame import Frame
from livestyle.protocols import EngineInfo
from livestyle.styles.card import ModelFile, StyleCard
from livestyle.styles.style import Style

T = TypeVar("T")

SIZE = (640, 480)
"""Of the frames that are timed, (width, height)."""

HD_SIZE = (1920, 1080)
"""Of the frames whose painting is timed in stages, (width, height)."""

_HD_ROUNDS = 8
_SMALL_PX = 96
_FRAMES = 24
_WARM_UP = 12
"""Frames that do not count: engines settle, and x264 looks ten frames ahead before it works."""

_LIMIT_S = 2.0

_NEGATIVE = base64.b64decode(
    "CAg6sQEKGwoFZnJhbWUSAXgiBENhc3QqCQoCdG8YAaABAgoUCgV3aGl0ZQoBeBIBeSIDU3ViOgAKHQoBeRIHcGFpbnRl"
    "ZCIEQ2FzdCoJCgJ0bxgCoAECEgR0aW55Kg8QAUIFd2hpdGVKBAAAf0NaIQoFZnJhbWUSGAoWCAISEgoCCAEKAxIBSAoD"
    "EgFXCgIIA2IjCgdwYWludGVkEhgKFggCEhIKAggBCgMSAUgKAxIBVwoCCANCBAoAEBE="
)
"""An ONNX model that gives 255 - frame: Cast to float, Sub, Cast to uint8."""


@dataclass(frozen=True, slots=True)
class Speed:
    """How long one frame of `SIZE` takes in each stage, as a median.

    Attributes:
        stages_ms: "demo", "style" and "encode" (H.264); a stage that does not run is not in it.
        info: what painted; None when nothing did.
        hd_ms: where the time of a frame of `HD_SIZE` goes, see `livestyle.render.profile`.
    """

    stages_ms: dict[str, float]
    info: EngineInfo | None
    hd_ms: dict[str, float] = field(default_factory=dict)


@contextmanager
def built_in_style() -> Iterator[Style]:
    """The negative, for where no style can be read; engines can be tried with it all the same."""
    digest = hashlib.sha256(_NEGATIVE).hexdigest()
    file = ModelFile("negative.onnx", "onnx", "fp32", len(_NEGATIVE), digest, psnr_db=0.0)
    card = StyleCard(
        name="negative",
        title="Negative",
        artist="",
        year="",
        licence="MIT",
        source="livestyle",
        net="",
        parameters=0,
        kmac_per_pixel=0.0,
        files=(file,),
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, file.path).write_bytes(_NEGATIVE)
        yield Style(card, Path(folder))


def paint_once(style: Style, engine: str, device: str) -> EngineInfo:
    """Paints one small frame.

    Returns:
        What painted it.

    Raises:
        EngineError: the engine does not run on that device.
        StyleError: the style cannot be used with it.
    """
    stylizer = load(style, EngineOptions(engine, device))
    try:
        noise = np.random.default_rng(0).integers(0, 256, (_SMALL_PX, _SMALL_PX, 3), np.uint8)
        stylizer(noise)
        return stylizer.info
    finally:
        stylizer.close()


def measure(style: Style | None) -> Speed:
    """Times the stages of a live picture.

    Args:
        style: painted with, by the engine that `auto` takes; None leaves that stage out.

    Raises:
        ImportError: OpenCV cannot be imported.
    """
    from livestyle.sources.demo import Demo

    demo = Demo(SIZE, paced=False)
    frames: list[Frame] = []

    def take(_: int) -> None:
        frame = demo.read()
        assert frame is not None  # only a closed demo ends
        frames.append(frame)

    stages_ms = {"demo": _median_ms(take, range(_FRAMES))}
    info = None
    hd_ms: dict[str, float] = {}
    # A stage that fails, in whatever way, is left out; its own check says what is wrong.
    if style is not None:
        with suppress(Exception):
            info, stages_ms["style"], hd_ms = _style(style, frames)
    with suppress(Exception):
        stages_ms["encode"] = _encode(frames)
    return Speed(stages_ms, info, hd_ms)


def _style(style: Style, frames: Sequence[Frame]) -> tuple[EngineInfo, float, dict[str, float]]:
    from livestyle.render.profile import profile
    from livestyle.sources.demo import Demo

    with load(style, EngineOptions(spare_processor=True)) as stylizer:
        ms = _median_ms(lambda frame: stylizer(frame.pixels), frames)
        demo = Demo(HD_SIZE, paced=False)
        hd_ms = profile(stylizer, [demo.scene(tick) for tick in range(4)], _HD_ROUNDS)
        return stylizer.info, ms, hd_ms


def _encode(frames: Sequence[Frame]) -> float:
    from livestyle.sinks.recorder import Recorder

    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(Path(folder, "trial.mp4"), fps=30.0)
        try:
            return _median_ms(recorder.write, frames)
        finally:
            recorder.close()


def _median_ms(work: Callable[[T], object], items: Sequence[T]) -> float:
    """Median time of one item: of those after the warm-up, or the later half of what `_LIMIT_S`
    leaves time for."""
    times_ms = []
    began_s = time.perf_counter()
    for item in items:
        start_s = time.perf_counter()
        work(item)
        now_s = time.perf_counter()
        times_ms.append((now_s - start_s) * 1000)
        if now_s - began_s > _LIMIT_S and len(times_ms) > 1:
            break
    return round(median(times_ms[min(_WARM_UP, len(times_ms) // 2) :]), 2)
