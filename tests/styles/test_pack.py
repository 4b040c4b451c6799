"""Style packs: whole there and back, and none that was made to do harm is opened."""

import errno
import json
import os
import stat
import struct
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import models
import numpy as np
import pytest

from livestyle.engines import load
from livestyle.errors import ExportError, StyleError
from livestyle.styles import library, pack
from livestyle.styles.library import add_style, find_style
from livestyle.styles.pack import MANIFEST_FILE, member_names, read_member, write_pack
from livestyle.styles.style import style_files


@pytest.fixture(autouse=True)
def user_styles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "user" / "styles"
    monkeypatch.setenv("LIVESTYLE_STYLES", str(folder))
    monkeypatch.setattr(library, "_packaged_folder", lambda: tmp_path / "none")
    return folder


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A style folder with everything in it."""
    folder = tmp_path / "made"
    models.save_style(folder, "dots")
    (folder / "preview.jpg").write_bytes(b"jpeg")
    (folder / "checkpoint.safetensors").write_bytes(b"weights")
    (folder / "notes.txt").write_text("stays behind")
    return folder


@pytest.fixture
def packed(made: Path, tmp_path: Path) -> Path:
    """The same as a pack."""
    path = tmp_path / "dots.livestyle"
    write_pack(path, style_files(find_style(str(made))))
    return path


Members = list[tuple[zipfile.ZipInfo, bytes]]


def members_of(path: Path) -> Members:
    with zipfile.ZipFile(path) as archive:
        return [(entry, archive.read(entry)) for entry in archive.infolist()]


def rewrite(path: Path, members: Members, method: int = zipfile.ZIP_DEFLATED) -> None:
    """Writes an archive of these members, sensible or not."""
    with zipfile.ZipFile(path, "w") as archive:
        for entry, data in members:
            fresh = zipfile.ZipInfo(entry.filename)
            fresh.external_attr = entry.external_attr
            archive.writestr(fresh, data, method)


def add_member(path: Path, name: str, data: bytes, *, mode: int = 0o100644) -> None:
    """Puts one more member into a pack and into its manifest."""
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    members = [*members_of(path)[1:], (entry, data)]
    listed = {
        member.filename: {"size_bytes": len(data), "sha256": models.sha256(data)}
        for member, data in members
    }
    manifest = json.dumps({"format": 1, "members": listed}).encode()
    rewrite(path, [(zipfile.ZipInfo(MANIFEST_FILE), manifest), *members])


def whole(folder: Path) -> dict[str, bytes]:
    """All of `made` that may be in a pack, whether its card has it or not."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".txt"}


def test_a_pack_has_the_files_of_the_style_and_nothing_else(made: Path, packed: Path) -> None:
    files = {"dots.onnx", "card.json", "preview.jpg", "checkpoint.safetensors"}
    assert set(member_names(packed)) == files
    for name in files:
        assert read_member(packed, name) == (made / name).read_bytes()


def test_a_fine_network_is_part_of_the_style(made: Path, tmp_path: Path, user_styles: Path) -> None:
    card = find_style(str(made)).card
    fine = models.save_onnx(models.blur_model(), made / "dots-fine.onnx", card)
    card.with_files(card.files, [fine]).save(made)
    pack = tmp_path / "dots.livestyle"
    write_pack(pack, style_files(find_style(str(made))))
    add_style(pack)
    assert (user_styles / "dots" / "dots-fine.onnx").is_file()
    for style in (find_style(str(pack)), find_style("dots")):
        assert style.fine is not None
        usual, finer = load(style), load(style.fine)
        picture = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
        assert (usual(picture) == 255 - picture).all()
        assert (finer(picture) != 255 - picture).any()
    (made / "dots-fine.onnx").unlink()
    with pytest.raises(StyleError, match="dots-fine"):
        find_style(str(made))


