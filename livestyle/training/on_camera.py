"""Fine-tunes a light network on what a camera sees, in a process of its own beside the show.

`livestyle.live.camera_learning` starts it, gives it frames and takes the weights that it writes.
"""

import json
import os
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from livestyle.errors import LivestyleError
from livestyle.nets.light import Light
from livestyle.nets.vgg import load_loss_network
from livestyle.output_file import atomic_write
from livestyle.training.config import TrainConfig
from livestyle.training.data.crops import open_crops
from livestyle.training.data.photos import PhotoSet
from livestyle.training.device import (
    autocast_dtype,
    channels_last,
    choose_device,
    keep_freed_memory,
)
from livestyle.training.objective import Objective, in_precision
from livestyle.training.predicted_start import as_state_dict
from livestyle.training.style_target import style_target

BEGIN_FILE, WEIGHTS_FILE, STATUS_FILE = "begin.npz", "weights.npz", "status.json"

ROUND_S = 30.0
"""Between two sets of weights that the show gets."""

LEARNING_RATE = 5e-4
GRADIENT_NORM = 0.1
PROGRESS = 0.5
"""Of a run, for the ramps of the losses: all of them have their whole weight."""

AVERAGED = 0.98
"""Of the running mean of the weights, which is what the show gets."""

PATIENCE, IMPROVEMENT = 4, 0.01
"""Rounds without a loss this much lower, as a share, that end the learning."""

MOST_ROUNDS = 60
LOWEST_PRIORITY = 19


@dataclass(frozen=True, slots=True)
class Status:
    """How far the learning is; the show reads it.

    Attributes:
        step: steps done.
        seconds: since the first.
        loss: mean of the last round's.
        is_done: it no longer improves, and has ended.
    """

    step: int
    seconds: float
    loss: float
    is_done: bool


def learn(
    picture: Path,
    frames: Path,
    out: Path,
    *,
    loss_network: str,
    vgg_weights: Path | None,
    device: str,
    threads: int,
) -> None:
    """Learns round by round until it no longer improves, or is ended.

    Args:
        picture: the artwork.
        frames: folder of pictures that the camera saw; more of them come while it learns.
        out: folder with `BEGIN_FILE`, the weights to begin with; gets the others.
        loss_network, vgg_weights, device: as of `TrainConfig`.
        threads: of the processor to use.

    Raises:
        TrainingError: picture, frames or loss network cannot be had.
    """
    torch.set_num_threads(threads)
    config = TrainConfig(
        style_image=picture,
        photos=frames,
        name=out.name,
        out=out,
        face_weight=0.0,  # a face often fills a camera's picture, and is to be painted then
        loss_network=loss_network,
        vgg_weights=vgg_weights,
        device=device,
    )
    at = choose_device(config.device)
    if at.type == "cpu":
        keep_freed_memory()
    dtype = autocast_dtype(config.precision, at)
    layers = (config.content_layer, *config.style_layers)
    network = channels_last(load_loss_network(loss_network, layers, vgg_weights), at)
    target = style_target(network, config.style_layers, picture, config.stroke)
    objective = Objective(config, in_precision(network, dtype), target, slice(0, 1), dtype)
    net = Light()
    net.load_state_dict(read_weights(out / BEGIN_FILE))
    net = channels_last(net, at)
    for scale in (net.seed.scale, net.seed.pattern_scale):  # what the style has of these it keeps
        if scale is not None:
            scale.requires_grad_(False)
    net.train()
    learned = [weight for weight in net.parameters() if weight.requires_grad]
    optimiser = torch.optim.Adam(learned, lr=LEARNING_RATE)
    averaged = {name: value.detach().clone() for name, value in net.state_dict().items()}
    best, waited, step, began_s = float("inf"), 0, 0, time.monotonic()
    show = os.getppid()
    for number in range(1, MOST_ROUNDS + 1):
        losses: list[float] = []
        crops = open_crops(PhotoSet(frames), replace(config, seed=number), 0, slice(0, 1), at)
        try:
            while time.monotonic() - began_s < number * ROUND_S or not losses:
                if os.getppid() != show:  # it was killed, and nobody wants this any more
                    return
                losses.append(_step(net, objective, crops.next().to(at), optimiser, step))
                step += 1
                with torch.no_grad():
                    for name, value in net.state_dict().items():
                        averaged[name].lerp_(value, 1 - min(AVERAGED, 1 - 1 / step))
        finally:
            crops.close()
        loss = float(np.mean(losses))
        waited = 0 if loss < best * (1 - IMPROVEMENT) else waited + 1
        best = min(best, loss)
        is_done = waited >= PATIENCE or number == MOST_ROUNDS
        write_weights(out / WEIGHTS_FILE, averaged)
        _tell(out, Status(step, time.monotonic() - began_s, loss, is_done))
        if is_done:
            return


def read_weights(path: Path) -> dict[str, Tensor]:
    """A light network's state dict, from `write_weights` or `np.savez`."""
    with np.load(path, allow_pickle=False) as file:
        return as_state_dict({name: file[name] for name in file.files})


def write_weights(path: Path, state: dict[str, Tensor]) -> None:
    """Writes a state dict, whole or not at all."""
    arrays = {name: value.detach().cpu().float().numpy() for name, value in state.items()}
    with atomic_write(path) as partial, partial.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # its stubs mistake them for an option


def _step(
    net: Light, objective: Objective, crops: Tensor, optimiser: torch.optim.Adam, step: int
) -> float:
    """One step; returns the total of the losses."""
    torch.manual_seed(step)
    total = torch.stack(list(objective(net, crops, PROGRESS).values())).sum()
    optimiser.zero_grad(set_to_none=True)
    torch.autograd.backward(total)
    torch.nn.utils.clip_grad_norm_(net.parameters(), GRADIENT_NORM)
    optimiser.step()
    net.level_sub_pixels()
    return float(total.detach())


def _tell(out: Path, status: Status) -> None:
    with atomic_write(out / STATUS_FILE) as partial:
        partial.write_text(json.dumps(asdict(status)), encoding="utf-8")


def main(text: str) -> str | None:
    """Learns as a JSON text asks for; what is wrong, if anything is, in a sentence."""
    asked = json.loads(text)
    if hasattr(os, "nice"):
        os.nice(LOWEST_PRIORITY)
    try:
        learn(
            Path(asked["picture"]),
            Path(asked["frames"]),
            Path(asked["out"]),
            loss_network=asked["loss_network"],
            vgg_weights=Path(asked["vgg_weights"]) if asked["vgg_weights"] else None,
            device=asked["device"],
            threads=asked["threads"],
        )
    except LivestyleError as error:
        return str(error)
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
