"""Gatys' method: the picture itself is optimised (Gatys et al., arXiv 1508.06576)."""

from collections.abc import Callable

import torch
from torch import Tensor

from livestyle.errors import TrainingError
from livestyle.frame import Pixels
from livestyle.nets.pixels import to_batch, to_pixels
from livestyle.nets.vgg import LossNetwork
from livestyle.optimisation.objective import (
    DEFAULT_WEIGHTS,
    Objective,
    OnStep,
    Weights,
)

INITS = ("content", "noise")


def paint_gatys(
    loss_network: LossNetwork,
    content: Pixels,
    style: Pixels,
    *,
    steps: int = 300,
    init: str = "content",
    weights: Weights = DEFAULT_WEIGHTS,
    on_step: OnStep = lambda *_: None,
) -> Pixels:
    """A photo repainted in the style of an artwork, by L-BFGS on its pixels.

    Args:
        loss_network: a VGG opened with `objective.LAYERS`.
        content: the photo, RGB uint8 (H, W, 3).
        style: the artwork, RGB uint8 (H', W', 3); its size sets the size of the strokes.
        steps: evaluations of the loss.
        init: begin with the photo ("content") or with "noise".
        weights: factors of the losses.
        on_step: called after each evaluation.

    Returns:
        RGB uint8 (H, W, 3).

    Raises:
        TrainingError: unknown `init`, or the loss is not finite.
    """
    if init not in INITS:
        raise TrainingError(f"A picture cannot begin with {init!r}; take {' or '.join(INITS)}.")
    photo = to_batch(content)
    objective = Objective(loss_network, photo, to_batch(style), weights)
    generator = torch.Generator().manual_seed(0)
    picture = photo.clone() if init == "content" else torch.rand(photo.shape, generator=generator)
    minimise(objective, picture, steps, on_step)
    return to_pixels(picture)


def minimise(
    loss_of: Callable[[Tensor], Tensor],
    picture: Tensor,
    steps: int,
    on_step: OnStep = lambda *_: None,
) -> None:
    """Changes a picture by L-BFGS on its pixels until its loss is as small as it gets.

    Args:
        loss_of: picture -> scalar.
        picture: RGB in [0, 1], (1, 3, H, W); changed in place.
        steps: evaluations of the loss.
        on_step: called after each evaluation.

    Raises:
        TrainingError: the loss is not finite.
    """
    picture.requires_grad_(True)
    optimiser = torch.optim.LBFGS(
        [picture],
        max_iter=steps,
        max_eval=steps,
        history_size=20,
        tolerance_grad=0,
        tolerance_change=0,
        line_search_fn="strong_wolfe",
    )
    done = 0

    def evaluate() -> Tensor:
        nonlocal done
        optimiser.zero_grad()
        loss = loss_of(picture)
        if not loss.isfinite():
            raise TrainingError(f"The loss is not finite after {done} steps; lower the weights.")
        torch.autograd.backward(loss)
        done += 1
        on_step(done, loss.item())
        return loss

    optimiser.step(evaluate)  # type: ignore[no-untyped-call]
