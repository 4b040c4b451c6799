"""A run's state in one safetensors file: network, optimiser, step and settings. No pickle."""

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from livestyle.errors import TrainingError
from livestyle.pack import is_pack, read_member
from livestyle.training.config import TrainConfig

CHECKPOINT_FILE = "checkpoint.safetensors"
NET_PREFIX, OPTIMISER_PREFIX = "net.", "adam."


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A run's state.

    Attributes:
        config: the run's settings.
        step: steps done.
        net: the network's state dict.
        moments: Adam's state, "parameter number.name" -> tensor.
        losses: running means when it was saved.
        origin: what the run was made from, see `livestyle.training.origin`.
    """

    config: TrainConfig
    step: int
    net: dict[str, Tensor]
    moments: dict[str, Tensor]
    losses: dict[str, float]
    origin: dict[str, Any] = field(default_factory=dict)


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> Path:
    """Writes the checkpoint; the older one is replaced once the new one is whole.

    Raises:
        TrainingError: it cannot be written.
    """
    path = folder / CHECKPOINT_FILE
    partial = path.with_name(path.name + ".partial")
    tensors = {NET_PREFIX + key: value for key, value in checkpoint.net.items()}
    tensors |= {OPTIMISER_PREFIX + key: value for key, value in checkpoint.moments.items()}
    metadata = {
        "config": json.dumps(checkpoint.config.to_dict()),
        "step": str(checkpoint.step),
        "losses": json.dumps(checkpoint.losses),
        "origin": json.dumps(checkpoint.origin),
    }
    try:
        save_file({k: v.detach().cpu().contiguous() for k, v in tensors.items()}, partial, metadata)
        partial.chmod(0o644)  # safetensors makes files that only their owner may read
        partial.replace(path)
    except (OSError, SafetensorError) as error:
        partial.unlink(missing_ok=True)
        raise TrainingError(f"The checkpoint {path} cannot be written ({error}).") from error
    return path


def load_checkpoint(path: Path) -> Checkpoint:
    """Reads a checkpoint file, or the one in a run's or style's folder or in a style pack.

    Raises:
        TrainingError: there is none, or it is not one.
        StyleError: the pack cannot be used, or has none.
    """
    if is_pack(path):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, CHECKPOINT_FILE)
            file.write_bytes(read_member(path, CHECKPOINT_FILE))
            return load_checkpoint(file)
    file = path / CHECKPOINT_FILE if path.is_dir() else path
    if not file.is_file():
        raise TrainingError(f"There is no checkpoint at {file}; `livestyle train` writes one.")
    try:
        with safe_open(file, "pt") as archive:
            metadata: dict[str, Any] = archive.metadata() or {}
            tensors = {key: archive.get_tensor(key) for key in archive.keys()}  # noqa: SIM118
        return Checkpoint(
            config=TrainConfig.from_dict(json.loads(metadata["config"])),
            step=int(metadata["step"]),
            net=_without_prefix(tensors, NET_PREFIX),
            moments=_without_prefix(tensors, OPTIMISER_PREFIX),
            losses=json.loads(metadata["losses"]),
            origin=json.loads(metadata.get("origin", "{}")),
        )
    except (SafetensorError, OSError, KeyError, ValueError, TypeError) as error:
        raise TrainingError(f"{file} is not a checkpoint of livestyle ({error}).") from error


def _without_prefix(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
