"""Styles are found, listed, added and removed; broken ones do no harm."""

import logging
from pathlib import Path

import models
import numpy as np
import pytest

from livestyle.engines import load
from livestyle.errors import SinkError, StyleError
from livestyle.styles import library
from livestyle.styles.library import (
    add_style,
    find_style,
    find_styles,
    list_styles,
    remove_style,
    styles_folder,
)
from livestyle.styles.style import reread, stamp


@pytest.fixture(autouse=True)
def user_styles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "user" / "styles"
    monkeypatch.setenv("LIVESTYLE_STYLES", str(folder))
    return folder


@pytest.fixture(autouse=True)
def packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "packaged"
    models.save_style(folder / "mosaic", "mosaic")
    models.save_style(folder / "ink", "ink")
    monkeypatch.setattr(library, "_packaged_folder", lambda: folder)
    return folder


def names() -> list[str]:
    return [style.card.name for style in list_styles()]


def test_default_first_then_by_name(user_styles: Path) -> None:
    models.save_style(user_styles / "waves", "waves")
    models.save_style(user_styles / "autumn", "autumn")
    assert names() == ["mosaic", "autumn", "ink", "waves"]


def test_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LIVESTYLE_STYLES", str(tmp_path / "elsewhere"))
    assert styles_folder() == tmp_path / "elsewhere"
    monkeypatch.delenv("LIVESTYLE_STYLES")
    assert styles_folder().parts[-2:] == ("livestyle", "styles")


def test_user_replaces_packaged(user_styles: Path) -> None:
    models.save_style(user_styles / "mosaic", "mosaic")
    assert names() == ["mosaic", "ink"]
    assert find_style("mosaic").folder == user_styles / "mosaic"


def test_broken_styles_are_passed_over(user_styles: Path, caplog: pytest.LogCaptureFixture) -> None:
    models.save_style(user_styles / "halved", "halved")
    (user_styles / "halved" / "halved.onnx").unlink()
    models.save_style(user_styles / "garbled", "garbled")
    (user_styles / "garbled" / "card.json").write_text("{")
    models.save_style(user_styles / "mosaic", "mosaic")
    models.change_card(user_styles / "mosaic", files=[])
    (user_styles / "no card").mkdir()
    assert names() == ["mosaic", "ink"]
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert len(warnings) == 3
    assert any("halved.onnx is missing" in warning for warning in warnings)


@pytest.mark.parametrize(("typed", "meant"), [("mosiac", "mosaic"), ("Mozaic", "mosaic")])
def test_unknown_name_gets_the_nearest(typed: str, meant: str) -> None:
    with pytest.raises(StyleError, match=rf"Did you mean {meant}\?.*`livestyle styles`"):
        find_style(typed)


@pytest.mark.parametrize("typed", ["Mosaic", "MOSAIC", " mosaic", "mo-saic", "mo_saic"])
def test_a_name_is_found_however_it_is_written(typed: str) -> None:
    assert find_style(typed).card.name == "mosaic"


def test_unknown_name_without_a_near_one() -> None:
    with pytest.raises(StyleError) as raised:
        find_style("zzzzzz")
    assert "Did you mean" not in str(raised.value)
    assert "livestyle styles" in str(raised.value)


@pytest.mark.parametrize("path", ["no/where", "nowhere.onnx"])
def test_missing_path(path: str) -> None:
    with pytest.raises(StyleError, match=r"no style at .*nowhere|no style at no.where"):
        find_style(path)


def test_folder_and_card_by_path(tmp_path: Path) -> None:
    models.save_style(tmp_path / "made", "dots")
    assert find_style(str(tmp_path / "made")).card.name == "dots"
    assert find_style(str(tmp_path / "made" / "card.json")).card.name == "dots"
    with pytest.raises(StyleError, match="not a style"):
        find_style(str(tmp_path))


