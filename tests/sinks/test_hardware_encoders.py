from pathlib import Path

import pytest

from livestyle.errors import SinkError
from livestyle.sinks import hardware_encoders
from livestyle.sinks.formats import container_for, encoder_for
from livestyle.sinks.hardware_encoders import is_hardware, pixel_format, running_encoders, why_not


def test_an_encoder_that_encodes_runs_and_another_says_why_not() -> None:
    assert why_not("mpeg4") == ""
    assert why_not("no_such_nvenc") != ""
    assert is_hardware("hevc_qsv") and not is_hardware("libx264")
    assert pixel_format("libx264", "yuv420p") == "yuv420p"


def test_what_does_not_run_is_neither_offered_nor_used(monkeypatch: pytest.MonkeyPatch) -> None:
    container = container_for(Path("a.mp4"))
    monkeypatch.setattr(hardware_encoders, "_KINDS", ("nvenc", "qsv"))
    for name in running_encoders():
        assert encoder_for(name, container) == name
    broken = [n for n in ("h264_nvenc", "h264_qsv") if n not in running_encoders()]
    for name in broken:
        with pytest.raises(SinkError, match=r"does not run here|no video encoder"):
            encoder_for(name, container)
