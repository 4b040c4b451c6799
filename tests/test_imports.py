"""Imports go one way, and the live path stays free of torch."""

import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

CORE = {
    "errors",
    "checkpoint_file",
    "frame",
    "card",
    "stages",
    "picture",
    "look",
    "pack",
    "tiles",
    "style",
    "library",
    "plain",
    "rate_limit",
    "installation",
}
TORCH = {"nets", "training", "optimisation", "export"}
MAY_IMPORT = {
    "video": CORE,
    "engines": CORE | {"nets"},  # the torch engine, once it is chosen
    "live": CORE,
    "doctor": CORE | {"engines", "video"},
    "nets": CORE,
    "training": CORE | {"nets"},
    "optimisation": CORE | {"nets", "training"},
    "export": CORE | {"nets", "engines", "training"},
    "cli": CORE | TORCH | {"video", "engines", "live", "doctor"},
}


def room_files(room: str) -> list[Path]:
    spec = find_spec(f"livestyle.{room}")
    assert spec is not None and spec.origin is not None
    return sorted(Path(spec.origin).parent.glob("*.py"))


def rooms_imported(file: Path) -> set[str]:
    """Rooms and core files of livestyle that a file imports."""
    names = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return {name.split(".")[1] for name in names if name.startswith("livestyle.")} - {"__version__"}


def test_each_room_imports_only_what_lies_below_it() -> None:
    for room, allowed in MAY_IMPORT.items():
        for file in room_files(room):
            assert rooms_imported(file) <= allowed | {room}, file


def test_core_files_know_no_room() -> None:
    for name in sorted(CORE - {"style", "library", "plain", "installation"}):
        spec = find_spec(f"livestyle.{name}")
        assert spec is not None and spec.origin is not None
        assert rooms_imported(Path(spec.origin)) <= CORE, name


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