@pytest.mark.parametrize("packed", [False, True])
def test_a_second_larger_network_of_earlier_days_is_passed_over(
    packed: bool, made: Path, tmp_path: Path, user_styles: Path
) -> None:
    """Its files may be there, damaged or gone: nothing reads them, and no copy takes them along."""
    listed = asdict(models.save_onnx(models.blur_model(), made / "dots-rich-fp16.onnx"))
    gone = listed | {"path": "dots-rich-int8.onnx"}
    models.change_card(made, rich=[listed, gone])
    (made / "dots-rich-fp16.onnx").write_bytes(b"damaged")
    path = made
    if packed:
        path = tmp_path / "old.livestyle"
        write_pack(path, whole(made))
    style = find_style(str(path))
    assert [file.path for file in style.card.all_files] == ["dots.onnx"]
    stylizer = load(style)
    assert (stylizer(np.full((40, 40, 3), 9, np.uint8)) == 246).all()
    stylizer.close()
    files = {"dots.onnx", "card.json", "preview.jpg", "checkpoint.safetensors"}
    assert set(style_files(style)) == files
    added = add_style(path)
    assert {file.name for file in added.folder.iterdir()} == files
    assert "rich" not in json.loads((added.folder / "card.json").read_text())


@pytest.mark.parametrize(
    "rich", [7, "more.onnx", {"path": "more.onnx"}, [7, None, ["more.onnx"], {}]]
)
def test_a_list_of_larger_networks_that_is_none_lets_no_file_into_a_pack(
    rich: object, made: Path
) -> None:
    (made / "more.onnx").write_bytes(b"foreign")
    models.change_card(made, rich=rich)
    pack = made.with_suffix(".livestyle")
    write_pack(pack, whole(made))
    with pytest.raises(StyleError, match=r"'more\.onnx', which its card does not know"):
        find_style(str(pack))


def test_the_same_style_makes_the_same_pack(made: Path, packed: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.livestyle"
    write_pack(again, style_files(find_style(str(packed))))
    assert again.read_bytes() == packed.read_bytes()


def test_a_pack_paints_without_being_unpacked(packed: Path) -> None:
    before = sorted(packed.parent.iterdir())
    stylizer = load(find_style(str(packed)))
    assert (stylizer(np.full((40, 40, 3), 9, np.uint8)) == 246).all()
    stylizer.close()
    assert sorted(packed.parent.iterdir()) == before


def test_a_pack_is_installed(made: Path, packed: Path, user_styles: Path) -> None:
    assert add_style(packed).folder == user_styles / "dots"
    for name in member_names(packed):
        assert (user_styles / "dots" / name).read_bytes() == (made / name).read_bytes()


def test_a_pack_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StyleError, match=r"no style at nowhere\.livestyle"):
        find_style("nowhere.livestyle")


