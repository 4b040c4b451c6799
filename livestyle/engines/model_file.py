"""Model files are checked before any engine touches them, and read exactly once: what was checked
is what runs."""

import hashlib
import io
import re
import zipfile
import zlib
from pathlib import Path

from livestyle.card import CARD_KEY, ModelFile, StyleCard
from livestyle.engines.onnx_file import NotOnnxError, OnnxFacts, Port, read_facts
from livestyle.engines.onnx_graph import ForeignGraphError, read_graph
from livestyle.engines.onnx_rules import check_graph
from livestyle.errors import StyleError
from livestyle.pack import is_pack, read_member
from livestyle.plain import printable, read_regular

MAX_BYTES = 256 * 1024 * 1024
MAX_TEXT_BYTES = 4 * 1024 * 1024
"""Of a card or of one program text inside a TorchScript archive, unpacked."""

FORMATS = {".onnx": "onnx", ".pt": "torchscript"}
"""Suffix -> format, for a file that comes alone."""

_DOMAINS = {"", "ai.onnx"}
_UINT8 = 2
_PROMISE = "one uint8 input `frame` and one uint8 output, both [1, ?, ?, 3]"
_EXPORT_AGAIN = "Export it again with `livestyle export`."
_FILE_ACCESS = re.compile(rb"\b(?:save|from_file)\s*\(")
"""TorchScript's two operators that write files."""


def read_model(path: Path, file: ModelFile) -> bytes:
    """Reads a model file and checks that it is what the card says and safe to hand to an engine.

    Args:
        path: where it lies; that of a member of a style pack is PACK/NAME.
        file: what the card says of it.

    Returns:
        The whole file.

    Raises:
        StyleError: missing, too large, changed since it was exported, or not a model of ours.
    """
    data = _read(path)
    if hashlib.sha256(data).hexdigest() != file.sha256.lower():
        raise StyleError(
            f"{path} is not the file its card describes: the SHA-256 differs. "
            "It was changed or damaged; copy or export the style again."
        )
    if file.format == "onnx":
        _check_onnx(data, path)
    else:
        _check_torchscript(data, path)
    return data


def card_inside(path: Path) -> StyleCard:
    """The card that a single model file carries, listing that file and no other.

    Raises:
        StyleError: the file cannot be used, or carries no card.
    """
    kind = FORMATS.get(path.suffix.lower())
    if path.suffix.lower() == ".safetensors":
        raise StyleError(f"{path} is a checkpoint, not a style yet. Run `livestyle export {path}`.")
    if kind is None:
        raise StyleError(
            f"{path} is no style: a style is a folder, a style pack in .livestyle, or a file in "
            ".onnx or .pt."
        )
    data = _read(path)
    if kind == "onnx":
        facts = _check_onnx(data, path)
        precision, text = facts.precision, facts.metadata.get(CARD_KEY)
    else:
        precision, text = _check_torchscript(data, path)
    if text is None:
        raise StyleError(f"{path} carries no style card, so nobody knows its name. {_EXPORT_AGAIN}")
    card = StyleCard.from_json(text, str(path))
    listed = card.file(kind, precision)
    return card.with_files(
        [
            ModelFile(
                path=path.name,
                format=kind,
                precision=precision,
                size_bytes=len(data),
                sha256=hashlib.sha256(data).hexdigest(),
                psnr_db=listed.psnr_db if listed else 0.0,
            )
        ]
    )


