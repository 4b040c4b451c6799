"""Photos: found, bounded, cut; the broken ones counted and passed over."""

import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch

from livestyle.errors import TrainingError
from livestyle.picture import write_picture
from livestyle.training.crops import Crops, random_crop
from livestyle.training.data import PhotoSet


def make_photos(folder: Path, count: int = 5) -> Path:
    rng = np.random.default_rng(0)
    (folder / "sub").mkdir(parents=True)
    for number in range(count):
        pixels = rng.integers(0, 256, (80 + number, 100, 3), dtype=np.uint8)
        write_picture(folder / ("sub" if number % 2 else "") / f"{number}.png", pixels)
    return folder


def test_a_folder_and_a_tar_hold_the_same_photos(tmp_path: Path) -> None:
    folder = make_photos(tmp_path / "photos")
    with tarfile.open(tmp_path / "photos.tar", "w") as archive:
        archive.add(folder, arcname=".")
    from_folder, from_tar = PhotoSet(folder), PhotoSet(tmp_path / "photos.tar")
    assert len(from_folder) == len(from_tar) == 5
    first, second = from_folder.read(0), from_tar.read(0)
    assert first is not None and second is not None
    assert np.array_equal(first, second)


def test_a_corrupt_photo_is_skipped_and_counted(tmp_path: Path) -> None:
    folder = make_photos(tmp_path / "photos", 3)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff not a photo")
    photos = PhotoSet(folder)
    crops = Crops(photos, 64, 4, seed=0)
    batches = [crops.next() for _ in range(3)]
    crops.close()
    assert all(batch.shape == (4, 3, 64, 64) and batch.dtype == torch.uint8 for batch in batches)
    assert photos.skipped == ["broken.jpg"]


def test_only_corrupt_photos_end_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"nothing")
    crops = Crops(PhotoSet(tmp_path), 64, 1, seed=0)
    with pytest.raises(TrainingError, match="None of the 1 photos"):
        crops.next()
    crops.close()


@pytest.mark.parametrize("what", ["missing", "empty", "file"])
def test_no_photos_is_an_error(tmp_path: Path, what: str) -> None:
    path = tmp_path / what
    if what == "empty":
        path.mkdir()
    if what == "file":
        path.write_text("no tar")
    with pytest.raises(TrainingError, match="photos"):
        PhotoSet(path)


def test_batches_are_the_same_for_a_seed_and_go_on_where_a_run_stopped(tmp_path: Path) -> None:
    photos = PhotoSet(make_photos(tmp_path / "photos"))

    def take(start: int, count: int, seed: int = 7) -> list[torch.Tensor]:
        crops = Crops(photos, 64, 3, seed, start=start)
        batches = [crops.next() for _ in range(count)]
        crops.close()
        return batches

    unbroken, resumed, other = take(0, 4), take(2, 2), take(0, 2, seed=8)
    assert torch.equal(unbroken[2], resumed[0]) and torch.equal(unbroken[3], resumed[1])
    assert not torch.equal(unbroken[0], other[0])


def test_a_small_photo_is_blown_up_and_a_large_one_is_not_cut_too_small() -> None:
    rng = np.random.default_rng(0)
    assert random_crop(np.zeros((20, 30, 3), np.uint8), 64, rng).shape == (64, 64, 3)
    gradient = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 256, 0).repeat(3, 2)
    crop = random_crop(gradient, 64, rng)
    assert np.ptp(crop.astype(int)) >= 0.7 * 255  # shows most of the photo
