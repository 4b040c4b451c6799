"""What a network in training paints: one picture, and a run's preview."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image
from torch import nn

from livestyle.frame import Pixels
from livestyle.nets.pixels import to_batch, to_pixels
from livestyle.picture import write_picture
from livestyle.training.watcher import Watcher

if TYPE_CHECKING:
    from livestyle.training.loop import Trainer

PREVIEW_PHOTOS = 6


class Preview(Watcher):
    """Writes the run's `preview.jpg` at each checkpoint: photos above, painted below."""

    def started(self, trainer: "Trainer") -> None:
        self._trainer = trainer
        self._photos = [square(photo) for photo in trainer.photos.sample(PREVIEW_PHOTOS)]

    def saved(self, checkpoint: Path) -> None:
        columns = [np.vstack([photo, paint(self._trainer.net, photo)]) for photo in self._photos]
        if columns:
            path = self._trainer.config.out / "preview.jpg"
            write_picture(path, np.hstack(columns), quality=90)


def paint(net: nn.Module, photo: Pixels) -> Pixels:
    """A photo repainted, RGB uint8 (H, W, 3) in and out; H and W are cut to multiples of 4."""
    height, width = (side // 4 * 4 for side in photo.shape[:2])
    device = next(net.parameters()).device
    net.eval()
    with torch.inference_mode():
        return to_pixels(net(to_batch(photo[:height, :width]).to(device)))


def square(photo: Pixels, side_px: int = 256) -> Pixels:
    """The middle of a photo as a square."""
    height, width = photo.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = Image.fromarray(photo[top : top + side, left : left + side])
    return np.asarray(square.resize((side_px, side_px), Image.Resampling.LANCZOS))