def _read(path: Path) -> bytes:
    """The whole file, if it is one and not too large."""
    if is_pack(path.parent):
        return read_member(path.parent, path.name)
    try:
        data = read_regular(path, MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise StyleError(f"There is no model file at {path}. {_EXPORT_AGAIN}") from error
    except OSError as error:
        raise StyleError(f"{path} cannot be read ({error.strerror or error}).") from error
    if len(data) > MAX_BYTES:
        raise StyleError(
            f"{path} is larger than {MAX_BYTES >> 20} MB, the most a model file may have. "
            "Is it a style? They have a few hundred kilobytes."
        )
    return data


def _check_onnx(data: bytes, path: Path) -> OnnxFacts:
    """Refuses what is not ONNX, reaches outside itself, or paints no frame."""
    try:
        facts = read_facts(data)
    except NotOnnxError as error:
        raise StyleError(f"{path} is not an ONNX model: {error}. {_EXPORT_AGAIN}") from error
    if facts.has_external_data:
        raise StyleError(
            f"{path} refers to external data in other files; a style is one file. {_EXPORT_AGAIN}"
        )
    if foreign := sorted(printable(name, 64) for name in facts.domains - _DOMAINS):
        raise StyleError(
            f"{path} needs operators of {', '.join(foreign)}, which no engine here has. "
            "Only standard ONNX operators are taken."
        )
    ports_are_ours = (
        len(facts.inputs) == len(facts.outputs) == 1
        and facts.inputs[0].name == "frame"
        and _is_frame(facts.inputs[0])
        and _is_frame(facts.outputs[0])
    )
    if not ports_are_ours:
        found = " and ".join(str(port) for port in (*facts.inputs, *facts.outputs)) or "nothing"
        raise StyleError(
            f"{path} is an ONNX model but no livestyle style: it has {found}; a style has "
            f"{_PROMISE}. `livestyle export` writes such files."
        )
    try:
        check_graph(read_graph(data))
    except (ForeignGraphError, NotOnnxError) as error:
        found = printable(str(error), 400)
        raise StyleError(f"{path} is not taken: {found}. {_EXPORT_AGAIN}") from error
    return facts


def _is_frame(port: Port) -> bool:
    """Whether it is uint8 (1, H, W, 3) with H and W free; what a file leaves open may be so."""
    if port.element != _UINT8:
        return False
    if port.dims is None:
        return True
    return (
        len(port.dims) == 4
        and port.dims[0] in (1, None)
        and port.dims[1:3] == (None, None)
        and port.dims[3] in (3, None)
    )


def _check_torchscript(data: bytes, path: Path) -> tuple[str, str | None]:
    """Refuses pickles and programs that touch files; gives the precision and the card's text."""
    pickle = StyleError(f"{path} is a pickle; livestyle loads no pickles. {_EXPORT_AGAIN}")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        if data[:1] == b"\x80":
            raise pickle from error
        raise StyleError(f"{path} is no TorchScript archive. {_EXPORT_AGAIN}") from error
    with archive:
        # Names inside an archive begin with a folder of any name.
        inside = {name.partition("/")[2]: name for name in archive.namelist()}
        programs = [name for name in inside if name.startswith("code/") and name.endswith(".py")]
        if not programs or "constants.pkl" not in inside:
            if any(name.endswith(".pkl") for name in inside):
                raise pickle
            raise StyleError(f"{path} is no TorchScript archive. {_EXPORT_AGAIN}")
        if any(_FILE_ACCESS.search(_unpack(archive, inside[name], path)) for name in programs):
            raise StyleError(f"{path} holds a program that writes files. It is not loaded.")
        tables = [_unpack(archive, inside[name], path) for name in ("data.pkl", "constants.pkl")
                  if name in inside]  # fmt: skip
        precision = "fp16" if any(b"HalfStorage" in table for table in tables) else "fp32"
        card = inside.get(f"extra/{CARD_KEY}")
        if card is None:
            return precision, None
        return precision, _unpack(archive, card, path).decode("utf-8", "replace")


def _unpack(archive: zipfile.ZipFile, name: str, path: Path) -> bytes:
    """One small member of an archive."""
    try:
        with archive.open(name) as member:
            data = member.read(MAX_TEXT_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError) as error:
        raise StyleError(f"{path} is damaged at {name} ({error}). {_EXPORT_AGAIN}") from error
    if len(data) > MAX_TEXT_BYTES:
        raise StyleError(f"{path}: {name} is larger than {MAX_TEXT_BYTES >> 20} MB.")
    return data
