"""How the learning rate and the losses change over a run."""

import math

WARM_UP = 0.05
STYLE_RAMP = 0.1
STEADINESS_RAMP = 0.2, 0.5


def one_cycle(progress: float) -> float:
    """Learning-rate factor: a linear warm-up to 1, then a cosine down to 0.

    Args:
        progress: share of the run that is done, 0 to 1.
    """
    if progress < WARM_UP:
        return 0.04 + 0.96 * progress / WARM_UP
    return 0.5 + 0.5 * math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP))


def style_ramp(progress: float) -> float:
    """Factor of the style loss: from 1% to all of it over the first tenth of a run.

    At first a network is far from the artwork's Gram matrices, and the shortest way there is a
    hatching that has forgotten the photo. So it learns to show the photo before it paints.

    Args:
        progress: share of the run that is done, 0 to 1.
    """
    return float(0.01 ** max(0.0, 1 - progress / STYLE_RAMP))


def steadiness_ramp(progress: float) -> float:
    """Factor of the steadiness loss: none at first, all of it from the middle of a run.

    A network that is to be steady before it can paint learns to paint nothing.

    Args:
        progress: share of the run that is done, 0 to 1.
    """
    begin, end = STEADINESS_RAMP
    return min(1.0, max(0.0, (progress - begin) / (end - begin)))
