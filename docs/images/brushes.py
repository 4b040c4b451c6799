"""Paints brushes.jpg: the demo picture as each brush would have a network paint it.

python docs/images/brushes.py
"""

from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image

from livestyle.contact_sheet import in_grid, labelled
from livestyle.frame import Pixels
from livestyle.images import read_picture, resampled
from livestyle.nets.light import NoiseMap
from livestyle.nets.pixels import to_batch
from livestyle.sources.demo import Demo
from livestyle.training.brushes import BRUSHES, Brush
from livestyle.training.brushwork import brushed
from livestyle.training.data.faces import FaceFinder
from livestyle.training.losses import colour_statistics, colour_transfer
from livestyle.training.objective import BRUSH_SATURATION

SIZE, SHOWN = (480, 360), (360, 270)
YCBCR = np.array([[1, 0, 1.402], [1, -0.344136, -0.714136], [1, 1.772, 0]], np.float32)
ARTWORK = Path(__file__).parents[2] / "weights" / "mosaic" / "preview.jpg"


def painted(scene: Pixels, brush: Brush) -> Pixels:
    """RGB uint8, (H, W, 3), in the colours of the mosaic's preview."""
    colours = colour_statistics(to_batch(read_picture(ARTWORK)))
    picture = colour_transfer(to_batch(scene), colours, BRUSH_SATURATION)[0].permute(1, 2, 0)
    height, width = scene.shape[:2]
    noise_map = NoiseMap(1).eval()
    noise = noise_map.laid(noise_map.tile, height // 4, width // 4)[0, 0].numpy()
    noise = cv2.resize(noise, (width, height), interpolation=cv2.INTER_LINEAR)
    faces = FaceFinder().mask(scene).astype(np.float32) / 255
    drawn = brushed(picture.contiguous().numpy(), noise, faces, brush)
    return np.rint((drawn @ YCBCR.T).clip(0, 1) * 255).astype(np.uint8)


def main() -> None:
    with torch.no_grad(), Demo(SIZE, paced=False) as demo:
        scene = demo.scene(0)
        tiles = [
            labelled(resampled(painted(scene, brush), SHOWN), name)
            for name, brush in BRUSHES.items()
        ]
    Image.fromarray(in_grid([tiles])).save(
        Path(__file__).parent.with_name("brushes.jpg"), quality=88
    )


if __name__ == "__main__":
    main()
