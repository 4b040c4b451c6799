"""Names are chosen by anybody: none of them steers the terminal or forges a line of the log."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_runs import Ended
from media import make_clip
from models import save_style

from livestyle.cli.echo import PlainFormatter

Livestyle = Callable[..., Ended]
HOSTILE = "a\x1b]0;owned\x07\x1b[31m\u202eb"


def plain(text: str) -> bool:
    return all(line.isprintable() for line in text.splitlines())


@pytest.mark.parametrize(
    "arguments",
    [
        ("cam", "--no-display", "--source", HOSTILE),
        ("cam", "--no-display", "--source", f"{HOSTILE}.mp4"),
        ("cam", "--no-display", "--source", "demo", "--style", HOSTILE),
        ("cam", "--no-display", "--source", "demo", f"--{HOSTILE}"),
        ("cam", "--no-display", "--source", "demo", "--size", HOSTILE),
        ("styles", "show", HOSTILE),
        (HOSTILE,),
    ],
)
def test_a_message_names_it_in_plain_text(arguments: tuple[str, ...], livestyle: Livestyle) -> None:
    ended = livestyle(*arguments)
    assert ended.code in (2, 3, 4)
    assert plain(ended.err) and "owned" in ended.err


def test_what_is_said_of_a_source_is_plain_text(livestyle: Livestyle) -> None:
    name = f"{HOSTILE}.mp4"
    make_clip(Path(name), frames=2)
    ended = livestyle("cam", "--no-display", "--source", name, "--record", f"{HOSTILE}-out.mp4")
    assert ended.code == 0
    assert plain(ended.err) and "Painting a?]0;owned" in ended.err


def test_a_line_of_the_log_is_plain_text() -> None:
    Path("styles", HOSTILE).mkdir(parents=True)
    Path("styles", HOSTILE, "card.json").write_text("{")
    save_style(Path("styles/whole"), "whole")
    done = subprocess.run(
        [sys.executable, "-m", "livestyle", "cam", "--source", "demo", "--no-display",
         "--max-frames", "1", "--style", "styles"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "is passed over" in done.stderr and plain(done.stderr)


def test_a_traceback_is_plain_text() -> None:
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        record = logging.makeLogRecord(
            {"msg": "%s", "args": (HOSTILE,), "exc_info": sys.exc_info()}
        )
    line = PlainFormatter().format(record)
    assert plain(line) and "Traceback" in line and "\n" in line


@pytest.mark.skipif(sys.platform != "linux", reason="names are no plain bytes there")
def test_another_program_gets_the_name_as_it_is() -> None:
    from PIL import Image

    Image.new("RGB", (40, 40)).save("in.png")
    target = b"caf\xe9\x1b.png"
    command = [sys.executable, "-m", "livestyle", "sheet", "in.png", os.fsdecode(target)]
    done = subprocess.run(command, capture_output=True)
    assert (done.returncode, done.stdout.strip()) == (0, target), done.stderr
