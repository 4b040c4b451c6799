"""What both methods make small: how far a picture is from its photo and from its artworks."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from livestyle.nets.vgg import LossNetwork
from livestyle.optimisation.settings import Recipe
from livestyle.optimisation.tiling import Tile, tiles_of
from livestyle.training.losses import gram_matrix, relative_error, total_variation_loss
from livestyle.training.similarity import CONTENT_LAYER, LAYERS, STYLE_LAYERS

TILE_PX, MARGIN_PX = 640, 80
"""No feature up to relu5_1 of VGG16 or VGG19 depends on a pixel farther than 78 px away."""

STRIDES = {layer: 2 ** (int(layer[4]) - 1) for layer in LAYERS}


@dataclass(frozen=True, slots=True)
class Seen:
    """A whole picture as the loss network sees it.

    Attributes:
        grams: layer -> G = F F^T / (C H W), (1, C, C).
        entries: layer -> C H W.
        content: features at relu4_2.
    """

    grams: dict[str, Tensor]
    entries: dict[str, int]
    content: Tensor


class Objective:
    """The losses of a picture for one photo and some artworks.

    Args:
        loss_network: a VGG opened with `similarity.LAYERS`.
        photo: RGB in [0, 1], (1, 3, H, W).
        artworks: each RGB in [0, 1], (1, 3, H', W'), with its weight.
        recipe: how the losses are taken.
        strength: how much the artworks count.
        tile_px: larger pictures are seen in tiles of this side, in bounded memory.
    """

    def __init__(
        self,
        loss_network: LossNetwork,
        photo: Tensor,
        artworks: Sequence[tuple[Tensor, float]],
        recipe: Recipe,
        strength: float = 1.0,
        tile_px: int = TILE_PX,
    ) -> None:
        self._network = loss_network
        self._recipe = recipe
        self._style_factor = recipe.style * strength
        self._tile_px = tile_px
        self._wanted = self.look(photo).content
        self._size = self._wanted.float().square().sum()
        total = sum(weight for _, weight in artworks)
        self._artworks = [(self.look(art).grams, weight / total) for art, weight in artworks]

    def gradient(self, picture: Tensor) -> dict[str, float]:
        """Adds the gradient of all losses to the picture's; a large one is seen in tiles.

        Args:
            picture: RGB in [0, 1], (1, 3, H, W), the photo's size, with `requires_grad`.

        Returns:
            The weighted losses "content", "style" and, where it counts, "tv".
        """
        tiles = self._tiles(picture)
        if len(tiles) == 1:
            losses = self.losses(picture)
            torch.autograd.backward(sum(losses.values(), picture.new_zeros(())))
            return {name: loss.item() for name, loss in losses.items()}
        seen = self.look(picture.detach())
        grams = {layer: gram.requires_grad_() for layer, gram in seen.grams.items()}
        style = self._style(grams, seen.entries)
        torch.autograd.backward(style)
        losses = {"content": self._content(seen.content, self._wanted), "style": style}
        if self._recipe.tv:
            losses["tv"] = self._recipe.tv * total_variation_loss(picture)
            torch.autograd.backward(losses["tv"])
        for tile in tiles:
            self._add_gradient(picture, tile, seen)
        return {name: loss.item() for name, loss in losses.items()}

    def losses(self, picture: Tensor) -> dict[str, Tensor]:
        """The weighted losses of a picture seen at once, as scalars to be differentiated."""
        features = self._network(picture)
        grams = {layer: gram_matrix(features[layer]) for layer in STYLE_LAYERS}
        entries = {layer: features[layer][0].numel() for layer in STYLE_LAYERS}
        losses = {
            "content": self._content(features[CONTENT_LAYER], self._wanted),
            "style": self._style(grams, entries),
        }
        if self._recipe.tv:
            losses["tv"] = self._recipe.tv * total_variation_loss(picture)
        return losses

    def look(self, picture: Tensor) -> Seen:
        """A picture as the loss network sees it, without gradients."""
        with torch.no_grad():
            height, width = picture.shape[2:]
            grams: dict[str, Tensor] = {}
            entries = dict.fromkeys(STYLE_LAYERS, 0)
            content: Tensor | None = None
            for tile in self._tiles(picture):
                features = self._network(tile.cut(picture))
                for layer in STYLE_LAYERS:
                    part = tile.inner(features[layer], STRIDES[layer])
                    gram = gram_matrix(part) * part[0].numel()
                    grams[layer] = grams[layer] + gram if layer in grams else gram
                    entries[layer] += part[0].numel()
                stride = STRIDES[CONTENT_LAYER]
                part = tile.inner(features[CONTENT_LAYER], stride)
                if content is None:
                    shape = (1, part.shape[1], height // stride, width // stride)
                    content = part.new_empty(shape)
                rows, columns = tile.place(stride)
                content[:, :, rows, columns] = part
            assert content is not None
            return Seen({k: gram / entries[k] for k, gram in grams.items()}, entries, content)

    def _add_gradient(self, picture: Tensor, tile: Tile, seen: Seen) -> None:
        """Adds one tile's part of the gradient: of what the whole picture's Gram matrices want,
        and of its own content."""
        part = tile.cut(picture.detach()).requires_grad_()
        features = self._network(part)
        total = part.new_zeros(())
        for layer in STYLE_LAYERS:
            inner = tile.inner(features[layer], STRIDES[layer])
            share = inner[0].numel() / seen.entries[layer]
            wanted = seen.grams[layer].grad
            assert wanted is not None
            total = total + share * (gram_matrix(inner) * wanted).sum()
        stride = STRIDES[CONTENT_LAYER]
        rows, columns = tile.place(stride)
        found = tile.inner(features[CONTENT_LAYER], stride)
        total = total + self._content(found, self._wanted[:, :, rows, columns])
        torch.autograd.backward(total)
        assert part.grad is not None
        if picture.grad is None:
            picture.grad = torch.zeros_like(picture)
        picture.grad[:, :, tile.seen_rows, tile.seen_columns] += part.grad

    def _content(self, found: Tensor, wanted: Tensor) -> Tensor:
        """The content loss of a part of the picture, such that those of all parts add up."""
        squares = (found.float() - wanted.float()).square().sum()
        of = self._size if self._recipe.normalised else self._wanted.numel()
        return self._recipe.content * squares / of

    def _style(self, grams: dict[str, Tensor], entries: dict[str, int]) -> Tensor:
        """The style loss of the whole picture's Gram matrices."""
        total = grams[STYLE_LAYERS[0]].new_zeros(())
        for artwork, weight in self._artworks:
            for layer, factor in zip(STYLE_LAYERS, self._recipe.layers, strict=True):
                found, wanted = grams[layer], artwork[layer]
                if self._recipe.normalised:
                    loss = relative_error(found, wanted)
                else:
                    loss = entries[layer] * (found - wanted).square().mean()
                total = total + weight * factor * loss
        return self._style_factor * total

    def _tiles(self, picture: Tensor) -> list[Tile]:
        return tiles_of(picture.shape[2], picture.shape[3], self._tile_px, MARGIN_PX)