def test_bare_file_carries_its_card_and_runs(tmp_path: Path) -> None:
    path = tmp_path / "Pünktchen (new).onnx"
    models.save_onnx(models.invert_model(), path, models.make_card("dots"))
    style = find_style(str(path))
    assert (style.card.name, style.card.files[0].precision) == ("dots", "fp32")
    pixels = np.full((40, 40, 3), 9, np.uint8)
    assert (load(style)(pixels) == 246).all()


def test_bare_file_without_card(tmp_path: Path) -> None:
    models.save_onnx(models.invert_model(), tmp_path / "bare.onnx")
    with pytest.raises(StyleError, match="carries no style card"):
        find_style(str(tmp_path / "bare.onnx"))


def test_add_folder_then_remove(tmp_path: Path, user_styles: Path) -> None:
    models.save_style(tmp_path / "made", "dots")
    (tmp_path / "made" / "preview.jpg").write_bytes(b"jpeg")
    (tmp_path / "made" / "checkpoint.safetensors").write_bytes(b"weights")
    (tmp_path / "made" / "notes.txt").write_text("stays behind")
    added = add_style(tmp_path / "made")
    assert added.folder == user_styles / "dots"
    assert sorted(p.name for p in added.folder.iterdir()) == [
        "card.json",
        "checkpoint.safetensors",
        "dots.onnx",
        "preview.jpg",
    ]
    assert find_style("dots") == added
    assert [p.name for p in user_styles.iterdir()] == ["dots"]
    remove_style("dots")
    assert names() == ["mosaic", "ink"]


def test_add_bare_file(tmp_path: Path, user_styles: Path) -> None:
    models.save_onnx(models.invert_model(), tmp_path / "x.onnx", models.make_card("dots"))
    add_style(tmp_path / "x.onnx")
    assert find_style("dots").folder == user_styles / "dots"
    assert (load(find_style("dots"))(np.zeros((40, 40, 3), np.uint8)) == 255).all()


def test_add_again_replaces(tmp_path: Path) -> None:
    models.save_style(tmp_path / "one", "dots")
    models.save_style(tmp_path / "two", "dots", models.blur_model())
    first = add_style(tmp_path / "one").card
    with pytest.raises(SinkError, match=r"your own style in .* --overwrite"):
        add_style(tmp_path / "two")
    assert find_style("dots").card == first
    second = add_style(tmp_path / "two", overwrite=True).card
    assert first != second
    assert find_style("dots").card == second


def test_added_override_goes_and_packaged_comes_back(tmp_path: Path, packaged: Path) -> None:
    models.save_style(tmp_path / "mine", "mosaic")
    with pytest.raises(SinkError, match=r"a style of livestyle.*hidden"):
        add_style(tmp_path / "mine")
    add_style(tmp_path / "mine", overwrite=True)
    remove_style("mosaic")
    assert find_style("mosaic").folder == packaged / "mosaic"


def test_what_was_changed_is_not_added(tmp_path: Path, user_styles: Path) -> None:
    models.save_style(tmp_path / "made", "dots")
    model = tmp_path / "made" / "dots.onnx"
    model.write_bytes(model.read_bytes() + b"\x08\x08")
    with pytest.raises(StyleError, match="SHA-256"):
        add_style(tmp_path / "made")
    assert not user_styles.exists() or not list(user_styles.iterdir())


@pytest.mark.parametrize("name", ["../evil", "a/b", "", "UPPER", ".hidden", 3, None])
def test_names_lead_nowhere_else(name: object, tmp_path: Path) -> None:
    models.save_style(tmp_path / "made", "dots")
    models.change_card(tmp_path / "made", name=name)
    with pytest.raises(StyleError, match="is called"):
        add_style(tmp_path / "made")


