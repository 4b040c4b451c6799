"""A picture becomes a style, once, and whatever is wrong with it is said in a sentence."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pictures import artwork, save_artwork
from PIL import Image

from livestyle.errors import StyleError
from livestyle.installation import predicted_styles
from livestyle.styles.card import CARD_FILE, StyleCard
from livestyle.styles.from_picture import picture_style
from livestyle.styles.from_picture.picture_style import folder_of, name_of
from livestyle.styles.from_picture.predictor import predict
from livestyle.styles.library import find_style, find_styles
from livestyle.styles.model_file import read_model
from livestyle.styles.style import open_picture_style, reread, stamp, unmade_picture_style


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return predicted_styles()


def refuse(*_: object, **__: object) -> None:
    raise AssertionError("it is made again")


def test_a_picture_is_a_whole_style_with_a_name_a_title_and_a_preview(tmp_path: Path) -> None:
    style = find_style(str(save_artwork(tmp_path / "Grandma's Quilt.jpg")))
    assert (style.card.name, style.card.title) == ("grandma_s_quilt", "Grandma's Quilt")
    assert style.card.precisions == ("fp32", "fp16", "int8")
    assert {file.precision for file in style.card.fine} == {"fp32", "fp16", "int8"}
    for file in style.card.all_files:
        read_model(style.path(file), file)
    assert style.preview.is_file()
    assert StyleCard.load(style.folder) == style.card


def test_it_is_made_once_wherever_the_picture_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = save_artwork(tmp_path / "quilt.png")
    first = folder_of(picture)
    monkeypatch.setattr(picture_style, "predict", refuse)
    (tmp_path / "else").mkdir()
    assert folder_of(picture) == first == folder_of(picture.rename(tmp_path / "else/quilt.png"))


def test_another_picture_stroke_or_name_is_another_style(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: list[tuple[str, ...]] = []
    monkeypatch.setattr(picture_style, "_kept", lambda key, make: keys.append(key))
    picture = save_artwork(tmp_path / "quilt.png")
    folder_of(picture)
    folder_of(picture, 0.7)
    folder_of(picture, name="mine")
    folder_of(save_artwork(picture, seed=1))
    assert len(set(keys)) == 4


def test_another_edition_of_the_painter_makes_it_anew(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []

    def write(folder: Path, *_: object) -> None:
        folder.mkdir(parents=True)
        made.append(folder)

    monkeypatch.setattr(picture_style, "write_style", write)
    picture = save_artwork(tmp_path / "quilt.png")
    folder_of(picture)
    monkeypatch.setattr(picture_style, "_edition", lambda: "another")
    folder_of(picture)
    assert len(set(made)) == 2


def test_the_cache_is_bounded_and_what_was_used_last_stays(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_style, "MOST_KEPT", 3)
    for age_s in range(1, 6):
        old = own_cache / f"old-{age_s}"
        old.mkdir(parents=True)
        (old / "model.onnx").write_bytes(b"x")
        os.utime(old, (1e9 - age_s, 1e9 - age_s))
    fresh = folder_of(save_artwork(tmp_path / "quilt.png"))
    assert {path.name for path in own_cache.iterdir()} == {fresh.name, "old-1", "old-2"}


def test_two_programs_at_once_get_the_same_whole_style(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one begins and ends while this one predicts, and makes room as well."""
    picture = save_artwork(tmp_path / "quilt.png")
    stat = Path.stat
    others: list[Path] = []

    def overtaken(*args: Any) -> object:
        monkeypatch.setattr(picture_style, "predict", predict)
        others.append(folder_of(picture))
        return predict(*args)

    def gone(path: Path, **options: bool) -> os.stat_result:
        if path.name == "gone":
            raise FileNotFoundError(path)
        return stat(path, **options)

    (own_cache / "gone").mkdir(parents=True)
    monkeypatch.setattr(picture_style, "predict", overtaken)
    monkeypatch.setattr(Path, "stat", gone)
    style = open_picture_style(picture)
    assert [style.folder] == others
    for file in style.card.all_files:
        read_model(style.path(file), file)
    assert not list(own_cache.glob(".making-*"))


def test_half_a_style_in_the_cache_is_made_anew(tmp_path: Path, own_cache: Path) -> None:
    picture = save_artwork(tmp_path / "quilt.png")
    style = open_picture_style(picture)
    (style.folder / CARD_FILE).unlink()  # as a killed program leaves it that was making room
    again = open_picture_style(picture)
    assert again == style and (style.folder / CARD_FILE).is_file()


def test_an_emptied_cache_is_filled_with_the_same_files(tmp_path: Path, own_cache: Path) -> None:
    style = find_style(str(save_artwork(tmp_path / "quilt.png")))
    shutil.rmtree(own_cache)
    assert reread(style) == style


