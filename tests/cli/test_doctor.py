"""`livestyle doctor`: what it finds on a sound machine, and on broken ones."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cameras import FakeVirtualCamera
from cli_runs import Ended
from models import save_style

from livestyle import engines
from livestyle.doctor import diagnosis, installation
from livestyle.doctor.diagnosis import (
    check_disk,
    check_engines,
    check_styles,
    check_window,
    read_styles,
)
from livestyle.doctor.finding import Finding, State
from livestyle.doctor.trial import Speed, built_in_style, measure, paint_once
from livestyle.errors import EngineError
from livestyle.styles.library import find_style


def by_name(findings: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {finding["name"]: finding for finding in findings}


def test_a_sound_machine_in_one_document(livestyle: Callable[..., Ended]) -> None:
    said = livestyle("doctor", "--json")
    found = json.loads(said.out)
    assert said.code == 0
    assert found["can_work"] is True
    assert by_name(found["engines"])["openvino on cpu"]["state"] == "ok"
    assert by_name(found["engines"])["onnxruntime on cpu"]["state"] == "ok"
    styles = by_name(found["machine"])["styles"]["found"]
    assert "mosaic, abstract" in styles  # and those in the box, however many there are
    assert by_name(found["machine"])["H.264 encoder"]["found"] == "libx264"
    assert by_name(found["installed"])["python"]["found"].startswith(sys.version.split()[0])
    assert set(found["stages_ms"]) == {"demo", "style", "encode"}
    assert all(ms > 0 for ms in found["stages_ms"].values())
    assert found["painted_with"]["engine"] == "openvino"
    assert found["painted_with"]["threads"] > 0
    assert found["hd_size"] == [1920, 1080]
    assert list(found["hd_stages_ms"]) == ["resize", "network", "smooth", "enlarge", "look"]


def test_no_style_is_essential_and_engines_are_tried_all_the_same(
    livestyle: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LIVESTYLE_STYLES", str(tmp_path / "none"))
    monkeypatch.setattr("livestyle.styles.library._packaged_folder", lambda: tmp_path / "none")
    said = livestyle("doctor")
    assert said.code == 1
    assert "livestyle cannot work here" in said.out
    assert "problem    styles" in said.out
    assert "livestyle styles add" in said.out
    assert "painted as negative" in said.out


def test_no_engine_is_essential(
    livestyle: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnosis, "is_installed", lambda engine: False)
    monkeypatch.setattr(diagnosis, "measure", lambda style: Speed({}, None))
    said = livestyle("doctor", "--json")
    found = json.loads(said.out)
    assert said.code == 1
    assert found["can_work"] is False
    assert {finding["state"] for finding in found["engines"]} == {"not there"}


def test_a_style_that_changed_is_told_from_a_sound_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, styles_folder: Path
) -> None:
    shutil.copytree(styles_folder, tmp_path / "styles")
    monkeypatch.setenv("LIVESTYLE_STYLES", str(tmp_path / "styles"))
    monkeypatch.setattr("livestyle.styles.library._packaged_folder", lambda: tmp_path / "none")
    (tmp_path / "styles" / "mosaic" / "mosaic.onnx").write_bytes(b"half")
    whole, faults = read_styles()
    finding = check_styles(whole, faults)
    assert [style.card.name for style in whole] == ["abstract"]
    assert finding.state is State.PROBLEM
    assert not finding.is_essential
    assert "SHA-256 differs" in finding.found
    assert "export the style again" in finding.fix


def test_a_style_whose_card_is_broken_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_style(tmp_path / "styles" / "good", "good")
    save_style(tmp_path / "styles" / "bad", "bad")
    (tmp_path / "styles" / "bad" / "card.json").write_text("{")
    monkeypatch.setenv("LIVESTYLE_STYLES", str(tmp_path / "styles"))
    whole, faults = read_styles()
    assert "good" in [style.card.name for style in whole]
    assert len(faults) == 1
    assert "livestyle styles show" in faults[0]
    assert str(tmp_path / "styles" / "bad") in faults[0]


def test_an_engine_that_fails_is_a_problem_with_its_fix(
    monkeypatch: pytest.MonkeyPatch, styles_folder: Path
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)  # any import of it fails
    monkeypatch.setattr(diagnosis, "is_installed", lambda engine: engine != "torch")
    found = {f.name: f for f in check_engines(find_style(str(styles_folder / "mosaic")))}
    assert found["onnxruntime on cpu"].state is State.PROBLEM
    assert "cannot be imported" in found["onnxruntime on cpu"].found
    assert "pip install" in found["onnxruntime on cpu"].fix
    assert found["openvino on cpu"].state is State.OK
    assert found["torch on cpu"].found == "not installed"


def test_an_engine_that_breaks_in_its_own_words_does_not_end_the_doctor(
    livestyle: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("Cannot find plugins.xml")

    monkeypatch.setitem(engines._CLASSES, "openvino", broken)
    said = livestyle("doctor", "--json")
    found = json.loads(said.out)
    tried = by_name(found["engines"])
    assert said.code == 0  # the other engine paints
    assert tried["openvino on cpu"]["state"] == "problem"
    assert tried["openvino on cpu"]["found"] == "Cannot find plugins.xml"
    assert "style" not in found["stages_ms"]


def test_a_gpu_that_is_seen_and_does_not_run_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, styles_folder: Path
) -> None:
    def fall_back(style: object, engine: str, device: str) -> None:
        raise EngineError(f"It fell back from {device}. Check with `nvidia-smi`.")

    seen = [SimpleNamespace(device=device) for device in ("cpu", "cuda", "tensorrt")]
    monkeypatch.setattr(diagnosis, "seen_devices", lambda engine: seen)
    monkeypatch.setattr(diagnosis, "paint_once", fall_back)
    found = {f.name: f for f in check_engines(find_style(str(styles_folder / "mosaic")))}
    cuda = found["onnxruntime on cuda"]
    assert cuda.state is State.PROBLEM
    assert (cuda.found, cuda.fix) == ("It fell back from cuda", "Check with `nvidia-smi`.")
    assert "not tried" in found["onnxruntime on tensorrt"].found
    assert found["openvino on gpu"].state is State.NOT_THERE


@pytest.mark.parametrize(
    ("packages", "check"),
    [
        (["onnxruntime", "onnxruntime-gpu"], installation.check_onnxruntime),
        (["opencv-python", "opencv-python-headless"], installation.check_opencv),
    ],
)
def test_packages_that_overwrite_each_other(
    monkeypatch: pytest.MonkeyPatch, packages: list[str], check: Callable[[], Finding]
) -> None:
    def version(package: str) -> str:
        if package in packages:
            return "1.0"
        raise PackageNotFoundError(package)

    monkeypatch.setattr(installation, "version", version)
    finding = check()
    assert finding.state is State.PROBLEM
    assert all(package in finding.found for package in packages)
    assert f"pip uninstall {' '.join(packages)}" in finding.fix


def test_an_opencv_without_windows_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cv2.currentUIFramework", lambda: "")
    finding = installation.check_opencv()
    assert finding.state is State.PROBLEM
    assert "cannot open windows" in finding.found
    assert "pip install opencv-python" in finding.fix


def test_an_opencv_that_cannot_be_imported_is_a_diagnosis_not_a_crash() -> None:
    """The commonest of all: a server without libGL. Nothing that doctor imports may need it."""
    program = (
        "import sys\n"
        "sys.modules['cv2'] = None\n"
        "from livestyle.cli.main import run\n"
        "sys.exit(run(['doctor', '--json']))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    found = json.loads(done.stdout)
    opencv = by_name(found["installed"])["opencv"]
    assert done.returncode == 1
    assert found["can_work"] is False
    assert opencv["is_essential"] is True
    assert "cannot be imported" in opencv["found"]
    assert by_name(found["engines"])["openvino on cpu"]["state"] == "ok"


def test_without_a_display_the_window_is_not_there() -> None:
    if sys.platform != "linux":
        pytest.skip("X is asked on Linux only")
    finding = check_window()
    assert finding.state is State.NOT_THERE
    assert "DISPLAY is not set" in finding.found
    assert "--no-display" in finding.fix


def test_a_window_that_ends_its_process_does_not_end_the_doctor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dying = "import os, sys; print('no Qt platform plugin', file=sys.stderr); os.abort()"
    monkeypatch.setattr(diagnosis, "_TRY_WINDOW", dying)
    finding = check_window()
    assert finding.state is State.PROBLEM
    assert "no Qt platform plugin" in finding.found


def test_a_full_disk_and_a_folder_that_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=50_000_000))
    assert check_disk().state is State.PROBLEM
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert "cannot be written" in check_disk().found


def test_cameras_that_may_not_be_opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "video0").touch()
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("livestyle.sources.camera._DEVICES", tmp_path)
    assert [finding.state for finding in diagnosis.check_cameras()] == [State.OK]
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    (finding,) = diagnosis.check_cameras()
    assert finding.state is State.PROBLEM
    assert str(tmp_path / "video0") in finding.found
    assert "usermod -aG video" in finding.fix


def test_a_virtual_camera_is_there_or_how_to_have_one(monkeypatch: pytest.MonkeyPatch) -> None:
    driver = FakeVirtualCamera.install(monkeypatch)
    (finding,) = diagnosis.check_virtual_camera()
    assert (finding.state, finding.found) == (State.OK, "/dev/video9")
    assert driver.latest.closed == 1
    driver.refusal = "No v4l2 loopback device found"
    (finding,) = diagnosis.check_virtual_camera()
    assert finding.state is State.NOT_THERE
    assert "No v4l2 loopback device found" in finding.found
    assert finding.fix
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    (finding,) = diagnosis.check_virtual_camera()
    assert "[vcam]" in finding.fix


def test_the_built_in_style_paints_and_an_absent_style_is_not_timed() -> None:
    with built_in_style() as style:
        assert paint_once(style, "openvino", "cpu").precision == "fp32"
    assert set(measure(None).stages_ms) == {"demo", "encode"}


def test_opencv_without_windows_by_choice_is_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    headless = {"opencv-python-headless": "4.10"}
    monkeypatch.setattr(installation, "_versions", lambda *packages: headless)
    finding = installation.check_opencv()
    assert finding.state is State.NOT_THERE
    assert "--no-display" in finding.found and "opencv-python`" in finding.fix
