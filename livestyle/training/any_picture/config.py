"""What the training for any picture is asked to do."""

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from livestyle.training.config import TrainConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyPictureConfig:
    """A training run; its checkpoint keeps it.

    Attributes:
        photos: folder, zip or tar of photos.
        paintings: likewise, of artworks of all kinds.
        out: folder of the run.
        steps: of the painter in all, however many pieces they come in.
        face_steps: in which the painter learns to keep faces readable, after them.
        encoder_steps: of the encoder, after those.
        pictures: artworks in a step, each with a photo.
        crop_px: side of a photo's crop.
        style_strength, colour_weight, detail_weight, steadiness_weight: as of `TrainConfig`.
        learning_rate: of the painter.
        loss_network, vgg_weights, seed, device, precision: as of `TrainConfig`.
        save_every: steps between checkpoints.
        begin_with: folder of the artworks of styles in the box, great_wave.jpg and so on, whose
            styles the predictor learns before the training begins; None: none.
    """

    photos: Path
    paintings: Path
    out: Path
    steps: int = 40_000
    face_steps: int = 4_000
    encoder_steps: int = 4_000
    pictures: int = 8
    crop_px: int = 144
    style_strength: float = 1.0
    colour_weight: float = 130.0
    detail_weight: float = 70.0
    steadiness_weight: float = 10.0
    learning_rate: float = 1e-3
    loss_network: str = "vgg19"
    vgg_weights: Path | None = None
    seed: int = 0
    device: str = "auto"
    precision: str = "auto"
    save_every: int = 200
    begin_with: Path | None = None

    def per_picture(self) -> TrainConfig:
        """The settings of one artwork's losses: a batch is one photo."""
        return TrainConfig(
            style_image=self.paintings,
            photos=self.photos,
            name="any_picture",
            out=self.out,
            batch=1,
            crop_px=self.crop_px,
            seed=self.seed,
            style_strength=self.style_strength,
            colour_weight=self.colour_weight,
            detail_weight=self.detail_weight,
            face_weight=0.0,
            steadiness_weight=self.steadiness_weight,
            loss_network=self.loss_network,
            vgg_weights=self.vgg_weights,
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            key: str(value) if isinstance(value, Path) else value
            for key, value in asdict(self).items()
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "AnyPictureConfig":
        """The reverse of `to_dict`; unknown keys are passed over."""
        known = {field.name for field in fields(cls)}
        values = {key: value for key, value in data.items() if key in known}
        for key in ("photos", "paintings", "out", "vgg_weights", "begin_with"):
            if values.get(key) is not None:
                values[key] = Path(values[key])
        return cls(**values)
