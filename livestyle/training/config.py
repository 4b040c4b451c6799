"""What a training run is asked to do. The defaults suit most paintings."""

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

LOSSES_EDITION = 5
"""Of what the weights of the losses mean. The first had mean squared differences of features at
relu2_2 and of Gram matrices, which see fine texture only; the second had relative errors, and the
artwork's palette; the third has its colours transferred to the photo, and the photo's detail; the
fourth has their covariance transferred, more contrast, and forms of larger strokes than texture;
the fifth keeps faces."""

OF_LOSSES = frozenset({
    "content_weight", "style_weight", "tv_weight", "colour_weight", "detail_weight",
    "loss_network", "vgg_weights", "content_layer", "style_layers", "style_layer_weights",
})  # fmt: skip
"""Settings that change nothing where a brush or a pattern is learned, as no loss network looks
on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainOptions:
    """What can be chosen about a training run; `livestyle train` has an option for each.

    Attributes:
        net: network to train, a name in `livestyle.nets`.
        loss_network: "vgg19" or "vgg16".
        vgg_weights: file to take its weights from; None: torchvision's.
        steps: batches to train on.
        batch: crops per step.
        crop_px: side of a crop.
        stroke: size of the strokes. The loss network sees the artwork's texture at a long side of
            512 pixels times this, and its forms up to 1.4 times as large.
        remove_grain: whether the artwork is freed of the grain of paper, canvas and JPEG first. For
            flat paint with firm contours; fine strokes are lost with it.
        style_strength: how strongly to paint, 0.5 to 3; a factor of the style loss.
        brush: how strokes are drawn, a name in `livestyle.training.brushwork.BRUSHES`, in place of
            the losses that compare with the photo; None: as those losses have it.
        pattern: what is painted on flat areas, a name in `livestyle.training.patterns.PATTERNS`,
            the rest as the network paints it that the run begins with; None: nothing more.
        surface: whether what the artwork is painted on, canvas or paper, is laid over all that the
            network paints. Not part of what it learns.
        content_weight, style_weight, tv_weight, steadiness_weight: factors of the losses.
            Content and style are relative errors, so that the same weights suit any artwork.
        colour_weight: factor of the colour loss: light and colour of the photo, transferred to
            the artwork's range.
        detail_weight: factor of the detail loss: that eyes, mouths and letters can be read.
        face_weight: factor of the face loss: that faces are left as the photo has them.
        learning_rate: peak of the one-cycle schedule.
        noise: whether a constant noise map may paint flat walls and skies, too. Without it they
            stay flat, and a sensor's noise is painted in its place, which flickers.
        augment: how much light and noise of the photos vary; 0 not at all, 1 as with webcams.
        seed: of weights, order and crops.
        device: "auto", "cpu", "cuda" or "mps".
        precision: "auto", "bf16" (autocast) or "fp32".
        compile: the networks through torch.compile.
        save_every: steps between checkpoints.
        keep: checkpoints that are kept, the newest and those before it.
        title, artist, year, licence, source: of the artwork, for the card.
    """

    net: str = "light"
    loss_network: str = "vgg19"
    vgg_weights: Path | None = None
    steps: int = 2400
    batch: int = 1
    crop_px: int = 224
    stroke: float = 1.0
    remove_grain: bool = False
    style_strength: float = 1.0
    brush: str | None = None
    pattern: str | None = None
    surface: bool = False
    content_weight: float = 1.0
    style_weight: float = 6.5
    tv_weight: float = 2.0
    steadiness_weight: float = 10.0
    colour_weight: float = 130.0
    detail_weight: float = 70.0
    face_weight: float = 4000.0
    learning_rate: float = 1.5e-3
    noise: bool = True
    augment: float = 1.0
    seed: int = 0
    device: str = "auto"
    precision: str = "auto"
    compile: bool = False
    save_every: int = 200
    keep: int = 2
    title: str = ""
    artist: str = "unknown"
    year: str = ""
    licence: str = "unknown"
    source: str = ""

    @property
    def imitates(self) -> bool:
        """Whether the network learns what is drawn for it, and no loss network looks on."""
        return bool(self.brush or self.pattern)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig(TrainOptions):
    """All that makes a training run what it is; its checkpoints keep it.

    Attributes:
        style_image: the artwork.
        photos: folder, or zip or tar file of photos.
        name: of the new style.
        out: folder of the run.
        content_layer: where the content loss is taken.
        style_layers: where the Gram matrices are taken.
        style_layer_weights: what each of them counts.
        losses_edition: what the weights mean, see `LOSSES_EDITION`.
    """

    style_image: Path
    photos: Path
    name: str
    out: Path
    content_layer: str = "relu4_2"
    style_layers: tuple[str, ...] = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
    style_layer_weights: tuple[float, ...] = (0.7, 1.0, 1.0, 0.6, 0.1)
    losses_edition: int = LOSSES_EDITION

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            key: str(value) if isinstance(value, Path) else value
            for key, value in asdict(self).items()
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "TrainConfig":
        """The reverse of `to_dict`; unknown keys are passed over."""
        known = {field.name for field in fields(cls)}
        values = {key: value for key, value in data.items() if key in known}
        for key in ("style_image", "photos", "out", "vgg_weights"):
            if values.get(key) is not None:
                values[key] = Path(values[key])
        for key in ("style_layers", "style_layer_weights"):
            if key in values:
                values[key] = tuple(values[key])  # JSON knows no tuples
        return cls(**values)
