"""Imports go one way, and the live path stays free of torch."""

import ast
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"

CORE = {
    "demuxing",
    "swscale",
    "errors",
    "frame",
    "protocols",
    "images",
    "resize",
    "contact_sheet",
    "frame_queue",
    "output_file",
    "partial_file",
    "plain",
    "rate_limit",
    "installation",
    "openvino_core",
}
"""Files beside the rooms: every room may import them, and they import no room."""

MAY_IMPORT: dict[str, set[str]] = {
    "styles": set(),
    "sources": set(),
    "sinks": set(),
    "nets": set(),
    "engines": {"styles", "nets"},
    "render": {"engines", "styles"},
    "live": {"render", "engines", "styles"},
    "ui": {"live", "render", "engines", "styles"},
    "sessions": {"live", "render", "engines", "styles"},
    "training": {"nets", "styles"},
    "optimisation": {"nets", "training", "render"},
    "export": {"nets", "styles", "engines", "training"},
    "doctor": {"engines", "render", "sources", "sinks", "styles"},
}
"""Which rooms a room may import. What puts rooms together (`livestyle.webcam`, `livestyle.files`
and the command line) may import all of them."""


def room_files(room: str) -> list[Path]:
    spec = find_spec(f"livestyle.{room}")
    assert spec is not None and spec.origin is not None
    return sorted(Path(spec.origin).parent.rglob("*.py"))


def imported(file: Path) -> set[str]:
    """Rooms and core files of livestyle that a file imports."""
    names = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return {name.split(".")[1] for name in names if name.startswith("livestyle.")} - {"__version__"}


def test_each_room_imports_only_what_lies_below_it() -> None:
    for room, below in MAY_IMPORT.items():
        for file in room_files(room):
            assert imported(file) <= CORE | below | {room}, file


def test_no_room_is_forgotten() -> None:
    """A folder that nobody wrote down here could import what it likes."""
    spec = find_spec("livestyle")
    assert spec is not None and spec.origin is not None
    folders = {path.parent.name for path in Path(spec.origin).parent.glob("*/__init__.py")}
    assert folders - {"weights", "cli"} <= set(MAY_IMPORT)


def test_core_files_import_no_room() -> None:
    for name in sorted(CORE):
        spec = find_spec(f"livestyle.{name}")
        assert spec is not None and spec.origin is not None
        assert imported(Path(spec.origin)) <= CORE, name


def test_the_live_path_imports_neither_torch_nor_an_engine() -> None:
    """`livestyle cam` must start at once, on machines where torch was never installed.

    There, packs can be added and made, too.
    """
    program = (
        "import sys\n"
        "import livestyle.cli.cam, livestyle.cli.render, livestyle.cli.video, livestyle.cli.image\n"
        "import livestyle.cli.styles, livestyle.cli.export\n"
        "print(*{'torch', 'onnx', 'onnxruntime', 'openvino', 'matplotlib'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_nothing_called_export_or_weights_is_importable() -> None:
    program = "import importlib.util as u; print(u.find_spec('export'), u.find_spec('weights'))"
    command = [sys.executable, "-I", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "None None"


@pytest.mark.skipif(find_spec("torch") is None, reason="it is a part of the extra train")
def test_optimise_is_there_at_the_top_level_and_torch_comes_with_it_only() -> None:
    program = (
        "import sys, livestyle\n"
        "print('torch' in sys.modules, hasattr(livestyle, 'nothing'))\n"
        "import livestyle.optimisation.settings, livestyle.cli.paint\n"
        "print('torch' in sys.modules)\n"
        "print(livestyle.optimise.__module__, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split() == [
        *("False", "False", "False", "livestyle.optimisation.optimise", "True")
    ], done.stderr


@pytest.mark.skipif(find_spec("torch") is None, reason="benchmarks use the extra train")
@pytest.mark.parametrize("file", sorted(BENCHMARKS.glob("*.py")), ids=lambda file: file.stem)
def test_what_a_benchmark_imports_is_there(file: Path) -> None:
    """Nobody runs them in CI: a renaming would break them unseen."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("livestyle"):
            module = import_module(str(node.module))
            for alias in node.names:
                file_of_it = f"{node.module}.{alias.name}"
                is_there = hasattr(module, alias.name) or find_spec(file_of_it) is not None
                assert is_there, f"{node.module} has no {alias.name}"
