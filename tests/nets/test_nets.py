"""The networks keep shapes and bounds, and cost what their docstrings say."""

import pytest
import torch

from livestyle.errors import StyleError
from livestyle.nets import NETS, build_net, kmac_per_pixel, parameter_count
from livestyle.nets.light import (
    SEED_SIDE,
    SURFACE_SIDE,
    Light,
    NoiseMap,
    ResidualBlock,
    start_as_nearest,
)
from livestyle.render.tiles import NOISE_PERIOD_PX, OVERLAP_PX


@pytest.mark.parametrize("name", NETS)
def test_a_net_keeps_the_size(name: str) -> None:
    net = build_net(name).eval()
    with torch.inference_mode():
        assert net(torch.rand(2, 3, 32, 48)).shape == (2, 3, 32, 48)


def test_light_is_bounded_and_light() -> None:
    net = build_net("light").eval()
    with torch.inference_mode():
        painted = net(torch.rand(1, 3, 64, 64))
    assert painted.min() >= 0 and painted.max() <= 1
    assert kmac_per_pixel(net) < 15
    assert parameter_count(net) < 120_000


def test_johnson_is_the_baseline_everybody_knows() -> None:
    net = build_net("johnson")
    assert parameter_count(net) == 1_679_235
    assert kmac_per_pixel(net) == pytest.approx(153.8, abs=0.1)


def test_an_unknown_net_is_refused_with_the_names() -> None:
    with pytest.raises(StyleError, match="light, rich, johnson"):
        build_net("heavy")


@pytest.mark.parametrize("name", NETS)
def test_tiles_overlap_by_more_than_a_net_sees(name: str) -> None:
    """Norms aside, which see everything: those of tiles are fixed."""
    net = build_net(name).eval()
    for module in net.modules():
        if isinstance(module, ResidualBlock):
            torch.nn.init.ones_(module.norm2.weight)  # at first they add nothing
    for module in net.modules():
        if isinstance(module, torch.nn.InstanceNorm2d):
            module.register_forward_hook(lambda _module, inputs, _output: inputs[0])
    row = torch.rand(1, 3, 16, 256, requires_grad=True)
    net(row)[..., 128:132].sum().backward()
    assert row.grad is not None
    seen = row.grad.abs().sum((0, 1, 2)).nonzero().flatten()
    assert seen.min() > 128 - OVERLAP_PX and seen.max() < 132 + OVERLAP_PX
    assert seen.max() - seen.min() > 70, "what it sees is more than the strokes"


def test_tiles_begin_where_the_noise_does() -> None:
    assert NOISE_PERIOD_PX % (SEED_SIDE * Light.size_multiple) == 0


def test_the_first_picture_has_no_checkerboard() -> None:
    """ICNR: before training, the four sub-pixels of a position are equal."""
    conv = torch.nn.Conv2d(4, 12, 3)
    start_as_nearest(conv)
    shuffled = torch.pixel_shuffle(conv(torch.rand(1, 4, 8, 8)), 2)
    assert torch.equal(shuffled[..., 0::2, 0::2], shuffled[..., 1::2, 1::2])
    assert torch.equal(shuffled[..., 0::2, 0::2], shuffled[..., 0::2, 1::2])


def test_levelled_sub_pixels_paint_flat_features_without_lines() -> None:
    torch.manual_seed(0)
    net = Light()
    assert net.up2.bias is not None
    for values in (net.up2.weight, net.up2.bias):
        torch.nn.init.normal_(values)
    flat = torch.rand(1, 16, 1, 1).expand(1, 16, 6, 6).contiguous()
    before = net.up2(flat).view(3, 4, 6, 6)
    assert before.std(1).max() > 0.5
    net.level_sub_pixels()
    after = net.up2(flat).view(3, 4, 6, 6)
    assert after.std(1).max() < 1e-4
    torch.testing.assert_close(after.mean(1), before.mean(1))


def test_the_seed_is_a_constant_of_the_plane_and_random_in_training() -> None:
    seed = NoiseMap(3).eval()
    flat = torch.zeros(1, 3, SEED_SIDE + 5, 20)
    first, second = seed(flat), seed(flat)
    assert torch.equal(first, second)
    assert first[0, 0].std() > 0
    assert torch.equal(first[..., :5, :], first[..., SEED_SIDE : SEED_SIDE + 5, :])
    assert not torch.equal(seed.train()(flat), first)


