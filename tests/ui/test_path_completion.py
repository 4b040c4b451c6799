import os
from pathlib import Path

import pytest

from livestyle.ui.path_completion import completed, completions, path_of


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder with pictures, folders and other things, which is the home as well."""
    for name in ("Wave.jpg", "waves.png", "notes.txt", ".hidden.png", "Zoo.gif", "übung.png"):
        (tmp_path / name).touch()
    for name in ("My Photos", "empty"):
        (tmp_path / name).mkdir()
    (tmp_path / "My Photos" / "Dufy View.JPG").touch()
    (tmp_path / "loop").symlink_to("loop")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return f"{tmp_path}/"


def test_pictures_and_folders_alone_are_found(at: str) -> None:
    names = ["My Photos/", "Wave.jpg", "Zoo.gif", "empty/", "waves.png", "übung.png"]
    assert completions(at) == [at + name for name in names]
    assert completions("") == names
    assert completions("~/") == ["~/" + name for name in names]
    assert completions(at + "empty/") == completions(at + "nowhere/") == []
    assert completions(at + ".h") == [at + ".hidden.png"]


def test_case_counts_where_it_tells_something(at: str) -> None:
    """A window of Qt knows no capitals."""
    assert completions("wav") == ["waves.png"]
    assert completions("zo") == ["Zoo.gif"]
    assert completions("my photos/") == []
    assert completed("my") == "My Photos/"
    assert completed("My Photos/d") == "My Photos/Dufy View.JPG"


def test_tab_goes_as_far_as_there_is_one_way(at: str) -> None:
    (Path(at) / "waves.jpg").touch()
    assert completed("wav") == "waves."
    assert completed("waves.") == "waves."
    assert completed("nothing") == "nothing"
    assert [completed(typed) for typed in ("~", ".", "..")] == ["~/", "./", "../"]


def test_names_that_differ_in_case_alone_are_not_mixed_up(at: str) -> None:
    (Path(at) / "ABC.png").touch()
    (Path(at) / "Abd.png").touch()
    assert (completed("a"), completed("ab")) == ("A", "ab")


def test_what_was_typed_is_a_path(at: str) -> None:
    assert path_of("~/Wave.jpg") == Path(at) / "Wave.jpg"
    assert path_of("zoo.gif") == Path("Zoo.gif")
    assert path_of("wave.jpg") == Path("Wave.jpg")
    assert path_of(at + "nowhere.jpg") == Path(at) / "nowhere.jpg"
    assert path_of("~nobody-has-this-name/x.jpg").name == "x.jpg"
    assert path_of("x" * 900).name == "x" * 900


def test_names_that_cannot_be_shown_are_left_out(at: str) -> None:
    for name in (b"bad\xff.png", b"bell\x07.png"):
        Path(os.fsdecode(os.fsencode(at) + name)).touch()
    assert completions(at + "b") == []
