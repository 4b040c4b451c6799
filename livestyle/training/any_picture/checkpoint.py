"""The state of a training for any picture, in one safetensors file of 16-bit numbers."""

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from livestyle.errors import TrainingError
from livestyle.output_file import atomic_write
from livestyle.training.any_picture.config import AnyPictureConfig

FILE = "any_picture.safetensors"


def save(config: AnyPictureConfig, step: int, tensors: dict[str, Tensor]) -> Path:
    """Writes the checkpoint; the older one is replaced once the new one is whole.

    Args:
        config: of the run.
        step: done.
        tensors: of the networks, by name.

    Raises:
        TrainingError: it cannot be written.
    """
    path = config.out / FILE
    notes = {"config": json.dumps(config.to_dict()), "step": str(step)}
    half = {name: value.detach().cpu().half().contiguous() for name, value in tensors.items()}
    try:
        with atomic_write(path) as partial:
            save_file(half, partial, notes)
            partial.chmod(0o644)  # safetensors makes files that only their owner may read
    except (OSError, SafetensorError) as error:
        raise TrainingError(
            f"The checkpoint {path} cannot be written ({error}). The one before it is whole; make "
            "room and go on with --resume."
        ) from error
    return path


def load(folder: Path) -> tuple[AnyPictureConfig, int, dict[str, Tensor]]:
    """Reads a run's settings, the steps done, and its tensors by name.

    Raises:
        TrainingError: there is no checkpoint, or it cannot be read.
    """
    path = folder / FILE
    try:
        with safe_open(path, "pt") as file:
            notes = file.metadata() or {}
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        config = AnyPictureConfig.from_dict(json.loads(notes["config"]))
        return config, int(notes["step"]), tensors
    except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
        raise TrainingError(
            f"{path} cannot be read as a checkpoint of a training for any picture ({error})."
        ) from error
