"""Painting by optimisation: the whole picture changes, and the best so far is never lost."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from livestyle.errors import StyleError, TrainingError
from livestyle.frame import Pixels
from livestyle.images import write_picture
from livestyle.nets.hrnet import HRNet, Norm
from livestyle.nets.pixels import to_batch, to_pixels
from livestyle.nets.vgg import LossNetwork
from livestyle.optimisation.memory import check_memory, explaining_memory
from livestyle.optimisation.network import PairNetwork
from livestyle.optimisation.optimise import optimise
from livestyle.optimisation.progress import Settling, Step
from livestyle.optimisation.settings import METHODS, Settings

QUICK = Settings(steps=20, size_px=96, strength=50, precision="fp32", device="cpu")


def tile_means(pixels: Pixels) -> NDArray[np.float64]:
    """Mean colours of 3 x 4 tiles, (12, 3)."""
    height, width = pixels.shape[0] // 3, pixels.shape[1] // 4
    cut = pixels[: 3 * height, : 4 * width].reshape(3, height, 4, width, 3)
    return np.asarray(cut.mean((1, 3)), np.float64).reshape(12, 3)


def same_light(one: Pixels, other: Pixels) -> float:
    """How the brightness of one follows that of the other, up to 1."""
    return float(np.corrcoef(one.mean(2).ravel(), other.mean(2).ravel())[0, 1])


def test_hrnet_changes_the_whole_picture_in_20_steps(
    loss_network: LossNetwork, photo: Pixels, artwork: Pixels
) -> None:
    result = optimise(photo, artwork, "hrnet", settings=QUICK, loss_network=loss_network)
    wanted = artwork.reshape(-1, 3).mean(0)
    before = np.linalg.norm(tile_means(photo) - wanted, axis=1)
    after = np.linalg.norm(tile_means(result.pixels) - wanted, axis=1)
    assert result.steps == 20
    assert (after < before).all(), (before, after)


def test_gatys_changes_the_whole_picture_in_20_steps(
    loss_network: LossNetwork, photo: Pixels, artwork: Pixels
) -> None:
    result = optimise(photo, artwork, "gatys", settings=QUICK, loss_network=loss_network)
    wanted = artwork.reshape(-1, 3).mean(0)
    before = np.linalg.norm(tile_means(photo) - wanted, axis=1)
    after = np.linalg.norm(tile_means(result.pixels) - wanted, axis=1)
    assert (after < before).all(), (before, after)


def test_pictures_are_given_by_their_paths_too(
    loss_network: LossNetwork, photo: Pixels, artwork: Pixels, tmp_path: Path
) -> None:
    paths = [tmp_path / "photo.png", tmp_path / "artwork.png"]
    for path, pixels in zip(paths, (photo, artwork), strict=True):
        write_picture(path, pixels)
    settings = Settings(steps=2, size_px=64, precision="fp32", device="cpu")

    def painted(one: object, other: object) -> Pixels:
        return optimise(one, other, settings=settings, loss_network=loss_network).pixels  # type: ignore[arg-type]

    wanted = painted(photo, artwork)
    assert np.array_equal(painted(*paths), wanted)
    assert np.array_equal(painted(str(paths[0]), str(paths[1])), wanted)
    assert np.array_equal(painted(str(paths[0]), [(str(paths[1]), 2.0)]), wanted)


@pytest.mark.parametrize("method", METHODS)
def test_the_loss_falls(
    loss_network: LossNetwork, photo: Pixels, artwork: Pixels, method: str
) -> None:
    losses: list[float] = []
    optimise(
        photo,
        artwork,
        method,
        settings=QUICK,
        loss_network=loss_network,
        on_step=lambda step: losses.append(step.loss),
    )
    assert losses[-1] < 0.9 * losses[0]


def test_hrnet_paints_at_the_photos_size_what_it_learned_at_another(
    loss_network: LossNetwork, photo: Pixels, artwork: Pixels
) -> None:
    large = photo.repeat(3, axis=0).repeat(3, axis=1)[:-1, :-2]
    seen: list[tuple[int, ...]] = []

    def on_step(step: Step) -> None:
        seen.append(step.picture().shape)

    result = optimise(
        large, artwork, "hrnet", settings=QUICK, loss_network=loss_network, on_step=on_step
    )
    assert result.pixels.shape == large.shape
    assert max(seen[-1]) == 96


def test_gatys_paints_at_the_size_asked_for_coarse_to_fine(
    loss_network: LossNetwork, photo: Pixels, artwork: Pixels
) -> None:
    large = photo.repeat(4, axis=0).repeat(4, axis=1)
    sides: list[int] = []
    result = optimise(
        large,
        artwork,
        "gatys",
        settings=Settings(steps=4, size_px=352, precision="fp32", device="cpu"),
        loss_network=loss_network,
        on_step=lambda step: sides.append(max(step.picture().shape)),
    )
    assert sides[0] == 256 and sides[-1] == 352
    assert result.pixels.shape == (264, 352, 3)


@pytest.mark.parametrize("method", METHODS)
def test_the_best_so_far_is_the_result_of_work_that_was_ended(
    loss_network: LossNetwork, photo: Pixels, artwork: Pixels, method: str
) -> None:
    def on_step(step: Step) -> bool:
        return step.done < 5

    result = optimise(
        photo, artwork, method, settings=QUICK, loss_network=loss_network, on_step=on_step
    )
    assert (result.steps, result.ended) == (5, True)
    assert not np.array_equal(result.pixels, photo)


def test_gatys_begins_with_the_photo_in_the_artworks_colours_or_with_noise(
    loss_network: LossNetwork, photo: Pixels, artwork: Pixels
) -> None:
    def first(init: str) -> Pixels:
        seen: list[Pixels] = []
        optimise(
            photo,
            artwork,
            "gatys",
            settings=Settings(steps=1, size_px=96, init=init, precision="fp32", device="cpu"),
            loss_network=loss_network,
            on_step=lambda step: seen.append(step.picture()),
        )
        return seen[0]

    content, noise = first("content"), first("noise")
    assert np.allclose(content.mean((0, 1)), artwork.mean((0, 1)), atol=3)
    assert same_light(content, photo) > 0.9 > same_light(noise, photo)
    with pytest.raises(TrainingError, match="content or noise"):
        first("style")


@pytest.mark.parametrize("method", METHODS)
def test_keep_colour_keeps_the_photos_colours(
    loss_network: LossNetwork, photo: Pixels, artwork: Pixels, method: str
) -> None:
    settings = Settings(
        steps=5, size_px=96, strength=50, keep_colour=True, precision="fp32", device="cpu"
    )
    painted = optimise(photo, artwork, method, settings=settings, loss_network=loss_network).pixels
    red_minus_blue = painted[..., 0].astype(int) - painted[..., 2]
    assert (red_minus_blue.mean() < 0) and not np.array_equal(painted, photo)


def fitted(seed: int = 0) -> PairNetwork:
    """A network whose norms are kept, as one that was fitted."""
    torch.manual_seed(seed)
    net = HRNet()
    for module in net.modules():
        if isinstance(module, Norm):
            module.mean.normal_(0, 0.1)
            module.scale.uniform_(0.5, 2)
    net.keep_norms()
    return PairNetwork(net.eval(), about={"recipe": "published"})


def test_a_picture_painted_in_tiles_is_the_picture_painted_at_once() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (301, 410, 3), dtype=np.uint8)
    network = fitted()
    whole, tiled = network(photo, tile_px=4096), network(photo, tile_px=64)
    assert np.abs(whole.astype(int) - tiled).max() <= 1


def test_a_kept_network_paints_as_it_did_when_it_comes_back(tmp_path: Path) -> None:
    network, path = fitted(), tmp_path / "pair.safetensors"
    network.save(path)
    photo = np.random.default_rng(1).integers(0, 256, (5, 70, 3), dtype=np.uint8)
    again = PairNetwork.load(path)
    assert np.array_equal(again(photo), network(photo))
    assert again.about == {"recipe": "published"}


def test_what_is_no_kept_network_is_refused(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    with pytest.raises(StyleError, match="no network at"):
        PairNetwork.load(tmp_path / "none.safetensors")
    path = tmp_path / "x.safetensors"
    path.write_bytes(b"\x80\x04pickle")
    with pytest.raises(StyleError, match="not a network kept"):
        PairNetwork.load(path)
    save_file({"a": torch.zeros(3)}, path)
    with pytest.raises(StyleError, match="says 'nothing'"):
        PairNetwork.load(path)
    state = HRNet(skip=False).state_dict()
    state["picture.bias"] = torch.full((3,), float("nan"))
    save_file(state, path, {"format": "livestyle-pair-1"})
    with pytest.raises(StyleError, match=r"picture\.bias"):
        PairNetwork.load(path)
    state["picture.bias"] = torch.zeros(4)
    save_file(state, path, {"format": "livestyle-pair-1"})
    with pytest.raises(StyleError, match="another shape"):
        PairNetwork.load(path)
    path.write_bytes(bytes(5_000_000))
    with pytest.raises(StyleError, match="bytes"):
        PairNetwork.load(path)


def test_pictures_too_small_are_refused_in_words(
    loss_network: LossNetwork, photo: Pixels, artwork: Pixels
) -> None:
    with pytest.raises(TrainingError, match="photo has 96x8 pixels"):
        optimise(photo[:8], artwork, settings=QUICK, loss_network=loss_network)
    with pytest.raises(TrainingError, match="weights above 0"):
        optimise(photo, [], settings=QUICK, loss_network=loss_network)


def test_running_out_of_memory_names_a_size_that_fits() -> None:
    with pytest.raises(TrainingError, match="--size 352"), explaining_memory(512):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 9 bytes")
    with pytest.raises(RuntimeError, match="another"), explaining_memory(512):
        raise RuntimeError("another failure")


def test_a_size_that_does_not_fit_is_refused_with_one_that_does() -> None:
    check_memory(384, 384, half=True, available=4_000_000_000)
    with pytest.raises(TrainingError, match="--size 896 fits"):
        check_memory(2048, 2048, half=True, available=4_000_000_000)
    check_memory(896, 896, half=True, available=4_000_000_000)


def test_it_has_settled_when_the_loss_no_longer_falls() -> None:
    falling, flat = Settling(), Settling()
    assert not any(falling.has_settled(1000 * 0.99**step) for step in range(300))
    assert any(flat.has_settled(1.0) for _ in range(300))


def test_pixels_survive_the_way_there_and_back() -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (48, 48, 3), dtype=np.uint8)
    assert np.array_equal(to_pixels(to_batch(pixels)), pixels)
