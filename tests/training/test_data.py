"""Photos: found, bounded, cut; the broken ones counted and passed over."""

import io
import tarfile
import zipfile
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import torch

from livestyle import images
from livestyle.errors import TrainingError
from livestyle.images import read_picture, write_picture
from livestyle.training.config import TrainConfig
from livestyle.training.data import archive
from livestyle.training.data.crops import DeviceCrops, ThreadedCrops, cut_out
from livestyle.training.data.faces import FaceFinder
from livestyle.training.data.photo_cache import Album, Cut, DeviceAlbum, random_cut
from livestyle.training.data.photos import PhotoSet


def make_photos(folder: Path, count: int = 5) -> Path:
    rng = np.random.default_rng(0)
    (folder / "sub").mkdir(parents=True)
    for number in range(count):
        pixels = rng.integers(0, 256, (80 + number, 100, 3), dtype=np.uint8)
        write_picture(folder / ("sub" if number % 2 else "") / f"{number}.png", pixels)
    return folder


def settings(photos: Path, batch: int = 4, seed: int = 0) -> TrainConfig:
    return TrainConfig(
        style_image=photos, photos=photos, name="x", out=photos, batch=batch, crop_px=64, seed=seed
    )


def take(
    photos: PhotoSet,
    count: int,
    start: int = 0,
    batch: int = 4,
    seed: int = 7,
    share: slice = slice(None),
    room_bytes: int | None = None,
) -> list[torch.Tensor]:
    album = Album(photos, 64, room_bytes)
    crops = ThreadedCrops(album, settings(photos.path, batch, seed), start, share)
    try:
        return [crops.next() for _ in range(count)]
    finally:
        crops.close()


def pack(folder: Path, kind: str) -> Path:
    path = folder.with_suffix(f".{kind}")
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as zipped:
            for file in sorted(folder.rglob("*.png")):
                zipped.write(file, file.relative_to(folder))
        return path
    with tarfile.open(path, "w" if kind == "tar" else "w:gz") as archived:
        archived.add(folder, arcname=".")
    return path


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
def test_a_folder_and_an_archive_hold_the_same_photos(tmp_path: Path, kind: str) -> None:
    folder = make_photos(tmp_path / "photos")
    from_folder, from_archive = PhotoSet(folder), PhotoSet(pack(folder, kind))
    assert len(from_folder) == len(from_archive) == 5
    for index in range(5):
        first, second = from_folder.read(index), from_archive.read(index)
        assert first is not None and second is not None
        assert np.array_equal(first, second)


