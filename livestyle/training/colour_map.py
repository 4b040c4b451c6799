"""The linear map that gives colours another covariance and moves them least."""

import math

import torch
from torch import Tensor


def linear_colour_map(
    found: Tensor, wanted: Tensor, bounds: tuple[float, float] = (0.0, math.inf)
) -> Tensor:
    """The Monge-Kantorovich map of two covariances.

    Pitié and Kokaram, "The linear Monge-Kantorovitch linear colour mapping for example-based
    colour transfer", CVMP 2007, equation 16.

    Args:
        found: covariance of the colours to be moved, (..., 3, 3).
        wanted: theirs afterwards, likewise.
        bounds: of what is done to any direction of colour.

    Returns:
        Symmetric matrices, (..., 3, 3), as `found`.
    """
    start, end = found.double().cpu(), wanted.double().cpu()
    root, inverse = _power(start, 0.5), _power(start, -0.5)
    matrix = inverse @ _power(root @ end @ root, 0.5) @ inverse
    return _power(matrix, 1.0, bounds).to(found)


def _power(
    matrices: Tensor, exponent: float, bounds: tuple[float, float] = (0.0, math.inf)
) -> Tensor:
    """Powers of symmetric matrices, their eigenvalues within bounds."""
    values, vectors = torch.linalg.eigh(matrices)
    raised = values.clamp(max(bounds[0], 1e-12), bounds[1]) ** exponent
    product: Tensor = vectors @ torch.diag_embed(raised) @ vectors.mT
    return product
