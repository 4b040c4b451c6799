"""PairNetwork: a network that was fitted to one pair, to paint with and to keep."""

import json
from pathlib import Path

import cv2
import numpy as np
import torch

from livestyle.errors import SinkError, StyleError
from livestyle.frame import Pixels
from livestyle.nets.hrnet import HRNet
from livestyle.nets.pixels import to_batch, to_pixels
from livestyle.optimisation.fit import padded
from livestyle.optimisation.tiling import tiles_of
from livestyle.output_file import atomic_write
from livestyle.render.compositing import Look, apply

FORMAT = "livestyle-pair-1"
SUFFIX = ".safetensors"
MAX_BYTES = 4_000_000
"""A network has a third of a megabyte; larger files are refused unread."""

TILE_PX = 512


class PairNetwork:
    """Paints photos of one scene, of any size, as one pair of pictures taught it.

    Args:
        net: fitted, with kept norms.
        keep_colour: paint light and dark only.
        about: what the file says of its origin: names, settings.
    """

    def __init__(
        self, net: HRNet, *, keep_colour: bool = False, about: dict[str, str] | None = None
    ) -> None:
        self._net = net
        self._keep_colour = keep_colour
        self.about = about or {}

    def __call__(self, photo: Pixels, tile_px: int = TILE_PX) -> Pixels:
        """The photo painted, same shape, RGB uint8 (H, W, 3), in tiles that leave no seam.

        Args:
            photo: RGB uint8 (H, W, 3).
            tile_px: side of a tile, a multiple of 4; sets the memory it takes.
        """
        height, width = photo.shape[:2]
        seen = in_grey(photo) if self._keep_colour else photo
        smallest = 16
        if min(height, width) < smallest:  # reflection needs something to reflect
            missing = (max(0, smallest - height), max(0, smallest - width))
            seen = np.pad(seen, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="edge")
        device = next(self._net.parameters()).device
        batch = padded(to_batch(seen))
        painted = torch.empty_like(batch)
        with torch.inference_mode():
            for tile in tiles_of(batch.shape[2], batch.shape[3], tile_px, HRNet.reach_px):
                part = tile.cut(batch).to(device, memory_format=torch.channels_last)
                found = tile.inner(self._net(part), 1)
                painted[:, :, tile.rows, tile.columns] = found.cpu()
        result = to_pixels(painted[:, :, :height, :width])
        return apply(photo, result, Look(keep_color=True)) if self._keep_colour else result

    def save(self, path: Path) -> None:
        """Writes the network as safetensors.

        Raises:
            SinkError: it cannot be written.
        """
        from safetensors.torch import save

        metadata = {
            "format": FORMAT,
            "skip": json.dumps(self._net.skip),
            "keep_colour": json.dumps(self._keep_colour),
            "about": json.dumps(self.about),
        }
        state = {key: value.contiguous().cpu() for key, value in self._net.state_dict().items()}
        try:
            with atomic_write(path) as partial:
                partial.write_bytes(save(state, metadata))
        except OSError as error:
            raise SinkError(f"{path} cannot be written ({error.strerror or error}).") from error

    @classmethod
    def load(cls, path: Path) -> "PairNetwork":
        """Reads what `save` wrote.

        Raises:
            StyleError: it is missing, too large, not safetensors, or of another network.
        """
        from safetensors import SafetensorError, safe_open

        wrong = f"{path} is not a network kept by `livestyle paint --keep-network`"
        if not path.is_file():
            raise StyleError(f"There is no network at {path}.")
        if path.stat().st_size > MAX_BYTES:
            raise StyleError(f"{wrong}: it has {path.stat().st_size} bytes, they have far fewer.")
        try:
            with safe_open(path, "pt") as file:
                metadata = file.metadata() or {}
                found = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError) as error:
            raise StyleError(f"{wrong} ({error}).") from error
        if metadata.get("format") != FORMAT:
            raise StyleError(f"{wrong}: it says {metadata.get('format', 'nothing')!r} of itself.")
        net = HRNet(skip=metadata.get("skip") == "true")
        wanted = net.state_dict()
        for key, value in wanted.items():
            if key not in found or found[key].shape != value.shape:
                raise StyleError(f"{wrong}: {key} is missing or has another shape.")
            if not (found[key].is_floating_point() and found[key].isfinite().all()):
                raise StyleError(f"{wrong}: {key} holds what no network has.")
        net.load_state_dict({key: found[key].float() for key in wanted})
        net.keep_norms()
        try:
            keep_colour = json.loads(metadata.get("keep_colour", "false")) is True
            about = dict(json.loads(metadata.get("about", "{}")))
        except (ValueError, TypeError) as error:
            raise StyleError(f"{wrong}: what it says of itself cannot be read.") from error
        return cls(net.eval(), keep_colour=keep_colour, about=about)


def in_grey(pixels: Pixels, like: Pixels | None = None) -> Pixels:
    """The luminance of a picture, RGB uint8 (H, W, 3).

    Args:
        pixels: RGB uint8 (H, W, 3).
        like: take over the mean and spread of this picture's luminance, so that an artwork
            darkens no photo whose colours are kept (Gatys et al., arXiv 1606.05897, section 5.1).
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    if like is not None:
        wanted = cv2.cvtColor(like, cv2.COLOR_RGB2GRAY).astype(np.float32)
        grey = (grey - grey.mean()) * (wanted.std() / max(grey.std(), 1.0)) + wanted.mean()
    luminance = np.clip(np.round(grey), 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(luminance, cv2.COLOR_GRAY2RGB), np.uint8)
