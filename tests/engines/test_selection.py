"""Which engine, device and file are taken, and what is said when one cannot be."""

import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import models
import numpy as np
import pytest

from livestyle import engines
from livestyle.engines import EngineOptions, load, onnxruntime, openvino, selection
from livestyle.engines.selection import candidates, choose_file
from livestyle.errors import EngineError, StyleError
from livestyle.styles.card import ModelFile, StyleCard
from livestyle.styles.library import find_style
from livestyle.styles.style import Style


@pytest.fixture
def style(tmp_path: Path) -> Style:
    models.save_style(tmp_path)
    return find_style(str(tmp_path))


def card_with(*files: tuple[str, str]) -> StyleCard:
    return models.make_card().with_files(
        [ModelFile(f"{f}-{p}", f, p, 1, "00", 50.0) for f, p in files]
    )


ALL = card_with(*(("onnx", precision) for precision in ("fp32", "fp16", "int8")))


def test_auto_takes_openvino_and_says_so(style: Style, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "livestyle.engines"):
        stylizer = load(style)
    assert stylizer.info.engine == "openvino"
    assert "tiny runs on openvino, device CPU, tiny.onnx" in caplog.messages


def test_auto_goes_on_to_the_cpu_when_cuda_is_installed_but_does_not_run(
    style: Style, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(selection, "has_gpu_package", lambda: True)
    with caplog.at_level(logging.INFO, "livestyle.engines"):
        stylizer = load(style)
    assert stylizer.info.engine == "openvino"
    assert any("onnxruntime on cuda does not run" in message for message in caplog.messages)


@pytest.mark.parametrize(
    ("engine", "device", "has_gpu", "expected"),
    [
        ("auto", "auto", False, [("openvino", "cpu")]),
        ("auto", "auto", True, [("onnxruntime", "cuda"), ("openvino", "cpu")]),
        ("auto", "cpu", True, [("openvino", "cpu")]),
        ("auto", "cuda", False, [("onnxruntime", "cuda"), ("torch", "cuda")]),
        ("auto", "gpu", False, [("openvino", "gpu")]),
        ("onnxruntime", "auto", False, [("onnxruntime", "cuda"), ("onnxruntime", "cpu")]),
        ("onnxruntime", "tensorrt", False, [("onnxruntime", "tensorrt")]),
        ("openvino", "auto", True, [("openvino", "cpu")]),
        ("torch", "auto", False, [("torch", "cuda"), ("torch", "cpu")]),
    ],
)
def test_candidates(
    engine: str,
    device: str,
    has_gpu: bool,
    expected: list[tuple[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(selection, "has_gpu_package", lambda: has_gpu)
    assert candidates(engine, device, ALL, has_checkpoint=True) == expected


def test_torch_needs_the_checkpoint() -> None:
    assert candidates("auto", "cuda", ALL) == [("onnxruntime", "cuda")]
    with pytest.raises(StyleError, match=r"no checkpoint\.safetensors of this network"):
        candidates("torch", "cpu", ALL)


@pytest.mark.parametrize(
    ("engine", "device", "matrix_unit", "expected"),
    [
        ("openvino", "cpu", False, "int8"),
        ("openvino", "cpu", True, "fp16"),
        ("openvino", "gpu", False, "fp16"),
        ("onnxruntime", "cuda", False, "fp16"),
        ("onnxruntime", "cpu", True, "fp32"),
    ],
)
def test_precision_auto(
    engine: str, device: str, matrix_unit: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "has_amx", lambda: matrix_unit)
    assert choose_file(ALL, engine, device, "auto").precision == expected


def test_precision_that_is_not_there(style: Style) -> None:
    with pytest.raises(StyleError, match="no int8 file for openvino; it has onnx fp32"):
        load(style, EngineOptions(precision="int8"))


def test_cuda_by_name_is_an_error_with_the_fix(style: Style) -> None:
    try:
        import onnxruntime
    except ImportError:
        onnxruntime = None
    if onnxruntime and "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("the GPU build is installed here")
    with pytest.raises(EngineError, match=r'pip install ".*\[gpu\]"'):
        load(style, EngineOptions(device="cuda"))


@pytest.mark.parametrize(
    ("installed", "fix"),
    [
        ({"onnxruntime", "onnxruntime-gpu"}, "overwrite each other: `pip uninstall onnxruntime"),
        ({"onnxruntime-gpu"}, "nvidia-smi"),
        ({"onnxruntime"}, r'\[gpu\]"` after `pip uninstall onnxruntime`'),
    ],
)
def test_the_fix_fits_what_is_installed(
    style: Style, installed: set[str], fix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnxruntime")
    monkeypatch.setattr(onnxruntime, "_is_installed", lambda package: package in installed)
    with pytest.raises(EngineError, match=fix):
        load(style, EngineOptions("onnxruntime", "cuda"))


def test_a_provider_that_falls_back_is_an_error(
    style: Style, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = pytest.importorskip("onnxruntime")
    names = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(library, "get_available_providers", lambda: names)
    monkeypatch.setattr(library, "preload_dlls", lambda: None, raising=False)
    with (
        pytest.warns(UserWarning, match="CUDAExecutionProvider"),
        pytest.raises(EngineError, match="fell back to CPUExecutionProvider"),
    ):
        load(style, EngineOptions("onnxruntime", "cuda"))


def test_tensorrt_keeps_the_engines_of_two_styles_apart() -> None:
    """By itself it tells models apart by their nodes (microsoft/onnxruntime issue 6455)."""

    def cache_of(model: bytes) -> object:
        provider = onnxruntime._providers("tensorrt", "fp16", model)[0]
        assert isinstance(provider, tuple)
        name, options = provider
        assert name == "TensorrtExecutionProvider" and isinstance(options, dict)
        return options["trt_engine_cache_path"]

    assert cache_of(b"one style") == cache_of(b"one style") != cache_of(b"another")


def test_openvino_device_that_is_not_there(style: Style) -> None:
    with pytest.raises(EngineError, match=r"no NPU here, only .*CPU.*driver"):
        load(style, EngineOptions(device="npu"))


def test_engine_and_device_that_do_not_go_together(style: Style) -> None:
    with pytest.raises(EngineError, match=r"openvino does not run on cuda.*--engine onnxruntime"):
        load(style, EngineOptions("openvino", "cuda"))


@pytest.mark.parametrize(
    ("name", "value"), [("engine", "tvm"), ("device", "tpu"), ("precision", "int4"), ("threads", 0)]
)
def test_unknown_options(name: str, value: Any) -> None:
    with pytest.raises(EngineError, match=str(value)):
        EngineOptions(**{name: value})


def test_importing_imports_no_engine() -> None:
    program = (
        "import sys, livestyle.engines, livestyle.styles.library; "
        "print([m for m in ('torch', 'onnxruntime', 'openvino', 'onnx', 'av') "
        "if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert result.stdout.strip() == "[]"


def test_openvino_reports_to_nobody(style: Style, tmp_path: Path) -> None:
    program = (
        "import threading\n"
        "from livestyle.engines import load\n"
        "from livestyle.styles.library import find_style\n"
        f"load(find_style({str(style.folder)!r}))\n"
        "print(threading.active_count())"
    )
    home = tmp_path / "home"
    home.mkdir()
    result = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "HOME": str(home), "CI": ""},
    )
    assert result.stdout.strip() == "1"
    assert not list(home.rglob("openvino_ga_cid"))


def test_compiled_sizes_are_few(style: Style) -> None:
    stylizer = load(style, EngineOptions("openvino", "cpu"))
    for width in range(40, 50):
        stylizer(np.zeros((40, width, 3), np.uint8))
    assert len(stylizer._requests) == 3  # type: ignore[attr-defined]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals on Windows")
def test_a_signal_may_come_after_another_thread_freed_the_first_style(tmp_path: Path) -> None:
    """OpenVINO's core lends the thread that begins it a signal stack, where the chip has AMX."""
    models.save_style(tmp_path)
    program = (
        "import os, signal, sys, threading\n"
        "import numpy as np\n"
        "from livestyle.engines import EngineOptions, load\n"
        "from livestyle.styles.library import find_style\n"
        "signal.signal(signal.SIGINT, lambda *_: print('heard'))\n"
        "style = load(find_style(sys.argv[1]), EngineOptions(engine='openvino'))\n"
        "style(np.zeros((64, 64, 3), np.uint8))\n"
        "freeing = threading.Thread(target=style.close)\n"
        "freeing.start()\n"
        "freeing.join()\n"
        "os.kill(os.getpid(), signal.SIGINT)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "heard\n"), done.stderr


@pytest.mark.parametrize(
    ("processors", "usual", "left"),
    [(1, 1, None), (2, 2, None), (3, 3, 2), (8, 8, 7), (8, 4, None), (2, 1, None)],
)
def test_a_processor_is_left_over_where_there_are_more_than_two(
    processors: int, usual: int, left: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openvino, "_usual_threads", lambda: usual)
    monkeypatch.setattr(openvino, "_processors", lambda: processors)
    openvino.threads_beside_others.cache_clear()
    assert openvino.threads_beside_others() == left
    openvino.threads_beside_others.cache_clear()


@pytest.mark.parametrize(
    ("options", "threads"),
    [
        (EngineOptions("openvino", "cpu", spare_processor=True), 3),
        (EngineOptions("openvino", "cpu", spare_processor=True, threads=2), 2),
        (EngineOptions("openvino", "cpu"), None),
    ],
)
def test_what_is_left_over_is_left_over_where_it_is_wanted_and_nobody_says_otherwise(
    options: EngineOptions, threads: int | None, style: Style, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int | None] = []

    def note(model: bytes, engine: str, device: str, precision: str, *more: Any) -> None:
        asked.append(more[0])
        raise EngineError("noted")

    monkeypatch.setattr(openvino, "_usual_threads", lambda: 4)
    monkeypatch.setattr(openvino, "_processors", lambda: 4)
    monkeypatch.setattr(engines, "load_model", note)
    openvino.threads_beside_others.cache_clear()
    with pytest.raises(EngineError, match="noted"):
        load(style, options)
    openvino.threads_beside_others.cache_clear()
    assert asked == [threads]


def test_openvino_says_how_many_threads_it_takes(style: Style) -> None:
    assert openvino._usual_threads() >= 1
    with load(style, EngineOptions("openvino", "cpu", threads=1)) as stylizer:
        stylizer(np.zeros((48, 64, 3), np.uint8))
        assert stylizer.info.threads == 1
        assert str(stylizer.info) == "openvino on CPU with 1 thread in fp32"
