"""`livestyle video`, `image` and `styles`: files in, files out."""

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from signal import SIGINT

import av
import numpy as np
import pytest
from cli_runs import Ended, Running, decoded, difference, plays
from media import cut_short, make_clip, moving_bar, noise
from models import save_style
from PIL import Image

from livestyle.cli.image import tile_progress
from livestyle.sources.file import VideoFile

Livestyle = Callable[..., Ended]
VFR_S = [0.0, 0.033, 0.1, 0.4, 0.45, 0.9, 1.0]


def ticks(path: Path) -> list[int]:
    """When each picture is shown, in milliseconds."""
    with av.open(str(path)) as container:
        return [round(float(frame.time) * 1000) for frame in container.decode(video=0)]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_every_frame_at_its_own_time(suffix: str, livestyle: Livestyle) -> None:
    clip = make_clip(Path("clip.mkv"), times_s=VFR_S)
    ended = livestyle("video", clip, f"out{suffix}")
    assert (ended.code, ended.out) == (0, f"out{suffix}\n"), ended.err
    assert ended.err == "Painted 7 frames of clip.mkv.\n", "and no bar without a terminal"
    assert ticks(Path(f"out{suffix}")) == ticks(clip)
    original = decoded(clip).pictures[2]
    assert difference(decoded(Path(f"out{suffix}")).pictures[2], 255 - original) < 6


def test_sound_is_kept_or_left_out(livestyle: Livestyle) -> None:
    clip = make_clip(Path("clip.mp4"), frames=15, audio_s=0.5)
    assert livestyle("video", clip, "with.mp4").code == 0
    assert livestyle("video", clip, "without.mp4", "--no-audio").code == 0
    assert livestyle("video", clip, "again.mp4", "--no-audio", "--audio").code == 0
    assert decoded(Path("again.mp4")).sound_s > 0
    assert decoded(Path("with.mp4")).sound_s == pytest.approx(decoded(clip).sound_s, abs=0.03)
    assert decoded(Path("without.mp4")).sound_s == 0


@pytest.mark.parametrize(
    ("options", "size"),
    [
        (("--size", "32x20"), (32, 20)),
        (("--height", "24"), (32, 24)),
        (("--height", "96"), (128, 96)),
        (("--size", "1x1"), (16, 16)),  # the least that encoders take
    ],
)
def test_sizes(options: tuple[str, str], size: tuple[int, int], livestyle: Livestyle) -> None:
    clip = make_clip(Path("clip.mp4"), frames=3)
    assert livestyle("video", clip, "out.mp4", *options).code == 0
    pictures = decoded(Path("out.mp4")).pictures
    assert len(pictures) == 3 and pictures[0].shape == (size[1], size[0], 3)


def test_part_of_a_clip(livestyle: Livestyle) -> None:
    clip = make_clip(Path("clip.mp4"), frames=60, audio_s=2.0)
    ended = livestyle("video", clip, "out.mp4", "--start", "0.5", "--end", "0:01.5")
    assert ended.code == 0, ended.err
    part = decoded(Path("out.mp4"))
    assert len(part.pictures) == 30
    assert part.times_s[0] == pytest.approx(0.0, abs=0.001)
    assert part.sound_s == pytest.approx(1.0, abs=0.06)
    middle = decoded(clip).pictures[15]
    assert difference(part.pictures[0], 255 - middle) < 6
    assert livestyle("video", clip, "none.mp4", "--start", "9").code == 3
    assert not list(Path().glob("none*"))


