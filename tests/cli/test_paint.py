"""`livestyle paint`, with a loss network that never learned anything."""

import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from cli_runs import Ended, Running, decoded, difference
from media import make_clip
from safetensors.torch import save_file

from livestyle.images import read_picture, write_picture
from livestyle.nets.vgg import LossNetwork
from livestyle.training.similarity import LAYERS

Command = Callable[..., Ended]


@pytest.fixture(scope="module")
def vgg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("vgg") / "vgg.safetensors"
    save_file(LossNetwork("vgg16", LAYERS).state_dict(), path)
    return path


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A photo of 96x72 and an artwork."""
    rng = np.random.default_rng(0)
    photo, artwork = tmp_path / "photo.png", tmp_path / "artwork.png"
    for path, colour in ((photo, (40, 90, 160)), (artwork, (230, 120, 20))):
        squares = np.clip(np.array(colour) + rng.integers(-40, 41, (6, 8, 3)), 0, 255)
        pixels = squares.astype(np.uint8).repeat(12, axis=0).repeat(12, axis=1)
        write_picture(path, pixels)
    return photo, artwork


@pytest.fixture
def options(vgg: Path) -> list[object]:
    return [
        *("--loss-network", "vgg16", "--vgg-weights", vgg),
        *("--steps", 6, "--size", 64, "--device", "cpu", "--precision", "fp32"),
    ]


def test_a_pair_is_painted_and_its_figures_are_said(
    livestyle: Command, pair: tuple[Path, Path], options: list[object]
) -> None:
    done = livestyle("paint", *pair, "out.png", "--method", "hrnet", *options)
    assert (done.code, done.out) == (0, "out.png\n"), done.err
    assert "SSIM of gradients" in done.err and "style error" in done.err
    assert read_picture(Path("out.png")).shape == (72, 96, 3)
    assert not Path("out.preview.jpg").exists()


def test_everything_that_can_be_kept_is_kept(
    livestyle: Command, pair: tuple[Path, Path], options: list[object]
) -> None:
    done = livestyle(
        *("paint", *pair, "out.png", "--method", "hrnet", *options),
        *("--preview", "p.jpg", "--save-every", 3, "--timelapse", "t.mp4"),
        *("--keep-network", "n.safetensors"),
    )
    assert done.code == 0, done.err
    painted = read_picture(Path("out.png"))
    assert difference(read_picture(Path("p.jpg")), painted) < 6
    assert Path("out-00003.png").exists() and Path("out-00006.png").exists()
    assert len(decoded(Path("t.mp4")).pictures) == 56
    again = livestyle("paint", "--network", "n.safetensors", pair[0], "again.png")
    assert again.code == 0, again.err
    assert difference(read_picture(Path("again.png")), painted) < 0.1


def test_a_kept_network_paints_a_video_frame_by_frame(
    livestyle: Command, pair: tuple[Path, Path], options: list[object]
) -> None:
    kept = ["--keep-network", "n.safetensors"]
    assert livestyle("paint", *pair, "o.png", "--method", "hrnet", *kept, *options).code == 0
    make_clip(Path("clip.mp4"), frames=5)
    done = livestyle("paint", "--network", "n.safetensors", "clip.mp4", "painted.mp4")
    assert done.code == 0, done.err
    original, painted = decoded(Path("clip.mp4")), decoded(Path("painted.mp4"))
    assert len(painted.pictures) == len(original.pictures) == 5
    assert painted.pictures[0].shape == original.pictures[0].shape
    assert difference(painted.pictures[0], original.pictures[0]) > 5
    assert livestyle("paint", "--network", "n.safetensors", "clip.mp4", "clip.mp4", "-y").code == 5
    assert livestyle("paint", "--network", pair[0], pair[0], "x.png").code == 4


def test_several_artworks_are_weighed(
    livestyle: Command, pair: tuple[Path, Path], options: list[object]
) -> None:
    photo, artwork = pair
    styles = ["--style", f"{artwork}:0.7", "--style", f"{photo}:0.3"]
    assert livestyle("paint", photo, "out.png", *styles, *options).code == 0
    assert livestyle("paint", photo, "b.png", "--style", f"{photo}:0", *options).code == 2
    assert livestyle("paint", photo, "b.png", *options).code == 2


def test_a_sweep_is_one_sheet_of_three_strengths(
    livestyle: Command, pair: tuple[Path, Path], options: list[object]
) -> None:
    done = livestyle("paint", *pair, "sheet.png", "--sweep", *options)
    assert done.code == 0, done.err
    height, width = read_picture(Path("sheet.png")).shape[:2]
    assert width > 4 * height
    assert livestyle("paint", *pair, "s.png", "--sweep", "--timelapse", "t.mp4").code == 2


def test_nothing_is_overwritten_unasked_and_an_input_never(
    livestyle: Command, pair: tuple[Path, Path], options: list[object]
) -> None:
    older = read_picture(pair[0])
    write_picture(Path("out.png"), older)
    refused = livestyle("paint", *pair, "out.png", *options)
    assert refused.code == 5 and "--overwrite" in refused.err
    assert np.array_equal(read_picture(Path("out.png")), older)
    assert livestyle("paint", *pair, pair[1], "-y", *options).code == 5
    assert livestyle("paint", *pair, "n.png", "--preview", pair[0], "-y", *options).code == 5
    assert np.array_equal(read_picture(pair[0]), older)
    assert livestyle("paint", *pair, "out.png", "-y", *options).code == 0
    assert not np.array_equal(read_picture(Path("out.png")), older)


def test_places_that_cannot_be_written_are_named_before_the_work(
    livestyle: Command, pair: tuple[Path, Path], options: list[object]
) -> None:
    for words in (
        ["none/out.png"],
        ["out.txt"],
        ["out.png", "--preview", "none/p.jpg"],
        ["out.png", "--preview", "out.png"],
        ["out.png", "--timelapse", "none/t.mp4"],
    ):
        done = livestyle("paint", *pair, *words, *options)
        assert done.code == 5, (words, done.err)
        assert "step" not in done.err
    assert not Path("out.png").exists()


def test_what_cannot_be_read_is_named(
    livestyle: Command, pair: tuple[Path, Path], options: list[object]
) -> None:
    assert livestyle("paint", "none.png", pair[1], "out.png", *options).code == 3
    missing = livestyle(
        *("paint", *pair, "out.png", "--loss-network", "vgg16", "--vgg-weights", "none.pt")
    )
    assert missing.code == 1 and "no weights file" in missing.err
    assert not Path("out.png").exists()


def test_the_best_so_far_survives_ctrl_c(
    start: Callable[..., Running], pair: tuple[Path, Path], vgg: Path
) -> None:
    program = start(
        *("paint", *pair, "out.png", "--method", "hrnet", "--steps", 100000),
        *("--size", 64, "--loss-network", "vgg16", "--vgg-weights", vgg, "--save-every", 2),
    )
    folder = pair[0].parent
    program.wait_for((folder / "out-00004.png").exists, "a few steps")
    program.send(signal.SIGINT)
    done = program.ended()
    assert done.code == 130
    assert "best so far is in out.png" in done.err
    painted, photo = read_picture(folder / "out.png"), read_picture(pair[0])
    assert painted.shape == photo.shape and difference(painted, photo) > 5
    assert not list(folder.glob("*.partial"))
