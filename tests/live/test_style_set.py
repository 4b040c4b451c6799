from pathlib import Path

import pytest
from models import save_style
from pictures import artwork, save_artwork

from livestyle.engines import EngineOptions
from livestyle.errors import StyleError
from livestyle.live.style_set import StyleSet
from livestyle.styles.library import list_styles


@pytest.fixture(autouse=True)
def own_styles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "own"
    for name in ("beta", "alpha", "gamma"):
        save_style(folder / name, name)
    monkeypatch.setenv("LIVESTYLE_STYLES", str(folder))
    return folder


def test_numbers_are_those_of_the_list_whichever_style_is_asked_for() -> None:
    listed = [style.card.name for style in list_styles()]
    for name in ("gamma", "alpha", "beta"):
        styles = StyleSet(name, EngineOptions())
        assert (styles.first, styles.names) == (name, listed)


def test_a_style_from_a_path_that_is_listed_keeps_its_number(tmp_path: Path) -> None:
    listed = [style.card.name for style in list_styles()]
    save_style(tmp_path / "elsewhere", "beta")
    styles = StyleSet(str(tmp_path / "elsewhere"), EngineOptions())
    assert (styles.first, styles.names) == ("beta", listed)
    assert styles.styles["beta"].folder == tmp_path / "elsewhere", "and it is the one asked for"


def test_one_that_is_not_listed_comes_last(tmp_path: Path) -> None:
    listed = [style.card.name for style in list_styles()]
    save_style(tmp_path / "aaa", "aaa")
    styles = StyleSet(str(tmp_path / "aaa"), EngineOptions())
    assert (styles.first, styles.names) == ("aaa", [*listed, "aaa"])


def folder_of_pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    save_artwork(folder / "quilt.png")
    (folder / "aaa.png").write_text("no picture")
    (folder / "notes.txt").write_text("hello")
    return folder


def searched(styles: StyleSet) -> list[str]:
    """The names when the folder has stood still."""
    styles.search()
    return styles.search()


def test_a_folder_with_junk_begins_with_the_first_good_picture(tmp_path: Path) -> None:
    styles = StyleSet(str(folder_of_pictures(tmp_path)), EngineOptions())
    assert (styles.first, styles.names) == ("quilt", ["aaa", "quilt"])
    with styles.load("quilt") as stylizer:
        assert stylizer(artwork(2)).shape == artwork(2).shape
    with pytest.raises(StyleError, match=r"aaa\.png is not a picture"):
        styles.load("aaa")


def test_a_folder_without_a_good_picture_says_why(tmp_path: Path) -> None:
    folder = folder_of_pictures(tmp_path)
    (folder / "quilt.png").unlink()
    with pytest.raises(StyleError, match=r"aaa\.png is not a picture"):
        StyleSet(str(folder), EngineOptions())


def test_a_picture_that_is_saved_into_the_folder_joins_under_a_name_of_its_own(
    tmp_path: Path,
) -> None:
    folder = folder_of_pictures(tmp_path)
    styles = StyleSet(str(folder), EngineOptions())
    assert searched(styles) == ["aaa", "quilt"]
    save_artwork(folder / "leaf.png", seed=1)
    save_artwork(folder / "quilt.jpg", seed=2)  # before quilt.png in the order of files
    assert searched(styles) == ["aaa", "quilt", "leaf", "quilt_2"]
    assert styles.styles["quilt"].file == folder / "quilt.png"
    assert styles.styles["quilt_2"].file == folder / "quilt.jpg"
    assert searched(styles) == ["aaa", "quilt", "leaf", "quilt_2"]


def test_a_picture_that_is_replaced_is_told_and_made_anew(tmp_path: Path) -> None:
    folder = folder_of_pictures(tmp_path)
    styles = StyleSet(str(folder), EngineOptions())
    styles.load("quilt").close()
    before, stamp = styles.styles["quilt"].card.files, styles.stamp("quilt")
    assert styles.stamp("quilt") == stamp
    save_artwork(folder / "quilt.png", seed=3, size=(220, 150))
    assert styles.stamp("quilt") != stamp
    styles.load("quilt").close()
    assert styles.styles["quilt"].card.files != before


def test_a_picture_that_a_key_opens_joins_when_it_is_loaded(tmp_path: Path) -> None:
    styles = StyleSet("alpha", EngineOptions())
    listed = list(styles.names)
    picture = save_artwork(tmp_path / "beta.png")
    assert styles.open_picture(picture) == "beta_2" == styles.open_picture(picture)
    assert styles.names == listed
    assert styles.preview("beta_2") is not None, "the picture itself"
    styles.load("beta_2").close()
    assert styles.names == [*listed, "beta_2"]
    assert styles.styles["beta_2"].is_made
    assert styles.open_picture(tmp_path / "nowhere.png") == "nowhere"
    with pytest.raises(StyleError):
        styles.load("nowhere")
    assert styles.names == [*listed, "beta_2"]


def test_a_mixture_is_made_when_it_is_loaded_and_does_not_join(
    tmp_path: Path, own_styles: Path
) -> None:
    folder = folder_of_pictures(tmp_path)
    save_artwork(folder / "leaf.png", seed=1)
    styles = StyleSet(str(folder), EngineOptions())
    name = styles.open_mixture([("quilt", 0.8), ("leaf", 0.2)])
    assert name == "quilt80_leaf20" == styles.open_mixture([("quilt", 0.8), ("leaf", 0.2)])
    assert styles.open_mixture([("quilt", 0.6), ("leaf", 0.4)]) == "quilt60_leaf40"
    assert not styles.styles[name].is_made
    styles.load(name).close()
    assert styles.styles[name].is_made and name not in styles.names
    foreign = styles.open_mixture([("quilt", 0.8), ("aaa", 0.2)])
    with pytest.raises(StyleError, match=r"aaa\.png"):
        styles.load(foreign)


def test_pictures_that_are_named_are_made_when_they_are_loaded(tmp_path: Path) -> None:
    one, two = save_artwork(tmp_path / "one/wave.png"), save_artwork(tmp_path / "two/wave.png", 1)
    names = (str(one), str(two), "alpha")
    styles = StyleSet(str(one), EngineOptions(), names=names)
    assert (styles.first, styles.names) == ("wave", ["wave", "wave_2", "alpha"])
    assert [styles.styles[name].is_made for name in styles.names] == [True, False, True]
    assert styles.styles["wave_2"].file == two
    with pytest.raises(StyleError, match="nowhere"):
        StyleSet("alpha", EngineOptions(), names=("alpha", str(tmp_path / "nowhere.png")))
