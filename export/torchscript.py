"""TorchScript: what libtorch and the torchscript engine read."""

import io
import warnings

import torch
from torch import nn

from livestyle.card import CARD_KEY
from livestyle.export.graph import FrameModel, example_frame


def to_torchscript(net: nn.Module, precision: str, card_json: str) -> bytes:
    """The network as a traced, frozen TorchScript archive that carries its card.

    Args:
        net: a network of `livestyle.nets`; left as it is.
        precision: "fp32" or "fp16".
        card_json: stored as the extra file `CARD_KEY`.
    """
    import copy

    dtype = {"fp32": torch.float32, "fp16": torch.float16}[precision]
    model = FrameModel(copy.deepcopy(net).cpu(), dtype).eval()
    buffer = io.BytesIO()
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(  # type: ignore[no-untyped-call]
            model, (example_frame(),), check_trace=False
        )
        frozen = torch.jit.freeze(traced)
        torch.jit.save(frozen, buffer, _extra_files={CARD_KEY: card_json})
    return buffer.getvalue()
