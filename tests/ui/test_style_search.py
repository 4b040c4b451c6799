import pytest

from livestyle.ui.style_search import styles_like

NAMES = ("abstract", "candy", "la_muse", "mosaic", "Rain_Princess", "starry_night", "udnie")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("mosaic", "mosaic"), ("mos", "mosaic"), ("MOS", "mosaic"), ("rain princ", "Rain_Princess"),
        ("rain-p", "Rain_Princess"), ("night", "starry_night"), ("muse", "la_muse"),
        ("starrynight", "starry_night"), ("mosiac", "mosaic"), ("udine", "udnie"),
        ("cndy", "candy"), ("princes", "Rain_Princess"),
    ],
)  # fmt: skip
def test_a_style_is_found_by_part_of_its_name_however_it_is_written(typed: str, found: str) -> None:
    assert styles_like(typed, NAMES)[0] == found


def test_names_that_begin_so_come_before_those_that_contain_it() -> None:
    assert styles_like("a", ["la", "ab", "cd", "ac"]) == ["ab", "ac", "la"]


def test_what_is_like_no_name_finds_nothing() -> None:
    assert styles_like("xyz", NAMES) == []


def test_nothing_typed_means_all() -> None:
    assert styles_like("", NAMES) == list(NAMES)
