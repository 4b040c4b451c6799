"""What the documentation shows is what works: its Python is run, its links lead somewhere."""

import ast
import json
import re
import runpy
import shlex
import shutil
import sys
import textwrap
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
import pytest
from models import save_style
from PIL import Image

from livestyle.cli.main import cli

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "python.md"
BLOCK = re.compile(r"^## (?P<title>.+?)$|```python\n(?P<code>.*?)```", re.M | re.S)
STYLES = ("mosaic", "starry_night", "the_scream", "udnie")
"""Those that the examples name."""


def blocks() -> list[Any]:
    """Each example of the page: its code, under the heading it stands below."""
    found, title = [], ""
    for match in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        title = match["title"] or title
        if match["code"]:
            found.append(pytest.param(match["code"], id=title))
    return found


BLOCKS = blocks()


@pytest.fixture(scope="module")
def styles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny styles under the names that the examples use."""
    folder = tmp_path_factory.mktemp("styles")
    for name in STYLES:
        save_style(folder / name, name)
    return folder


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the first example makes, and an artwork."""
    folder = tmp_path_factory.mktemp("material")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        exec(compile(BLOCKS[0].values[0], str(PAGE), "exec"), {"__name__": "__main__"})
    Image.effect_noise((64, 64), 60).convert("RGB").save(folder / "artwork.jpg")
    return folder


@pytest.fixture(autouse=True)
def at_home(styles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder to work in, and those styles."""
    monkeypatch.setenv("LIVESTYLE_STYLES", str(styles))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What OpenCV would show; there is no display here."""
    pictures: list[Any] = []
    monkeypatch.setattr(cv2, "imshow", lambda title, bgr: pictures.append(bgr))
    monkeypatch.setattr(cv2, "waitKey", lambda ms: -1)
    return pictures


def test_there_are_ten_examples() -> None:
    assert [block.id.split(".")[0] for block in BLOCKS] == [str(n) for n in range(1, 11)]


def optimise_cheaply(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small photo, and a VGG16 as it is before it learns: no test fetches VGG19."""
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)  # two that share a busy core wait for each other
    from livestyle.nets.vgg import LossNetwork
    from livestyle.optimisation import optimise

    Image.open("photo.jpg").resize((64, 48)).save("photo.jpg")
    monkeypatch.setattr(
        optimise, "load_loss_network", lambda kind, layers, _: LossNetwork("vgg16", layers)
    )


@pytest.mark.parametrize("code", BLOCKS)
def test_an_example_of_the_page_runs_as_it_stands(
    code: str,
    material: Path,
    tmp_path: Path,
    shown: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shutil.copytree(material, tmp_path, dirs_exist_ok=True)
    if "optimise" in code:
        optimise_cheaply(monkeypatch)
    exec(compile(code, str(PAGE), "exec"), {"__name__": "__main__"})
    for name in re.findall(r'Path\("(.+?)"\)', code):
        assert Path(name).stat().st_size > 0, f"{name} was not written"
    if "imshow" in code:
        assert len(shown) == 30


def test_the_opencv_program_shows_every_frame_painted(
    material: Path, shown: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = material / "clip.mp4"
    monkeypatch.setattr(sys, "argv", ["opencv_loop.py", str(clip), "udnie"])
    runpy.run_path(str(ROOT / "examples" / "opencv_loop.py"), run_name="__main__")
    first = cv2.VideoCapture(str(clip)).read()[1]
    assert len(shown) == 30
    assert np.array_equal(shown[0], 255 - first)  # the tiny style paints the negative


def test_the_notebook_cell_ends_with_a_painted_picture() -> None:
    notebook = json.loads((ROOT / "examples" / "notebook.ipynb").read_text(encoding="utf-8"))
    (cell,) = notebook["cells"]
    *lines, last = ast.parse("".join(cell["source"])).body
    assert isinstance(last, ast.Expr)
    names: dict[str, Any] = {}
    exec(compile(ast.Module(lines, []), "cell", "exec"), names)
    picture = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    assert np.array_equal(np.asarray(picture), 255 - names["rgb"])


def test_the_gradio_program_is_python() -> None:
    program = ROOT / "examples" / "gradio_app.py"
    compile(program.read_text(encoding="utf-8"), str(program), "exec")


PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
FENCED = re.compile(r"^```sh\n(.*?)^```", re.M | re.S)
SHOWN_COMMAND = re.compile(r"(?:^ {4}|&& |`)livestyle ([a-z][^`#&|\n]*)", re.M)


def shown_commands() -> list[Any]:
    """Every `livestyle COMMAND ...` that a page shows as code."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        text = FENCED.sub(lambda block: textwrap.indent(block[1], "    "), text)
        found += [(page.name, words.strip()) for words in SHOWN_COMMAND.findall(text)]
    return [pytest.param(words, id=f"{page}: {words}") for page, words in found]


@pytest.mark.parametrize("words", shown_commands())
def test_a_command_that_is_shown_exists_and_so_do_its_options(words: str) -> None:
    command: click.Command = cli
    typed = shlex.split(words)
    while isinstance(command, click.Group) and typed and not typed[0].startswith("-"):
        name = typed.pop(0)
        found = command.get_command(click.Context(command), name)
        assert found is not None, f"there is no command {name}"
        command = found
    known = {option for param in command.params for option in (*param.opts, *param.secondary_opts)}
    options = {word.partition("=")[0] for word in typed if re.match("--?[a-z]", word)}
    assert options <= known | {"--help"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_that_are_there(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), target


def test_the_rooms_are_named_as_they_are() -> None:
    rooms = {path.parent.name for path in (ROOT / "livestyle").glob("*/__init__.py")}
    table = re.findall(
        r"^\| `(\w+)` \|", (ROOT / "docs" / "architecture.md").read_text("utf-8"), re.M
    )
    assert set(table) == rooms | {"export", "weights"}
