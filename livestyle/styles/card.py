"""StyleCard: what a trained style is. It lies beside the model files as `card.json`, and inside
each of them, so that a single file still says where it comes from."""

import json
import math
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from livestyle.errors import StyleError
from livestyle.plain import parse_json, printable, read_regular

CARD_FORMAT = 1
MAX_CARD_BYTES = 256 * 1024
MAX_FILES = 32
MAX_TEXT = 1000
"""Characters of a title, a licence or the like."""

CARD_FILE = "card.json"
PREVIEW_FILE = "preview.jpg"
CARD_KEY = "livestyle.card"
"""Under this name the card stands in an ONNX file's metadata and a TorchScript's extra files."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One exported model of a style.

    Attributes:
        path: file name, in the folder of the card.
        format: "onnx"; in cards of earlier versions also "torchscript".
        precision: "fp32", "fp16" or "int8".
        size_bytes: of the file.
        sha256: of the file, in hex.
        psnr_db: against the fp32 torch network it came from, mean over real photos.
    """

    path: str
    format: str
    precision: str
    size_bytes: int
    sha256: str
    psnr_db: float


@dataclass(frozen=True, slots=True)
class StyleCard:
    """What a trained style is.

    Attributes:
        name: short, lower case, as typed after `--style`.
        title, artist, year, licence, source: of the artwork it was trained on.
        net: the network's name in `livestyle.nets`.
        parameters: number of trained numbers.
        kmac_per_pixel: thousand multiply-accumulates per output pixel.
        files: the exported models.
        fine: models whose strokes are half as large, for painting at half the size; may be none.
        training: how it was made: steps, photos, loss network, weights, seed, versions.
        figures: what was measured on it.
    """

    name: str
    title: str
    artist: str
    year: str
    licence: str
    source: str
    net: str
    parameters: int
    kmac_per_pixel: float
    files: tuple[ModelFile, ...] = ()
    fine: tuple[ModelFile, ...] = ()
    training: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def all_files(self) -> tuple[ModelFile, ...]:
        """The exported models: the usual ones, the fine ones."""
        return self.files + self.fine

    @property
    def precisions(self) -> tuple[str, ...]:
        """Precisions there are files for, each once, in file order."""
        return tuple(dict.fromkeys(file.precision for file in self.files))

    def file(self, format: str, precision: str) -> ModelFile | None:
        """The file of that format and precision, or None."""
        for file in self.files:
            if (file.format, file.precision) == (format, precision):
                return file
        return None

    def with_files(self, files: Iterable[ModelFile], fine: Iterable[ModelFile] = ()) -> "StyleCard":
        """The same card listing these files and no others."""
        return replace(self, files=tuple(files), fine=tuple(fine))

    def to_json(self) -> str:
        """The card as it is stored."""
        return json.dumps({"format": CARD_FORMAT, **asdict(self)}, indent=2, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str, origin: str) -> "StyleCard":
        """Reads a stored card; keys of other versions are passed over.

        Args:
            text: JSON.
            origin: where it was found, for the message.

        Raises:
            StyleError: not a card, or of a newer format.
        """
        try:
            return _card(parse_json(text), origin)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise StyleError(
                f"The style card of {origin} cannot be read "
                f"({printable(str(error), 300)}). "
                "Export the style again with `livestyle export`."
            ) from error

    @classmethod
    def load(cls, folder: Path) -> "StyleCard":
        """Reads `card.json` in a folder.

        Raises:
            StyleError: there is none, or it is broken.
        """
        path = folder / CARD_FILE
        try:
            data = read_regular(path, MAX_CARD_BYTES + 1)
            if len(data) > MAX_CARD_BYTES:
                raise OSError(0, f"it is larger than {MAX_CARD_BYTES >> 10} KB")
            text = data.decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise StyleError(
                f"{folder} is not a style: its {CARD_FILE} cannot be read ({error}). "
                "A style folder is what `livestyle export --to onnx` writes."
            ) from error
        return cls.from_json(text, str(path))

    def save(self, folder: Path) -> None:
        """Writes `card.json` into a folder."""
        (folder / CARD_FILE).write_text(self.to_json() + "\n", encoding="utf-8")


