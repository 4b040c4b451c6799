"""Nothing that comes with a style is ever run: a TorchScript program writes no file of anybody."""

import logging
from pathlib import Path

import models
import numpy as np
import programs
import pytest

from livestyle.engines import EngineOptions, load
from livestyle.errors import LivestyleError, StyleError
from livestyle.styles import library
from livestyle.styles.card import ModelFile
from livestyle.styles.library import add_style, find_style, find_styles
from livestyle.styles.pack import write_pack
from livestyle.styles.style import style_files

PICTURE = np.full((40, 48, 3), 9, np.uint8)


@pytest.fixture(autouse=True)
def user_styles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "user" / "styles"
    monkeypatch.setenv("LIVESTYLE_STYLES", str(folder))
    monkeypatch.setattr(library, "_packaged_folder", lambda: tmp_path / "none")
    return folder


def folder_with(folder: Path, program: bytes, *, onnx: bool) -> Path:
    """A style folder as earlier versions wrote it, with a program on its card."""
    card = models.save_style(folder, "dots")
    (folder / "dots-fp32.pt").write_bytes(program)
    entry = models.file_entry(folder / "dots-fp32.pt", "torchscript", "fp32")
    if not onnx:
        (folder / "dots.onnx").unlink()
    card.with_files([*card.files, entry] if onnx else [entry]).save(folder)
    return folder


def pack_with(folder: Path) -> Path:
    """The same as a pack, as earlier versions wrote it."""
    path = folder.with_suffix(".livestyle")
    write_pack(path, {file.name: file.read_bytes() for file in folder.iterdir()})
    return path


def paint_in_every_way(spec: Path) -> None:
    """As far as it goes: the program has its chance at every step."""
    for engine in ("auto", "torch", "torchscript"):
        try:
            stylizer = load(find_style(str(spec)), EngineOptions(engine, "cpu"))
            stylizer(PICTURE)
        except LivestyleError:
            continue
        stylizer.close()


@pytest.mark.parametrize("kind", programs.ATTACKS)
def test_a_program_in_a_style_writes_no_file_however_it_is_written(
    kind: str, tmp_path: Path
) -> None:
    pytest.importorskip("torch")
    written = tmp_path / "written"
    program = programs.attack(kind, written, models.make_card("dots"))
    programs.run_in_torch(program)
    assert written.exists(), "the attack itself works"
    written.unlink()

    bare = tmp_path / "dots.pt"
    bare.write_bytes(program)
    posing = tmp_path / "posing"  # as the checkpoint that the torch engine loads
    models.save_style(posing, "posing")
    (posing / "checkpoint.safetensors").write_bytes(program)
    only = folder_with(tmp_path / "only", program, onnx=False)
    both = folder_with(tmp_path / "both", program, onnx=True)
    for spec in (bare, posing, only, both, pack_with(only), pack_with(both)):
        paint_in_every_way(spec)
        assert not written.exists(), spec.name
        try:
            added = add_style(spec, overwrite=True)
        except StyleError:
            continue
        paint_in_every_way(added.folder)
        assert not written.exists(), f"{spec.name} was added"
        assert not list(added.folder.glob("*.pt"))


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return folder_with(tmp_path / "old", b"a program", onnx=True)


@pytest.mark.parametrize("packed", [False, True])
def test_a_style_of_earlier_days_paints_without_its_program_and_says_so(
    packed: bool, old: Path, user_styles: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spec = pack_with(old) if packed else old
    with caplog.at_level(logging.WARNING):
        added = add_style(spec, overwrite=True)
    assert "taken without dots-fp32.pt: livestyle runs no program" in caplog.text
    assert sorted(file.name for file in added.folder.iterdir()) == ["card.json", "dots.onnx"]
    caplog.clear()
    for style in (find_style(str(spec)), find_style("dots")):
        assert [file.path for file in style.card.all_files] == ["dots.onnx"]
        stylizer = load(style)
        assert (stylizer(PICTURE) == 246).all()
        stylizer.close()
    assert len(caplog.messages) == 1, "what is installed has none to leave out"
    assert set(style_files(find_style(str(spec)))) == {"card.json", "dots.onnx"}


@pytest.mark.parametrize("packed", [False, True])
def test_a_style_of_programs_alone_is_refused_with_what_to_do(packed: bool, tmp_path: Path) -> None:
    spec = folder_with(tmp_path / "only", b"a program", onnx=False)
    with pytest.raises(StyleError, match=r"only TorchScript.*`livestyle export STYLE --to onnx`"):
        add_style(pack_with(spec) if packed else spec, overwrite=True)


def test_a_program_that_the_card_does_not_know_is_no_part_of_a_pack(old: Path) -> None:
    (old / "more.pt").write_bytes(b"a program")
    with pytest.raises(StyleError, match=r"'more\.pt', which its card does not know"):
        find_style(str(pack_with(old)))


@pytest.mark.parametrize("name", ["dots.pt", "dots.PT", "dots.pth", "dots.torchscript"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x04pickle"])
def test_a_bare_program_is_refused_with_what_to_use_instead(
    name: str, content: bytes, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    for use in (find_style, lambda path: add_style(Path(path), overwrite=True)):
        with pytest.raises(StyleError, match=rf"{name} may hold a program.*take the style's .onnx"):
            use(str(tmp_path / name))


def test_a_program_in_a_folder_of_styles_is_passed_over_aloud(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "mine"
    models.save_style(folder / "waves", "waves")
    (folder / "dots.pt").write_bytes(b"a program")
    with caplog.at_level(logging.WARNING):
        assert [style.card.name for style in find_styles(str(folder))] == ["waves"]
    assert "dots.pt may hold a program" in caplog.text


def test_no_engine_reads_a_program_that_a_made_up_style_names(tmp_path: Path) -> None:
    from livestyle.styles.model_file import read_model

    (tmp_path / "x.pt").write_bytes(b"a program")
    entry = ModelFile("x.pt", "torchscript", "fp32", 9, models.sha256(b"a program"), 50.0)
    with pytest.raises(StyleError, match="which no engine here reads"):
        read_model(tmp_path / "x.pt", entry)
