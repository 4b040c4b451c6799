"""`import livestyle`: light, complete, and as careful with files as the command line."""

import ast
import inspect
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest
from media import make_clip, plain
from models import save_style

import livestyle
from livestyle.sinks.null import NullSink

SIZE = (64, 48)


@pytest.fixture(scope="module")
def styles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One tiny style; it paints the negative and takes the default's name."""
    folder = tmp_path_factory.mktemp("styles")
    save_style(folder / "mosaic", "mosaic")
    return folder


@pytest.fixture(autouse=True)
def at_home(styles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVESTYLE_STYLES", str(styles))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    from PIL import Image

    path = tmp_path / "photo.png"
    Image.fromarray(plain(SIZE, (200, 100, 0))).save(path)
    return path


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "clip.mp4", frames=5, size=SIZE)


def run_python(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_livestyle_imports_nothing_heavy_and_none_of_its_rooms() -> None:
    assert (
        run_python(
            "import sys, livestyle\n"
            "heavy = {'numpy', 'cv2', 'av', 'PIL', 'torch', 'openvino', 'onnxruntime', 'onnx'}\n"
            "print(sorted(heavy & set(sys.modules)), [m for m in sys.modules if 'livestyle.' in m])"
        )
        == "[] []"
    )


def test_engines_are_imported_when_a_style_is_loaded_and_no_sooner() -> None:
    assert (
        run_python(
            "import sys, livestyle\n"
            "engines = {'torch', 'openvino', 'onnxruntime'}\n"
            "[getattr(livestyle, n) for n in livestyle.__all__ if n != 'optimise']\n"
            "livestyle.list_styles(), livestyle.EngineOptions(), livestyle.WebcamOptions()\n"
            "with livestyle.open_source('demo') as source: source.read()\n"
            "print(sorted(engines & set(sys.modules)))"
        )
        == "[]"
    )


def test_every_public_name_is_there_and_documented() -> None:
    for name in livestyle.__all__:
        if name == "optimise" and find_spec("torch") is None:
            continue
        assert inspect.getdoc(getattr(livestyle, name)), name
    assert set(livestyle.__all__) <= set(dir(livestyle))


def test_type_checkers_see_the_same_names() -> None:
    """They read the imports under TYPE_CHECKING; a program goes by `_HOMES`."""
    tree = ast.parse(Path(livestyle.__file__).read_text(encoding="utf-8"))
    typed = {
        alias.name: str(node.module).removeprefix("livestyle.")
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert typed == livestyle._HOMES
    assert sorted(typed) == sorted(livestyle.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        livestyle.nothing_of_the_kind  # noqa: B018


def test_all_errors_are_livestyle_errors() -> None:
    errors = [name for name in livestyle.__all__ if name.endswith("Error")]
    assert len(errors) == 7
    assert all(issubclass(getattr(livestyle, n), livestyle.LivestyleError) for n in errors)


def test_a_stylizer_is_a_context_manager_that_paints_and_says_what_runs() -> None:
    picture = plain(SIZE, (200, 100, 0))
    with livestyle.load("mosaic", threads=1) as stylizer:
        painted = stylizer.paint(picture)
        assert stylizer.info.engine in ("openvino", "onnxruntime")
    assert painted.shape == picture.shape and painted.dtype == np.uint8
    assert np.array_equal(painted, 255 - picture)
    with pytest.raises(livestyle.EngineError, match="closed"):
        stylizer.paint(picture)


def test_one_of_the_styles_in_the_box_paints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVESTYLE_STYLES", "nowhere")
    picture = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    with livestyle.load(threads=1) as stylizer:
        painted = stylizer.paint(picture)
    assert painted.shape == picture.shape and painted.dtype == np.uint8
    assert not np.array_equal(painted, picture)


@pytest.mark.parametrize("spec", ["demo", "clip.mp4"])
def test_sources_are_context_managers_and_iterable(spec: str, clip: Path) -> None:
    with livestyle.open_source(spec) as source:
        assert isinstance(source.size, tuple)
        frame = next(iter(source))
        assert isinstance(frame, livestyle.Frame)
        assert frame.size == source.size
    if spec == clip.name:
        with livestyle.open_source(spec) as source:
            assert len(list(source)) == 5


@pytest.mark.parametrize("make", [lambda: livestyle.Recorder(Path("out.mp4"), fps=30), NullSink])
def test_sinks_are_context_managers(make: Callable[[], livestyle.Sink]) -> None:
    with make() as sink:
        sink.write(livestyle.Frame(plain(SIZE, (1, 2, 3)), 0, 0.0, 0.0))
    sink.close()  # a second time does nothing


def test_a_recorder_leaves_a_whole_file_when_its_block_ends(clip: Path) -> None:
    out = Path("out.mp4")
    with (
        livestyle.open_source(str(clip)) as source,
        livestyle.Recorder(out, fps=source.fps) as recorder,
    ):
        for frame in source:
            recorder.write(frame)
        assert not out.exists()
    with livestyle.open_source(str(out)) as written:
        assert len(list(written)) == 5
    assert not list(Path().glob("*.partial"))


def test_paint_image_takes_an_array_a_path_or_a_file_and_gives_the_painted_array(
    photo: Path,
) -> None:
    pixels = plain(SIZE, (200, 100, 0))
    out = Path("out.png")
    from_path = livestyle.paint_image(photo, out)
    with photo.open("rb") as file:
        from_file = livestyle.paint_image(file)
    for painted in (from_path, from_file, livestyle.paint_image(pixels)):
        assert np.array_equal(painted, 255 - pixels)
    assert np.array_equal(livestyle.paint_image(out), pixels)


def test_paint_image_and_paint_video_leave_a_style_loaded_that_they_were_given(
    photo: Path, clip: Path
) -> None:
    with livestyle.load("mosaic", threads=1) as stylizer:
        first = livestyle.paint_image(photo, None, stylizer)
        livestyle.paint_video(clip, Path("out.mp4"), stylizer)
        assert np.array_equal(livestyle.paint_image(photo, None, stylizer), first)


def test_paint_video_tells_how_far_it_is(clip: Path) -> None:
    told: list[tuple[int, int]] = []
    frames = livestyle.paint_video(
        clip, Path("out.mp4"), on_progress=lambda done, total: told.append((done, total))
    )
    assert frames == 5
    assert told == [(n, 5) for n in range(1, 6)]


def paint_image_over(source: Path, target: Path, *, overwrite: bool) -> None:
    livestyle.paint_image(source, target, overwrite=overwrite)


def paint_video_over(source: Path, target: Path, *, overwrite: bool) -> None:
    livestyle.paint_video(source, target, overwrite=overwrite)


PAINTERS = pytest.mark.parametrize(
    ("paint", "kind"), [(paint_image_over, "photo"), (paint_video_over, "clip")]
)


@PAINTERS
def test_an_output_that_is_there_is_replaced_only_when_asked(
    paint: Callable[..., None], kind: str, request: pytest.FixtureRequest
) -> None:
    source: Path = request.getfixturevalue(kind)
    target = Path(f"old{source.suffix}")
    target.write_bytes(b"precious")
    with pytest.raises(livestyle.SinkError, match="already there"):
        paint(source, target, overwrite=False)
    assert target.read_bytes() == b"precious"
    paint(source, target, overwrite=True)
    assert target.read_bytes() != b"precious"


@PAINTERS
@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("by_link", [False, True])
def test_an_input_is_never_written_over(
    paint: Callable[..., None],
    kind: str,
    overwrite: bool,
    by_link: bool,
    request: pytest.FixtureRequest,
) -> None:
    source: Path = request.getfixturevalue(kind)
    before = source.read_bytes()
    target = source
    if by_link:
        target = Path(f"link{source.suffix}")
        target.hardlink_to(source)
    with pytest.raises(livestyle.SinkError, match="is what is being read"):
        paint(source, target, overwrite=overwrite)
    assert source.read_bytes() == before
    assert not list(Path().glob("*.partial"))


def test_a_webcam_without_a_window_runs_reports_and_leaves_no_thread(clip: Path) -> None:
    options = livestyle.WebcamOptions(
        source=str(clip), display=False, record=Path("show.mp4"), max_frames=3
    )
    before = threading.active_count()
    with livestyle.Webcam(options) as webcam:
        webcam.run()
        report = webcam.report()
    assert threading.active_count() == before
    assert report["source"] == "clip.mp4" and report["size"] == list(SIZE)
    with livestyle.open_source("show.mp4") as shown:
        assert len(list(shown)) == 3


def test_opencv_has_one_thread_beside_a_webcam_and_what_it_had_before_afterwards(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile: list[int] = []
    monkeypatch.setattr(
        NullSink, "write", lambda self, frame: meanwhile.append(cv2.getNumThreads())
    )
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(3)
        options = livestyle.WebcamOptions(source=str(clip), display=False, max_frames=2)
        with livestyle.Webcam(options) as webcam:
            webcam.run()
        assert cv2.getNumThreads() == 3
        with pytest.raises(livestyle.StyleError):
            livestyle.Webcam(livestyle.WebcamOptions(source=str(clip), style="nobody's"))
        assert cv2.getNumThreads() == 3
    finally:
        cv2.setNumThreads(before)
    assert meanwhile == [1, 1]


def test_a_webcam_does_not_record_over_an_older_file(clip: Path) -> None:
    Path("show.mp4").write_bytes(b"precious")
    options = livestyle.WebcamOptions(source=str(clip), display=False, record=Path("show.mp4"))
    with pytest.raises(livestyle.SinkError, match="already there"):
        livestyle.Webcam(options)
    assert Path("show.mp4").read_bytes() == b"precious"


@pytest.mark.parametrize("given", [str, lambda path: path.open("rb")])
def test_an_input_given_as_text_or_as_an_open_file_is_never_written_over(
    given: Callable[[Path], object], photo: Path
) -> None:
    before = photo.read_bytes()
    opened = given(photo)
    with pytest.raises(livestyle.SinkError, match="is what is being read"):
        livestyle.paint_image(opened, str(photo), overwrite=True)  # type: ignore[arg-type]
    assert photo.read_bytes() == before
    if not isinstance(opened, str):
        opened.close()  # type: ignore[attr-defined]


def test_files_are_named_by_text_or_path(photo: Path, clip: Path) -> None:
    livestyle.paint_image(str(photo), "painted.png")
    assert livestyle.paint_video(str(clip), "painted.mp4") > 0
    with livestyle.open_source(clip) as source:
        assert next(iter(source)).pixels.ndim == 3
    with pytest.raises(livestyle.SinkError, match="is what is being read"):
        livestyle.paint_video(str(clip), str(clip), overwrite=True)