def test_what_is_made_of_a_picture_changes_with_the_picture_alone(
    tmp_path: Path, own_cache: Path
) -> None:
    picture = save_artwork(tmp_path / "quilt.png")
    unmade = unmade_picture_style(picture)
    before = stamp(unmade)
    made = reread(unmade)
    assert made.is_made and not unmade.is_made
    shutil.rmtree(own_cache)
    assert stamp(made) == before
    save_artwork(picture, seed=1, size=(210, 150))
    assert stamp(made) != before
    assert reread(made).card.files != made.card.files


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("wave.jpg", "wave"),
        ("A Sunday — 1884.JPG", "a_sunday_1884"),
        ("日本.png", "picture"),
        ("..png.png", "png"),
        ("mosaic.jpg", "mosaic_picture"),
        ("x" * 90 + ".png", "x" * 48),
    ],
)
def test_names(file: str, name: str) -> None:
    assert name_of(Path(file)) == name


def grey16(path: Path) -> None:
    values = artwork()[..., 0].astype(np.uint16) * 257
    Image.fromarray(values).save(path)


def transparent(path: Path) -> None:
    image = Image.fromarray(artwork()).convert("RGBA")
    image.putalpha(Image.fromarray(artwork(1)[..., 0]))
    image.save(path)


def animated(path: Path) -> None:
    frames = [Image.fromarray(artwork(seed)) for seed in range(3)]
    frames[0].save(path, save_all=True, append_images=frames[1:])


ODD: dict[str, Callable[[Path], object]] = {
    "grey.png": lambda path: Image.fromarray(artwork()[..., 0]).save(path),
    "grey16.png": grey16,
    "transparent.png": transparent,
    "cmyk.jpg": lambda path: Image.fromarray(artwork()).convert("CMYK").save(path),
    "animated.gif": animated,
}


@pytest.mark.parametrize("name", ODD)
def test_odd_pictures_are_styles(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As far as the prediction, which is where they differ."""
    monkeypatch.setattr(picture_style, "write_style", lambda folder, *_: folder.mkdir(parents=True))
    ODD[name](tmp_path / name)
    folder_of(tmp_path / name)


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty.jpg": (lambda path: path.touch(), "is not a picture"),
    "text.jpg": (lambda path: path.write_text("hello"), "is not a picture"),
    "half.jpg": (
        lambda path: path.write_bytes(save_artwork(path).read_bytes()[:2000]),
        "cannot be read as a picture",
    ),
    "one.png": (lambda path: save_artwork(path, size=(1, 1)), "1x1 pixels, too few"),
    "line.png": (lambda path: save_artwork(path, size=(2000, 8)), "2000x8 pixels, too few"),
    "flat.png": (
        lambda path: Image.new("RGB", (300, 200), (90, 20, 30)).save(path),
        "one colour all over",
    ),
    "huge.png": (lambda path: Image.new("1", (11000, 10000)).save(path), "limit is 100 million"),
    "pipe.jpg": (os.mkfifo, "no plain file"),
    "clip.mp4": (lambda path: path.write_bytes(bytes(1000)), "is no style"),
    "nowhere.jpg": (lambda path: None, "There is no style at"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_bad_pictures_are_refused_with_their_names(name: str, tmp_path: Path) -> None:
    make, said = BAD[name]
    make(tmp_path / name)
    with pytest.raises(StyleError, match=said) as refused:
        find_style(str(tmp_path / name))
    assert name in str(refused.value)


def test_a_file_that_may_not_be_read_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbid(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(picture_style, "read_regular", forbid)
    with pytest.raises(StyleError, match=r"mine\.jpg cannot be read \(Permission denied\)"):
        find_style(str(save_artwork(tmp_path / "mine.jpg")))


def test_a_cache_that_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(StyleError, match=r"No style can be kept in .*Not a directory"):
        find_style(str(save_artwork(tmp_path / "mine.jpg")))


def test_a_folder_of_pictures_is_a_set_that_nothing_is_made_of_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_style, "predict", refuse)
    for name in ("Wave.jpg", "wave.png", "b.webp", "日本.png", "浮世絵.png"):
        save_artwork(tmp_path / name)
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "sub.jpg").mkdir()
    os.mkfifo(tmp_path / "pipe.jpg")
    styles = {style.card.name: style for style in find_styles(str(tmp_path))}
    assert sorted(styles) == ["b", "picture", "picture_2", "wave", "wave_2"]
    assert styles["wave"].preview == tmp_path / "Wave.jpg"
    assert styles["wave_2"].preview == tmp_path / "wave.png"


def test_a_folder_of_junk_is_no_set(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(StyleError, match="nor pictures"):
        find_styles(str(tmp_path))
