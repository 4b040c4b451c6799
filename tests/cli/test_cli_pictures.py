"""Pictures as styles, as their user has them: every command takes them, and says what is wrong."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_runs import Ended, decoded
from media import make_clip
from pictures import save_artwork
from PIL import Image

from livestyle.styles.card import StyleCard

Livestyle = Callable[..., Ended]


@pytest.fixture(autouse=True)
def picture() -> Path:
    return save_artwork(Path("Quilt.jpg"))


def test_commands_paint_like_a_picture(livestyle: Livestyle) -> None:
    photo = save_artwork(Path("photo.png"), seed=5)
    ended = livestyle("image", "-s", "Quilt.jpg", photo, "painted.png")
    assert ended.code == 0, ended.err
    with Image.open("painted.png") as painted:
        assert painted.size == (200, 150)
    make_clip(Path("clip.mp4"), frames=3)
    ended = livestyle("video", "-s", "Quilt.jpg", "clip.mp4", "painted.mp4")
    assert ended.code == 0 and len(decoded(Path("painted.mp4")).pictures) == 3, ended.err
    demo = ("cam", "--source", "demo", "--size", "64x48", "--no-display", "--max-frames", "2")
    assert livestyle(*demo, "--style", "Quilt.jpg", "--report", "r.json").code == 0
    assert json.loads(Path("r.json").read_text())["style_history"][0]["style"] == "quilt"


def test_a_picture_is_added_shown_and_exported(livestyle: Livestyle) -> None:
    own = ("styles", "add", "Quilt.jpg", "--name", "grandmas", "--stroke", "0.7")
    try:
        added = livestyle(*own)
        card = StyleCard.load(Path(added.out.strip()))
        assert (card.name, card.title, card.training["stroke"]) == ("grandmas", "Quilt", 0.7)
        again = livestyle(*own)
        assert again.code == 5 and "--overwrite" in again.err
        assert "dB from its fp32 file" in livestyle("styles", "show", "grandmas").out
        assert livestyle("export", "grandmas", "--to", "pack", "--out", "out").code == 0
    finally:
        livestyle("styles", "remove", "grandmas")
    ended = livestyle("export", "Quilt.jpg", "--precision", "int8", "--out", "out")
    assert (ended.code, ended.out.strip()) == (0, "out/quilt"), ended.err
    assert StyleCard.load(Path("out/quilt")).precisions == ("int8",)
    for style in ("out/quilt", "out/grandmas.livestyle"):
        ended = livestyle("image", "-s", style, "Quilt.jpg", "o.png", "-y")
        assert ended.code == 0, ended.err
    assert livestyle("export", "Quilt.jpg", "--out", "out").code == 5
    refused = livestyle("export", "Quilt.jpg", "--to", "torchscript")
    assert refused.code == 4 and "no trained network" not in refused.out
    assert "Take --to onnx" in refused.err


def test_names_and_strokes_are_for_pictures(livestyle: Livestyle) -> None:
    assert livestyle("styles", "add", "Quilt.jpg", "--name", "Big Name").code == 2
    assert livestyle("styles", "add", "Quilt.jpg", "--stroke", "9").code == 2


@pytest.mark.parametrize(
    ("style", "said"),
    [
        ("empty.jpg", "empty.jpg is not a picture"),
        ("text.jpg", "text.jpg is not a picture"),
        ("huge.png", "the limit is 100 million"),
        ("flat.png", "one colour all over"),
        ("one.png", "1x1 pixels"),
        ("nowhere.jpg", "There is no style at nowhere.jpg"),
        ("clip.mp4", "clip.mp4 is no style"),
        ("Quilt.jpg+text.jpg:0.5", "text.jpg is not a picture"),
        ("Quilt.jpg+nothing:0.5", "no style called 'nothing'"),
        ("Quilt.jpg+mosaic:2", "shares"),
        ("junk", "junk"),
    ],
)
def test_bad_pictures_are_one_sentence(style: str, said: str, livestyle: Livestyle) -> None:
    Path("empty.jpg").touch()
    Path("text.jpg").write_text("hello")
    Path("clip.mp4").write_bytes(bytes(1000))
    Image.new("1", (11000, 10000)).save("huge.png")
    Image.new("RGB", (200, 150), (9, 9, 9)).save("flat.png")
    save_artwork(Path("one.png"), size=(1, 1))
    Path("junk").mkdir()
    Path("junk/notes.txt").write_text("hello")
    demo = ("cam", "--source", "demo", "--no-display", "--max-frames", "1")
    ended = livestyle(*demo, "--style", style)
    assert (ended.code, ended.out) == (4, ""), ended.err
    (line,) = ended.err.splitlines()
    assert line.startswith("livestyle: ") and said in line and len(line) < 400


def test_a_cache_that_cannot_be_written_is_one_sentence(
    livestyle: Livestyle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(Path("Quilt.jpg").absolute()))
    ended = livestyle("image", "-s", "Quilt.jpg", "Quilt.jpg", "o.png")
    assert ended.code == 4 and "No style can be kept in" in ended.err
    assert len(ended.err.splitlines()) == 1


def test_help_tells_of_pictures_and_mixtures(livestyle: Livestyle) -> None:
    for command in ("cam", "image", "video", "bench"):
        said = " ".join(livestyle(command, "--help").out.split())
        assert "a picture to paint like" in said and "mosaic+wave.jpg:0.3" in said, command