def test_several_clips_into_a_folder(livestyle: Livestyle) -> None:
    """One that is broken does not keep the others from being painted."""
    make_clip(Path("one.mp4"), frames=3)
    cut_short(make_clip(Path("broken.mp4")), 0.3)
    make_clip(Path("two.webm"), frames=4)
    ended = livestyle("video", "one.mp4", "broken.mp4", "two.webm", "painted")
    assert ended.code == 3
    assert ended.out.split() == [str(Path("painted/one.mp4")), str(Path("painted/two.webm"))]
    assert "broken.mp4" in ended.err and "1 of 3 videos" in ended.err.splitlines()[-1]
    assert len(decoded(Path("painted/one.mp4")).pictures) == 3
    assert len(decoded(Path("painted/two.webm")).pictures) == 4
    assert len(list(Path("painted").iterdir())) == 2


def test_a_batch_goes_on_where_it_was_left(livestyle: Livestyle) -> None:
    """Of the same name or not: nothing is lost, and nothing is done twice."""
    for folder in ("in", "more"):
        Path(folder).mkdir()
        make_clip(Path(folder) / "one.mp4", frames=3)
    make_clip(Path("in/two.avi"), frames=4)
    Path("in/notes.txt").write_text("not meant")
    ended = livestyle("video", "in", "more", "painted", "--strength", "0")
    assert ended.code == 0, ended.err
    names = ["one-2.mp4", "one.mp4", "two.mp4"]
    assert sorted(path.name for path in Path("painted").iterdir()) == names
    Path("painted/two.mp4").unlink()
    older = Path("painted/one.mp4").stat().st_mtime_ns
    ended = livestyle("video", "in", "more", "painted", "--strength", "0")
    assert ended.code == 0, ended.err
    assert "1 painted, 2 there already, 0 failed" in ended.err
    assert Path("painted/one.mp4").stat().st_mtime_ns == older
    assert sorted(path.name for path in Path("painted").iterdir()) == names


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".apng"])
def test_animated_pictures_come_out(suffix: str, livestyle: Livestyle) -> None:
    clip = make_clip(Path("clip.mp4"), frames=5, fps=10, size=(63, 47), audio_s=0.5)
    assert livestyle("video", clip, f"out{suffix}", "--strength", "0").code == 0
    with Image.open(f"out{suffix}") as animation:
        assert (animation.n_frames, animation.size) == (5, (63, 47))  # type: ignore[attr-defined]
        animation.seek(3)
        shown = np.asarray(animation.convert("RGB"))
    assert difference(shown, decoded(clip).pictures[3][:47, :63]) < 8


def test_numbered_pictures_come_out_and_go_in(livestyle: Livestyle) -> None:
    clip = make_clip(Path("clip.mp4"), frames=12, fps=10)
    assert livestyle("video", clip, "shots/%03d.png", "--strength", "0").code == 0
    names = [path.name for path in sorted(Path("shots").iterdir())]
    assert names == [f"{number:03}.png" for number in range(1, 13)]
    for given in ("shots", "shots/%03d.png"):
        ended = livestyle("video", given, "out.mp4", "--strength", "0", "--fps", "10", "-y")
        assert ended.code == 0, ended.err
        assert ticks(Path("out.mp4")) == [100 * number for number in range(12)]
        assert difference(decoded(Path("out.mp4")).pictures[7], decoded(clip).pictures[7]) < 6
    again = livestyle("video", clip, "shots/%03d.png", "--strength", "0")
    assert again.code == 5 and "--overwrite" in again.err


def test_numbered_pictures_go_on_behind_those_that_are_there(livestyle: Livestyle) -> None:
    clip = make_clip(Path("clip.mp4"), frames=12, fps=10)
    assert livestyle("video", clip, "shots/%03d.png", "--end", "0.5").code == 0
    first = Path("shots/001.png").stat().st_mtime_ns
    ended = livestyle("video", clip, "shots/%03d.png", "--resume")
    assert ended.code == 0 and "7 frames" in ended.err, ended.err
    assert len(list(Path("shots").iterdir())) == 12
    assert Path("shots/001.png").stat().st_mtime_ns == first
    shown = np.asarray(Image.open("shots/009.png"))
    assert difference(shown, 255 - decoded(clip).pictures[8]) < 6


