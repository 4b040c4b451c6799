"""Where a run computes, and in what precision."""

import ctypes
import logging
import sys
import time
from typing import TypeVar

import torch
from torch import nn

from livestyle.errors import TrainingError

log = logging.getLogger(__name__)
M = TypeVar("M", bound=nn.Module)

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
"""Of glibc's malloc.h."""

TRIALS = 8
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
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # several would wait for one another where others use the cores, too
    try:
        fp32_s, bf16_s = (_convolution_s(dtype) for dtype in (torch.float32, torch.bfloat16))
    finally:
        torch.set_num_threads(threads)
    return bf16_s < BF16_MUST_TAKE * fp32_s


def _convolution_s(dtype: torch.dtype) -> float:
    """The best of some trials; the first pays for the warm-up."""
    seconds = []
    for _ in range(TRIALS):
        picture = torch.ones(1, 128, 64, 64, dtype=dtype, requires_grad=True)
        weights = torch.ones(128, 128, 3, 3, dtype=dtype)
        began_s = time.perf_counter()
        found = torch.conv2d(
            picture.to(memory_format=torch.channels_last),
            weights.to(memory_format=torch.channels_last),
            padding=1,
        )
        torch.autograd.backward(found.sum())
        seconds.append(time.perf_counter() - began_s)
    return min(seconds)


def keep_freed_memory() -> None:
    """Lets glibc keep the memory that a step frees for the next step, in this whole process.

    Else it gives large tensors back to the system each time and gets them anew, page by page,
    which takes a fifth of a step on large crops. Other C libraries are left as they are.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def channels_last(module: M, device: torch.device) -> M:
    """The module, moved to a device, its weights laid out as convolutions like them."""
    module.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return module
