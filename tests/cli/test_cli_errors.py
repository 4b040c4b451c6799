"""Whatever goes wrong: one clear sentence, the right exit code, no traceback, nothing lost."""

import os
import pickle
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from cli_runs import Ended, decoded
from media import cut_short, make_clip, noise
from models import invert_model, make_card, save_onnx, save_style

Livestyle = Callable[..., Ended]
DEMO = ("cam", "--source", "demo", "--no-display", "--max-frames", "1")


def check(ended: Ended, code: int, *said: str) -> None:
    """One or two sentences in one line, and nothing on standard output."""
    assert (ended.code, ended.out) == (code, ""), ended.err
    assert "Traceback" not in ended.err
    last = ended.err.rstrip().splitlines()[-1]
    assert last.startswith("Error: " if code == 2 else "livestyle: "), ended.err
    assert len(last) < 500
    for words in said:
        assert words in last


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("99", ["no camera 99", "--source demo"]),
        ("/dev/video99", ["no camera /dev/video99", "--source demo"]),
        ("nowhere.mp4", ["'nowhere.mp4'", "no file has that path"]),
        ("empty.mp4", ["empty.mp4", "it is empty"]),
        ("text.mp4", ["text.mp4", "cannot be opened as video"]),
        ("head.mp4", ["head.mp4"]),
        ("sound.mp4", ["sound.mp4", "no video"]),
        (".", ["."]),
        ("ftp://host/clip.mp4", ["ftp://", "http", "rtsp"]),
        ("https://", ["https://"]),
        ("http://127.0.0.1:1/", ["127.0.0.1:1"]),
    ],
)
def test_sources(source: str, said: list[str], livestyle: Livestyle) -> None:
    Path("empty.mp4").touch()
    Path("text.mp4").write_text("this is no video\n" * 100)
    cut_short(make_clip(Path("head.mp4")), 0.3)
    make_clip(Path("sound.mp4"), frames=0, audio_s=0.2)
    check(livestyle("cam", "--source", source, "--no-display", "--record", "o.mp4"), 3, *said)
    assert not list(Path().glob("o.mp4*"))


def test_a_clip_cut_short_is_painted_as_far_as_it_goes(livestyle: Livestyle) -> None:
    clip = make_clip(Path("cut.mkv"), frames=60, picture=noise)
    cut_short(clip, 0.5)
    ended = livestyle("cam", "--source", "cut.mkv", "--no-display", "--record", "out.mp4")
    assert ended.code == 0, ended.err
    assert 10 < len(decoded(Path("out.mp4")).pictures) < 60


@pytest.mark.parametrize(
    ("style", "said"),
    [
        ("mosiac", ["'mosiac'", "Did you mean mosaic?"]),
        ("zzz", ["'zzz'", "livestyle styles"]),
        ("nowhere/x.onnx", ["nowhere/x.onnx"]),
        ("broken.onnx", ["broken.onnx", "not an ONNX model"]),
        ("outside.onnx", ["outside.onnx", "external data"]),
        ("nocard.onnx", ["nocard.onnx", "no style card"]),
        ("pickle.pt", ["pickle.pt", "runs none", ".onnx"]),
        ("text.txt", ["text.txt", "no style"]),
        ("art.png", ["art.png is not a picture", "No style can be made"]),
        ("folder", ["folder", "not a style"]),
        ("changed", ["changed", "SHA-256"]),
    ],
)
@pytest.mark.parametrize("command", ["cam", "image", "video"])
def test_styles(style: str, said: list[str], command: str, livestyle: Livestyle) -> None:
    Path("broken.onnx").write_bytes(b"\x08broken")
    Path("pickle.pt").write_bytes(pickle.dumps({"weights": [1, 2, 3]}))
    Path("text.txt").write_text("style")
    Path("art.png").touch()
    Path("folder").mkdir()
    outside = invert_model()
    tensor = outside.graph.initializer.add(name="w", data_type=1, dims=[1])
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="elsewhere.bin")
    save_onnx(outside, Path("outside.onnx"), make_card())
    save_onnx(invert_model(), Path("nocard.onnx"))
    save_style(Path("changed"))
    with Path("changed/tiny.onnx").open("ab") as file:
        file.write(b"\0")
    commands: dict[str, list[object]] = {
        "cam": [*DEMO, "--record", "out.mp4"],
        "image": ["image", "in.png", "out.png"],
        "video": ["video", make_clip(Path("in.mp4")), "out.mp4"],
    }
    check(livestyle(*commands[command], "--style", style), 4, *said)
    assert not list(Path().glob("out.*"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--engine", "onnxruntime", "--device", "cuda"], ["cuda", "--device auto"]),
        (["--engine", "openvino", "--device", "cuda"], ["openvino does not run on cuda"]),
        (["--device", "npu"], ["NPU", "--device auto"]),
        (["--precision", "int8"], ["int8", "fp32"]),
        (["--engine", "torch"], ["checkpoint.safetensors", "--engine openvino"]),
        (["--engine", "torchscript"], ["checkpoint.safetensors", "which torch needs"]),
    ],
)
def test_engines(options: list[str], said: list[str], livestyle: Livestyle) -> None:
    check(livestyle(*DEMO, *options, "--record", "out.mp4"), 4, *said)
    assert not list(Path().glob("out.*"))


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ("nowhere/out.mp4", ["nowhere/out.mp4", "no folder nowhere"]),
        ("folder.mp4", ["folder.mp4", "folder"]),
        ("out.xyz", ["out.xyz", ".mp4"]),
        ("out", ["out", ".mp4"]),
        ("/proc/out.mp4", ["/proc/out.mp4"]),
    ],
)
def test_outputs(record: str, said: list[str], livestyle: Livestyle) -> None:
    Path("folder.mp4").mkdir()
    clip = make_clip(Path("clip.mp4"))
    check(livestyle(*DEMO, "--record", record), 5, *said)
    if record != "folder.mp4":  # `video` puts the output into a folder that is there
        check(livestyle("video", clip, record), 5, *said)


