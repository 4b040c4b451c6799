"""What a run shows of itself: tables, sheet, TensorBoard and report."""

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from livestyle.images import read_picture, write_picture
from livestyle.styles.card import StyleCard
from livestyle.training.callbacks import history, preview, tensorboard
from livestyle.training.callbacks.callback import Callback, Progress
from livestyle.training.callbacks.history import History, read_table
from livestyle.training.callbacks.preview import GAP_PX, MAX_COLUMNS, SIDE_PX, Preview, milestones
from livestyle.training.callbacks.tensorboard import TensorBoard
from livestyle.training.config import TrainConfig
from livestyle.training.loop import Trainer
from livestyle.training.report import write_report

CLIP = [
    np.roll(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8), n, 1)
    for n in range(3)
]


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of a few steps show what others show of thousands."""
    monkeypatch.setattr(history, "LOSSES_EVERY", 2)
    monkeypatch.setattr(tensorboard, "LOSSES_EVERY", 2)
    monkeypatch.setattr(preview, "FIRST_STEP", 2)


class Interrupt(Callback):
    """Ends a run after a step."""

    def __init__(self, step: int) -> None:
        self._step = step

    def started(self, trainer: Trainer) -> None:
        self._trainer = trainer

    def stepped(self, progress: Progress) -> None:
        if progress.step == self._step:
            self._trainer.stop()


def columns_of(sheet: Path) -> int:
    width = int(read_picture(sheet).shape[1]) + GAP_PX
    assert width % (SIDE_PX + GAP_PX) == 0
    return width // (SIDE_PX + GAP_PX)


def test_tables_and_sheet_of_a_run_that_was_interrupted(config: TrainConfig) -> None:
    config = replace(config, steps=6, save_every=5)
    Trainer(config).run([History(CLIP), Preview(), Interrupt(3)])
    # The process may die between a line and the next checkpoint; that line is taken again.
    with (config.out / "losses.csv").open("a") as file:
        file.write("4,1,1,1,1,1\n6,1,")
    assert columns_of(config.out / "preview.jpg") == 3  # photos, step 2, step 3

    Trainer(config, resume=True).run([History(CLIP), Preview()])
    losses = read_table(config.out / "losses.csv")
    weighed = ["content", "style", "tv", "steadiness", "colour", "detail", "face"]
    assert list(losses) == ["step", *weighed]
    assert losses["step"] == [2, 4, 6]
    assert losses["content"][1] != 1
    steadiness = read_table(config.out / "steadiness.csv")
    assert steadiness["step"] == [3, 5, 6]
    assert all(value > 0 for name in ("flow_error", "clip_ratio") for value in steadiness[name])
    columns = sorted(path.name for path in (config.out / "previews").iterdir())
    assert columns == ["000002.jpg", "000004.jpg", "000006.jpg"]
    assert columns_of(config.out / "preview.jpg") == 4


def test_a_new_run_drops_the_pictures_of_an_older_one(config: TrainConfig) -> None:
    folder = config.out / "previews"
    folder.mkdir(parents=True)
    write_picture(folder / "000001.jpg", np.zeros((8, 8, 3), np.uint8))
    (folder / "000002.jpg").write_text("broken")
    (folder / "mine.jpg").write_text("broken")
    Trainer(replace(config, steps=1)).run([Preview()])
    assert [path.name for path in folder.iterdir()] == ["000001.jpg"]


def test_the_sheet_stays_bounded() -> None:
    assert milestones(1) == [2]
    assert milestones(19) == [2, 4, 8, 16]
    longest = milestones(1_000_000)
    assert len(longest) == MAX_COLUMNS - 1
    assert longest[-1] == 2**19


def test_tensorboard_has_losses_flicker_and_pictures(config: TrainConfig) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    kept = History(CLIP)
    Trainer(replace(config, steps=4, save_every=2)).run([kept, TensorBoard(kept)])
    events = EventAccumulator(str(config.out))
    events.Reload()
    tags = events.Tags()
    assert {"learning_rate", "loss/content", "steadiness/clip_ratio"} <= set(tags["scalars"])
    assert [event.step for event in events.Scalars("steadiness/flow_error")] == [2, 4]
    assert len(tags["images"]) == 6


def test_a_run_without_tensorboard(config: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    kept = History(CLIP)
    assert Trainer(replace(config, steps=1)).run([kept, TensorBoard(kept)]).is_file()


@pytest.fixture
def run(config: TrainConfig) -> Iterator[Path]:
    """A run with a hostile title."""
    config = replace(config, steps=2, save_every=1, title="<script>alert(1)</script>")
    Trainer(config).run([History(CLIP), Preview()])
    yield config.out


def test_the_report_has_everything_inside_and_no_program(run: Path) -> None:
    page = write_report(run).read_text(encoding="utf-8")
    assert "<script" not in page and "&lt;script&gt;" in page
    sources = re.findall(r'(?:src|href)="([^"]{0,30})', page)
    assert len(sources) == 3  # artwork, preview, curves
    assert all(source.startswith("data:image/") for source in sources)
    assert "livestyle export" in page and "livestyle cam" not in page


def test_the_report_of_an_exported_run(run: Path, config: TrainConfig) -> None:
    card = StyleCard("mine", "A", "B", "", "CC0", "", "light", 1, 1.0)
    page = write_report(run, card).read_text(encoding="utf-8")
    assert f"livestyle cam --style {run}" in page


def test_the_report_without_matplotlib_artwork_and_pictures(
    run: Path, config: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    config.style_image.unlink()
    (run / "preview.jpg").unlink()
    page = write_report(run).read_text(encoding="utf-8")
    assert "matplotlib is not installed" in page and "<img" not in page