@pytest.mark.parametrize(
    "file", ["../../secret", "/etc/passwd", "a/b.onnx", "..", ".hidden", "a\\b", "C:b", None]
)
def test_files_lead_nowhere_else(file: object, tmp_path: Path) -> None:
    card = models.save_style(tmp_path / "made", "dots")
    entry = card.files[0]
    changed = {"path": file, "format": "onnx", "precision": "fp32", "size_bytes": 1,
               "sha256": entry.sha256, "psnr_db": 50}  # fmt: skip
    models.change_card(tmp_path / "made", files=[changed])
    with pytest.raises(StyleError, match="no plain name"):
        find_style(str(tmp_path / "made"))


def test_packaged_cannot_be_removed(packaged: Path) -> None:
    with pytest.raises(StyleError, match="comes with livestyle and cannot be removed"):
        remove_style("ink")
    assert (packaged / "ink").is_dir()
    with pytest.raises(StyleError, match="Did you mean ink"):
        remove_style("inc")


def test_a_broken_style_can_be_removed(user_styles: Path) -> None:
    models.save_style(user_styles / "garbled", "garbled")
    (user_styles / "garbled" / "card.json").write_text("{")
    remove_style("garbled")
    assert not (user_styles / "garbled").exists()


def test_where_nothing_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models.save_style(tmp_path / "made", "dots")
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("LIVESTYLE_STYLES", str(tmp_path / "file" / "styles"))
    with pytest.raises(StyleError, match=r"cannot be written.*LIVESTYLE_STYLES"):
        add_style(tmp_path / "made")


def test_a_folder_of_styles(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "mine"
    models.save_style(folder / "waves", "waves")
    models.save_style(folder / ".export-1", "half")
    models.save_onnx(models.invert_model(), folder / "autumn.onnx", models.make_card("autumn"))
    models.save_onnx(models.invert_model(), folder / "nocard.onnx")
    (folder / "notes.txt").write_text("not a style")
    with caplog.at_level(logging.WARNING):
        styles = find_styles(str(folder))
    assert [style.card.name for style in styles] == ["autumn", "waves"]
    assert "nocard.onnx carries no style card" in caplog.text
    for style in styles:
        load(style).close()


def test_styles_of_one_name_are_told_apart_by_their_files(tmp_path: Path) -> None:
    for step in ("step-100", "step-200"):
        models.save_onnx(models.invert_model(), tmp_path / f"{step}.onnx", models.make_card("ink"))
    models.save_style(tmp_path / "later", "ink")
    assert [style.card.name for style in find_styles(str(tmp_path))] == [
        "ink",
        "step-100",
        "step-200",
    ]


def test_one_style_is_found_where_find_style_finds_it(tmp_path: Path) -> None:
    models.save_style(tmp_path / "waves", "waves")
    for spec in ("ink", str(tmp_path / "waves"), str(tmp_path / "waves" / "waves.onnx")):
        assert [style.card for style in find_styles(spec)] == [find_style(spec).card]


def test_a_folder_without_a_usable_style_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(StyleError, match="nor are there any in it"):
        find_styles(str(tmp_path))
    (tmp_path / "half.onnx").write_bytes(b"half")
    with pytest.raises(StyleError, match=r"half\.onnx is not an ONNX model"):
        find_styles(str(tmp_path))


@pytest.mark.parametrize("as_file", [False, True])
def test_a_style_is_read_again_and_its_stamp_tells_when(tmp_path: Path, as_file: bool) -> None:
    models.save_style(tmp_path, "waves")
    style = find_style(str(tmp_path / "waves.onnx" if as_file else tmp_path))
    before = stamp(style)
    assert stamp(style) == before
    models.save_style(tmp_path, "waves", models.blur_model())
    assert stamp(style) != before
    picture = np.full((48, 64, 3), 9, np.uint8)
    fresh = load(reread(style))
    assert (fresh(picture) != 255 - picture).any(), "the blur, not the negative"
    fresh.close()
    (tmp_path / "waves.onnx").unlink()
    assert stamp(style) != before
    with pytest.raises(StyleError):
        reread(style)