def passed_over(text: str) -> set[str]:
    """Names of the files that a card lists under "rich": a second, larger network of the style.

    Styles had one in 0.1; nothing reads it any more, but it lies in their packs.

    Args:
        text: JSON that `StyleCard.from_json` reads.
    """
    listed = parse_json(text).get("rich")
    files = listed if isinstance(listed, list) else []
    return {str(file.get("path")) for file in files if isinstance(file, dict)}


_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_FILE_NAME = re.compile(r"[^./\\:\x00-\x1f\x7f][^/\\:\x00-\x1f\x7f]{0,127}")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_FORMATS = ("onnx", "torchscript")
UNKNOWN = "unknown"
"""Artist and licence of what nobody said them of."""

PREDICTED = "predicted"
"""Under `training` on the cards of styles that were not trained: how they were made."""

PRECISIONS = ("fp32", "fp16", "int8")
"""Of model files."""


def is_style_name(name: str) -> bool:
    """Whether a style may be called that: small letters, digits, - and _, up to 64 of them."""
    return _NAME.fullmatch(name) is not None


def _card(data: Any, origin: str) -> StyleCard:
    """The card in a JSON document, every field's type, length and range checked.

    Raises:
        ValueError, KeyError: with the field that is wrong.
        StyleError: the card is newer, or of a name that cannot be.
    """
    if not isinstance(data, dict):
        raise ValueError("it is no JSON object")
    if _number(data, "format", 1 << 31) > CARD_FORMAT:
        raise StyleError(
            f"The card of {origin} is of a newer format than this livestyle reads. "
            "Update livestyle, or export the style again."
        )
    name = data["name"]
    if not isinstance(name, str) or not is_style_name(name):
        raise StyleError(
            f"The style in {origin} is called {printable(repr(name), 80)}; names have small "
            "letters, digits, - and _ only."
        )
    notes = {key: data.get(key, {}) for key in ("training", "figures")}
    for key, value in notes.items():
        if not isinstance(value, dict):
            raise ValueError(f"{key} is no JSON object")
    return StyleCard(
        name=name,
        title=_plain(data, "title"),
        artist=_plain(data, "artist"),
        year=_plain(data, "year"),
        licence=_plain(data, "licence"),
        source=_plain(data, "source"),
        net=_plain(data, "net"),
        parameters=int(_number(data, "parameters", 1 << 40)),
        kmac_per_pixel=_number(data, "kmac_per_pixel", 1e9),
        files=_files(data, "files", origin),
        fine=_files(data, "fine", origin),
        training=_cleaned(notes["training"]),
        figures=_cleaned(notes["figures"]),
    )


def _files(data: dict[str, Any], key: str, origin: str) -> tuple[ModelFile, ...]:
    """The model files in one list of a card."""
    listed = data.get(key, [])
    if not isinstance(listed, list) or len(listed) > MAX_FILES:
        raise ValueError(f"{key} is no list of at most {MAX_FILES} files")
    files = []
    for file in listed:
        if not isinstance(file, dict):
            raise ValueError(f"{key} holds something that is no file")
        path = file["path"]
        if not isinstance(path, str) or not _FILE_NAME.fullmatch(path) or path != printable(path):
            raise StyleError(
                f"The card in {origin} names the file {printable(repr(path), 160)}: no plain name."
            )
        known = file["format"] in _FORMATS and file["precision"] in PRECISIONS
        if (
            not known
            or not isinstance(file["sha256"], str)
            or not _SHA256.fullmatch(file["sha256"])
        ):
            raise StyleError(f"The card in {origin} describes {path} in a way unknown here.")
        size_bytes = int(_number(file, "size_bytes", 1 << 40))
        psnr_db = _number(file, "psnr_db", 1e6)
        files.append(
            ModelFile(path, file["format"], file["precision"], size_bytes, file["sha256"], psnr_db)
        )
    return tuple(files)


def _plain(data: dict[str, Any], key: str) -> str:
    value = data[key]
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise ValueError(f"{key} is no text of at most {MAX_TEXT} characters")
    return printable(value)


def _number(data: dict[str, Any], key: str, most: float) -> float:
    value = data[key]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not 0 <= value <= most:
        raise ValueError(f"{key} is no number from 0 to {most:g}")
    return float(value) if isinstance(value, float) else int(value)


def _cleaned(value: Any) -> Any:
    """The same notes, their texts fit for a terminal."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, list):
        return [_cleaned(entry) for entry in value]
    if isinstance(value, dict):
        return {printable(key): _cleaned(entry) for key, entry in value.items()}
    return value
