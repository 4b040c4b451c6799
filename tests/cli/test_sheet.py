"""`livestyle sheet`: a tile for every style, painted by what was asked for."""

import io
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cli_runs import Ended
from models import blur_model, save_onnx, save_style
from PIL import Image

from livestyle.cli import sheet
from livestyle.images import read_picture, write_picture
from livestyle.styles.library import find_style


@pytest.fixture
def one_style(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The only style: the negative in fp32, and a grey picture in fp16."""
    folder = tmp_path / "tiny"
    card = save_style(folder)
    grey = replace(save_onnx(blur_model(), folder / "tiny-fp16.onnx", card), precision="fp16")
    card.with_files([*card.files, grey]).save(folder)
    monkeypatch.setattr(sheet, "list_styles", lambda: [find_style(str(folder))])


@pytest.mark.parametrize(("asked", "expected"), [("fp32", 195), ("fp16", 127)])
def test_each_style_has_a_tile(
    livestyle: Callable[..., Ended], one_style: None, tmp_path: Path, asked: str, expected: int
) -> None:
    write_picture(tmp_path / "grey.png", np.full((90, 120, 3), 60, np.uint8))
    ended = livestyle("sheet", tmp_path / "grey.png", tmp_path / "out.png", "--width", 120,
                      "--precision", asked)  # fmt: skip
    assert ended.code == 0, ended.err
    tiles = np.split(read_picture(tmp_path / "out.png")[:, :240], 2, axis=1)
    assert [int(np.median(tile)) for tile in tiles] == [60, pytest.approx(expected, abs=1)]


def test_an_engine_that_has_no_file_is_an_error(
    livestyle: Callable[..., Ended], one_style: None, tmp_path: Path
) -> None:
    write_picture(tmp_path / "grey.png", np.full((90, 120, 3), 60, np.uint8))
    ended = livestyle("sheet", tmp_path / "grey.png", tmp_path / "out.png", "--engine", "torch")
    assert ended.code == 4 and "has no checkpoint.safetensors" in ended.err
    assert not (tmp_path / "out.png").exists()


def test_chosen_styles_to_standard_output(tmp_path: Path) -> None:
    for name in ("one", "other"):
        save_style(tmp_path / name, name)
    write_picture(tmp_path / "grey.png", np.full((90, 120, 3), 60, np.uint8))
    command = [sys.executable, "-m", "livestyle", "sheet", "-", "-", "--width", "120"]
    done = subprocess.run(
        [*command, "--styles", f"{tmp_path / 'other'},{tmp_path / 'one'}"],
        input=(tmp_path / "grey.png").read_bytes(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    page = np.asarray(Image.open(io.BytesIO(done.stdout)))
    tiles = [page[:90, left : left + 120] for left in (0, 128, 256)]
    assert [int(np.median(tile)) for tile in tiles] == [60, 195, 195]
