"""StyleCard: what a trained style is. It lies beside the model files as `card.json`, and inside
each of them, so that a single file still says where it comes from."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from livestyle.errors import StyleError

CARD_FORMAT = 1
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
        rich: models of a larger network, for strong machines; may be none.
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
    rich: tuple[ModelFile, ...] = ()
    training: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def all_files(self) -> tuple[ModelFile, ...]:
        """The exported models: the usual ones, the fine ones, the rich ones."""
        return self.files + self.fine + self.rich

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

    def with_files(
        self,
        files: Iterable[ModelFile],
        fine: Iterable[ModelFile] = (),
        rich: Iterable[ModelFile] = (),
    ) -> "StyleCard":
        """The same card listing these files and no others."""
        return replace(self, files=tuple(files), fine=tuple(fine), rich=tuple(rich))

    def to_json(self) -> str:
        """The card as it is stored."""
        return json.dumps({"format": CARD_FORMAT, **asdict(self)}, indent=2, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str, origin: str) -> "StyleCard":
        """Reads a stored card; keys of later versions are passed over.

        Args:
            text: JSON.
            origin: where it was found, for the message.

        Raises:
            StyleError: not a card, or of a newer format.
        """
        try:
            data = json.loads(text)
            if data.pop("format") > CARD_FORMAT:
                raise StyleError(
                    f"The card of {origin} is of a newer format than this livestyle reads. "
                    "Update livestyle, or export the style again."
                )
            known = {f.name for f in fields(cls)}
            file_keys = {f.name for f in fields(ModelFile)}
            data = {key: value for key, value in data.items() if key in known}
            for listed in ("files", "fine", "rich"):
                data[listed] = tuple(
                    ModelFile(**{k: v for k, v in file.items() if k in file_keys})
                    for file in data.get(listed, ())
                )
            return cls(**data)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise StyleError(
                f"The style card of {origin} cannot be read ({error}). "
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
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise StyleError(
                f"{folder} is not a style: its {CARD_FILE} cannot be read ({error}). "
                "A style folder is what `livestyle export --to onnx` writes."
            ) from error
        return cls.from_json(text, str(path))

    def save(self, folder: Path) -> None:
        """Writes `card.json` into a folder."""
        (folder / CARD_FILE).write_text(self.to_json() + "\n", encoding="utf-8")