def test_what_cannot_be_used_is_skipped_and_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_photos(tmp_path / "photos", 3)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff not a photo")
    whole = (folder / "0.png").read_bytes()
    (folder / "cut.png").write_bytes(whole[: len(whole) // 2])
    write_picture(folder / "tiny.png", np.zeros((20, 200, 3), np.uint8))
    monkeypatch.setattr(images, "MAX_PIXELS", 90 * 110)
    write_picture(folder / "huge.png", np.zeros((100, 100, 3), np.uint8))
    (folder / "notes.txt").write_text("not a picture at all")
    photos = PhotoSet(folder)
    batches = take(photos, 4)
    assert all(batch.shape == (4, 3, 64, 64) and batch.dtype == torch.uint8 for batch in batches)
    photos.write_skipped(tmp_path / "skipped.txt")
    lines = (tmp_path / "skipped.txt").read_text().splitlines()
    assert [line.split("\t")[0] for line in lines] == [
        "broken.jpg",
        "cut.png",
        "huge.png",
        "tiny.png",
    ]
    assert "100x100" in lines[2] and "200x20" in lines[3]


def test_a_run_without_skipped_photos_lists_none(tmp_path: Path) -> None:
    photos = PhotoSet(make_photos(tmp_path / "photos"))
    photos.write_skipped(tmp_path / "skipped.txt")
    assert not (tmp_path / "skipped.txt").exists()


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_names_that_climb_out_write_nothing(tmp_path: Path, kind: str) -> None:
    folder = make_photos(tmp_path / "in" / "photos", 2)
    data = (folder / "0.png").read_bytes()
    path = tmp_path / "in" / f"evil.{kind}"
    names = ["../../evil.png", "/evil.png", "fine\nfake.png"]
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as zipped:
            for name in names:
                zipped.writestr(name, data)
    else:
        with tarfile.open(path, "w") as archived:
            for name in names:
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archived.addfile(info, io.BytesIO(data))
            link = tarfile.TarInfo("link.png")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archived.addfile(link)
    before = set(tmp_path.rglob("*"))
    photos = PhotoSet(path)
    assert len(photos) == 3  # the link is none
    assert all(photos.read(index) is not None for index in range(3))
    assert set(tmp_path.rglob("*")) == before


def test_a_zip_bomb_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_FILE_BYTES", 100_000)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("bomb.png", b"\0" * 1_000_000)
    photos = PhotoSet(tmp_path / "bomb.zip")
    assert photos.read(0) is None
    assert "more than" in photos.skipped["bomb.png"]


@pytest.mark.parametrize("limit", ["MAX_HELD_BYTES", "MAX_PASSED_BYTES"])
def test_a_tar_bomb_ends_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(archive, limit, 20_000)
    with pytest.raises(TrainingError, match="give the folder"):
        PhotoSet(pack(make_photos(tmp_path / "photos"), "tar.gz"))


def test_only_corrupt_photos_end_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"nothing")
    with pytest.raises(TrainingError, match="None of the 1 photos"):
        take(PhotoSet(tmp_path), 1)


@pytest.mark.parametrize("what", ["missing", "empty", "file"])
def test_no_photos_is_an_error(tmp_path: Path, what: str) -> None:
    path = tmp_path / what
    if what == "empty":
        path.mkdir()
    if what == "file":
        path.write_text("no tar")
    with pytest.raises(TrainingError, match="photos"):
        PhotoSet(path)


def test_few_photos_are_refused_and_not_many_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(TrainingError, match=r"has 10 photos.*20 at least"):
        PhotoSet(make_photos(tmp_path / "ten", 10)).check_enough()
    PhotoSet(make_photos(tmp_path / "more", 21)).check_enough()
    assert "only 21 photos" in caplog.text


def test_batches_are_the_same_for_a_seed_and_go_on_where_a_run_stopped(tmp_path: Path) -> None:
    photos = PhotoSet(make_photos(tmp_path / "photos"))
    unbroken, resumed, other = take(photos, 4), take(photos, 2, start=2), take(photos, 2, seed=8)
    assert torch.equal(unbroken[2], resumed[0]) and torch.equal(unbroken[3], resumed[1])
    assert not torch.equal(unbroken[0], other[0])


def test_two_shares_make_the_batch_whatever_is_kept_in_memory(tmp_path: Path) -> None:
    folder = make_photos(tmp_path / "photos")
    (folder / "0a.png").write_bytes(b"broken")
    whole = take(PhotoSet(folder), 4)
    left = take(PhotoSet(folder), 4, share=slice(0, 2), room_bytes=0)
    right = take(PhotoSet(folder), 4, share=slice(2, 4), room_bytes=30_000)
    for batch, *halves in zip(whole, left, right, strict=True):
        assert torch.equal(batch, torch.cat(halves))


def test_photos_are_decoded_once_where_there_is_room(tmp_path: Path) -> None:
    photos = PhotoSet(make_photos(tmp_path / "photos"))
    roomy, cramped = Album(photos, 64), Album(photos, 64, room_bytes=0)
    assert roomy.read(0) is roomy.read(0)
    assert cramped.read(0) is not cramped.read(0)


def test_large_photos_are_kept_no_larger_than_crops_need(tmp_path: Path) -> None:
    write_picture(tmp_path / "large.png", np.zeros((400, 600, 3), np.uint8))
    photo = Album(PhotoSet(tmp_path), crop_px=96).read(0)
    assert photo is not None and photo.shape == (128, 192, 3)


def test_a_small_photo_is_blown_up_and_a_large_one_is_not_cut_too_small() -> None:
    rng = np.random.default_rng(0)
    small = random_cut((20, 30), 64, rng)
    assert cut_out(np.zeros((20, 30, 3), np.uint8), small, 64).shape == (64, 64, 3)
    for _ in range(50):
        cut = random_cut((200, 300), 64, rng)
        assert 150 <= cut.side <= 200
        assert cut.top + cut.side <= 200 and cut.left + cut.side <= 300


def test_the_device_cuts_what_the_processor_cuts(tmp_path: Path) -> None:
    """Smooth pictures, so that two ways to scale agree."""
    y, x = np.mgrid[0:150, 0:200]
    for number in range(3):
        pixels = np.stack([y + number * 20, x, (x + y) // 2], axis=2).astype(np.uint8)
        write_picture(tmp_path / f"{number}.png", pixels)
    album = Album(PhotoSet(tmp_path), 150)
    on_device = DeviceAlbum(album, torch.device("cpu"))
    cuts = [
        (0, Cut(10, 20, 100, flip=False)),
        (2, Cut(0, 63, 137, flip=True)),
        (1, Cut(86, 136, 64, flip=False)),
    ]
    found = on_device.cut(cuts, 64)
    for crop, (number, cut) in zip(found, cuts, strict=True):
        photo = album.read(number)
        assert photo is not None
        expected = torch.tensor(cut_out(photo, cut, 64)).permute(2, 0, 1)
        assert (crop.int() - expected.int()).abs().max() <= 2


def test_a_face_is_found_and_cut_with_its_photo(tmp_path: Path) -> None:
    portrait = read_picture(Path(str(files("livestyle.sources") / "demo.jpg")))
    mask = FaceFinder().mask(portrait)
    rows, columns = np.nonzero(mask)
    assert rows.min() > 45 and rows.max() < 195
    assert columns.min() > 165 and columns.max() < 285
    assert mask[120, 222] == 255  # the nose
    write_picture(tmp_path / "portrait.png", portrait)
    album = Album(PhotoSet(tmp_path), 150, faces=FaceFinder())
    photo = album.read(0)
    assert photo is not None and photo.shape == (200, 200, 4)
    cut = Cut(0, 60, 80, flip=True)
    crop = cut_out(photo, cut, 64)
    assert crop[:, ::-1][38, 21, 3] == 255 and crop[60, 60, 3] == 0
    assert np.array_equal(crop[..., :3], cut_out(photo[..., :3], cut, 64))
    on_device = DeviceAlbum(album, torch.device("cpu")).cut([(0, cut)], 64)[0]
    assert on_device.shape == (4, 64, 64) and on_device[3, 38, 63 - 21] == 255


def test_a_photo_without_a_face_has_an_empty_mask() -> None:
    assert not FaceFinder().mask(np.full((64, 80, 3), 128, np.uint8)).any()


def test_crops_of_the_device_do_not_depend_on_the_share(tmp_path: Path) -> None:
    folder = make_photos(tmp_path / "photos")
    album = DeviceAlbum(Album(PhotoSet(folder), 64), torch.device("cpu"))

    def batches(share: slice, start: int = 0) -> list[torch.Tensor]:
        crops = DeviceCrops(album, settings(folder), start, share)
        return [crops.next() for _ in range(3)]

    whole, left, right = batches(slice(None)), batches(slice(0, 2)), batches(slice(2, 4))
    assert all(
        torch.equal(batch, torch.cat(halves))
        for batch, *halves in zip(whole, left, right, strict=True)
    )
    assert torch.equal(whole[2], batches(slice(None), start=2)[0])
