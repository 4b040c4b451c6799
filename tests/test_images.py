"""Pictures are written with what made them, whatever it is called."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from livestyle.images import write_picture


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("clip.mp4", "clip.mp4"),
        ("na\u00efve \u6d6e\u4e16\u7d75.mp4", "na\u00efve \u6d6e\u4e16\u7d75.mp4"),
        ("caf\udce9.mp4", "caf?.mp4"),
        ("a\x00b\x1b[31m.mp4", "a?b?[31m.mp4"),
    ],
)
def test_a_name_of_any_bytes_is_kept_as_text(name: str, kept: str, tmp_path: Path) -> None:
    path = tmp_path / "painted.png"
    write_picture(path, np.zeros((4, 6, 3), np.uint8), text={"source": name, "style": "mosaic"})
    with Image.open(path) as picture:
        assert picture.text == {"source": kept, "style": "mosaic"}  # type: ignore[attr-defined]
    assert list(tmp_path.iterdir()) == [path]
