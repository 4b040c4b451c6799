"""Gatys' method: the picture itself is optimised, coarse to fine.

Gatys et al., arXiv 1508.06576; from coarse to fine as in arXiv 1611.07865, section 6: what is
painted at 256 px is enlarged and painted on at 512 px, and so on, so that strokes larger than the
loss network sees at full size are there before it comes to them.
"""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from livestyle.nets.pixels import to_pixels
from livestyle.optimisation.progress import OnStep, Settling, Step, checked

SCALES_PX = (256, 512)
LARGEST_LBFGS_PX = 2048
"""Long side. L-BFGS remembers twenty pictures and as many gradients."""

HISTORY = 10
ADAM_RATE = 0.01

Gradient = Callable[[Tensor], dict[str, float]]
"""Adds the gradient of the losses to a picture's, and gives the losses by name."""


class _Ended(Exception):  # noqa: N818
    """The caller wants no further step, or the loss no longer falls."""


def scales(long_side_px: int) -> list[int]:
    """Long sides from coarse to fine; one that is nearly the full size is left out."""
    return [side for side in SCALES_PX if side * 1.25 < long_side_px] + [long_side_px]


def split(steps: int, count: int) -> list[int]:
    """Steps of each scale: the coarse ones, which are cheap, have the more."""
    rest, parts = steps, []
    for left in range(count, 0, -1):
        part = rest if left == 1 else max(1, round(rest * 0.45))
        parts.append(max(1, part))
        rest -= part
    return parts


def first_picture(photo: Tensor, init: str) -> Tensor:
    """The photo as it is given, or noise, (1, 3, H, W)."""
    if init == "content":
        return photo.clone()
    generator = torch.Generator().manual_seed(0)
    return torch.rand(photo.shape, generator=generator).to(photo.device)


def enlarged(picture: Tensor, size: Sequence[int]) -> Tensor:
    """The picture at (height, width)."""
    return F.interpolate(picture, tuple(size), mode="bicubic", align_corners=False).clamp(0, 1)


def minimise(
    gradient: Gradient,
    picture: Tensor,
    steps: int,
    *,
    optimiser: str = "lbfgs",
    first: int = 0,
    of: int | None = None,
    on_step: OnStep = lambda _: None,
) -> tuple[Tensor, int, bool]:
    """Changes the pixels of a picture until its losses are as small as they get.

    Args:
        gradient: adds the gradient of the losses to the picture's.
        picture: RGB in [0, 1], (1, 3, H, W).
        steps: evaluations of the losses, at most.
        optimiser: "lbfgs" or "adam".
        first, of: steps done before, and in all, as the caller is told.
        on_step: called after each evaluation.

    Returns:
        The picture at its lowest loss; steps done; whether the caller ended it.

    Raises:
        TrainingError: the loss is not finite.
    """
    picture = picture.detach().clone().requires_grad_()
    settling, lowest, best, done, ended = Settling(), float("inf"), picture.detach(), 0, False

    def evaluate() -> Tensor:
        nonlocal lowest, best, done, ended
        picture.grad = None
        losses = gradient(picture)
        done += 1
        loss = checked(losses, first + done)
        now = picture.detach().clone()
        if loss < lowest:
            lowest, best = loss, now
        if on_step(Step(first + done, of or steps, losses, lambda: to_pixels(now))) is False:
            ended = True
            raise _Ended
        if done >= steps or settling.has_settled(loss):
            raise _Ended
        return picture.new_tensor(loss)

    try:
        if optimiser == "lbfgs":
            _lbfgs(picture, steps, evaluate)
        else:
            _adam(picture, steps, evaluate)
    except _Ended:
        pass
    return best, done, ended


def _lbfgs(picture: Tensor, steps: int, evaluate: Callable[[], Tensor]) -> None:
    optimiser = torch.optim.LBFGS(
        [picture],
        max_iter=steps,
        max_eval=steps,
        history_size=HISTORY,
        tolerance_grad=0,
        tolerance_change=0,
        line_search_fn="strong_wolfe",
    )
    optimiser.step(evaluate)


def _adam(picture: Tensor, steps: int, evaluate: Callable[[], Tensor]) -> None:
    optimiser = torch.optim.Adam([picture], lr=ADAM_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps, ADAM_RATE / 10)
    for _ in range(steps):
        evaluate()
        optimiser.step()
        schedule.step()
        with torch.no_grad():
            picture.clamp_(0, 1)
