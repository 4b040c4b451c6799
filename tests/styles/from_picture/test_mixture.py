"""Styles between styles: how they are written, what they are made of, and which cannot be."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from models import save_style
from pictures import save_artwork

from livestyle.engines import load
from livestyle.errors import StyleError
from livestyle.installation import predicted_styles
from livestyle.sessions.style_reference import find_referenced, reference_to
from livestyle.styles import mixture
from livestyle.styles.from_picture import painter, picture_style
from livestyle.styles.from_picture.baking import read_weights
from livestyle.styles.from_picture.painter import (
    PATTERN,
    PATTERN_SCALE,
    SURFACE,
    SURFACE_COLOUR,
    Weights,
    are_related,
    mixed,
)
from livestyle.styles.library import find_style
from livestyle.styles.mixture import is_mixture, open_mixture, text_of_mixture
from livestyle.styles.style import Style, open_mixed_style, reread, unmade_mixed_style


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float]]:
    """What `open_mixture` mixes, by name, instead of doing it."""
    found: list[tuple[str, float]] = []
    monkeypatch.setattr(mixture, "open_mixed_style", lambda parts: found.extend(parts))
    return found


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a+b", [("a", 0.5), ("b", 0.5)]),
        ("a+b:0.3", [("a", 0.7), ("b", 0.3)]),
        ("a:0.3 + b", [("a", 0.3), ("b", 0.7)]),
        ("a:0.2+b+c:0.4", [("a", 0.2), ("b", 0.4), ("c", 0.4)]),
        ("a:0.25+b:0.75", [("a", 0.25), ("b", 0.75)]),
        ("a+b:1", [("a", 0.0), ("b", 1.0)]),
        ("C:\\x.jpg+b:0.5", [("C:\\x.jpg", 0.5), ("b", 0.5)]),
    ],
)
def test_shares(text: str, parts: list[tuple[str, float]], asked: list[tuple[str, float]]) -> None:
    open_mixture(text, lambda name: name)  # type: ignore[arg-type, return-value]
    assert [name for name, _ in asked] == [name for name, _ in parts]
    assert [share for _, share in asked] == pytest.approx([share for _, share in parts])


@pytest.mark.parametrize("text", ["a:0.5+b:0.6", "a:0.5+b:0.4", "a+b:-1", "a+b:2", "a+b:nan"])
def test_shares_that_make_no_sense(text: str) -> None:
    with pytest.raises(StyleError, match="shares in"):
        open_mixture(text, lambda name: name)  # type: ignore[arg-type, return-value]


def test_too_many_styles() -> None:
    with pytest.raises(StyleError, match="up to 8"):
        open_mixture("+".join("abcdefghi"), lambda name: name)  # type: ignore[arg-type, return-value]


def test_a_path_that_is_there_may_have_the_sign_in_it(
    tmp_path: Path, asked: list[tuple[str, float]]
) -> None:
    one, two = save_artwork(tmp_path / "a+b.png"), save_artwork(tmp_path / "c+d+e.png")
    text = text_of_mixture([(str(one), 0.75), ("mosaic", 0.125), (str(two), 0.125)])
    assert is_mixture(text)
    open_mixture(text, lambda name: name)  # type: ignore[arg-type, return-value]
    assert asked == [(str(one), 0.75), ("mosaic", 0.125), (str(two), 0.125)]


def test_the_weights_of_a_mixture_are_the_weighted_mean() -> None:
    one, two = ({"w": np.full((2, 2), value, np.float32)} for value in (1, 5))
    assert mixed([(one, 0.75), (two, 0.25)])["w"].tolist() == [2.0] * 4


@pytest.mark.parametrize(("tile", "scale"), [(PATTERN, PATTERN_SCALE), (SURFACE, SURFACE_COLOUR)])
def test_a_mixture_has_the_pattern_or_surface_of_the_largest_share_by_that_share(
    tile: str, scale: str
) -> None:
    def network(value: float | None = None) -> Weights:
        found: Weights = {"w": np.ones(4, np.float32)}
        if value is not None:
            found[tile] = np.full(4, value, np.float32)
            found[scale] = np.full(2, 10, np.float32)
        return found

    plain = mixed([(network(), 0.5), (network(), 0.5)])
    assert tile not in plain and scale not in plain
    for parts in ([(network(), 0.6), (network(1), 0.4)], [(network(1), 0.4), (network(), 0.6)]):
        found = mixed(parts)
        assert found["w"].tolist() == [1] * 4
        assert found[tile].tolist() == [1] * 4
        assert found[scale].tolist() == [4] * 2
    found = mixed([(network(), 0.5), (network(1), 0.2), (network(2), 0.3)])
    assert found[tile].tolist() == [2] * 4
    assert found[scale].tolist() == [3] * 2


def test_relatives_are_told_from_strangers() -> None:
    rng = np.random.default_rng(0)
    one: Weights = {
        name: rng.normal(size=kernels.shape[1:]).astype(np.float32)
        for name, kernels in painter._tensors()[1].items()
    }
    far: Weights = {
        name: rng.normal(size=value.shape).astype(np.float32) for name, value in one.items()
    }
    near: Weights = {name: value + 0.5 * far[name] for name, value in one.items()}
    assert are_related(one, one) and are_related(one, near)
    assert not are_related(one, far)


def test_a_style_of_another_network_is_named(tmp_path: Path) -> None:
    """Whatever its card says of it."""
    save_style(tmp_path / "tiny", "tiny")
    style = find_style(str(tmp_path / "tiny"))
    light = replace(style.card, net="light").with_files(style.card.files, style.card.files)
    light.save(tmp_path / "tiny")
    for other in (f"mosaic+{tmp_path}/tiny", f"{tmp_path}/tiny+mosaic"):
        with pytest.raises(StyleError, match=r"tiny cannot be mixed .* not a light one"):
            find_style(other)


def test_what_a_style_lacks_is_named(tmp_path: Path) -> None:
    save_style(tmp_path / "tiny", "tiny")
    style = find_style(str(tmp_path / "tiny"))
    replace(style.card, net="light").save(tmp_path / "tiny")
    with pytest.raises(StyleError, match=r"tiny cannot .*: it has no model file for half scale in"):
        find_style(f"mosaic+{tmp_path}/tiny")


def test_strangers_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_style, "are_related", lambda one, other: one is other)
    with pytest.raises(StyleError, match="mosaic and udnie cannot be mixed"):
        find_style("mosaic+udnie:0.123")


@pytest.fixture
def pair(tmp_path: Path) -> list[Style]:
    """The styles of two pictures."""
    return [
        find_style(str(save_artwork(tmp_path / f"{name}.png", seed)))
        for seed, name in enumerate(("quilt", "leaf"))
    ]


def fp32_weights(style: Style) -> Weights:
    file = next(file for file in style.card.files if file.precision == "fp32")
    return read_weights(style.path(file).read_bytes())


def test_a_mixture_of_pictures_is_a_style_with_both_names(pair: list[Style]) -> None:
    style = find_style(f"{pair[0].file}+{pair[1].file}:0.25")
    assert (style.card.name, style.card.title) == ("quilt75_leaf25", "75% quilt + 25% leaf")
    one, two, both = (fp32_weights(part) for part in (*pair, style))
    for name in both.keys() - {SURFACE, SURFACE_COLOUR}:
        wanted = 0.75 * one[name] + 0.25 * two[name]
        np.testing.assert_allclose(both[name], wanted, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(both[SURFACE], one[SURFACE])
    np.testing.assert_allclose(both[SURFACE_COLOUR], 0.75 * one[SURFACE_COLOUR], rtol=1e-5)
    assert reread(style) == style


def test_a_mixture_with_a_style_that_has_a_pattern_paints_it_by_that_share() -> None:
    part, style = find_style("starry_night"), find_style("mosaic+starry_night:0.4")
    theirs, ours = fp32_weights(part), fp32_weights(style)
    np.testing.assert_allclose(ours[PATTERN], theirs[PATTERN])
    np.testing.assert_allclose(ours[PATTERN_SCALE], 0.4 * theirs[PATTERN_SCALE], rtol=1e-5)
    grey = np.full((160, 160, 3), 150, np.uint8)
    with load(style) as painting:  # in int8
        assert painting(grey)[20:-20, 20:-20].std() > 3


def test_a_mixture_has_the_surface_of_a_picture_and_the_pattern_of_a_style(
    pair: list[Style],
) -> None:
    for name in ("starry_night", "composition_vii"):
        style = find_style(f"{pair[0].file}+{name}:0.4")
        theirs, ours = fp32_weights(find_style(name)), fp32_weights(style)
        np.testing.assert_allclose(ours[PATTERN], theirs[PATTERN])
        np.testing.assert_allclose(ours[PATTERN_SCALE], 0.4 * theirs[PATTERN_SCALE], rtol=1e-5)
        np.testing.assert_allclose(ours[SURFACE], fp32_weights(pair[0])[SURFACE])


def test_a_mixture_is_made_when_it_is_loaded_and_one_of_mixtures_is_flat(
    pair: list[Style],
) -> None:
    inner = open_mixed_style([(pair[0], 0.5), (pair[1], 0.5)])
    unmade = unmade_mixed_style([(inner, 0.5), (pair[1], 0.5)])
    assert not unmade.is_made
    assert [(p.card.name, share) for p, share in unmade.parts] == [
        ("quilt", 0.25), ("leaf", 0.25), ("leaf", 0.5),
    ]  # fmt: skip
    made = reread(unmade)
    assert made.is_made and made.card.name == unmade.card.name


def test_a_session_finds_pictures_and_mixtures_again_in_an_emptied_cache(
    pair: list[Style], caplog: pytest.LogCaptureFixture
) -> None:
    both = open_mixed_style([(pair[0], 1 - 0.2), (pair[1], 0.2)])
    styles = {"quilt": pair[0], "renamed_in_the_set": pair[1], "quilt80_leaf20": both}
    then = {name: reference_to(style) for name, style in styles.items()}
    shutil.rmtree(predicted_styles())
    found = find_referenced(then)
    for name, style in styles.items():
        assert found[name].card.files == style.card.files
    assert "has changed" not in caplog.text


def test_a_session_finds_a_picture_that_is_gone_in_the_cache_and_else_says_so(
    pair: list[Style], caplog: pytest.LogCaptureFixture
) -> None:
    then = {"quilt": reference_to(pair[0])}
    assert pair[0].file
    save_artwork(pair[0].file, seed=7)
    assert find_referenced(then)["quilt"].card.files == pair[0].card.files
    assert not caplog.records
    pair[0].file.unlink()
    assert find_referenced(then)["quilt"].card.files == pair[0].card.files
    shutil.rmtree(predicted_styles())
    with pytest.raises(StyleError, match=r"quilt \(it was in .*quilt\.png\)"):
        find_referenced(then)
    save_artwork(pair[0].file, seed=7)
    assert find_referenced(then)["quilt"].file == pair[0].file
    assert "quilt has changed since the session" in caplog.text
