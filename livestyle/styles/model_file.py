"""Model files are checked before any engine touches them, and read exactly once: what was checked
is what runs."""

import hashlib
from pathlib import Path

from livestyle.errors import StyleError
from livestyle.plain import printable, read_regular
from livestyle.styles.card import CARD_KEY, ModelFile, StyleCard
from livestyle.styles.checkpoint_file import NotCheckpointError, read_header
from livestyle.styles.onnx_file import NotOnnxError, OnnxFacts, Port, read_facts
from livestyle.styles.onnx_graph import ForeignGraphError, read_graph
from livestyle.styles.onnx_rules import check_graph
from livestyle.styles.pack import is_pack, read_member

MAX_BYTES = 256 * 1024 * 1024
MODEL_SUFFIXES = {".onnx": "onnx"}
"""Suffix -> format, for a file that comes alone."""

PROGRAM_SUFFIXES = (".pt", ".pth", ".torchscript")
"""Of TorchScript and of PyTorch's pickles: programs of whoever made them, and never loaded."""

_DOMAINS = {"", "ai.onnx"}
_UINT8 = 2
_PROMISE = "one uint8 input `frame` and one uint8 output, both [1, ?, ?, 3]"
_EXPORT_AGAIN = "Export it again with `livestyle export`."


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
    if file.format not in MODEL_SUFFIXES.values():
        raise StyleError(f"{path} is of the format {file.format!r}, which no engine here reads.")
    data = _read(path)
    if hashlib.sha256(data).hexdigest() != file.sha256.lower():
        raise StyleError(
            f"{path} is not the file its card describes: the SHA-256 differs. "
            "It was changed or damaged; copy or export the style again."
        )
    _check_onnx(data, path)
    return data


def read_checkpoint(path: Path) -> bytes:
    """Reads the checkpoint of a style and checks that it is one; the torch engine does the rest.

    Args:
        path: where it lies; that of a member of a style pack is PACK/NAME.

    Returns:
        The whole file.

    Raises:
        StyleError: missing, too large, or no checkpoint.
    """
    data = _read(path)
    try:
        read_header(data)
    except NotCheckpointError as error:
        raise StyleError(
            f"{path} is no checkpoint of livestyle: {error}. Copy the style again, or take "
            "--engine openvino, which needs none."
        ) from error
    return data


def is_picture(path: Path) -> bool:
    """Whether the file is called like a picture; of an animation, the first frame is taken."""
    from livestyle.images import FOUND_SUFFIXES  # imports OpenCV, which `doctor` may find missing

    return path.suffix.lower() in FOUND_SUFFIXES | {".gif"}


def card_inside(path: Path) -> StyleCard:
    """The card that a single model file carries, listing that file and no other.

    Raises:
        StyleError: the file cannot be used, or carries no card.
    """
    kind = MODEL_SUFFIXES.get(path.suffix.lower())
    if path.suffix.lower() == ".safetensors":
        raise StyleError(f"{path} is a checkpoint, not a style yet. Run `livestyle export {path}`.")
    if path.suffix.lower() in PROGRAM_SUFFIXES:
        raise StyleError(
            f"{path} may hold a program of whoever made it (TorchScript or a pickle), and "
            "livestyle runs none: take the style's .onnx file, its folder or its pack instead."
        )
    if kind is None:
        raise StyleError(
            f"{path} is no style: a style is a folder, a style pack in .livestyle, a file in "
            ".onnx, or a picture."
        )
    data = _read(path)
    facts = _check_onnx(data, path)
    precision, text = facts.precision, facts.metadata.get(CARD_KEY)
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