def test_a_video_from_standard_input() -> None:
    clip = make_clip(Path("clip.mkv"), frames=6, audio_s=0.2)
    command = [sys.executable, "-m", "livestyle.cli.main", "video", "-", "out.mp4"]
    given = clip.read_bytes()
    done = subprocess.run([*command, "--strength", "0"], input=given, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert len(decoded(Path("out.mp4")).pictures) == 6
    assert decoded(Path("out.mp4")).sound_s > 0.1


@pytest.mark.parametrize(("fps", "frames"), [("5", 5), ("25", 25)])
def test_another_rate_drops_and_repeats_frames(fps: str, frames: int, livestyle: Livestyle) -> None:
    clip = make_clip(Path("clip.mp4"), frames=10, fps=10)
    ended = livestyle("video", clip, "out.mp4", "--fps", fps, "--strength", "0")
    assert ended.code == 0, ended.err
    assert ticks(Path("out.mp4")) == [round(1000 * n / int(fps)) for n in range(frames)]
    shown = decoded(Path("out.mp4")).pictures
    originals = decoded(clip).pictures
    assert difference(shown[0], originals[0]) < 6
    assert difference(shown[-1], originals[9 if fps == "25" else 8]) < 6


def test_bit_rate_pixel_format_and_track(livestyle: Livestyle) -> None:
    clip = make_clip(
        Path("clip.mp4"), frames=20, audio_s=0.5, picture=lambda i, size: noise(i, size)
    )
    options = ("--pix-fmt", "yuv420p10le", "--strength", "0")
    assert livestyle("video", clip, "ten.mkv", *options).code == 0
    with av.open("ten.mkv") as container:
        assert container.streams.video[0].pix_fmt == "yuv420p10le"
    sizes = []
    for rate in ("100k", "2M"):
        assert livestyle("video", clip, "out.mp4", "--bitrate", rate, "-y").code == 0
        sizes.append(Path("out.mp4").stat().st_size)
    assert sizes[1] > 2 * sizes[0]
    assert livestyle("video", clip, "out.mp4", "--bitrate", "fast", "-y").code == 2
    ended = livestyle("video", clip, "none.mp4", "--audio-track", "2")
    assert ended.code == 5 and "no sound track 2" in ended.err


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_a_finished_file_has_its_index_in_front(suffix: str, livestyle: Livestyle) -> None:
    clip = make_clip(Path("clip.mp4"), frames=40, audio_s=1.3, picture=noise)
    assert livestyle("video", clip, f"out{suffix}", "--strength", "0").code == 0
    data = Path(f"out{suffix}").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat") and b"moof" not in data[: data.index(b"mdat")]
    assert [path.name for path in Path().glob("out*")] == [f"out{suffix}"]
    got, wanted = decoded(Path(f"out{suffix}")), decoded(clip)
    assert got.sound_s == pytest.approx(wanted.sound_s, abs=0.03)
    assert got.times_s == pytest.approx(wanted.times_s, abs=0.001)
    assert max(map(difference, got.pictures, wanted.pictures)) < 25
    checked = ["ffmpeg", "-v", "error", "-i", f"out{suffix}", "-f", "null", "-"]
    assert subprocess.run(checked, capture_output=True, check=True).stderr == b""


@pytest.mark.parametrize(
    "suffix", [".mkv", ".webm", ".mov", ".avi", ".ts", ".gif", ".webp", ".apng"]
)
def test_a_last_picture_stands_as_long_as_it_did(suffix: str, livestyle: Livestyle) -> None:
    pictures = [Image.fromarray(moving_bar(n, (64, 48))) for n in range(6)]
    lengths_ms = [100] * 5 + [2000]
    pictures[0].save("in.gif", save_all=True, append_images=pictures[1:], duration=lengths_ms)
    assert livestyle("video", "in.gif", f"out{suffix}").code == 0
    if suffix in (".gif", ".webp", ".apng"):
        with Image.open(f"out{suffix}") as made:
            length_s = 0.0
            for number in range(getattr(made, "n_frames", 1)):
                made.seek(number)
                made.load()
                length_s += made.info["duration"] / 1000
    else:
        source = VideoFile(Path(f"out{suffix}"))
        *_, last = source
        length_s = last.pts_s + last.duration_s - source.origin_s
        source.close()
    assert length_s == pytest.approx(2.5, abs=0.1)


def test_a_preview_shows_five_frames_and_writes_no_video(livestyle: Livestyle) -> None:
    clip = make_clip(Path("clip.mp4"), frames=50, fps=10)
    ended = livestyle("video", clip, "out.mp4", "--preview")
    assert (ended.code, ended.out) == (0, "out.mp4.preview.png\n"), ended.err
    assert "All frames would take about" in ended.err
    sheet = np.asarray(Image.open("out.mp4.preview.png")).astype(int)
    tiles = [sheet[:360, left : left + 480] for left in range(0, 5 * 488, 488)]
    columns = [int(np.argmax(tile[180, :, 1] > 140)) / 7.5 for tile in tiles]
    assert columns == pytest.approx([10, 30, 50, 6, 26], abs=3)  # of the white bar
    assert np.abs(sheet[368 + 180, 20] - (255 - sheet[180, 20])).max() < 6
    assert not Path("out.mp4").exists()


def test_strength_colours_and_codec(livestyle: Livestyle) -> None:
    clip = make_clip(Path("clip.mp4"), frames=3)
    assert livestyle("video", clip, "out.mkv", "--strength", "0", "--codec", "vp9").code == 0
    assert difference(decoded(Path("out.mkv")).pictures[0], decoded(clip).pictures[0]) < 6
    assert livestyle("video", clip, "color.mp4", "--keep-color").code == 0
    ended = livestyle("video", clip, "x.mp4", "--codec", "crayon")
    assert ended.code == 5 and "crayon" in ended.err and "h264" in ended.err


def test_ctrl_c_leaves_what_was_painted_under_its_partial_name(
    start: Callable[..., Running], tmp_path: Path
) -> None:
    clip = make_clip(
        tmp_path / "long.mkv",
        frames=1500,
        size=(320, 240),
        picture=lambda i, size: noise(i % 4, size),
    )
    older = b"an older result"
    (tmp_path / "out.mp4").write_bytes(older)
    program = start("video", clip, "out.mp4", "--overwrite")
    program.wait_for(lambda: plays(tmp_path / "out.mp4.partial"), "a recording that plays")
    program.send(SIGINT)
    ended = program.ended()
    assert ended.code == 130 and "Traceback" not in ended.err, ended.err
    assert 0 < len(decoded(Path("out.mp4.partial")).pictures) < 600
    assert (tmp_path / "out.mp4").read_bytes() == older
    assert "out.mp4.partial" in ended.err


def test_a_killed_run_goes_on_where_it_was(start: Callable[..., Running], tmp_path: Path) -> None:
    clip = make_clip(
        tmp_path / "long.mkv",
        frames=1500,
        size=(320, 240),
        audio_s=1500 / 30,
        picture=lambda i, size: noise(i % 4, size),
    )
    partial = tmp_path / "out.mp4.partial"
    program = start("video", clip, "out.mp4")
    program.wait_for(
        lambda: plays(partial) and len(decoded(partial, whole=False).pictures) > 150, "five seconds"
    )
    program.kill()
    ended = start("video", clip, "out.mp4", "--resume").ended()
    assert ended.code == 0, ended.err
    there = int(re.search(r"(\d+) frames are there already", ended.err)[1])  # type: ignore[index]
    assert there > 90 and f"{1500 - there} frames" in ended.err
    assert ticks(Path("out.mp4")) == ticks(clip)
    assert decoded(Path("out.mp4")).sound_s == pytest.approx(decoded(clip).sound_s, abs=0.03)
    assert not list(Path().glob("*.partial*"))


def test_styles_in_turn(livestyle: Livestyle) -> None:
    grey = lambda i, size: np.full((size[1], size[0], 3), 60, np.uint8)  # noqa: E731
    clip = make_clip(Path("clip.mp4"), frames=20, fps=10, picture=grey)
    timeline = "0:mosaic,0:01:abstract,fade=0.2"
    assert livestyle("video", clip, "out.mkv", "--styles", timeline, "--steady", "1").code == 0
    levels = [int(shown[20, 20, 1]) for shown in decoded(Path("out.mkv")).pictures]
    wanted = [195] * 11 + [162] + [128] * 8  # half of each between the two
    assert np.abs(np.array(levels) - wanted).max() < 6
    for wrong in ("mosaic", "3:mosaic", "0:mosaic,1:nowhere"):
        ended = livestyle("video", clip, "none.mp4", "--styles", wrong)
        assert ended.code in (2, 4) and ended.err.count("\n") < 5
    both = livestyle("video", clip, "none.mp4", "--styles", timeline, "--style", "mosaic")
    assert both.code == 2 and "not both" in both.err


def picture(
    path: Path, size: tuple[int, int] = (40, 30), exif: Image.Exif | None = None
) -> Image.Image:
    """Writes a picture with a dark left and a bright right half."""
    image = Image.new("RGB", size, (20, 60, 90))
    image.paste((200, 180, 160), (size[0] // 2, 0, *size))
    image.save(path, exif=exif or Image.Exif())
    return image


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp", ".tif"])
def test_a_picture(suffix: str, livestyle: Livestyle) -> None:
    original = np.asarray(picture(Path("in.png")))
    ended = livestyle("image", "in.png", f"made/here/out{suffix}")
    assert (ended.code, ended.out) == (0, ""), ended.err
    painted = np.asarray(Image.open(f"made/here/out{suffix}").convert("RGB"))
    assert difference(painted, 255 - original) < 6


def test_height_and_quality_of_a_picture(livestyle: Livestyle) -> None:
    Image.effect_noise((80, 60), 90).save("in.png")
    assert livestyle("image", "in.png", "small.jpg", "--height", "30", "--quality", "20").code == 0
    assert livestyle("image", "in.png", "best.jpg", "--height", "30", "--quality", "98").code == 0
    assert Image.open("small.jpg").size == Image.open("best.jpg").size == (40, 30)
    assert Path("best.jpg").stat().st_size > 1.5 * Path("small.jpg").stat().st_size


def test_a_photo_of_a_phone_in_a_folder_is_never_passed_over_in_silence(
    livestyle: Livestyle,
) -> None:
    Path("in").mkdir()
    picture(Path("in/a.png"))
    Path("in/b.heic").write_bytes(b"no picture")
    ended = livestyle("image", "in", "out")
    assert ended.code == 3 and "b.heic" in ended.err and Path("out/a.png").is_file()


@pytest.mark.parametrize("size", [(1, 1), (33, 17), (1, 40)])
def test_any_size(size: tuple[int, int], livestyle: Livestyle) -> None:
    picture(Path("in.png"), size)
    for style in ("mosaic", "abstract"):
        assert livestyle("image", "in.png", f"{style}.png", "--style", style).code == 0
        assert Image.open(f"{style}.png").size == size


def test_turned_and_transparent_pictures(livestyle: Livestyle) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn clockwise to be upright
    picture(Path("turned.jpg"), exif=exif)
    assert livestyle("image", "turned.jpg", "out.png").code == 0
    upright = np.asarray(Image.open("out.png"))
    assert upright.shape == (40, 30, 3)
    assert upright[5].mean() > upright[-5].mean(), "what was left and dark is at the top"
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save("clear.png")
    assert livestyle("image", "clear.png", "out.png", "--overwrite").code == 0
    assert np.asarray(Image.open("out.png")).max() == 0, "transparent is white, and painted black"


def test_nothing_is_overwritten_unasked(livestyle: Livestyle) -> None:
    """`livestyle image *.jpg` with two files would otherwise lose the second one."""
    picture(Path("a.jpg"))
    picture(Path("b.jpg"))
    before = Path("b.jpg").read_bytes()
    ended = livestyle("image", "a.jpg", "b.jpg")
    assert (ended.code, Path("b.jpg").read_bytes()) == (5, before)
    assert "b.jpg is already there" in ended.err and "--overwrite" in ended.err
    assert livestyle("image", "a.jpg", "b.jpg", "-y").code == 0
    assert Path("b.jpg").read_bytes() != before


def test_one_picture_into_a_folder_and_a_folder_into_one_inside_it(livestyle: Livestyle) -> None:
    Path("in").mkdir()
    picture(Path("in/a.png"))
    assert livestyle("image", "in/a.png", "painted").code == 0
    assert Path("painted/a.png").is_file()
    for _ in range(2):
        ended = livestyle("image", "in", "in/painted", "-y")
        assert ended.code == 0 and "1 of 1 pictures" in ended.err, "paintings are no inputs"
    assert not Path("in/painted/painted").exists()


def test_a_folder_of_pictures(livestyle: Livestyle) -> None:
    Path("in/deeper").mkdir(parents=True)
    picture(Path("in/a.png"))
    picture(Path("in/deeper/b.jpg"))
    Path("in/broken.png").write_text("no picture")
    Path("in/notes.txt").write_text("not meant")
    ended = livestyle("image", "in", "out")
    assert ended.code == 3
    assert "broken.png is not a picture" in ended.err.splitlines()[0], "no bar without a terminal"
    assert "1 of 3 pictures" in ended.err.splitlines()[-1]
    found = sorted(str(path) for path in Path("out").rglob("*.*"))
    assert found == [str(Path("out/a.png")), str(Path("out/deeper/b.jpg"))]
    before = Path("in/a.png").read_bytes()
    ended = livestyle("image", "in", "in")
    assert ended.code == 5 and "what is being read" in ended.err
    assert Path("in/a.png").read_bytes() == before
    Path("nothing").mkdir()
    assert livestyle("image", "nothing", "out").code == 3


def test_a_bar_is_drawn_for_tiles_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with tile_progress(hidden=False):
        pass
    assert capsys.readouterr().err == ""
    with tile_progress(hidden=False) as show:
        show(1, 2)
        show(2, 2)
    assert "painting in tiles" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nowhere.png", "out.png"), 3, "no picture at nowhere.png"),
        (("text.png", "out.png"), 3, "text.png is not a picture"),
        (("half.png", "out.png"), 3, "half.png cannot be read"),
        (("in.png", "out.xyz"), 5, ".png"),
        (("in.png", "in.png"), 5, "what is being read"),
        (("in.png", "in.png/out.png"), 5, "in.png"),
    ],
)
def test_picture_errors(
    arguments: tuple[str, str], code: int, said: str, livestyle: Livestyle
) -> None:
    picture(Path("in.png"))
    Path("text.png").write_text("no picture")
    Image.effect_noise((60, 60), 90).save("half.png")
    cut_short(Path("half.png"), 0.5)
    before = Path("in.png").read_bytes()
    ended = livestyle("image", *arguments)
    assert (ended.code, ended.out) == (code, "") and said in ended.err
    assert ended.err.count("\n") == 1 and "Traceback" not in ended.err
    assert Path("in.png").read_bytes() == before
    assert not list(Path().glob("out*"))


def test_pipes() -> None:
    original = np.asarray(picture(Path("in.png")))
    command = [sys.executable, "-m", "livestyle.cli.main", "image", "-", "-"]
    given = Path("in.png").read_bytes()
    done = subprocess.run(command, input=given, capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(done.stdout))), 255 - original)
    done = subprocess.run(command, input=b"no picture", capture_output=True, timeout=60)
    assert (done.returncode, done.stdout) == (3, b"")
    assert b"standard input is not a picture" in done.stderr


