"""What can be chosen, and what each method takes unless told otherwise. Imports no torch."""

from dataclasses import dataclass, replace

from livestyle.errors import TrainingError

METHODS = ("gatys", "hrnet")
INITS = ("content", "noise")
OPTIMISERS = ("auto", "lbfgs", "adam")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the losses are taken and weighed. Features are those after the ReLU.

    Attributes:
        name: by which it is asked for.
        content: factor of the content loss.
        style: factor of the style loss at a style strength of 1.
        layers: factors of the style loss at relu1_1, 2_1, 3_1, 4_1, 5_1.
        normalised: ||F - F'||² / ||F'||² of features and Gram matrices (Cheng et al.,
            arXiv 2104.10064). Else as Li et al. publish it (arXiv 1904.11617): the mean squared
            difference of features; that of the entries of F F^T, over C H W. This one grows with
            the number of pixels.
        skip: whether hrnet's last convolution sees the photo, which the authors' does not.
        tv: factor of the total variation.
    """

    name: str
    content: float
    style: float
    layers: tuple[float, float, float, float, float]
    normalised: bool
    skip: bool
    tv: float = 0.0


PUBLISHED = Recipe("published", 150.0, 1.0, (0.1, 0.2, 0.4, 0.8, 1.6), False, skip=False)
NORMALISED = Recipe("normalised", 1.0, 4.0, (0.2, 0.2, 0.2, 0.2, 0.2), True, skip=True)
RECIPES = {recipe.name: recipe for recipe in (PUBLISHED, NORMALISED)}


def recipe_of(
    name: str,
    *,
    content: float | None = None,
    style: float | None = None,
    tv: float | None = None,
) -> Recipe:
    """The recipe of that name, with those of its factors changed that are given.

    Raises:
        TrainingError: there is none of that name.
    """
    if name not in RECIPES:
        raise TrainingError(f"There is no recipe {name!r}; take {' or '.join(RECIPES)}.")
    recipe = RECIPES[name]
    return replace(
        recipe,
        content=recipe.content if content is None else content,
        style=recipe.style if style is None else style,
        tv=recipe.tv if tv is None else tv,
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """How to optimise; None is the method's own.

    Attributes:
        steps: at most; it ends earlier where the loss no longer falls. 300 for gatys, 400 for
            hrnet.
        size_px: long side to work at: 1024 for gatys, whose result has this size; 384 for hrnet,
            whose network then paints the photo at its own size. Never larger than the photo.
        strength: how much the artwork counts: 1 is photorealistic, 15 and 50 are artistic. 15 for
            gatys, 1 for hrnet.
        recipe: "published" or "normalised" losses; see `Recipe`.
        content_weight, style_weight, tv_weight: in place of the recipe's own.
        init: gatys begins with the "content", in the artwork's colours, or with "noise".
        optimiser: of gatys: "lbfgs", "adam", or "auto": the latter above 2048 px.
        keep_colour: light and dark of the artwork, colours of the photo.
        device: "auto", "cpu", "cuda" or "mps".
        precision: "auto", "bf16" or "fp32".
    """

    steps: int | None = None
    size_px: int | None = None
    strength: float | None = None
    recipe: str | None = None
    content_weight: float | None = None
    style_weight: float | None = None
    tv_weight: float | None = None
    init: str = "content"
    optimiser: str = "auto"
    keep_colour: bool = False
    device: str = "auto"
    precision: str = "auto"


DEFAULTS = {
    "gatys": Settings(steps=300, size_px=1024, strength=15.0, recipe="normalised"),
    "hrnet": Settings(steps=400, size_px=384, strength=1.0, recipe="normalised"),
}


def completed(settings: Settings, method: str) -> Settings:
    """The settings with the method's own where they say None.

    Raises:
        TrainingError: there is no such method, start or optimiser.
    """
    chosen = (
        ("method", method, METHODS),
        ("start", settings.init, INITS),
        ("optimiser", settings.optimiser, OPTIMISERS),
    )
    for what, name, known in chosen:
        if name not in known:
            raise TrainingError(f"There is no {what} {name!r}; take {' or '.join(known)}.")
    own = DEFAULTS[method]
    names = ("steps", "size_px", "strength", "recipe")
    missing = {n: getattr(own, n) for n in names if getattr(settings, n) is None}
    return replace(settings, **missing)
