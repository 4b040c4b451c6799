"""Loss networks: VGG16 and VGG19 (arXiv 1409.1556), read at named layers, no deeper than needed."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from livestyle.errors import TrainingError

STAGES = {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
"""Convolutions per stage; stage s, convolution c is followed by the layer `relu{s}_{c}`."""

CHANNELS = (64, 128, 256, 512, 512)
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class LossNetwork(nn.Module):
    """A frozen VGG that returns the features at the layers asked for.

    Args:
        kind: "vgg16" or "vgg19".
        layers: names as in the papers: relu1_1 ... relu5_4.

    Raises:
        TrainingError: unknown kind or layer.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, kind: str, layers: tuple[str, ...]) -> None:
        super().__init__()
        if kind not in STAGES:
            raise TrainingError(f"There is no loss network {kind!r}; take vgg19 or vgg16.")
        names = layer_names(kind)
        for layer in layers:
            if layer not in names:
                raise TrainingError(
                    f"{kind} has no layer {layer!r}; its layers are {', '.join(names)}."
                )
        deepest = max(names.index(layer) for layer in layers)
        self.kind = kind
        self.taps: dict[int, str] = {}
        self.features = nn.Sequential()
        inputs = 3
        for name in names[: deepest + 1]:
            stage, number = int(name[4]), int(name[6])
            if number == 1 and stage > 1:
                self.features.append(nn.MaxPool2d(2, 2))
            self.features.append(nn.Conv2d(inputs, CHANNELS[stage - 1], 3, padding=1))
            self.features.append(nn.ReLU(inplace=False))
            inputs = CHANNELS[stage - 1]
            if name in layers:
                self.taps[len(self.features) - 1] = name
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(1, 3, 1, 1), persistent=False)
        self.requires_grad_(False)
        self.eval()

    def forward(self, x: Tensor, until: str | None = None) -> dict[str, Tensor]:
        """Features by layer name.

        Args:
            x: RGB in [0, 1], (N, 3, H, W).
            until: stop after this layer.

        Returns:
            Layer name -> activations after the ReLU, (N, C, H / 2^(stage-1), W / 2^(stage-1)).
        """
        x = ((x - self.mean) / self.std).to(next(self.features.parameters()).dtype)
        found: dict[str, Tensor] = {}
        for index, module in enumerate(self.features):
            x = module(x)
            if index in self.taps:
                found[self.taps[index]] = x
                if self.taps[index] == until:
                    break
        return found


def layer_names(kind: str) -> list[str]:
    """relu1_1 ... of a loss network, from shallow to deep."""
    return [
        f"relu{stage}_{number}"
        for stage, count in enumerate(STAGES[kind], start=1)
        for number in range(1, count + 1)
    ]


def load_loss_network(
    kind: str, layers: tuple[str, ...], weights_file: Path | None = None
) -> LossNetwork:
    """A loss network with ImageNet weights.

    Args:
        kind: "vgg16" or "vgg19".
        layers: those to be read.
        weights_file: safetensors, or a state dict saved by torch, with torchvision's keys
            `features.N.weight`; without it torchvision fetches and caches its own.

    Raises:
        TrainingError: the weights cannot be had, or are not those of this network.
    """
    network = LossNetwork(kind, layers)
    state = _read_weights(weights_file) if weights_file else _torchvision_weights(kind)
    origin = str(weights_file or f"torchvision's {kind}")
    wanted = network.state_dict()
    missing = [key for key in wanted if key not in state]
    if missing:
        raise TrainingError(
            f"{origin} lacks {len(missing)} of {len(wanted)} tensors of {kind}, the first is "
            f"{missing[0]!r}; found {', '.join(sorted(state)[:3]) or 'none'}. "
            f"The keys must be those of torchvision.models.{kind}().state_dict(). "
            "Is it the other VGG? See --loss-network."
        )
    wrong = [key for key in wanted if state[key].shape != wanted[key].shape]
    if wrong:
        raise TrainingError(
            f"{origin} is not {kind}: {wrong[0]!r} has shape {tuple(state[wrong[0]].shape)}, "
            f"{tuple(wanted[wrong[0]].shape)} is needed. Is it the other VGG? See --loss-network."
        )
    network.load_state_dict({key: state[key].float() for key in wanted})
    return network


def weights_path(kind: str, weights_file: Path | None = None) -> Path:
    """The file that `load_loss_network` reads; torchvision's lies in torch's cache."""
    if weights_file:
        return weights_file
    return Path(torch.hub.get_dir(), "checkpoints", Path(_torchvision_entry(kind).url).name)


def _read_weights(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not path.is_file():
        raise TrainingError(f"There is no weights file at {path}.")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, OSError, RuntimeError, ValueError, EOFError) as error:
        raise TrainingError(f"{path} cannot be read as weights ({error}).") from error
    except Exception as error:  # torch raises pickle's own errors for what it refuses to load
        raise TrainingError(
            f"{path} holds more than tensors and is not loaded. Save its state dict as safetensors."
        ) from error
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise TrainingError(f"{path} is not a state dict (names to tensors).")
    return state


def _torchvision_weights(kind: str) -> dict[str, Tensor]:
    weights = _torchvision_entry(kind)
    try:
        state: dict[str, Tensor] = weights.get_state_dict(progress=False, check_hash=True)
    except (OSError, RuntimeError) as error:
        raise TrainingError(
            f"torchvision could not fetch the ImageNet weights of {kind} from {weights.url} "
            f"({error}). Download that file by hand and pass it with --vgg-weights FILE."
        ) from error
    return state


def _torchvision_entry(kind: str) -> Any:
    import torchvision.models as models

    return {"vgg16": models.VGG16_Weights, "vgg19": models.VGG19_Weights}[kind].IMAGENET1K_V1
