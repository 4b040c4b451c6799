"""A picture painted in tiles is the picture painted at once."""

from collections.abc import Iterator
from itertools import pairwise

import cv2
import numpy as np
import pytest
from pictures import artwork

from livestyle import files
from livestyle.engines import EngineOptions, load
from livestyle.errors import EngineError
from livestyle.files import paint_image
from livestyle.frame import Pixels
from livestyle.protocols import Stylizer, Tileable, TileNetwork
from livestyle.render import tiles
from livestyle.render.tiles import NOISE_PERIOD_PX, OVERLAP_PX, Moments, cut, painted_in_tiles
from livestyle.styles.library import find_style

SMALLEST = 1
"""Pixels of a tile, for tiles as short as they can be."""


@pytest.fixture(scope="module")
def stylizer() -> Iterator[Stylizer]:
    with load(find_style("mosaic"), EngineOptions("openvino", "cpu", "fp32")) as stylizer:
        yield stylizer


@pytest.fixture(scope="module")
def picture() -> Pixels:
    """Three tiles long and of odd sides; dark and flat at one end, bright and grainy at the other,
    so that each tile has other statistics than the whole."""
    pixels = artwork(3, (1503, 99)).astype(np.float64)
    rise = np.linspace(0.2, 1, 1503)[:, np.newaxis]
    grain = np.random.default_rng(0).normal(0, 60, (99, 1503, 1)) * rise**4
    return np.clip(pixels * rise + grain, 0, 255).astype(np.uint8)


def network_of(stylizer: Stylizer) -> TileNetwork:
    assert isinstance(stylizer, Tileable)
    network = stylizer.tile_network()
    assert network is not None
    return network


def in_tiles(picture: Pixels, stylizer: Stylizer) -> Pixels:
    return painted_in_tiles(picture, network_of(stylizer), tile_pixels=SMALLEST)


@pytest.mark.parametrize("is_tall", [False, True])
def test_tiles_make_the_painting_of_the_whole_picture(
    is_tall: bool, picture: Pixels, stylizer: Stylizer
) -> None:
    if is_tall:
        picture = np.ascontiguousarray(picture.swapaxes(0, 1))
    difference = cv2.absdiff(in_tiles(picture, stylizer), stylizer(picture))
    assert difference.max() <= 4
    assert difference.mean() < 0.3


def test_pattern_and_surface_go_on_from_tile_to_tile(picture: Pixels) -> None:
    options = EngineOptions("openvino", "cpu", "fp32")
    with load(find_style("composition_vii"), options) as stylizer:
        difference = cv2.absdiff(in_tiles(picture, stylizer), stylizer(picture))
    assert difference.max() <= 4
    assert difference.mean() < 0.3


def test_noise_that_begins_anew_in_each_tile_would_show(
    picture: Pixels, stylizer: Stylizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiles, "NOISE_PERIOD_PX", NOISE_PERIOD_PX - 64)
    assert cv2.absdiff(in_tiles(picture, stylizer), stylizer(picture)).max() > 20


def test_norms_of_each_tile_by_itself_would_show(picture: Pixels, stylizer: Stylizer) -> None:
    painted = stylizer(picture)
    for tile in cut(1503, 99, SMALLEST):
        alone = stylizer(picture[:, tile.seen])
        alone = alone[:, tile.kept_of(alone.shape[1])]
        assert cv2.absdiff(alone, painted[:, tile.kept]).mean() > 5


@pytest.mark.parametrize("long_px", [100, 768, 769, 1408, 1409, 8658])
def test_tiles_cover_the_picture_once_and_begin_with_the_noise(long_px: int) -> None:
    parts = cut(long_px, 99, SMALLEST)
    assert [parts[0].kept.start, parts[-1].kept.stop] == [0, long_px]
    for part, following in pairwise(parts):
        assert part.kept.stop == following.kept.start
        assert part.seen.stop == part.kept.stop + OVERLAP_PX
        assert following.seen.start == following.kept.start - OVERLAP_PX
        assert following.seen.start % NOISE_PERIOD_PX == 0
    assert all(
        part.seen.stop - part.seen.start <= NOISE_PERIOD_PX + 2 * OVERLAP_PX for part in parts
    )


@pytest.mark.parametrize("size", [(8658, 5772), (10_000, 10_000), (30_000, 3300), (100_000, 1000)])
def test_a_tile_has_about_the_pixels_that_it_may(size: tuple[int, int]) -> None:
    widest = max(part.seen.stop - part.seen.start for part in cut(*size, tiles.TILE_PIXELS))
    assert tiles.TILE_PIXELS / 2 < widest * size[1] < tiles.TILE_PIXELS * 1.6


def test_moments_are_those_of_all_that_was_added() -> None:
    features = np.random.default_rng(0).normal(5, 2, (4, 30, 50)).astype(np.float32)
    moments = Moments()
    for part in (features[:, :10], features[:, 10:]):
        moments.add(part)
    np.testing.assert_allclose(moments.mean, features.mean((1, 2)), rtol=1e-5)
    np.testing.assert_allclose(moments.variance, features.var((1, 2)), rtol=1e-5)


def test_large_pictures_are_painted_in_tiles_at_their_own_size(
    picture: Pixels, stylizer: Stylizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, int]] = []

    def tell(done: int, work: int) -> None:
        told.append((done, work))

    at_once = paint_image(picture, style=stylizer, on_progress=tell)
    assert not told and np.array_equal(at_once, stylizer(picture))
    monkeypatch.setattr(files, "MOST_PAINTED", 50_000)
    between = paint_image(picture, style=stylizer, on_progress=tell)
    assert not told and np.array_equal(between, at_once)
    monkeypatch.setattr(files, "MOST_AT_ONCE", 100_000)
    painted = paint_image(picture, style=stylizer, on_progress=tell)
    assert cv2.absdiff(painted, at_once).max() <= 4
    work = 11 + 1  # one tile of this size would do: for each norm, and for the painting
    assert told == [(done, work) for done in range(1, work + 1)]


def test_a_network_without_norms_is_painted_too(picture: Pixels) -> None:
    class Negative:
        norms_left = 0

        def features(self, tile: Pixels) -> np.ndarray:
            raise AssertionError("there are none")

        def fix_norm(self, mean: np.ndarray, variance: np.ndarray) -> None:
            raise AssertionError("there are none")

        def paint(self, tile: Pixels) -> Pixels:
            return 255 - tile

    painted = painted_in_tiles(picture, Negative(), tile_pixels=SMALLEST)
    np.testing.assert_array_equal(painted, 255 - picture)


def test_a_closed_style_paints_no_tiles() -> None:
    closed = load(find_style("mosaic"), EngineOptions("openvino", "cpu", "fp32"))
    closed.close()
    with pytest.raises(EngineError, match="closed"):
        network_of(closed)


def test_what_the_engine_says_of_a_tile_is_an_engine_error(stylizer: Stylizer) -> None:
    with pytest.raises(EngineError, match="tile of 2x2"):
        network_of(stylizer).features(np.zeros((2, 2, 3), np.uint8))
