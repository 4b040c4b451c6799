"""Every exported file is run by an engine and compared with the network it came from."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from livestyle.errors import ExportError
from livestyle.frame import Pixels
from livestyle.nets.frame_model import FrameModel
from livestyle.protocols import Stylizer

BARS_DB = {"fp32": 45.0, "fp16": 40.0, "int8": 30.0}
"""Least mean PSNR against the fp32 network, by precision."""

MAX_DB = 99.0
"""Given to identical pictures, so that the figure stays a number in JSON."""


def psnr_db(a: Pixels, b: Pixels) -> float:
    """Peak signal-to-noise ratio of two uint8 pictures in dB; `MAX_DB` when they are equal."""
    error = float(np.mean((a.astype(np.float32) - b.astype(np.float32)) ** 2))
    return MAX_DB if error == 0 else min(MAX_DB, 10 * math.log10(255**2 / error))


def paint_with_torch(net: nn.Module, frame: Pixels) -> Pixels:
    """The reference picture: the fp32 network in torch, RGB uint8 (H, W, 3) in and out."""
    model = FrameModel(net).eval()
    with torch.inference_mode():
        painted: Pixels = model(torch.tensor(frame)[None])[0].numpy()
    return painted


def verify(
    stylizer: Stylizer, references: Sequence[Pixels], frames: Sequence[Pixels], precision: str
) -> float:
    """Mean PSNR in dB of an exported model against reference pictures.

    Args:
        stylizer: the exported file in an engine.
        references: what the fp32 network makes of the frames.
        frames: RGB uint8 (H, W, 3) each.
        precision: of the file; sets the bar.

    Raises:
        ExportError: a picture is less like its reference than `BARS_DB` allows.
    """
    figures = [
        psnr_db(stylizer(frame), reference)
        for frame, reference in zip(frames, references, strict=True)
    ]
    mean = sum(figures) / len(figures)
    if mean < BARS_DB[precision]:
        raise ExportError(
            f"The {precision} file differs too much from the network: {mean:.1f} dB PSNR on "
            f"{len(frames)} photos, at least {BARS_DB[precision]:.0f} are asked for. "
            "Nothing was written; try other photos, or another precision."
        )
    return mean