def test_a_pack_that_cannot_be_written_leaves_the_old_one(
    packed: Path, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = packed.read_bytes()
    files = style_files(find_style(str(made)))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(ExportError, match=r"cannot be written \(No space left"):
        write_pack(packed, files)
    assert packed.read_bytes() == before
    assert not packed.with_name(packed.name + ".partial").exists()


@pytest.mark.parametrize(
    "name", ["../evil.onnx", "/tmp/evil.onnx", "a/b.onnx", "C:\\evil.onnx", "evil.py", "more.onnx"]
)
def test_members_that_the_card_does_not_know(name: str, packed: Path, user_styles: Path) -> None:
    add_member(packed, name, b"evil")
    with pytest.raises(StyleError, match="which its card does not know"):
        add_style(packed)
    assert not user_styles.exists()


def test_members_that_the_manifest_does_not_know(packed: Path) -> None:
    rewrite(packed, [*members_of(packed), (zipfile.ZipInfo("more.onnx"), b"evil")])
    with pytest.raises(StyleError, match=r"something else than its manifest.json says.*more"):
        find_style(str(packed))


@pytest.mark.parametrize("mode", [stat.S_IFLNK | 0o777, stat.S_IFDIR | 0o755, stat.S_IFIFO])
def test_links_and_other_oddities(mode: int, packed: Path) -> None:
    add_member(packed, "preview.png", b"/etc/passwd", mode=mode)
    with pytest.raises(StyleError, match="no plain file"):
        find_style(str(packed))


@pytest.mark.parametrize("twin", ["dots.onnx", "DOTS.ONNX", "Manifest.json"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice(twin: str, packed: Path) -> None:
    rewrite(packed, [*members_of(packed), (zipfile.ZipInfo(twin), b"evil")])
    with pytest.raises(StyleError, match="a name is in it twice"):
        find_style(str(packed))


def changed(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """Swaps one member's content for another, the rest as it was."""

    def swap(path: Path) -> None:
        rewrite(
            path,
            [(e, change(data) if e.filename == name else data) for e, data in members_of(path)],
        )

    return swap


@pytest.mark.parametrize("name", ["dots.onnx", "checkpoint.safetensors", "preview.jpg"])
def test_a_member_of_the_same_size_but_changed(name: str, packed: Path, user_styles: Path) -> None:
    changed(name, lambda data: data[:-1] + bytes([data[-1] ^ 1]))(packed)
    with pytest.raises(StyleError, match=rf"{name} in .* is not the file that was packed"):
        add_style(packed)
    assert not user_styles.exists()


def test_a_model_that_agrees_with_the_manifest_but_not_with_the_card(packed: Path) -> None:
    files = {name: read_member(packed, name) for name in member_names(packed)}
    write_pack(packed, files | {"dots.onnx": files["dots.onnx"] + b"\x08\x08"})
    with pytest.raises(StyleError, match="not the file its card describes"):
        load(find_style(str(packed)))


def test_a_model_that_is_none(packed: Path) -> None:
    files = {name: read_member(packed, name) for name in member_names(packed)}
    card = json.loads(files["card.json"])
    card["files"][0]["sha256"] = models.sha256(b"import os")
    write_pack(packed, files | {"dots.onnx": b"import os", "card.json": json.dumps(card).encode()})
    with pytest.raises(StyleError, match="not an ONNX model"):
        add_style(packed)


@pytest.mark.parametrize("name", ["../../evil", ".hidden", ""])
def test_a_card_that_leads_elsewhere(name: str, packed: Path, user_styles: Path) -> None:
    files = {name: read_member(packed, name) for name in member_names(packed)}
    card = json.loads(files["card.json"]) | {"name": name}
    write_pack(packed, files | {"card.json": json.dumps(card).encode()})
    with pytest.raises(StyleError, match="is called"):
        add_style(packed)
    assert not user_styles.exists()


@pytest.mark.parametrize("name", ["dots.onnx", "card.json"])
def test_a_pack_that_is_not_whole(name: str, packed: Path) -> None:
    files = {name: read_member(packed, name) for name in member_names(packed)}
    del files[name]
    write_pack(packed, files)
    with pytest.raises(StyleError, match=f"{name} is missing"):
        find_style(str(packed))


@pytest.mark.parametrize(
    "manifest",
    [b"", b"{", b"[]", b'{"format": 1}', b'{"format": 1, "members": {"dots.onnx": 3}}',
     b"[" * 60_000, b'{"format": "x", "members": {}}'],
)  # fmt: skip
def test_a_manifest_that_cannot_be_read(manifest: bytes, packed: Path) -> None:
    changed(MANIFEST_FILE, lambda _: manifest)(packed)
    with pytest.raises(StyleError, match="not a style pack, or damaged: its manifest"):
        find_style(str(packed))


def test_a_pack_without_a_manifest(packed: Path) -> None:
    rewrite(packed, members_of(packed)[1:])
    with pytest.raises(StyleError, match=r"has no manifest\.json"):
        find_style(str(packed))


def test_a_newer_pack(packed: Path) -> None:
    changed(MANIFEST_FILE, lambda data: data.replace(b'"format": 1', b'"format": 2'))(packed)
    with pytest.raises(StyleError, match="newer format"):
        find_style(str(packed))


def test_a_bomb_that_says_so(packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack, "MAX_PACK_BYTES", 1 << 20)
    add_member(packed, "preview.png", bytes(1 << 21))
    assert packed.stat().st_size < 1 << 20
    with pytest.raises(StyleError, match="unpacks to more than 1 MB"):
        find_style(str(packed))


@pytest.mark.parametrize("name", [MANIFEST_FILE, "dots.onnx"])
def test_a_bomb_that_lies_about_its_size(name: str, packed: Path) -> None:
    """The list of members declares the old size, what is packed are 4 MB of zeros."""
    declared = {entry.filename: entry.file_size for entry, _ in members_of(packed)}[name]
    changed(name, lambda _: bytes(4 << 20))(packed)
    data = packed.read_bytes().replace(struct.pack("<L", 4 << 20), struct.pack("<L", declared))
    packed.write_bytes(data)
    with pytest.raises(StyleError, match="not a style pack, or damaged"):
        load(find_style(str(packed)))


def test_a_pack_larger_than_any(packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack, "MAX_PACK_BYTES", 100)
    with pytest.raises(StyleError, match="larger than"):
        find_style(str(packed))


def test_thousands_of_members_are_not_even_listed(
    packed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(2000):
            archive.writestr(str(number), b"")
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(StyleError, match="lists more than"):
        find_style(str(packed))


def test_a_zip64_record_does_not_lead_to_another_list(packed: Path) -> None:
    data = packed.read_bytes()
    packed.write_bytes(data[:-22] + b"PK\6\7" + bytes(16) + data[-22:])
    with pytest.raises(StyleError, match="does not end as one"):
        find_style(str(packed))


def test_an_encrypted_member(packed: Path) -> None:
    data = bytearray(packed.read_bytes())
    data[data.rindex(b"PK\1\2") + 8] |= 1
    packed.write_bytes(data)
    with pytest.raises(StyleError, match="is encrypted"):
        find_style(str(packed))


def test_an_unusual_compression(packed: Path) -> None:
    rewrite(packed, members_of(packed), zipfile.ZIP_LZMA)
    with pytest.raises(StyleError, match="unusual way"):
        find_style(str(packed))


@pytest.mark.parametrize("content", [b"", b"no archive at all" * 9, bytes(22)])
def test_no_archive(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.livestyle"
    path.write_bytes(content)
    with pytest.raises(StyleError, match="not a style pack"):
        find_style(str(path))


def test_a_damaged_pack_is_an_error_whatever_the_damage(packed: Path) -> None:
    whole = packed.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(200):
        damaged = bytearray(whole)
        for place in rng.integers(0, len(whole), 4):
            damaged[place] ^= int(rng.integers(1, 256))
        packed.write_bytes(damaged)
        try:
            files = style_files(find_style(str(packed)))
        except StyleError:
            continue
        assert files["dots.onnx"]  # the damage hit what nobody reads, such as a date


def test_a_truncated_pack(packed: Path) -> None:
    os.truncate(packed, packed.stat().st_size // 2)
    with pytest.raises(StyleError, match="does not end as one"):
        find_style(str(packed))


def test_the_rest_of_a_style_folder_stays_out(tmp_path: Path) -> None:
    """A model file that lies in somebody's folder takes nothing of that folder along."""
    models.save_onnx(models.invert_model(), tmp_path / "dots.onnx", models.make_card("dots"))
    (tmp_path / "checkpoint.safetensors").write_bytes(b"of another")
    assert set(style_files(find_style(str(tmp_path / "dots.onnx")))) == {"dots.onnx", "card.json"}


def test_a_finished_run_is_a_style(tmp_path: Path, user_styles: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "checkpoint.safetensors").write_bytes(b"weights")
    with pytest.raises(StyleError, match=rf"no exported style yet.*livestyle export {run}"):
        find_style(str(run))
    models.save_style(run / "style", "dots")
    assert find_style(str(run)).card.name == "dots"
    assert add_style(run).folder == user_styles / "dots"


def test_a_name_with_a_null(packed: Path) -> None:
    packed.write_bytes(packed.read_bytes().replace(b"dots.onnx", b"dots\0onnx"))
    with pytest.raises(StyleError):
        find_style(str(packed))
