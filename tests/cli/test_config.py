"""The settings file, and options that are given twice."""

import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_runs import Ended
from models import save_style

from livestyle.cli.settings import VARIABLE

SMALL = 'source = "demo"\nsize = "64x48"\ndisplay = false\nmax-frames = 2\n'


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.toml"
    monkeypatch.setenv(VARIABLE, str(path))
    return path


def test_the_settings_file_has_defaults_and_the_command_line_comes_first(
    settings: Path, livestyle: Callable[..., Ended]
) -> None:
    settings.write_text(f"[cam]\n{SMALL}mirror = true\n")
    report = json.loads(livestyle("cam", "--report", "-").out)
    assert report["size"] == [64, 48] and report["frames"]["shown"] == 2
    report = json.loads(livestyle("cam", "--report", "-", "--size", "32x24").out)
    assert report["size"] == [32, 24]


def test_a_set_names_its_styles_and_their_order(
    settings: Path, livestyle: Callable[..., Ended], tmp_path: Path
) -> None:
    for name in ("one", "two"):
        save_style(tmp_path / name, name)
    both = f"{tmp_path / 'two'},{tmp_path / 'one'}"
    settings.write_text(f'[cam]\n{SMALL}[set.party]\nstyles = "{both}"\n')
    ended = livestyle("cam", "--set", "party", "--report", "-")
    assert "as two with" in ended.err
    ended = livestyle("cam", "--set", "wedding")
    assert ended.code == 2 and "'wedding'" in ended.err and "there is party" in ended.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[cam", "cannot be read"),
        ("[cam]\ncolour = 1\n", "has colour, which `livestyle cam` does not know"),
        ("cam = 5\n", "[cam] is no table"),
        ("[cam]\nsize = 5\n", "is not a size"),
    ],
)
def test_a_settings_file_that_is_wrong_is_a_sentence(
    settings: Path, livestyle: Callable[..., Ended], text: str, said: str
) -> None:
    settings.write_text(text)
    ended = livestyle("cam", "--source", "demo", "--no-display")
    assert (ended.code, ended.out) == (2, "") and said in ended.err
    assert "Traceback" not in ended.err


def test_config_begins_a_file_and_overwrites_one_only_when_asked(
    settings: Path, livestyle: Callable[..., Ended]
) -> None:
    assert "config --init" in livestyle("config").err
    assert livestyle("config", "--init").code == 0
    settings.write_text("# mine\n")
    assert livestyle("config", "--init").code == 5
    assert livestyle("config").out == "# mine\n\n"
    assert livestyle("config", "--init", "--overwrite").code == 0
    assert "[set.party]" in settings.read_text()


@pytest.mark.parametrize("asked", [("--style", "all"), ("--styles", "all")])
def test_all_stands_for_every_style(
    settings: Path, livestyle: Callable[..., Ended], asked: tuple[str, str]
) -> None:
    settings.write_text(f'[cam]\n{SMALL}styles = "abstract"\n')
    assert "as abstract with" in livestyle("cam").err
    assert "as mosaic with" in livestyle("cam", *asked).err


@pytest.mark.parametrize("again", [("--style", "abstract"), ("--style=abstract",), ("-s", "x")])
def test_a_style_given_twice_is_an_error_and_not_silently_the_last(
    livestyle: Callable[..., Ended], again: tuple[str, str]
) -> None:
    ended = livestyle("image", "a.png", "b.png", "--style", "mosaic", *again)
    assert ended.code == 2 and "--style is given twice" in ended.err


def test_v_logs_info_and_debug_more(
    livestyle: Callable[..., Ended], caplog: pytest.LogCaptureFixture
) -> None:
    where = ("cam", "--source", "demo", "--size", "64x48", "--no-display", "--max-frames", "2")
    livestyle(*where)
    quiet = len(caplog.records)
    livestyle("-v", *where)
    levels = {record.levelname for record in caplog.records[quiet:]}
    assert quiet == 0 and "INFO" in levels and "DEBUG" not in levels
    livestyle("--debug", *where)
    assert logging.getLogger("livestyle").level == logging.DEBUG