def test_a_report_that_cannot_be_written(livestyle: Livestyle) -> None:
    check(livestyle(*DEMO, "--report", "nowhere/r.json"), 5, "nowhere/r.json", "no folder")
    check(livestyle(*DEMO, "--report", "."), 2, "--report")


@pytest.mark.parametrize(
    "size", ["abc", "640", "640x", "0x48", "-3x4", "64x48x3", "1e3x4", "16385x1", "16384x16384"]
)
def test_sizes(size: str, livestyle: Livestyle) -> None:
    check(livestyle(*DEMO, f"--size={size}"), 2, "--size")
    check(livestyle("video", "in.mp4", "out.mp4", f"--size={size}"), 2, "--size")


def test_a_height_that_makes_a_giant(livestyle: Livestyle) -> None:
    clip = make_clip(Path("wide.mp4"), size=(640, 16))
    check(livestyle("video", clip, "out.mp4", "--height", "16384"), 3, "--height", "655360x16384")
    assert not list(Path().glob("out.*"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["cam", "--no-such"],
        ["nosuch"],
        ["cam", "--strength", "1.1", "--source", "demo"],
        ["cam", "--engine", "abacus", "--source", "demo"],
        ["cam", "--max-frames", "0", "--source", "demo"],
        ["cam", "--duration", "0", "--source", "demo"],
        ["cam", "--fps", "0", "--source", "demo"],
        ["video", "only-one.mp4"],
        ["video", "a.mp4", "b.mp4", "--size", "64x48", "--height", "48"],
        ["video", "a.mp4", "b.mp4", "--start", "2", "--end", "1"],
        ["video", "a.mp4", "b.mp4", "--start", "soon"],
        ["video", "a.mp4", "b.mp4", "c.mp4"],
        ["image", "only-one.png"],
        ["image", "a.png", "b.png", "c.png"],
        ["image", "a.png", "b.png", "-"],
        ["styles", "nosuch"],
    ],
)
def test_usage(arguments: list[str], livestyle: Livestyle) -> None:
    check(livestyle(*arguments), 2)


def test_an_older_output_is_kept(livestyle: Livestyle) -> None:
    clip = make_clip(Path("clip.mp4"))
    Path("out.mp4").write_text("precious")
    check(livestyle("video", clip, "out.mp4"), 5, "already there", "--overwrite")
    assert Path("out.mp4").read_text() == "precious"
    cut_short(make_clip(Path("cut.mp4")), 0.3)
    check(livestyle("video", "cut.mp4", "out.mp4", "--overwrite"), 3)
    assert Path("out.mp4").read_text() == "precious"
    assert livestyle("video", clip, "out.mp4", "--overwrite").code == 0
    assert len(decoded(Path("out.mp4")).pictures) == 10
    assert not list(Path().glob("*.partial*"))


