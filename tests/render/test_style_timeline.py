from pathlib import Path

import numpy as np
import pytest
from models import blur_model, save_style

from livestyle.errors import StyleError
from livestyle.frame import Frame, Pixels
from livestyle.render.compositing import Look
from livestyle.render.file_painter import FilePainter
from livestyle.render.style_timeline import StyleTimeline, TimedStyles

GREY = np.full((40, 50, 3), 60, np.uint8)


@pytest.fixture(autouse=True)
def styles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """mosaic is the negative: 60 becomes 195; abstract makes flat grey 128."""
    save_style(tmp_path / "styles/mosaic", "mosaic")
    save_style(tmp_path / "styles/abstract", "abstract", blur_model())
    monkeypatch.setenv("LIVESTYLE_STYLES", str(tmp_path / "styles"))


def level(pixels: Pixels) -> int:
    return int(pixels[20, 25, 1])


def test_times_are_read_in_seconds_and_minutes() -> None:
    read = StyleTimeline.parse("0:mosaic, 12.5:abstract,1:15:mosaic,1:00:00:a/b:c,fade=0.5")
    names = [(0.0, "mosaic"), (12.5, "abstract"), (75.0, "mosaic"), (3600.0, "a/b:c")]
    assert (list(read.changes), read.fade_s) == (names, 0.5)


@pytest.mark.parametrize(
    "text", ["", "mosaic", "1:mosaic", "0:mosaic,0:abstract", "0:a,2:b,1:c", "0:a,fade=x", "0:"]
)
def test_what_is_no_timeline_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        StyleTimeline.parse(text)


def test_one_style_fades_into_the_next_and_a_cut_is_a_cut() -> None:
    with TimedStyles(StyleTimeline.parse("0:mosaic,2:abstract,fade=1")) as paint:
        levels = [level(paint(GREY, at_s)) for at_s in (0.0, 1.9, 2.0, 2.5, 3.0, 9.0)]
    assert levels == [195, 195, 195, pytest.approx((195 + 128) / 2, abs=1), 128, 128]
    with TimedStyles(StyleTimeline.parse("0:mosaic,2:abstract")) as paint:
        assert [level(paint(GREY, at_s)) for at_s in (1.99, 2.0)] == [195, 128]


def test_a_style_that_is_not_there_is_an_error_before_the_first_frame() -> None:
    with pytest.raises(StyleError, match="nowhere"):
        TimedStyles(StyleTimeline.parse("0:mosaic,100:nowhere"))


@pytest.mark.parametrize("steady", [0.0, 1.0])
def test_times_count_from_where_the_film_begins_also_when_it_is_smoothed(steady: float) -> None:
    frames = [Frame(GREY, n, 7 + n / 10, 0.0) for n in range(30)]
    with TimedStyles(StyleTimeline.parse("0:mosaic,1:abstract")) as styles:
        paint = FilePainter(styles, Look(), steady)
        paint.begin(7.0, done=4)
        painted = [ready for frame in frames for ready in paint(frame)] + paint.flush()
    assert [frame.index for frame in painted] == list(range(4, 30))
    assert [level(frame.pixels) for frame in painted] == [195] * 6 + [128] * 20
