"""What works in the base install, where there is no torch."""

import json
import subprocess
import sys
from importlib.metadata import Distribution
from pathlib import Path

import pytest

from livestyle import installation
from livestyle.cli.main import COMMANDS

WITHOUT_TORCH = """
import sys
for name in ("torch", "torchvision", "onnx", "safetensors", "nncf", "onnxscript"):
    sys.modules[name] = None
from livestyle.cli.main import run
sys.exit(run([sys.argv[1], "--help"]))
"""


@pytest.mark.parametrize("command", list(COMMANDS))
def test_help_needs_no_torch(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, command], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Usage: livestyle {command}")


def test_it_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "livestyle", "--version"], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("livestyle, version ")


class Installed(Distribution):
    """A copy that was installed from somewhere."""

    def __init__(self, origin: object) -> None:
        self._origin = origin

    def read_text(self, filename: str) -> str | None:
        return None if self._origin is None else json.dumps(self._origin)

    def locate_file(self, path: object) -> Path:
        raise NotImplementedError


GIT = {"url": "https://example.org/l.git", "vcs_info": {"vcs": "git", "commit_id": "1"}}


@pytest.mark.parametrize(
    ("origin", "marker", "expected"),
    [
        (None, "", 'pip install "livestyle[train]"'),
        ({"url": "file:///src/my%20copy", "dir_info": {}}, "", 'pip install "/src/my copy[train]"'),
        (GIT, "", 'pip install "livestyle[train] @ git+https://example.org/l.git"'),
        (None, "pipx_metadata.json", 'pipx install --force "livestyle[train]"'),
        (None, "uv-receipt.toml", 'uv tool install --force "livestyle[train]"'),
    ],
)
def test_an_extra_is_installed_the_way_this_copy_was(
    origin: object, marker: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if marker:
        (tmp_path / marker).touch()
    monkeypatch.setattr(installation, "_ROOT", tmp_path)
    monkeypatch.setattr(installation, "distribution", lambda name: Installed(origin))
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert installation.install_command("train") == expected


def test_a_checkout_is_named_by_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.setattr(installation, "_ROOT", tmp_path)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert installation.install_command("gpu") == f'pip install "{tmp_path}[gpu]"'
