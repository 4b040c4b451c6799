"""Which small network paints best: candidates trained alike, loss against milliseconds.

    python benchmarks/networks.py ARTWORK PHOTOS HELDOUT --vgg-weights FILE --out DIR
        [--steps 1200] [--only NAME ...] [--no-time]

Every candidate learns the artwork from fresh weights on the same crops by the same losses, those
that are measured (content and style, nothing else), and is measured on photos that it was not
trained on, in fp32 and in int8. Then all of them paint one frame of 640x480 in turns. DIR keeps
what is done, so that it can be left and gone on with; at its end lie table.md and plot.png.
Leave the machine alone while it times.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from livestyle.engines.openvino import OpenVINOEngine
from livestyle.engines.timing import time_in_turns
from livestyle.export.baseline import NAME as BASELINE
from livestyle.export.baseline import Johnson as Baseline
from livestyle.export.onnx import to_onnx
from livestyle.export.quantise import quantise
from livestyle.export.style import comparison_frames
from livestyle.export.verify import paint_with_torch
from livestyle.frame import Pixels
from livestyle.images import read_picture, to_long_side
from livestyle.nets import NETS, kmac_per_pixel, parameter_count
from livestyle.nets.johnson import Johnson
from livestyle.nets.light import Light, NoiseMap, ResidualBlock, start_as_nearest
from livestyle.nets.vgg import load_loss_network
from livestyle.openvino_core import shared_core
from livestyle.sources.demo import Demo
from livestyle.training.callbacks.callback import Callback, Progress
from livestyle.training.checkpoint import checkpoints_in, load_checkpoint
from livestyle.training.config import TrainConfig
from livestyle.training.data.photos import PhotoSet
from livestyle.training.loop import Trainer
from livestyle.training.objective import Objective
from livestyle.training.similarity import LAYERS, LONG_SIDE_PX, mean_similarity

HELDOUT_PHOTOS = 8
BATCH, CROP_PX = 2, 192
STYLE_WEIGHT = TrainConfig.__dataclass_fields__["style_weight"].default
ROUNDS = 30
FRAME_SIZE = (640, 480)
TEACHER_WEIGHT = 20.0
"""Of the mean squared difference to the teacher's picture, where that begins."""


