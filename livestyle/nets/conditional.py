"""One network for every picture: light, its weights a function of a style vector.

Ghiasi et al. (arXiv 1705.06830) share the convolutions among all styles; a style is the scale and
shift of every instance normalisation. Here each convolution is also a sum of a few shared kernels
(CondConv, arXiv 1904.04971), W = W_0 + a_1 W_1 + ... + a_K W_K, and the a are part of the style.
Once the vector is known, so are the weights: what paints is a plain light network, at its cost.
"""

import torch
from torch import Tensor, nn

from livestyle.nets.light import Light

KERNELS = 15

STRIDE = 3.0
"""Of the kernels at first, in standard deviations of the networks that they come from."""


class ConditionalLight(nn.Module):
    """The weights of light, as a linear function of a style vector.

    The vector holds, tensor by tensor in the order of light's state dict, K factors for every
    convolution, and for everything else (scales and shifts of norms, the factor of the noise, the
    last convolution's bias) what is added to the shared values.

    Attributes:
        style_size: numbers in a style vector.
    """

    def __init__(self, kernels: int = KERNELS) -> None:
        super().__init__()
        self.shared = nn.ParameterDict()
        self.kernels = nn.ParameterDict()
        self._names: list[str] = []
        self._sizes: list[int] = []
        for name, value in Light().state_dict().items():
            if _is_idle(name):
                continue
            key = _key(name)
            self.shared[key] = nn.Parameter(value.clone())
            if value.dim() == 4 and value.shape[0] > 1:
                self.kernels[key] = nn.Parameter(torch.zeros(kernels, *value.shape))
            self._names.append(name)
            self._sizes.append(kernels if key in self.kernels else value.numel())
        self.style_size = sum(self._sizes)

    def weights(self, style: Tensor) -> dict[str, Tensor]:
        """The state dict of the light network that paints a style.

        Args:
            style: the style vector, (style_size,).

        Returns:
            Tensors by light's names; biases that a norm takes away again are zero.
        """
        found: dict[str, Tensor] = {}
        for name, part in zip(self._names, style.split(self._sizes), strict=True):
            key = _key(name)
            shared = self.shared[key]
            if key in self.kernels:
                found[name] = shared + torch.einsum("k,k...->...", part, self.kernels[key])
            else:
                found[name] = shared + part.reshape(shared.shape)
        for name, value in Light().state_dict().items():
            if _is_idle(name):
                found[name] = torch.zeros_like(value)
        return found

    @torch.no_grad()
    def vector(self, network: dict[str, Tensor]) -> Tensor:
        """The style vector whose weights are nearest to a light network; exact if it is spanned.

        Args:
            network: a state dict of light.

        Returns:
            (style_size,).
        """
        parts: list[Tensor] = []
        for name in self._names:
            key = _key(name)
            change = (network[name].float() - self.shared[key]).flatten()
            if key in self.kernels:
                rows = self.kernels[key].flatten(1)
                change = torch.linalg.pinv(rows.T) @ change
            parts.append(change)
        return torch.cat(parts)

    def shared_values(self) -> dict[str, Tensor]:
        """What all styles share, by light's names, in the order of the style vector."""
        return {name: self.shared[_key(name)].detach() for name in self._names}

    def bases(self) -> dict[str, Tensor]:
        """The kernels of the convolutions, (K, ...) each, by light's names."""
        return {
            name: self.kernels[_key(name)].detach()
            for name in self._names
            if _key(name) in self.kernels
        }

    @torch.no_grad()
    def span(self, networks: list[dict[str, Tensor]]) -> None:
        """Starts from trained networks: their mean, and the directions in which they differ.

        They must come from one another by training; weights of strangers have no mean.

        Args:
            networks: state dicts of light.
        """
        for name in self._names:
            key = _key(name)
            values = torch.stack([network[name].float() for network in networks])
            self.shared[key].copy_(values.mean(0))
            if key not in self.kernels:
                continue
            differences = (values - values.mean(0)).flatten(1)
            _, sizes, directions = torch.linalg.svd(differences, full_matrices=False)
            count = min(len(self.kernels[key]), len(networks) - 1)
            scaled = STRIDE * sizes[:count, None] * directions[:count] / len(networks) ** 0.5
            self.kernels[key][:count] = scaled.reshape(count, *values.shape[1:])


def _is_idle(name: str) -> bool:
    """Whether it is a bias in front of an instance norm, which takes every mean away."""
    return name.endswith(".bias") and "norm" not in name and not name.startswith("up2")


def _key(name: str) -> str:
    return name.replace(".", "_")  # what ParameterDict takes
