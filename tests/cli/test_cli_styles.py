"""A style goes to another machine in one file."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cli_runs import Ended
from media import noise

from livestyle.images import write_picture


def test_from_one_machine_to_another(
    livestyle: Callable[..., Ended], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = livestyle("export", "mosaic", "--to", "pack", "--out", tmp_path)
    assert packed.code == 0, packed.err
    pack = Path(packed.out.strip())
    assert pack == tmp_path / "mosaic.livestyle"
    assert livestyle("export", "mosaic", "--to", "pack", "--out", tmp_path).code == 5
    assert livestyle("export", "mosaic", "--to", "pack", "--out", tmp_path, "--overwrite").code == 0

    monkeypatch.setenv("LIVESTYLE_STYLES", str(tmp_path / "other"))
    photo = tmp_path / "photo.png"
    write_picture(photo, noise(0, (64, 48)))
    painted = livestyle("image", photo, tmp_path / "painted.png", "--style", pack)
    assert painted.code == 0, painted.err
    cam = livestyle(
        "cam", "--source", "demo", "--no-display", "--max-frames", 3, "--style", pack
    )  # fmt: skip
    assert cam.code == 0, cam.err
    assert livestyle("styles", "add", pack).code == 5, "it would hide the one of livestyle"
    added = livestyle("styles", "add", pack, "-y")
    assert "yours, in" in livestyle("styles").out.splitlines()[0]
    assert (added.code, added.out.strip()) == (0, str(tmp_path / "other" / "mosaic"))
    assert "Tiny" in livestyle("styles", "show", "mosaic").out


def test_a_pack_of_a_pack_is_a_copy(livestyle: Callable[..., Ended], tmp_path: Path) -> None:
    livestyle("export", "abstract", "--to", "pack", "--out", tmp_path)
    pack = tmp_path / "abstract.livestyle"
    again = livestyle("export", pack, "--to", "pack", "--out", tmp_path / "again")
    assert again.code == 0, again.err
    assert (tmp_path / "again" / pack.name).read_bytes() == pack.read_bytes()


def test_a_broken_pack_is_a_sentence(livestyle: Callable[..., Ended], tmp_path: Path) -> None:
    (tmp_path / "x.livestyle").write_text("no pack")
    for command in (["styles", "add"], ["cam", "--style"], ["image", "a.png", "b.png", "--style"]):
        ended = livestyle(*command, tmp_path / "x.livestyle")
        assert (ended.code, ended.out) == (4, "")
        assert "not a style pack" in ended.err and "Traceback" not in ended.err
