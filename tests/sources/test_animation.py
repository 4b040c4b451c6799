"""Animated WebP: FFmpeg writes it and does not read it."""

from pathlib import Path

import numpy as np
import pytest
from media import moving_bar
from PIL import Image

from livestyle.errors import SourceError
from livestyle.sources.animation import AnimatedPicture

LENGTHS_MS = [100, 50, 300, 100, 100, 950]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Six pictures of a moving bar, their lower half transparent."""
    pictures = [Image.fromarray(moving_bar(n, (64, 48))).convert("RGBA") for n in range(6)]
    for each in pictures:
        each.paste((0, 200, 0, 0), (0, 24, 64, 48))
    pictures[0].save(
        tmp_path / "in.webp",
        save_all=True,
        append_images=pictures[1:],
        duration=LENGTHS_MS,
        lossless=True,
    )
    return tmp_path / "in.webp"


def test_every_picture_comes_at_its_time_on_white(path: Path) -> None:
    with AnimatedPicture(path) as source:
        frames = list(source)
        assert (source.frame_count, source.duration_s, source.is_over) == (6, 1.6, True)
    assert [frame.pts_s for frame in frames] == pytest.approx([0, 0.1, 0.15, 0.45, 0.55, 0.65])
    assert [frame.duration_s for frame in frames] == [ms / 1000 for ms in LENGTHS_MS]
    for number, frame in enumerate(frames):
        assert np.array_equal(frame.pixels[:24], moving_bar(number, (64, 48))[:24])
        assert (frame.pixels[24:] == 255).all()


def test_a_part_of_it_at_another_size_and_rate(path: Path) -> None:
    with AnimatedPicture(path, size=(32, 24), start_s=0.1, end_s=0.5) as source:
        assert [frame.pts_s for frame in source] == pytest.approx([0.1, 0.15, 0.45])
        assert source.size == (32, 24)
    with AnimatedPicture(path, fps=10) as source:
        assert source.frame_count == 16
        assert [frame.pts_s for frame in source] == pytest.approx([n / 10 for n in range(16)])


def test_what_cannot_be_read_is_said(path: Path) -> None:
    with pytest.raises(SourceError, match=r"1\.60 s long"):
        AnimatedPicture(path, start_s=7.0)
    path.write_bytes(b"no picture")
    with pytest.raises(SourceError, match="no picture"):
        AnimatedPicture(path)
    with pytest.raises(SourceError, match="No such file"):
        AnimatedPicture(path.with_name("none.webp"))
