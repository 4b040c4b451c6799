"""The program as its user has it: tiny styles, a folder of its own, no display."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_runs import Ended, Running
from models import blur_model, save_style

from livestyle.cli.main import run


@pytest.fixture(scope="session")
def styles_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two styles: mosaic, the default, is the negative; abstract blurs and comes second."""
    folder = tmp_path_factory.mktemp("styles")
    save_style(folder / "mosaic", "mosaic")
    save_style(folder / "abstract", "abstract", blur_model())
    return folder


@pytest.fixture(autouse=True)
def at_home(styles_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder to work in, these styles, and no display."""
    monkeypatch.setenv("LIVESTYLE_STYLES", str(styles_folder))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def log_levels() -> Iterator[None]:
    """-v and --debug are for one command, not for the tests after it."""
    loggers = [logging.getLogger(), logging.getLogger("livestyle")]
    levels = [logger.level for logger in loggers]
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.fixture
def livestyle(capfd: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Runs a command in this process."""

    def command(*args: object) -> Ended:
        capfd.readouterr()
        code = run([str(arg) for arg in args])
        said = capfd.readouterr()
        return Ended(code, said.out, said.err)

    return command


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts a command in a process of its own."""
    programs: list[Running] = []

    def command(*args: object) -> Running:
        programs.append(Running(tmp_path, *args))
        return programs[-1]

    yield command
    for program in programs:
        program.kill()
