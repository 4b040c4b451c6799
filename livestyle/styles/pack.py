"""Style packs: a style as one file, to be carried to another machine.

A pack is a ZIP file whose name ends in `.livestyle`: so no program takes it for a folder to
unpack, and everybody sees whose file it is. In it lie the files of a style folder (card, models,
preview, checkpoint) and `manifest.json`, which has size and SHA-256 of each.

Packs come from strangers. Their members are only ever read into memory, by names that are known
beforehand; every size is bounded before it is believed, and checked again while reading.
"""

import hashlib
import json
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from livestyle.errors import ExportError, StyleError
from livestyle.output_file import atomic_write
from livestyle.plain import open_regular, parse_json

PACK_SUFFIX = ".livestyle"
MANIFEST_FILE = "manifest.json"
PACK_FORMAT = 1

MAX_PACK_BYTES = 256 * 1024 * 1024
"""Of a pack, and of all its members unpacked."""

MAX_MANIFEST_BYTES = 64 * 1024
MAX_DIRECTORY_BYTES = 64 * 1024
MAX_MEMBERS = 32

_END_RECORD = struct.Struct("<4s4H2LH")
_ZIP64_LOCATOR = 20
_ENCRYPTED = 0x1
_BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OverflowError, RuntimeError,
    ValueError, struct.error,
)  # fmt: skip
"""What zipfile raises for archives that are damaged or made up."""


@dataclass(frozen=True, slots=True)
class Member:
    """What the manifest says of a file: its size, and its SHA-256 in hex."""

    size_bytes: int
    sha256: str


def is_pack(path: Path) -> bool:
    """Whether there is a file that calls itself a style pack."""
    return path.suffix.lower() == PACK_SUFFIX and path.is_file()


def write_pack(path: Path, files: Mapping[str, bytes]) -> None:
    """Writes a pack, whole or not at all; the same files make the same bytes.

    Args:
        path: where to; an older file is replaced.
        files: name -> content, the card among them.

    Raises:
        ExportError: it cannot be written.
    """
    members = {
        name: {"size_bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in files.items()
    }
    manifest = json.dumps({"format": PACK_FORMAT, "members": members}, indent=2)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            atomic_write(path) as partial,
            zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            for name, data in {MANIFEST_FILE: manifest.encode(), **files}.items():
                entry = zipfile.ZipInfo(name)  # dated 1980, so that equal packs are equal files
                entry.external_attr = (stat.S_IFREG | 0o644) << 16
                archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    except OSError as error:
        raise ExportError(f"The pack {path} cannot be written ({error.strerror}).") from error


def member_names(path: Path) -> list[str]:
    """The files of the style in a pack; the manifest is not one of them.

    Raises:
        StyleError: it is no pack, damaged, or made up to do harm.
    """
    with _opened(path) as archive:
        return list(_manifest(archive, path))


def read_member(path: Path, name: str) -> bytes:
    """One file of the style in a pack, compared with the manifest.

    Raises:
        StyleError: there is none of that name, it was changed, or the pack cannot be used.
    """
    with _opened(path) as archive:
        member = _manifest(archive, path).get(name)
        if member is None:
            raise StyleError(f"The style pack {path} is not whole: {name} is missing. {_AGAIN}")
        data = _read(archive, name, member.size_bytes)
        if len(data) != member.size_bytes or hashlib.sha256(data).hexdigest() != member.sha256:
            raise StyleError(
                f"{name} in the style pack {path} is not the file that was packed: size or "
                f"SHA-256 differ. {_AGAIN}"
            )
        return data


_AGAIN = "Copy the pack again, or have it packed again with `livestyle export STYLE --to pack`."


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive, its list of members checked."""
    try:
        with open_regular(path) as file:
            _check_end(file)
            with zipfile.ZipFile(file) as archive:
                _check_entries(archive)
                yield archive
    except OSError as error:
        raise StyleError(f"{path} cannot be read ({error.strerror or error}).") from error
    except _BROKEN as error:
        raise StyleError(f"{path} is not a style pack, or damaged: {error}. {_AGAIN}") from error


def _check_end(file: BinaryIO) -> None:
    """Bounds the list of members before zipfile reads it: a few bytes may claim millions.

    Raises:
        ValueError: no ZIP file, or none that `write_pack` wrote.
    """
    size_bytes = file.seek(0, os.SEEK_END)
    if size_bytes > MAX_PACK_BYTES:
        raise ValueError(f"it is larger than {MAX_PACK_BYTES >> 20} MB")
    file.seek(max(0, size_bytes - _END_RECORD.size - _ZIP64_LOCATOR))
    tail = file.read()
    if len(tail) < _END_RECORD.size:
        raise ValueError("it is too short")
    mark, *_, count, directory_bytes, _, comment = _END_RECORD.unpack(tail[-_END_RECORD.size :])
    if mark != b"PK\5\6" or comment or tail.startswith(b"PK\6\7"):
        raise ValueError("it does not end as one")
    if count > MAX_MEMBERS or directory_bytes > MAX_DIRECTORY_BYTES:
        raise ValueError(f"it lists more than {MAX_MEMBERS} files")
    file.seek(0)


def _check_entries(archive: zipfile.ZipFile) -> None:
    """Refuses what no pack has: links, folders, ciphers, names twice, and too much of anything.

    Raises:
        ValueError: it has one of those.
    """
    entries = archive.infolist()
    names = [entry.filename.casefold() for entry in entries]  # some disks do not tell case apart
    if len(set(names)) < len(names):
        raise ValueError("a name is in it twice")
    for entry in entries:
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if entry.is_dir() or kind not in (0, stat.S_IFREG):
            raise ValueError(f"{entry.filename!r} is no plain file")
        if entry.flag_bits & _ENCRYPTED:
            raise ValueError(f"{entry.filename!r} is encrypted")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError(f"{entry.filename!r} is compressed in an unusual way")
    if sum(entry.file_size for entry in entries) > MAX_PACK_BYTES:
        raise ValueError(f"it unpacks to more than {MAX_PACK_BYTES >> 20} MB")


def _manifest(archive: zipfile.ZipFile, path: Path) -> dict[str, Member]:
    """What the manifest says; it must name just what is there.

    Raises:
        ValueError: it is missing or wrong.
        StyleError: of a newer format.
    """
    there = {entry.filename: entry.file_size for entry in archive.infolist()}
    if there.pop(MANIFEST_FILE, MAX_MANIFEST_BYTES + 1) > MAX_MANIFEST_BYTES:
        raise ValueError(f"it has no {MANIFEST_FILE}, or one too large")
    try:
        data = parse_json(_read(archive, MANIFEST_FILE, MAX_MANIFEST_BYTES).decode("utf-8"))
        if data["format"] > PACK_FORMAT:
            raise StyleError(f"{path} is of a newer format than this livestyle reads. Update it.")
        listed = {
            str(name): Member(int(member["size_bytes"]), str(member["sha256"]))
            for name, member in data["members"].items()
        }
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ValueError(f"its {MANIFEST_FILE} cannot be read ({error})") from error
    if {name: member.size_bytes for name, member in listed.items()} != there:
        odd = sorted(set(there) ^ set(listed)) or ["sizes"]
        raise ValueError(f"it holds something else than its {MANIFEST_FILE} says ({odd[0]!r})")
    return listed


def _read(archive: zipfile.ZipFile, name: str, limit_bytes: int) -> bytes:
    """A member's content, one byte over the limit at most."""
    with archive.open(name) as member:
        return member.read(limit_bytes + 1)