class Separable(nn.Module):
    """A residual block of depthwise 3x3 and 1x1 convolutions (arXiv 1704.04861)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_separable(width), nn.InstanceNorm2d(width, affine=True), nn.ReLU(), *_separable(width)
        )
        self.norm = nn.InstanceNorm2d(width, affine=True)
        nn.init.zeros_(self.norm.weight)

    def forward(self, x: Tensor) -> Tensor:
        residual: Tensor = self.norm(self.body(x))
        return x + residual


class Nothing(nn.Module):
    """Stands where a skip connection was."""

    def forward(self, x: Tensor) -> float:
        return 0.0


class Unseeded(nn.Module):
    """Stands where the seed was."""

    def forward(self, x: Tensor, fill: Tensor | None = None) -> Tensor:
        return x


class Eighth(nn.Module):
    """Light with its trunk at an eighth of the size, and skip connections on the way up."""

    size_multiple = 8

    def __init__(self, width: int = 64, blocks: int = 4) -> None:
        super().__init__()
        sides = (16, 32, width)
        self.down = nn.ModuleList(
            nn.Sequential(_conv(a, b, side, 2), nn.InstanceNorm2d(b, affine=True), nn.ReLU())
            for a, b, side in zip((3, *sides), sides, (5, 3, 3), strict=False)
        )
        self.trunk = nn.Sequential(*(ResidualBlock(width) for _ in range(blocks)))
        self.up = nn.ModuleList(_conv(a, b, 3) for a, b in ((width, 32), (32, 16)))
        self.norms = nn.ModuleList(nn.InstanceNorm2d(width, affine=True) for width in (32, 16))
        self.paint = _conv(16, 3 * 2**2, 3)
        start_as_nearest(self.paint)

    def forward(self, x: Tensor) -> Tensor:
        x = x * 2 - 1
        ways = []
        for down in self.down:
            x = down(x)
            ways.append(x)
        x = self.trunk(x)
        for up, norm, beside in zip(self.up, self.norms, (ways[1], ways[0]), strict=True):
            x = torch.relu(norm(up(F.interpolate(x, scale_factor=2.0))) + beside)
        return torch.tanh(F.pixel_shuffle(self.paint(x), 2)) * 0.5 + 0.5


class CoarseBranch(nn.Module):
    """Blocks at a sixteenth of the size, added to what lies at a quarter; at first they add 0."""

    def __init__(self, width: int = 32, coarse_width: int = 64, blocks: int = 3) -> None:
        super().__init__()
        self.down1 = _conv(width, coarse_width, 3, 2)
        self.norm1 = nn.InstanceNorm2d(coarse_width, affine=True)
        self.down2 = _conv(coarse_width, coarse_width, 3, 2)
        self.norm2 = nn.InstanceNorm2d(coarse_width, affine=True)
        self.seed = NoiseMap(coarse_width)
        self.trunk = nn.Sequential(*(ResidualBlock(coarse_width) for _ in range(blocks)))
        self.out = nn.Conv2d(coarse_width, width, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x: Tensor, fill: Tensor | None = None) -> Tensor:
        y = torch.relu(self.norm1(self.down1(x)))
        y = torch.relu(self.seed(self.norm2(self.down2(y)), fill))
        y = self.out(self.trunk(y))
        return x + F.interpolate(y, size=x.shape[2:], mode="bilinear")


class Coarse(Light):
    """Light with one block less, and a coarse branch after the first; the noise map lies there."""

    size_multiple = 16

    def __init__(self) -> None:
        super().__init__(blocks=3)
        self.seed = Unseeded()  # type: ignore[assignment]
        self.coarse = CoarseBranch()

    def forward(self, x: Tensor, fill: Tensor | None = None) -> Tensor:
        half = torch.relu(self.norm1(self.down1(x * 2 - 1)))
        x = self.trunk[0](torch.relu(self.norm2(self.down2(half))))
        x = self.trunk[1:](self.coarse(x, fill))
        x = F.interpolate(x, scale_factor=2.0, mode="nearest")
        x = torch.relu(self.norm3(self.up1(x) + self.detail(half)))
        return torch.tanh(F.pixel_shuffle(self.up2(x), 2)) * 0.5 + 0.5


def separable() -> Light:
    net = Light(64)
    net.trunk = nn.Sequential(*(Separable(64) for _ in range(4)))
    return net


def without_skip_and_seed() -> Light:
    net = Light()
    net.detail, net.seed = Nothing(), Unseeded()  # type: ignore[assignment]
    return net


def batch_normed() -> Light:
    """Its norms can be folded into the convolutions: nothing is left of them to compute."""
    net = Light()
    for parent in list(net.modules()):
        for name, child in parent.named_children():
            if isinstance(child, nn.InstanceNorm2d):
                norm = nn.BatchNorm2d(child.num_features)
                norm.load_state_dict(child.state_dict(), strict=False)
                setattr(parent, name, norm)
    return net


@dataclass(frozen=True)
class Candidate:
    """A network, how fast it learns, and whose pictures it learns from beside the artwork."""

    make: Callable[[], nn.Module]
    learning_rate: float = 2e-3
    teacher: str = ""


CANDIDATES = {
    "johnson": Candidate(Johnson, 1e-3),
    "light": Candidate(Light),
    "24 wide": Candidate(lambda: Light(24)),
    "48 wide": Candidate(lambda: Light(48)),
    "64 wide": Candidate(lambda: Light(64)),
    "2 blocks": Candidate(lambda: Light(blocks=2)),
    "6 blocks": Candidate(lambda: Light(blocks=6)),
    "64 wide, 1/8 size": Candidate(Eighth),
    "64 wide, separable": Candidate(separable),
    "no skip, no seed": Candidate(without_skip_and_seed),
    "branch at 1/16": Candidate(Coarse),
    "batch norm": Candidate(batch_normed),
    "light, distilled": Candidate(Light, teacher="johnson"),
}


@dataclass(frozen=True)
class Teaching:
    """The usual losses, and how far the picture is from a trained network's."""

    usual: Objective
    teacher: nn.Module

    def __call__(self, net: nn.Module, crops: Tensor, progress: float) -> dict[str, Tensor]:
        photos = crops.to(memory_format=torch.channels_last).float() / 255
        with torch.autocast(crops.device.type, self.usual.dtype, self.usual.dtype is not None):
            with torch.no_grad():
                wanted = self.teacher(photos).clamp(0, 1)
            difference = F.mse_loss(net(photos).float(), wanted.float())
        losses = self.usual(net, crops, progress)
        return losses | {"teacher": TEACHER_WEIGHT * (1 - progress) * difference}


