"""Styles whose artworks are at hand: the predictor learns them before the training begins.

A network that was trained for one artwork paints better than what a young predictor guesses. So
the painter begins with what such networks span, and the predictor with telling which of them goes
with an artwork; what is like two of them gets a mixture. Every network gets an equal part of all
artworks: the nearest one alone would often be the calmest.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from livestyle.nets.conditional import ConditionalLight
from livestyle.nets.style_predictor import StylePredictor

STEPS, BATCH, LEARNING_RATE = 6000, 64, 1e-3

NOISE = 0.15
"""Deviation of what is added to components, so that they stand for their surroundings, too."""

NEARNESS = 100.0
"""Of the softmax of distances by which other artworks share in the known styles: what lies between
two networks paints softer than either."""

BALANCING_STEPS = 300


def learn_known_styles(
    painter: ConditionalLight,
    predictor: StylePredictor,
    known: Sequence[tuple[dict[str, Tensor], Tensor]],
    others: Tensor,
) -> None:
    """Trains the predictor, and nothing else, to tell the style vectors of known networks.

    Args:
        painter: spans the networks.
        predictor: fitted.
        known: state dicts of light networks, each with the statistics of views of its artwork,
            (V, STATISTICS_SIZE).
        others: statistics of other artworks, (N, STATISTICS_SIZE), N at least 1.
    """
    with torch.no_grad():
        views = [predictor.components(statistics) for _, statistics in known]
        vectors = torch.stack([painter.vector(network) for network, _ in known])
        components = predictor.components(others)
        distances = torch.cdist(components, torch.stack([seen.mean(0) for seen in views])).square()
        shares = _balanced(-NEARNESS * distances / distances.min(1).values.median().clamp_min(1e-6))
        counts = torch.tensor([len(seen) for seen in views])
        inputs = torch.cat([*views, components])
        wanted = torch.cat([vectors.repeat_interleave(counts, 0), shares @ vectors])
        spread = wanted.std(0) + 1e-3
    optimiser = torch.optim.Adam(predictor.layers.parameters(), lr=LEARNING_RATE)
    for _ in range(STEPS):
        own = torch.randint(int(counts.sum()), (BATCH // 2,))
        other = torch.randint(int(counts.sum()), len(inputs), (BATCH - BATCH // 2,))
        chosen = torch.cat([own, other])
        noise = NOISE * torch.randn(BATCH, inputs.shape[1])
        error = (predictor(inputs[chosen] + noise) - wanted[chosen]) / spread
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(error.square().mean())
        optimiser.step()


def _balanced(scores: Tensor) -> Tensor:
    """Shares of artworks in known styles, each style's mean share the same (Sinkhorn's iteration).

    Args:
        scores: (artworks, styles).

    Returns:
        Likewise; the shares of an artwork sum to 1.
    """
    logs = scores.log_softmax(1)
    for _ in range(BALANCING_STEPS):
        logs = (logs - logs.logsumexp(0)).log_softmax(1)
    return logs.exp()
