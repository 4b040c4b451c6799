"""Where a run computes, and in what precision."""

import logging
from typing import TypeVar

import torch
from torch import nn

from livestyle.errors import TrainingError

log = logging.getLogger(__name__)
M = TypeVar("M", bound=nn.Module)


def choose_device(name: str) -> torch.device:
    """The torch device of that name; "auto" takes cuda, then mps, then cpu.

    Raises:
        TrainingError: a device asked for by name is not there.
    """
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        name = next(device for device, is_there in there.items() if is_there)
        log.info("Training on %s.", name)
    if not there.get(name, False):
        found = ", ".join(device for device, is_there in there.items() if is_there)
        raise TrainingError(
            f"There is no device {name!r} for training here; found: {found}. "
            "For cuda, install a torch built for the card's driver (see pytorch.org)."
        )
    return torch.device(name)


def autocast_dtype(precision: str, device: torch.device) -> torch.dtype | None:
    """bf16 where it is asked for, or on "auto" where the machine computes in it."""
    if precision == "auto":
        fast = device.type == "cuda" and torch.cuda.is_bf16_supported()
        if device.type == "cpu":
            fast = torch.ops.mkldnn._is_mkldnn_bf16_supported()
        precision = "bf16" if fast else "fp32"
        log.info("Training in %s.", precision)
    return torch.bfloat16 if precision == "bf16" else None


def channels_last(module: M, device: torch.device) -> M:
    """The module, moved to a device, its weights laid out as convolutions like them."""
    module.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return module