class Talk(Callback):
    """Says now and then how far it is."""

    def stepped(self, progress: Progress) -> None:
        if progress.step % 200 == 0:
            losses = ", ".join(f"{k} {v:.3g}" for k, v in progress.losses.items() if v)
            print(f"  step {progress.step}/{progress.steps}: {losses}", flush=True)


def config_of(name: str, args: argparse.Namespace) -> TrainConfig:
    return TrainConfig(
        style_image=args.artwork,
        photos=args.photos,
        name=args.artwork.stem,
        out=args.out / name.replace(" ", "-").replace("/", "_").replace(",", ""),
        net=name,
        loss_network="vgg16",
        vgg_weights=args.vgg_weights,
        steps=args.steps,
        batch=BATCH,
        crop_px=CROP_PX,
        tv_weight=0.0,
        steadiness_weight=0.0,
        colour_weight=0.0,
        detail_weight=0.0,
        face_weight=0.0,
        augment=0.0,
        learning_rate=CANDIDATES[name].learning_rate,
        keep=1,
    )


def train(name: str, args: argparse.Namespace) -> None:
    """Trains a candidate, or goes on with it, unless it is at its end."""
    config = config_of(name, args)
    begun = bool(checkpoints_in(config.out))
    if begun and load_checkpoint(config.out).step >= config.steps:
        return
    print(name, flush=True)
    trainer = Trainer(config, resume=begun)
    if teacher := CANDIDATES[name].teacher:
        trainer._objective = Teaching(trainer._objective, trained(teacher, args))  # type: ignore[assignment]
    trainer.run([Talk()])


def trained(name: str, args: argparse.Namespace) -> nn.Module:
    net = CANDIDATES[name].make()
    net.load_state_dict(load_checkpoint(config_of(name, args).out).net)
    return net.eval()


def measured(name: str, args: argparse.Namespace) -> dict[str, Any]:
    """Size, cost and losses of a candidate; kept in its folder."""
    kept = config_of(name, args).out / "measured.json"
    with suppress(FileNotFoundError):
        figures: dict[str, Any] = json.loads(kept.read_text())
        return figures
    net = trained(name, args)
    int8 = OpenVINOEngine(int8_model(net, args), "int8", "cpu", None)
    loss_network = load_loss_network("vgg16", LAYERS, args.vgg_weights)
    photos, artwork = heldout(args.heldout), read_picture(args.artwork)

    def losses(paint: Callable[[Pixels], Pixels]) -> dict[str, float]:
        found = mean_similarity(loss_network, paint, photos, artwork)
        total = found.content_error + STYLE_WEIGHT * found.style_error
        return {"content": found.content_error, "style": found.style_error, "total": total}

    figures = {
        "parameters": parameter_count(net),
        "kmac": kmac_per_pixel(net),
        "fp32": losses(lambda photo: paint_with_torch(net, photo)),
        "int8": losses(int8),
    }
    kept.write_text(json.dumps(figures, indent=1))
    return figures


def int8_model(net: nn.Module, args: argparse.Namespace) -> bytes:
    frames = comparison_frames(PhotoSet(args.photos))
    data: bytes = quantise(to_onnx(net.eval(), "fp32"), frames).SerializeToString()
    return data


def heldout(folder: Path) -> list[Pixels]:
    photos = PhotoSet(folder).sample(HELDOUT_PHOTOS)
    return [to_long_side(photo, LONG_SIDE_PX) for photo in photos]