def test_a_pipe_keeps_what_is_transparent() -> None:
    half = Image.fromarray(np.full((40, 40, 4), (0, 0, 200, 255), np.uint8))
    half.paste((0, 0, 0, 0), (0, 20, 40, 40))
    half.save("half.png")
    command = [sys.executable, "-m", "livestyle.cli.main", "image", "half.png", "-"]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    alpha = np.asarray(Image.open(io.BytesIO(done.stdout)).getchannel("A"))
    assert (alpha[:20] == 255).all() and not alpha[20:].any()


def test_pictures_of_one_name_do_not_clash(livestyle: Livestyle) -> None:
    for folder in ("in", "more"):
        Path(folder).mkdir()
        picture(Path(folder) / "one.png")
    assert livestyle("image", "in", "more", "painted").code == 0
    assert sorted(path.name for path in Path("painted").iterdir()) == ["one-2.png", "one.png"]


def test_styles_are_listed(livestyle: Livestyle) -> None:
    ended = livestyle("styles")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("  1  mosaic ") and "  2  abstract " in ended.out
    rows = json.loads(livestyle("styles", "--json").out)
    assert set(rows[0]) == {
        "name", "title", "artist", "licence", "net", "parameters", "kmac_per_pixel",
        "precisions", "size_bytes", "default", "own",
    }  # fmt: skip
    assert [row["default"] for row in rows] == [True] + [False] * (len(rows) - 1)
    assert rows[0]["name"] == "mosaic" and rows[0]["precisions"] == ["fp32"]
    card = json.loads(livestyle("styles", "show", "abstract", "--json").out)
    assert card["name"] == "abstract" and card["files"][0]["format"] == "onnx"