@pytest.mark.parametrize("command", [("cam", "--no-display", "--source"), ("video",)])
def test_never_onto_the_source(command: tuple[str, ...], livestyle: Livestyle) -> None:
    clip = make_clip(Path("clip.mp4"))
    before = clip.read_bytes()
    last = ("--record", "clip.mp4") if command[0] == "cam" else ("clip.mp4", "--overwrite")
    check(livestyle(*command, clip, *last), 5, "clip.mp4", "what is being read")
    assert clip.read_bytes() == before


def test_no_display(livestyle: Livestyle) -> None:
    check(livestyle("cam", "--source", "demo", "--record", "o.mp4"), 5, "DISPLAY", "--no-display")
    assert not list(Path().glob("o.mp4*"))


def test_a_display_that_is_not_there(livestyle: Livestyle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":987")
    check(livestyle("cam", "--source", "demo"), 5, "DISPLAY=:987", "--no-display")


def in_a_process(*args: object, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "livestyle.cli.main", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize("command", ["cam", "video"])
def test_a_full_disk(command: str) -> None:
    """What was recorded until then is kept, and the message says where."""
    clip = make_clip(Path("clip.mp4"), frames=150, size=(128, 96), picture=noise)
    arguments = {
        "cam": ["cam", "--source", clip, "--no-display", "--record", "out.mp4"],
        "video": ["video", clip, "out.mp4"],
    }[command]
    done = in_a_process(
        *arguments,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000)),
    )
    check(Ended(done.returncode, done.stdout, done.stderr), 5, "out.mp4.partial", "File too large")
    assert len(decoded(Path("out.mp4.partial"), whole=False).pictures) > 10
    assert not Path("out.mp4").exists()


def test_debug_shows_the_traceback() -> None:
    for arguments in (["--debug", "cam"], ["cam", "--debug"]):
        done = in_a_process(*arguments, "--source", "nowhere.mp4")
        assert done.returncode == 3 and "Traceback" in done.stderr
        assert "no file has that path" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("arguments", [["styles", "--json"], ["image", "in.png", "-"]])
def test_nobody_reads_the_output(arguments: list[str]) -> None:
    from PIL import Image

    Image.effect_noise((200, 200), 90).save("in.png")
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "livestyle.cli.main", *arguments]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize(
    ("command", "option"),
    [
        ("cam", "--fps"),
        ("cam", "--target-fps"),
        ("cam", "--steady"),
        ("cam", "--crossfade"),
        ("cam", "--memory"),
        ("cam", "--duration"),
        ("cam", "--strength"),
        ("cam", "--fill"),
        ("video", "--steady"),
        ("video", "--start"),
    ],
)
@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_what_is_no_number_is_refused(
    livestyle: Livestyle, command: str, option: str, number: str
) -> None:
    ended = livestyle(command, "a.mp4", "b.mp4", option, number)
    assert ended.code == 2
    assert option in ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("cam", "--source", ""),
        ("cam", "--source="),
        ("cam", "--style", ""),
        ("cam", "--record", ""),
        ("cam", "--session", ""),
        ("cam", "--folder", ""),
        ("cam", "--report", ""),
        ("cam", "--ca-file", ""),
        ("video", "", "out.mp4"),
        ("video", "clip.mp4", ""),
        ("image", "in.png", ""),
        ("sheet", "in.png", ""),
        ("render", "", "out.mp4"),
        ("styles", "add", ""),
        ("styles", "show", ""),
        ("export", ""),
        ("export", "mosaic", "--out", ""),
        ("train", "", "--photos", "photos"),
        ("train", "art.png", "--photos", ""),
    ],
)
def test_an_empty_name_or_path_is_refused(arguments: tuple[str, ...], livestyle: Livestyle) -> None:
    demo = ("--no-display", "--max-frames", "1") if arguments[0] == "cam" else ()
    source = ("--source", "demo") if demo and "--source" not in arguments[1] else ()
    check(livestyle(*arguments, *demo, *source), 2)
    assert not list(Path().iterdir())


def test_what_only_the_learning_uses_is_refused_without_it(livestyle: Livestyle) -> None:
    demo = ("cam", "--source", "demo", "--no-display", "--max-frames", "1")
    check(livestyle(*demo, "--vgg-weights", "vgg.safetensors"), 2, "--learn")