def floating_point() -> str:
    """What an fp16 file is calculated in on this processor."""
    able = shared_core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return "bf16" if "BF16" in able else "fp32"


def time_all(names: Sequence[str], args: argparse.Namespace) -> dict[str, float]:
    """Median milliseconds of a frame, by candidate and precision, and of the baseline."""
    networks: dict[str, Callable[[Pixels], Pixels]] = {BASELINE: Baseline()}
    for name in names:
        net = trained(name, args)
        networks[f"{name} int8"] = OpenVINOEngine(int8_model(net, args), "int8", "cpu", None)
        model = to_onnx(net, "fp32").SerializeToString()
        networks[f"{name} {floating_point()}"] = OpenVINOEngine(model, "fp16", "cpu", None)
    frame = Demo(FRAME_SIZE, paced=False).scene(0)
    return {k: v.median_ms for k, v in time_in_turns(networks, frame, ROUNDS).items()}


def table(figures: dict[str, Any], ms: dict[str, float], images: int) -> str:
    first = next(iter(figures))
    reference, floating = figures[first]["fp32"]["total"], floating_point()
    lines = [
        f"{images} images of {CROP_PX} px each. Loss: content error + {STYLE_WEIGHT:g} style error"
        f" on {HELDOUT_PHOTOS} photos not trained on, in shares of {first}'s."
        f" {FRAME_SIZE[0]}x{FRAME_SIZE[1]}.",
        "",
        f"| network | parameters | kMAC per pixel | loss | loss in int8 | int8 ms | {floating} ms "
        "| times the baseline's speed |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, row in figures.items():
        losses = [row[precision]["total"] / reference for precision in ("fp32", "int8")]
        speeds = [ms.get(f"{name} {precision}", float("nan")) for precision in ("int8", floating)]
        lines.append(
            f"| {name} | {row['parameters'] / 1e3:.0f} k | {row['kmac']:.1f} "
            f"| {losses[0]:.2f} | {losses[1]:.2f} | {speeds[0]:.1f} | {speeds[1]:.1f} "
            f"| {ms.get(BASELINE, float('nan')) / speeds[0]:.1f} |"
        )
    return "\n".join(lines) + "\n"


def plot(figures: dict[str, Any], ms: dict[str, float], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 5.5), dpi=120, layout="constrained")
    for precision, mark, losses_of in (("int8", "o", "int8"), (floating_point(), "^", "fp32")):
        x = [ms[f"{name} {precision}"] for name in figures]
        y = [row[losses_of]["total"] for row in figures.values()]
        axes.scatter(x, y, marker=mark, label=precision)
        if precision == "int8":
            for name, at in zip(figures, zip(x, y, strict=True), strict=True):
                axes.annotate(name, at, (5, 5), textcoords="offset points", fontsize=8)
    axes.set_xscale("log")
    axes.set(
        xlabel="ms for a frame of 640x480", ylabel=f"content error + {STYLE_WEIGHT:g} style error"
    )
    axes.legend()
    figure.savefig(path)
    print(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("artwork", type=Path)
    parser.add_argument("photos", type=Path)
    parser.add_argument("heldout", type=Path)
    parser.add_argument("--vgg-weights", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--only", nargs="+", default=list(CANDIDATES))
    parser.add_argument("--time", action=argparse.BooleanOptionalAction, default=True)
    args = parser.parse_args()
    NETS.update({name: candidate.make for name, candidate in CANDIDATES.items()})  # type: ignore[misc]
    figures = {}
    for name in args.only:
        train(name, args)
        figures[name] = measured(name, args)
    ms = time_all(args.only, args) if args.time else {}
    text = table(figures, ms, BATCH * args.steps)
    (args.out / "table.md").write_text(text)
    print(text)
    if ms:
        plot(figures, ms, args.out / "plot.png")


def _conv(inputs: int, outputs: int, side: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, side, stride, side // 2, padding_mode="reflect")


def _separable(width: int) -> tuple[nn.Module, nn.Module]:
    depthwise = nn.Conv2d(width, width, 3, padding=1, groups=width, padding_mode="reflect")
    return depthwise, nn.Conv2d(width, width, 1)


if __name__ == "__main__":
    main()