def test_styles_come_and_go(
    livestyle: Livestyle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVESTYLE_STYLES", str(tmp_path / "mine"))
    save_style(tmp_path / "pack", "fresh")
    added = livestyle("styles", "add", "pack")
    assert added.code == 0 and "--style fresh" in added.err
    assert Path(added.out.strip()).is_dir()
    assert "fresh" in livestyle("styles").out
    assert livestyle("styles", "show", "fresh").code == 0
    picture(Path("in.png"))
    assert livestyle("image", "in.png", "out.png", "--style", "fresh").code == 0
    assert livestyle("styles", "remove", "fresh").code == 0
    gone = livestyle("styles", "show", "fresh")
    assert gone.code == 4 and "no style called 'fresh'" in gone.err
    assert livestyle("styles", "remove", "fresh").code == 4
    Path("pack/tiny.bin").touch()
    assert livestyle("styles", "add", "pack/tiny.bin").code == 4
    assert livestyle("styles", "add", "nowhere").code == 4


@pytest.mark.parametrize(
    "command",
    ["", "cam", "video", "image", "sheet", "styles", "styles add", "train", "evaluate", "export"],
)
def test_help(command: str, livestyle: Livestyle) -> None:
    ended = livestyle(*command.split(), "--help")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"Usage: livestyle {command}".rstrip())
    if " " not in command:
        assert "--verbose" in ended.out and "--debug" in ended.out
    assert livestyle(*command.split(), "-h").out == ended.out


def test_version(livestyle: Livestyle) -> None:
    from livestyle import __version__

    assert __version__ in livestyle("--version").out


def test_help_needs_no_torch() -> None:
    program = (
        "import sys\n"
        "from livestyle.cli.main import run\n"
        "for name in ('cam', 'video', 'image', 'styles', 'sheet'):\n"
        "    assert run([name, '--help']) == 0\n"
        "print(*{'torch', 'onnx', 'nncf', 'openvino'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr.strip()) == (0, "")
