"""TorchScript: what libtorch reads. It is for other programs; livestyle itself runs none.

So it leaves into a folder of its own, beside the style's: a style folder and a pack hold nothing
that could be a program.
"""

import copy
import hashlib
import io
import json
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path

import torch
from torch import nn

from livestyle.export.folder import new_folder
from livestyle.export.graph import example_frame
from livestyle.export.style import NETWORK_FILES, Target, Work, style_card, works_of
from livestyle.export.verify import verify
from livestyle.frame import Pixels
from livestyle.nets.frame_model import FrameModel
from livestyle.protocols import EngineInfo, Stylizer
from livestyle.styles.card import CARD_KEY, ModelFile, StyleCard
from livestyle.training.checkpoint import Checkpoint

RECORD_FILE = "exports.json"
"""Beside the exported files: what they are, and how near to the network they paint."""


def to_torchscript(net: nn.Module, precision: str, card_json: str) -> bytes:
    """The network as a traced, frozen TorchScript archive that carries its card.

    Args:
        net: a network of `livestyle.nets`; left as it is.
        precision: "fp32" or "fp16".
        card_json: stored as the extra file `CARD_KEY`.
    """
    dtype = {"fp32": torch.float32, "fp16": torch.float16}[precision]
    model = FrameModel(copy.deepcopy(net).cpu(), dtype).eval()
    buffer = io.BytesIO()
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(model, (example_frame(),), check_trace=False)
        frozen = torch.jit.freeze(traced)
        torch.jit.save(frozen, buffer, _extra_files={CARD_KEY: card_json})
    return buffer.getvalue()


def export_torchscript(
    checkpoint: Checkpoint,
    folder: Path,
    frames: Sequence[Pixels],
    targets: Sequence[Target],
    *,
    fine: Checkpoint | None = None,
    overwrite: bool = False,
    on_file: Callable[[ModelFile], None] = lambda _: None,
) -> list[ModelFile]:
    """Writes a folder of TorchScript files and `RECORD_FILE`.

    Args:
        checkpoint, frames, fine, on_file: as for `livestyle.export.style.export_style`.
        folder: is made.
        targets: files to write, all of them TorchScript.
        overwrite: replace an older folder of this kind.

    Raises:
        ExportError: a file differs too much from the network, or cannot be written.
    """
    with new_folder(folder, RECORD_FILE, overwrite=overwrite) as fresh:
        works = works_of(checkpoint, frames, fine)
        card = style_card(checkpoint, fine)
        files = []
        for work, target in product(works, targets):
            if target.precision in NETWORK_FILES[work.suffix]:
                files.append(_export_file(work, card, target.precision, fresh))
                on_file(files[-1])
        record = {"style": card.name, "files": [asdict(file) for file in files]}
        text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
        (fresh / RECORD_FILE).write_text(text, encoding="utf-8")
    return files


def _export_file(work: Work, card: StyleCard, precision: str, folder: Path) -> ModelFile:
    data = to_torchscript(work.net, precision, work.card(card).to_json())
    path = folder / f"{card.name}{work.suffix}-{precision}.pt"
    path.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    file = ModelFile(path.name, "torchscript", precision, len(data), digest, 0.0)
    figure = verify(_Program(data, precision), work.references, work.frames, precision)
    return replace(file, psnr_db=round(figure, 1))


class _Program(Stylizer):
    """A program that was written here a moment ago, loaded to be compared with its network.

    Attributes:
        info: what runs.
    """

    def __init__(self, data: bytes, precision: str) -> None:
        self.info = EngineInfo("torchscript", "cpu", precision)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # TorchScript is deprecated
            self._module = torch.jit.load(io.BytesIO(data), map_location="cpu").eval()

    def __call__(self, pixels: Pixels) -> Pixels:
        """RGB uint8 (H, W, 3) in and out."""
        with torch.inference_mode():
            painted: Pixels = self._module(torch.tensor(pixels)[None])[0].contiguous().numpy()
        return painted

    def close(self) -> None:
        """Nothing to free."""
