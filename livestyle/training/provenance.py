"""What a run is made from: written down at its start, for the style's card at its end."""

import hashlib
from pathlib import Path
from typing import Any

from livestyle.nets.vgg import weights_path
from livestyle.training.checkpoint import Checkpoint
from livestyle.training.config import TrainConfig

STARTED_FROM = "started_from"
PREDICTED = "predicted"
"""What a run started from whose first network was predicted from its artwork."""


def origin_of(config: TrainConfig, photo_count: int) -> dict[str, Any]:
    """Photo count and the SHA-256 of artwork and loss network, which may be gone at the end.

    `started_from` names the network that the run began with; None: fresh weights.
    """
    loss_network = (
        None if config.imitates else weights_path(config.loss_network, config.vgg_weights)
    )
    return {
        "photo_count": photo_count,
        "style_image_sha256": _sha256(config.style_image),
        "loss_network_sha256": _sha256(loss_network) if loss_network else None,
        STARTED_FROM: None,
    }


def name_of(checkpoint: Checkpoint) -> dict[str, Any]:
    """A network as the card of one that began with it names it."""
    return {"name": checkpoint.config.name, "steps": checkpoint.step}


def _sha256(path: Path) -> str | None:
    """In hex; None where the file is not: a moved torch cache must not end a run."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
