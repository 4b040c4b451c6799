"""Teaches the painter to keep faces readable, in the style of any picture.

It imitates itself, and paints faces in its own light and colours with the photo's forms.
"""

import copy
import math
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.func import functional_call

from livestyle.nets.conditional import ConditionalLight
from livestyle.nets.light import SEED_SIDE, Light
from livestyle.styles.from_picture.recolouring import LAST, ColourMap
from livestyle.styles.from_picture.style_folder import colour_map_to
from livestyle.training.any_picture.painter_training import FITTED_ON, PainterTraining, With
from livestyle.training.brushwork import blurred, floats
from livestyle.training.data.crops import open_crops
from livestyle.training.device import channels_last
from livestyle.training.losses import ycbcr
from livestyle.training.objective import imitation_loss, paint_batch, rows_of

Floats = NDArray[np.float32]

CROP_PX = 224
LEARNING_RATE = 1e-3
KERNELS_SHARE = 0.5
"""Of the learning rate, for the shared kernels: every style moves all of them."""

WARM_UP_SHARE = 0.04
GRADIENT_NORM = 0.5

PLAIN = 0.5
"""How much of a face is left as the photo has it: with more, it looked pasted in."""

FACE_WEIGHT = 4.0
"""How much more faces count than the rest."""

FORMS_PX, COLOURS_PX = 10.0, 3.0
"""Deviations of the blurs that part light from forms, and take strokes out of the colours."""


class FaceTraining:
    """This training, whole; it changes the painter of a run.

    Args:
        run: whose painter has learned all else.
    """

    def __init__(self, run: PainterTraining) -> None:
        torch.manual_seed(run.config.seed)
        self.step, self.steps = 0, run.config.face_steps
        self.loss = math.inf
        self._run = run
        self._painter = run.networks.painter
        self._before = copy.deepcopy(self._painter).requires_grad_(False)
        self._light = channels_last(Light(), run.device).eval()
        self._config = replace(
            run.config.per_picture(), crop_px=CROP_PX, face_weight=1.0, steadiness_weight=0.0
        )
        self._rng = np.random.default_rng((run.config.seed, 4))
        self._styles: dict[int, tuple[Tensor, ColourMap]] = {}
        self._optimiser = torch.optim.Adam(
            [
                {"params": [*self._painter.shared.parameters()], "share": 1.0},
                {"params": [*self._painter.kernels.parameters()], "share": KERNELS_SHARE},
            ]
        )

    def run(self, stepped: Callable[["FaceTraining"], bool]) -> None:
        """Trains until the steps are done, or `stepped` says so."""
        crops = open_crops(self._run.photos, self._config, 0, slice(0, 1), self._run.device)
        try:
            while self.step < self.steps:
                self._train_on(crops.next().to(self._run.device))
                if stepped(self):
                    return
        finally:
            crops.close()

    def _train_on(self, crops: Tensor) -> None:
        """One step on a crop with faces, uint8 (1, 4, H, W)."""
        for group in self._optimiser.param_groups:
            group["lr"] = LEARNING_RATE * self._rate() * group["share"]
        torch.manual_seed(self._run.config.seed * 1_000_003 + self.step)
        rows, columns = torch.randint(SEED_SIDE, (2,)).tolist()
        self._light.seed.shift = rows, columns
        vector, colours = self._style()
        dtype = self._run.dtype
        net = With(self._light, _weights(self._painter, vector, colours))
        batch = paint_batch(self._config, slice(0, 1), dtype, net, crops, 0.0)
        with torch.no_grad(), torch.autocast(crops.device.type, dtype, dtype is not None):
            weights = _weights(self._before, vector, colours)
            before = functional_call(self._light, weights, (batch.photos,))
        (painted,), (photo,) = rows_of(ycbcr(before)), rows_of(ycbcr(batch.photos))
        (face,) = rows_of(batch.faces)
        wanted = with_plain_faces(painted, photo[..., 0], face)
        places = 1 + FACE_WEIGHT * batch.faces
        loss = imitation_loss(batch, [wanted], places / places.mean())
        self._optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self._painter.parameters(), GRADIENT_NORM)
        self._optimiser.step()
        self.step += 1
        value = float(loss.detach())
        self.loss = value if math.isinf(self.loss) else 0.98 * self.loss + 0.02 * value

    def _style(self) -> tuple[Tensor, ColourMap]:
        """The style vector of one of the artworks, and what makes its colours the artwork's."""
        artworks, predictor = self._run.artworks, self._run.networks.predictor
        number = int(self._rng.integers(min(FITTED_ON, len(artworks))))
        number *= max(1, len(artworks) // FITTED_ON)
        if number not in self._styles:
            with torch.no_grad():
                components = predictor.components(artworks.seen(number).statistics[None])
                vector = predictor(components)[0]
                weights = self._before.weights(vector)
            arrays = {name: value.cpu().numpy() for name, value in weights.items()}
            self._styles[number] = vector, colour_map_to(artworks.part(number), arrays)
        return self._styles[number]

    def _rate(self) -> float:
        """Factor of the learning rate: a warm-up, then a cosine down to 0."""
        progress = self.step / self.steps
        return min(1.0, (progress + 0.01) / WARM_UP_SHARE) * (
            0.5 + 0.5 * math.cos(math.pi * progress)
        )


def with_plain_faces(painted: Floats, luma: Floats, faces: Floats) -> Floats:
    """A painting whose faces have the forms of the photo, in its own light and colours.

    Args:
        painted: YCbCr, (H, W, 3).
        luma: of the photo, (H, W).
        faces: 1 in faces, 0 elsewhere, (H, W).
    """
    light = blurred(painted[..., 0], FORMS_PX) + luma - blurred(luma, FORMS_PX)
    plain = np.dstack([light, cv2.GaussianBlur(painted[..., 1:], (0, 0), COLOURS_PX)])
    return floats(painted + PLAIN * faces[..., np.newaxis] * (plain - painted))


def _weights(painter: ConditionalLight, vector: Tensor, colours: ColourMap) -> dict[str, Tensor]:
    """The network of a style, in the colours of its artwork."""
    weights = painter.weights(vector)
    change, offset = (vector.new_tensor(part) for part in colours)
    weight, bias = weights[f"{LAST}.weight"], weights[f"{LAST}.bias"]
    weights[f"{LAST}.weight"] = (change @ weight.reshape(3, -1)).reshape(weight.shape)
    weights[f"{LAST}.bias"] = (change @ bias.reshape(3, -1) + offset[:, None]).reshape(-1)
    return weights
