"""The networks, as torch modules. Each maps RGB in [0, 1], (N, 3, H, W), to the same."""

import torch
from torch import Tensor, nn

from livestyle.errors import StyleError
from livestyle.nets.johnson import Johnson
from livestyle.nets.light import Light, Rich

NETS: dict[str, type[Light] | type[Johnson]] = {"light": Light, "rich": Rich, "johnson": Johnson}


def build_net(name: str) -> Light | Johnson:
    """A network with fresh weights.

    Raises:
        StyleError: there is none of that name.
    """
    if name not in NETS:
        raise StyleError(f"There is no network called {name!r}; there are {', '.join(NETS)}.")
    return NETS[name]()


def parameter_count(net: nn.Module) -> int:
    """Number of trained numbers."""
    return sum(parameter.numel() for parameter in net.parameters())


def kmac_per_pixel(net: nn.Module, side_px: int = 256) -> float:
    """Thousand multiply-accumulates of the convolutions per output pixel."""
    macs = 0

    def count(module: nn.Conv2d, _: object, output: Tensor) -> None:
        nonlocal macs
        macs += output.numel() * module.weight[0].numel()

    hooks = [m.register_forward_hook(count) for m in net.modules() if isinstance(m, nn.Conv2d)]
    with torch.inference_mode():
        net(torch.zeros(1, 3, side_px, side_px))
    for hook in hooks:
        hook.remove()
    return macs / side_px**2 / 1e3
