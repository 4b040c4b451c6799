"""The weights of the light network that paints a style, from its style vector; numpy alone.

`livestyle.nets.conditional` is the same in torch, where it is trained.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livestyle.frame import Pixels
from livestyle.installation import shipped_styles
from livestyle.styles.from_picture.surface import surface_of

Weights = dict[str, NDArray[np.float32]]
"""Tensors of a light network by the names of its state dict."""

FOLDER = "any_picture"
RELATED = 0.3
"""Correlation of weights: 0.7 and more between relatives, 0.01 between strangers."""

PATTERN, PATTERN_SCALE = "seed.pattern", "seed.pattern_scale"
"""Tensors of networks that paint a pattern of their own on flat areas, see `NoiseMap`."""

SURFACE, SURFACE_COLOUR = "surface.tile", "surface.colour"
"""Tensors of networks that add the surface of an artwork, see `Surface`."""

TILES = frozenset({PATTERN, PATTERN_SCALE, SURFACE, SURFACE_COLOUR})
"""What only some networks have."""

SEED_SIDE, PLANES = 160, (0, 1, 3)
"""Side of a pattern's planes, and how many there may be."""

PAINTER_FILE, PREDICTOR_FILE = "painter.npz", "predictor.onnx"


def any_picture_folder() -> Path:
    """Where the painter and the predictor lie."""
    return shipped_styles() / FOLDER


def weights(style: NDArray[np.float32]) -> Weights:
    """The light network that paints a style.

    Args:
        style: the style vector: tensor by tensor K factors of the shared kernels where there are
            some, else what is added to the shared values.
    """
    shared, kernels = _tensors()
    found: Weights = {}
    begin = 0
    for name, value in shared.items():
        basis = kernels.get(name)
        end = begin + (value.size if basis is None else len(basis))
        part = style[begin:end]
        change = part.reshape(value.shape) if basis is None else np.tensordot(part, basis, 1)
        found[name] = np.asarray(value + change, np.float32)
        begin = end
    return found


def mixed(parts: Sequence[tuple[Weights, float]]) -> Weights:
    """The network between some: their weights, mixed.

    Args:
        parts: networks that come from one another by training, each with its share; the shares
            sum to 1. A network has one pattern and one surface at most: of several that of the
            largest share, by that share.
    """
    first, _ = parts[0]
    found = {
        name: np.asarray(
            sum(share * network[name].reshape(-1) for network, share in parts), np.float32
        )
        for name in first
        if name not in TILES
    }
    for tile, scale in ((PATTERN, PATTERN_SCALE), (SURFACE, SURFACE_COLOUR)):
        with_one = [(network, share) for network, share in parts if tile in network]
        if with_one:
            network, share = max(with_one, key=lambda part: part[1])
            found[tile] = network[tile]
            found[scale] = np.asarray(share * network[scale], np.float32)
    return found


def is_light(network: Weights) -> bool:
    """Whether those are the weights of a light network."""
    return pattern_planes(network) in PLANES and all(
        name in network and network[name].size == value.size
        for name, value in _tensors()[0].items()
    )


def pattern_planes(network: Weights) -> int:
    """How many planes a network's pattern has; 0: it has none."""
    return network[PATTERN].size // SEED_SIDE**2 if PATTERN in network else 0


def with_surface_of(picture: Pixels, network: Weights, stroke: float = 1.0) -> Weights:
    """A network that paints on the surface of a picture, RGB uint8 (H, W, 3)."""
    tile, colour = surface_of(picture, stroke)
    return network | {SURFACE: tile, SURFACE_COLOUR: colour}


def are_related(first: Weights, second: Weights) -> bool:
    """Whether two networks come from one another by training, so that those between them paint.

    The weights of networks that began apart have nothing to do with one another: between them
    lies noise.
    """
    pairs = [(first[name].reshape(-1), second[name].reshape(-1)) for name in _tensors()[1]]
    one, other = (np.concatenate(side) for side in zip(*pairs, strict=True))
    return bool(np.corrcoef(one, other)[0, 1] > RELATED)


@cache
def _tensors() -> tuple[Weights, Weights]:
    """Shared values in the order of the style vector, and shared kernels (K, ...), by name."""
    shared: Weights = {}
    kernels: Weights = {}
    with np.load(any_picture_folder() / PAINTER_FILE, allow_pickle=False) as file:
        for key in file.files:
            kind, name = key.split("/", 1)
            (kernels if kind == "kernels" else shared)[name] = file[key].astype(np.float32)
    return shared, kernels
