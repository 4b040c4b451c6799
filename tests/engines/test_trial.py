"""A stranger's model meets its engine in a process of its own, where it can do no harm."""

import subprocess
import sys
from pathlib import Path

import models
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from livestyle.engines import EngineOptions, load, trial
from livestyle.errors import EngineError, LivestyleError, StyleError
from livestyle.installation import shipped_styles
from livestyle.styles.style import Style, open_style

FRAME = np.zeros((48, 64, 3), np.uint8)
ON_CPU = ("openvino", "onnxruntime")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing was tried yet."""
    monkeypatch.setattr(trial, "user_cache_path", lambda *_, **__: tmp_path / "cache")
    return tmp_path / "cache" / "tried"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands of the processes that were started."""
    commands = []
    run = subprocess.run

    def noted(command: list[str], **options: object) -> object:
        commands.append(command)
        return run(command, **options)  # type: ignore[call-overload]

    monkeypatch.setattr("livestyle.engines.trial.subprocess.run", noted)
    return commands


@pytest.fixture
def foreign(tmp_path: Path) -> Style:
    models.save_style(tmp_path / "tiny", "tiny")
    return open_style(tmp_path / "tiny")


def endless_model() -> onnx.ModelProto:
    """A loop that ends after the next ice age; the checks of files refuse it."""
    number = helper.make_tensor_value_info("turn", TensorProto.INT64, [])
    more = helper.make_tensor_value_info("more", TensorProto.BOOL, [])
    value = helper.make_tensor_value_info("value", TensorProto.FLOAT, None)
    more_out = helper.make_tensor_value_info("more_out", TensorProto.BOOL, [])
    value_out = helper.make_tensor_value_info("value_out", TensorProto.FLOAT, None)
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["more"], ["more_out"]),
            helper.make_node("Sin", ["value"], ["value_out"]),
        ],
        "body",
        [number, more, value],
        [more_out, value_out],
    )
    model = models.invert_model()
    turns = helper.make_tensor("turns", TensorProto.INT64, [], [1 << 62])
    model.graph.initializer.extend([turns, helper.make_tensor("go", TensorProto.BOOL, [], [1])])
    loop = helper.make_node("Loop", ["turns", "go", "y"], ["looped"], body=body)
    model.graph.node.insert(2, loop)
    model.graph.node[-1].input[0] = "looped"
    return model


@pytest.mark.parametrize("engine", ON_CPU)
def test_a_model_that_never_ends_is_a_sentence(
    engine: str, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "LIMIT_S", 4.0)
    model = endless_model().SerializeToString()
    with pytest.raises(StyleError, match=r"tiny\.onnx is not taken: .* not done with it after 4 s"):
        trial.try_model(model, tmp_path / "tiny.onnx", engine, "fp32")
    assert not cache.exists()


@pytest.mark.parametrize(
    ("program", "found"),
    [("import os; os.abort()", "SIGABRT"), ("raise SystemExit(7)", "exit code 7")],
)
def test_a_crash_is_a_sentence_and_the_style_is_not_loaded(
    program: str, found: str, foreign: Style, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = subprocess.run
    command = [sys.executable, "-c", program]
    monkeypatch.setattr(
        "livestyle.engines.trial.subprocess.run", lambda _, **options: run(command, **options)
    )
    with pytest.raises(StyleError, match=rf"tiny\.onnx is not taken: openvino crashed .*{found}"):
        load(foreign, EngineOptions("openvino"))
    assert not cache.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded on Linux only")
def test_a_model_that_takes_too_much_memory_is_a_sentence(
    foreign: Style, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "MEMORY_BYTES", 60 << 20)
    with pytest.raises(LivestyleError) as refused:
        load(foreign, EngineOptions("openvino"))
    assert str(refused.value).isprintable()
    assert not cache.exists()


@pytest.mark.parametrize("engine", ON_CPU)
def test_what_an_engine_says_of_a_model_is_passed_on(engine: str, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"cannot (read|open) the model"):
        trial.try_model(b"nothing", tmp_path / "tiny.onnx", engine, "fp32")


@pytest.mark.parametrize("engine", ON_CPU)
def test_a_style_is_tried_once_for_each_engine(
    engine: str, foreign: Style, started: list[list[str]]
) -> None:
    for _ in range(2):
        load(foreign, EngineOptions(engine)).close()
    assert [command[3] for command in started] == [engine]
    (other,) = set(ON_CPU) - {engine}
    load(foreign, EngineOptions(other)).close()
    assert len(started) == 2


def test_a_style_that_changed_is_tried_again(foreign: Style, started: list[list[str]]) -> None:
    load(foreign, EngineOptions("openvino")).close()
    models.save_style(foreign.folder, "tiny", models.blur_model())
    load(open_style(foreign.folder), EngineOptions("openvino")).close()
    assert len(started) == 2


def test_a_cache_that_cannot_be_written_keeps_no_style_away(
    foreign: Style, cache: Path, started: list[list[str]]
) -> None:
    cache.parent.write_text("in the way")
    for _ in range(2):
        load(foreign, EngineOptions("openvino")).close()
    assert len(started) == 2


def test_a_signal_while_the_engine_is_imported_is_passed_on(
    foreign: Style, started: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library may take the signal for a failure of its own; a second import would hide it."""

    def interrupted() -> None:
        raise EngineError("OpenVINO cannot be imported") from KeyboardInterrupt()

    monkeypatch.setattr(trial, "import_openvino", interrupted)
    with pytest.raises(EngineError) as ended:
        load(foreign, EngineOptions("openvino"))
    assert isinstance(ended.value.__cause__, KeyboardInterrupt)
    assert not started


def test_shipped_styles_start_no_other_process(started: list[list[str]]) -> None:
    load(open_style(shipped_styles() / "mosaic"), EngineOptions("openvino")).close()
    assert not started


def test_what_lies_where_the_user_is_is_not_imported(
    foreign: Style, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "numpy.py").write_text("open('imported', 'w')")
    load(foreign, EngineOptions("openvino")).close()
    assert not (tmp_path / "imported").exists()


def test_a_model_that_was_compiled_is_tried_all_the_same(
    foreign: Style, cache: Path, started: list[list[str]]
) -> None:
    for _ in range(2):
        with load(foreign, EngineOptions("openvino", "cpu")) as stylizer:
            stylizer(FRAME)
    assert len(started) == 1
    for passed in cache.iterdir():
        passed.unlink()
    load(foreign, EngineOptions("openvino", "cpu")).close()
    assert len(started) == 2
