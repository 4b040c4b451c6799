"""A run's state in one safetensors file: network, optimiser, step and settings. No pickle.

The newest is `checkpoint.safetensors`, those before it `checkpoint-STEP.safetensors`.
"""

import json
import logging
import os
import re
import tempfile
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from livestyle.errors import TrainingError
from livestyle.output_file import atomic_write
from livestyle.styles.checkpoint_file import CHECKPOINT_FILE, NET_PREFIX
from livestyle.styles.pack import is_pack, read_member
from livestyle.training.config import TrainConfig

log = logging.getLogger(__name__)

OLDER = re.compile(r"checkpoint-(\d+)\.safetensors")
OPTIMISER_PREFIX = "adam."
FIRST_EDITION = {"losses_edition": 1, "noise": True}
"""Of checkpoints that do not say which losses and whether noise they were trained with."""

TRY_AGAIN = (
    "The last good checkpoint is kept; go on from it with --resume and a lower --learning-rate."
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A run's state.

    Attributes:
        config: the run's settings.
        step: steps done.
        net: the network's state dict.
        moments: Adam's state, "parameter number.name" -> tensor.
        losses: running means when it was saved.
        origin: what the run was made from, see `livestyle.training.provenance`.
    """

    config: TrainConfig
    step: int
    net: dict[str, Tensor]
    moments: dict[str, Tensor]
    losses: dict[str, float]
    origin: dict[str, Any] = field(default_factory=dict)


def save_checkpoint(folder: Path, checkpoint: Checkpoint, keep: int = 1) -> Path:
    """Writes the checkpoint; the older one is replaced once the new one is whole on disk.

    Args:
        folder: of the run.
        checkpoint: what to write.
        keep: checkpoints that may stay in the folder, this one among them.

    Raises:
        TrainingError: it cannot be written, or holds values that are not finite. The older ones
            stay as they are.
    """
    path = folder / CHECKPOINT_FILE
    tensors = {NET_PREFIX + key: value for key, value in checkpoint.net.items()}
    tensors |= {OPTIMISER_PREFIX + key: value for key, value in checkpoint.moments.items()}
    tensors = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
    for key, value in tensors.items():
        if not value.isfinite().all():
            raise TrainingError(
                f"{key} is not finite after step {checkpoint.step}, so that no checkpoint of it is "
                f"written. {TRY_AGAIN}"
            )
    metadata = {
        "config": json.dumps(checkpoint.config.to_dict()),
        "step": str(checkpoint.step),
        "losses": json.dumps(checkpoint.losses),
        "origin": json.dumps(checkpoint.origin),
    }
    try:
        with atomic_write(path) as partial:
            save_file(tensors, partial, metadata)
            partial.chmod(0o644)  # safetensors makes files that only their owner may read
            _flush(partial)
            if keep > 1:
                _set_aside(path)
    except (OSError, SafetensorError) as error:
        raise TrainingError(
            f"The checkpoint {path} cannot be written ({error}). The one before it is whole; make "
            "room and go on with --resume."
        ) from error
    for old in checkpoints_in(folder)[keep:]:
        old.unlink(missing_ok=True)
    return path


def checkpoints_in(folder: Path) -> list[Path]:
    """The checkpoint files of a run, the newest first."""
    older = {
        int(match[1]): file
        for file in folder.glob("checkpoint-*.safetensors")
        if (match := OLDER.fullmatch(file.name))
    }
    newest = folder / CHECKPOINT_FILE
    found = [newest] if newest.is_file() else []
    return found + [older[step] for step in sorted(older, reverse=True)]


def load_checkpoint(path: Path) -> Checkpoint:
    """Reads a checkpoint file, the newest of a run's folder that can be read, or a style's.

    Args:
        path: the file, or the folder of a run or style, or a style pack.

    Raises:
        TrainingError: there is none, or none that can be read.
        StyleError: the pack cannot be used, or has none.
    """
    if is_pack(path):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, CHECKPOINT_FILE)
            file.write_bytes(read_member(path, CHECKPOINT_FILE))
            return _read(file)
    if not path.is_dir():
        return _read(path)
    files = checkpoints_in(path) or [path / CHECKPOINT_FILE]
    for file, before in pairwise(files):
        try:
            return _read(file)
        except TrainingError as error:
            log.warning("%s Taking %s, the one before it.", error, before.name)
    return _read(files[-1])


def save_weights(path: Path, net: dict[str, Tensor]) -> None:
    """Writes a network's state dict alone.

    Raises:
        TrainingError: it cannot be written.
    """
    tensors = {key: value.detach().cpu().contiguous() for key, value in net.items()}
    try:
        with atomic_write(path) as partial:
            save_file(tensors, partial)
            partial.chmod(0o644)  # safetensors makes files that only their owner may read
    except (OSError, SafetensorError) as error:
        raise TrainingError(f"{path} cannot be written ({error}). Make room.") from error


def load_weights(path: Path) -> dict[str, Tensor]:
    """Reads what `save_weights` wrote.

    Raises:
        TrainingError: it is not there or damaged.
    """
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise TrainingError(
            f"{path}, the network that the run began with, cannot be read ({error}). Without it "
            "the run cannot go on; begin a new one."
        ) from error


def _read(file: Path) -> Checkpoint:
    if not file.is_file():
        raise TrainingError(f"There is no checkpoint at {file}; `livestyle train` writes one.")
    try:
        with safe_open(file, "pt") as archive:
            metadata: dict[str, Any] = archive.metadata() or {}
            tensors = {key: archive.get_tensor(key) for key in archive.keys()}  # noqa: SIM118
        return Checkpoint(
            config=TrainConfig.from_dict(FIRST_EDITION | json.loads(metadata["config"])),
            step=int(metadata["step"]),
            net=_without_prefix(tensors, NET_PREFIX),
            moments=_without_prefix(tensors, OPTIMISER_PREFIX),
            losses=json.loads(metadata["losses"]),
            origin=json.loads(metadata.get("origin", "{}")),
        )
    except (SafetensorError, OSError, KeyError, ValueError, TypeError) as error:
        raise TrainingError(f"{file} is not a checkpoint of livestyle ({error}).") from error


def _flush(file: Path) -> None:
    """Waits until a file is on the disk: a name may survive a power cut that its bytes do not."""
    with file.open("r+b") as opened:
        os.fsync(opened.fileno())


def _set_aside(newest: Path) -> None:
    """Renames the newest checkpoint to that of its step; one that cannot be read is left."""
    try:
        with safe_open(newest, "pt") as archive:
            step = int((archive.metadata() or {})["step"])
    except (SafetensorError, OSError, KeyError, ValueError):
        return
    newest.replace(newest.with_name(f"checkpoint-{step:06d}.safetensors"))


def _without_prefix(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
