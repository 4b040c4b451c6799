"""A high-resolution network fitted to one photo and its artworks (Li et al., arXiv 1904.11617)."""

import copy

import torch
import torch.nn.functional as F
from torch import Tensor

from livestyle.nets.hrnet import HRNet, keep_statistics
from livestyle.nets.pixels import to_pixels
from livestyle.optimisation.objective import Objective
from livestyle.optimisation.progress import OnStep, Settling, Step, checked
from livestyle.training.device import channels_last

LEARNING_RATE = 5e-3
DECAY, DECAY_STEPS = 0.1, 200


def fit(
    objective: Objective,
    photo: Tensor,
    *,
    steps: int,
    skip: bool = True,
    colours: tuple[Tensor, Tensor] | None = None,
    dtype: torch.dtype | None = None,
    on_step: OnStep = lambda _: None,
) -> tuple[HRNet, int]:
    """Fits a network to what an objective wants of a photo.

    Adam, 5e-3, a tenth of it after every 200 steps; ends early where the loss no longer falls.

    Args:
        objective: of the photo, padded as by `padded`.
        photo: at the size to work at, RGB in [0, 1], (1, 3, H, W), as `padded` gives it.
        steps: of Adam, at most.
        skip: as of `HRNet`.
        colours: map of the photo's colours to begin with, where it has the skip; see `start_as`.
        dtype: autocast to this; None: none.
        on_step: called after each step.

    Returns:
        The network at its lowest loss, its norms fixed at the photo's statistics; steps done.

    Raises:
        TrainingError: the loss is not finite.
    """
    torch.manual_seed(0)
    device = photo.device
    net = channels_last(HRNet(skip), device)
    if skip and colours:
        net.start_as(*colours)
    photo = photo.to(memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(net.parameters(), lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.StepLR(optimiser, DECAY_STEPS, DECAY)
    settling, lowest, best = Settling(), float("inf"), copy.deepcopy(net.state_dict())
    done = 0
    for done in range(1, steps + 1):
        optimiser.zero_grad()
        with torch.autocast(device.type, dtype, dtype is not None):
            painted = net(photo)
        losses = objective.losses(painted)
        torch.autograd.backward(torch.stack(list(losses.values())).sum())
        found = {name: loss.item() for name, loss in losses.items()}
        loss = checked(found, done)
        if loss < lowest:  # it is that of the weights before this step
            lowest, best = loss, copy.deepcopy(net.state_dict())
        optimiser.step()
        schedule.step()
        shown = painted.detach()
        goes_on = on_step(Step(done, steps, found, lambda shown=shown: to_pixels(shown)))  # type: ignore[misc]
        if goes_on is False or settling.has_settled(loss):
            break
    net.load_state_dict(best)
    keep_statistics(net, photo)
    return net.eval(), done


def padded(photo: Tensor) -> Tensor:
    """The photo with its right and bottom mirrored outwards to the sides that the network takes."""
    height, width = photo.shape[2:]
    multiple = HRNet.size_multiple
    missing = (0, -width % multiple, 0, -height % multiple)
    return F.pad(photo, missing, mode="reflect") if any(missing) else photo