def test_a_checkpoint_with_the_smaller_tile_of_earlier_versions_is_taken() -> None:
    state = Light().state_dict()
    assert "seed.tile" not in state
    net = Light()
    net.load_state_dict(state | {"seed.tile": torch.zeros(1, 1, 64, 64)})
    assert torch.equal(net.seed.tile, NoiseMap(32).tile)


@pytest.mark.parametrize("planes", [1, 3])
def test_a_network_keeps_its_pattern_and_one_without_keeps_none(planes: int) -> None:
    plain, net = Light(), Light().eval()
    assert not any("pattern" in name for name in plain.state_dict())
    rows = torch.linspace(-1, 1, SEED_SIDE).repeat(SEED_SIDE, 1)[None, None]
    pattern = torch.cat([rows, rows.mT, -rows], 1)[:, :planes]
    net.seed.take_pattern(pattern)
    another = Light().eval()
    another.load_state_dict(net.state_dict())
    assert another.seed.pattern is not None and another.seed.pattern_scale is not None
    assert torch.equal(another.seed.pattern, pattern)
    flat = torch.zeros(1, 32, 5, SEED_SIDE + 7)
    added = another.seed(flat) - plain.eval().seed(flat)
    wanted = torch.einsum("wcij,ncrs->nwrs", another.seed.pattern_scale, pattern[:, :, :5])
    torch.testing.assert_close(added[..., :SEED_SIDE], wanted)
    torch.testing.assert_close(added[..., SEED_SIDE:], wanted[..., :7])
    another.load_state_dict(plain.state_dict())
    assert another.seed.pattern is another.seed.pattern_scale is None
    with pytest.raises(RuntimeError, match="pattern"):
        another.load_state_dict(net.state_dict() | {"seed.pattern": torch.zeros(1, planes, 8, 8)})


def test_the_pattern_of_an_earlier_version_is_taken() -> None:
    """One plane, and what the channels get of it in the order of the noise's scale."""
    net = Light()
    net.seed.take_pattern(torch.ones(1, 1, SEED_SIDE, SEED_SIDE))
    scale = torch.arange(32.0)
    net.load_state_dict(net.state_dict() | {"seed.pattern_scale": scale[None, :, None, None]})
    assert net.seed.pattern_scale is not None
    assert torch.equal(net.seed.pattern_scale.flatten(), scale)


def test_a_picture_may_be_painted_without_the_seed() -> None:
    net = Light().eval()
    with torch.no_grad():
        for block in net.trunk:
            assert isinstance(block, ResidualBlock)
            block.norm2.weight.fill_(1)  # it starts as a nearest-neighbour copy that shows no seed
    flat = torch.full((2, 3, 64, 64), 0.4)
    with torch.no_grad():
        painted = net(flat, torch.tensor([1.0, 0.0])[:, None, None, None])
        torch.testing.assert_close(net(flat[:1])[0], painted[0], atol=1e-3, rtol=0)
    assert painted[0].std() > 10 * painted[1].std()


def test_a_surface_repeats_where_parts_of_large_pictures_begin() -> None:
    assert NOISE_PERIOD_PX % SURFACE_SIDE == 0


def test_a_surface_is_added_in_front_of_the_last_step_and_kept_in_checkpoints() -> None:
    net = Light().eval()
    photo = torch.rand(1, 3, 32, 400)
    with torch.inference_mode():
        plain = net(photo)
        tile = torch.randn(1, 1, SURFACE_SIDE, SURFACE_SIDE)
        surface = tile, torch.tensor([0.1, 0.0, -0.2]).reshape(1, 3, 1, 1)
        net.surface.take(*surface)
        painted = net(photo)
        again = Light().eval()
        again.load_state_dict(net.state_dict())
        assert torch.equal(again(photo), painted)
        again.load_state_dict({k: v for k, v in net.state_dict().items() if "surface" not in k})
        assert torch.equal(again(photo), plain)
        net.train()
        net.surface.take(None, None)
        torch.manual_seed(0)
        learned = net(photo)
        net.surface.take(*surface)
        torch.manual_seed(0)
        assert torch.equal(net(photo), learned), "nothing is learned under it"
    added = torch.atanh(painted * 2 - 1) - torch.atanh(plain * 2 - 1)
    laid = torch.cat([tile, tile], 3)[:, :, :32, :400]
    for channel, share in enumerate((0.1, 0.0, -0.2)):
        torch.testing.assert_close(added[:, channel], share * laid[:, 0], atol=1e-3, rtol=1e-2)
