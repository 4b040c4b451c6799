"""`optimise`: one photo, one artwork (or some), one painted picture."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from livestyle.errors import TrainingError
from livestyle.frame import Pixels
from livestyle.images import read_picture, to_long_side
from livestyle.nets.pixels import to_batch, to_pixels
from livestyle.nets.vgg import LossNetwork, load_loss_network
from livestyle.optimisation import gatys
from livestyle.optimisation.colour import colour_transfer, recoloured
from livestyle.optimisation.fit import fit, padded
from livestyle.optimisation.memory import check_memory, explaining_memory
from livestyle.optimisation.network import PairNetwork, in_grey
from livestyle.optimisation.objective import Objective
from livestyle.optimisation.progress import OnStep
from livestyle.optimisation.settings import Recipe, Settings, completed, recipe_of
from livestyle.render.compositing import Look, apply
from livestyle.training.device import autocast_dtype, channels_last, choose_device
from livestyle.training.similarity import LAYERS, Similarity, similarity

SMALLEST_PX = 32
"""Short side of a picture at the size worked at: below, relu5_1 has hardly a value left."""

Picture = Pixels | Path | str
"""RGB uint8 (H, W, 3), or the path of one."""

Artworks = Picture | Sequence[tuple[Picture, float]]


@dataclass(frozen=True, slots=True)
class Result:
    """A painted photo.

    Attributes:
        pixels: RGB uint8 (H, W, 3).
        steps: that were done.
        ended: whether `on_step` ended it before it was through.
        similarity: to the photo and to the first artwork, through the loss network it was
            painted with.
        network: of hrnet, to paint other photos of the scene with or to keep; None for gatys.
    """

    pixels: Pixels
    steps: int
    ended: bool
    similarity: Similarity
    network: PairNetwork | None = None


def optimise(
    photo: Picture,
    artwork: Artworks,
    method: str = "hrnet",
    *,
    settings: Settings | None = None,
    loss_network: LossNetwork | str = "vgg19",
    vgg_weights: Path | None = None,
    on_step: OnStep = lambda _: None,
) -> Result:
    """Paints a photo after an artwork, by optimisation: minutes, and better than any style.

    Args:
        photo: RGB uint8 (H, W, 3), or the path of a picture.
        artwork: likewise, or several of them with their weights.
        method: "hrnet" fits a network to the pair: sharp, undistorted, photorealistic at a
            strength of 1. "gatys" optimises the picture itself: strokes.
        settings: how; None: as the method does it unless told otherwise.
        loss_network: "vgg19", "vgg16", or one that was opened with `similarity.LAYERS`.
        vgg_weights: its weights, where torchvision cannot fetch them.
        on_step: called after each step; `False` ends the work with the best so far.

    Raises:
        SourceError: a picture cannot be read.
        TrainingError: a picture is too small, weights are missing, memory runs out, or the loss
            is not finite.
    """
    settings = completed(settings or Settings(), method)
    original, artworks = _pixels(photo), _weighted(artwork)
    if isinstance(loss_network, str):
        loss_network = load_loss_network(loss_network, LAYERS, vgg_weights)
    job = _Job(original, artworks, settings, loss_network, on_step)
    with explaining_memory(min(settings.size_px or 0, max(original.shape[:2]))):
        return job.fit() if method == "hrnet" else job.repaint()


class _Job:
    """One photo, its artworks, and what they are painted with."""

    def __init__(
        self,
        photo: Pixels,
        artworks: list[tuple[Pixels, float]],
        settings: Settings,
        loss_network: LossNetwork,
        on_step: OnStep,
    ) -> None:
        self._photo, self._artworks = photo, artworks
        self._settings, self._on_step = settings, on_step
        self._measuring = loss_network
        self._device = choose_device(settings.device)
        self._dtype = autocast_dtype(settings.precision, self._device)
        self._network = channels_last(copy.deepcopy(loss_network), self._device)
        if self._dtype is not None:
            self._network.features.to(self._dtype)
        assert settings.size_px and settings.steps and settings.strength and settings.recipe
        self._size_px = min(settings.size_px, max(photo.shape[:2]))
        self._steps, self._strength = settings.steps, settings.strength
        self._recipe: Recipe = recipe_of(
            settings.recipe,
            content=settings.content_weight,
            style=settings.style_weight,
            tv=settings.tv_weight,
        )

    def fit(self) -> Result:
        """By hrnet."""
        photo = padded(self._seen_photo(self._size_px))
        check_memory(photo.shape[2], photo.shape[3], half=self._dtype is not None)
        about = {"recipe": self._recipe.name, "strength": f"{self._strength:g}"}
        artworks = self._seen_artworks(photo, self._size_px)
        net, done = fit(
            Objective(self._network, photo, artworks, self._recipe, self._strength),
            photo,
            steps=self._steps,
            skip=self._recipe.skip,
            colours=colour_transfer(photo, artworks),
            dtype=self._dtype,
            on_step=self._heard,
        )
        network = PairNetwork(net, keep_colour=self._settings.keep_colour, about=about)
        return self._result(network(self._photo), self._photo, done, network)

    def repaint(self) -> Result:
        """By Gatys' method."""
        sides = gatys.scales(self._size_px)
        first = self._seen_photo(sides[0])
        start = recoloured(first, self._seen_artworks(first, sides[0]))
        picture = gatys.first_picture(start, self._settings.init)
        done = 0
        for side, steps in zip(sides, gatys.split(self._steps, len(sides)), strict=True):
            photo = self._seen_photo(side)
            picture = gatys.enlarged(picture, photo.shape[2:])
            name = self._settings.optimiser
            if name == "auto":
                name = "lbfgs" if side <= gatys.LARGEST_LBFGS_PX else "adam"
            picture, more, ended = gatys.minimise(
                self._objective(photo, side).gradient,
                picture,
                steps,
                optimiser=name,
                first=done,
                of=self._steps,
                on_step=self._heard,
            )
            done += more
            if ended:
                break
        original = to_long_side(self._photo, self._size_px)
        pixels = to_pixels(gatys.enlarged(picture, original.shape[:2]))
        if self._settings.keep_colour:
            pixels = apply(original, pixels, Look(keep_color=True))
        return self._result(pixels, original, done, None)

    _ended = False

    def _heard(self, step: object) -> bool | None:
        goes_on = self._on_step(step)  # type: ignore[arg-type]
        self._ended = self._ended or goes_on is False
        return goes_on

    def _seen_photo(self, side_px: int) -> Tensor:
        """The photo at the size to work at, as the method sees it."""
        photo = to_long_side(self._photo, side_px)
        _check_size("photo", photo, side_px)
        seen = in_grey(photo) if self._settings.keep_colour else photo
        return to_batch(seen).to(self._device)

    def _objective(self, photo: Tensor, side_px: int) -> Objective:
        """The losses at one size."""
        artworks = self._seen_artworks(photo, side_px)
        return Objective(self._network, photo, artworks, self._recipe, self._strength)

    def _seen_artworks(self, photo: Tensor, side_px: int) -> list[tuple[Tensor, float]]:
        """The artworks, each with as many pixels as the photo, with their weights."""
        area = photo.shape[2] * photo.shape[3]
        artworks = []
        for artwork, weight in self._artworks:
            longer = max(artwork.shape[:2]) / min(artwork.shape[:2])
            scaled = to_long_side(artwork, round((area * longer) ** 0.5))
            _check_size("artwork", scaled, side_px)
            if self._settings.keep_colour:
                scaled = in_grey(scaled, like=self._photo)
            artworks.append((to_batch(scaled).to(self._device), weight))
        return artworks

    def _result(
        self, pixels: Pixels, photo: Pixels, done: int, network: PairNetwork | None
    ) -> Result:
        found = similarity(self._measuring, pixels, photo, self._artworks[0][0])
        return Result(pixels, done, self._ended, found, network)


def _pixels(picture: Picture) -> Pixels:
    return read_picture(Path(picture)) if isinstance(picture, str | Path) else picture


def _weighted(artwork: Artworks) -> list[tuple[Pixels, float]]:
    """Artworks with their weights.

    Raises:
        TrainingError: there is none, or a weight is not above 0.
    """
    if isinstance(artwork, Sequence) and not isinstance(artwork, str):
        artworks = [(_pixels(picture), weight) for picture, weight in artwork]
    else:
        artworks = [(_pixels(artwork), 1.0)]
    if not artworks or not all(0 < weight < float("inf") for _, weight in artworks):
        raise TrainingError("Artworks need weights above 0, as in --style a.jpg:0.7.")
    return artworks


def _check_size(what: str, pixels: Pixels, side_px: int) -> None:
    height, width = pixels.shape[:2]
    if min(height, width) < SMALLEST_PX:
        raise TrainingError(
            f"The {what} has {width}x{height} pixels where the long side is {side_px} px; "
            f"each side needs {SMALLEST_PX}. Take a larger picture or a larger --size."
        )
