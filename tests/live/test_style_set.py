from pathlib import Path

import pytest
from models import save_style

from livestyle.engines import EngineOptions
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
