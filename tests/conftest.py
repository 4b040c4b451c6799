"""What every test must keep: no thread left running, no ERROR in the log."""

import logging
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

collect_ignore = []
if find_spec("torch") is None:  # the fast tier
    collect_ignore = ["export", "nets", "optimisation", "training"]
    collect_ignore += ["cli/test_evaluate.py", "cli/test_paint.py"]


@pytest.fixture(autouse=True, scope="session")
def nobodys_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Styles, settings and caches of whoever runs the tests are neither read nor written."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIVESTYLE_STYLES", str(home / "styles"))
        patch.setenv("LIVESTYLE_CONFIG", str(home / "config.toml"))
        patch.setenv("XDG_CACHE_HOME", str(home / "cache"))
        yield


@pytest.fixture(autouse=True)
def nothing_left_behind(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fails a test that leaks a thread or logs an error it did not ask for."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 2.0
    while (left := set(threading.enumerate()) - before) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not left, f"threads left running: {left}"
    errors = [
        r
        for when in ("setup", "call")
        for r in caplog.get_records(when)
        if r.levelno >= logging.ERROR
    ]
    assert not errors, f"errors in the log: {[r.getMessage() for r in errors]}"
