"""Where a run computes, and in what precision."""

import logging
import time
from typing import TypeVar

import torch
from torch import nn

from livestyle.errors import TrainingError

log = logging.getLogger(__name__)
M = TypeVar("M", bound=nn.Module)

TRIALS = 5
BF16_MUST_TAKE = 0.9
"""Of fp32's time: it is less exact, so it must be worth it."""


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
            fast = _bf16_pays_on_cpu()
        precision = "bf16" if fast else "fp32"
        log.info("Training in %s.", precision)
    return torch.bfloat16 if precision == "bf16" else None


def _bf16_pays_on_cpu() -> bool:
    """Times a convolution like the loss network's, forward and backward, in both precisions.

    A CPU that says it computes in bf16 may take longer over it than over fp32.
    """
    if not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return False
    seconds: dict[torch.dtype, list[float]] = {torch.float32: [], torch.bfloat16: []}
    for _ in range(TRIALS + 1):
        for dtype, times in seconds.items():
            picture = torch.ones(1, 128, 64, 64, dtype=dtype, requires_grad=True)
            weights = torch.ones(128, 128, 3, 3, dtype=dtype)
            began_s = time.perf_counter()
            found = torch.conv2d(
                picture.to(memory_format=torch.channels_last),
                weights.to(memory_format=torch.channels_last),
                padding=1,
            )
            torch.autograd.backward(found.sum())
            times.append(time.perf_counter() - began_s)
    # The first of each pays for the warm-up, and others work on this machine, too: the best counts.
    fp32_s, bf16_s = (min(times[1:]) for times in seconds.values())
    return bf16_s < BF16_MUST_TAKE * fp32_s


def channels_last(module: M, device: torch.device) -> M:
    """The module, moved to a device, its weights laid out as convolutions like them."""
    module.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return module
