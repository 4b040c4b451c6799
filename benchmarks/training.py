"""Where a training step's time goes, what it costs as crop and batch grow, and the classic loop.

    python benchmarks/training.py STYLE_IMAGE PHOTOS [--vgg-weights FILE] [--plot steps.png]

The classic loop is that of pytorch/examples (fast_neural_style): the same network, losses and
crops, in fp32 and NCHW, each photo decoded by a DataLoader without workers when its step comes,
both pictures through the whole loss network, plain Adam. It has no steadiness loss, so ours is
compared without it. Both take turns; the best of each counts, as others may use the machine.
"""

import argparse
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from livestyle.nets import build_net
from livestyle.nets.vgg import load_loss_network
from livestyle.training.config import TrainConfig
from livestyle.training.data.crops import Crops, cut_out, open_crops
from livestyle.training.data.photo_cache import random_cut
from livestyle.training.loop import Trainer
from livestyle.training.losses import relative_error
from livestyle.training.objective import Objective

MIDDLE = 0.6
"""Share of a run that is done when a step is timed: all of its losses count then."""

ARITHMETIC = ("network", "loss network", "network, back", "loss network, back")
CROPS, BATCHES = (128, 192, 256, 384), (1, 2, 4)


class Stopwatch:
    """Milliseconds by part of a step, from one `lap` to the next."""

    def __init__(self) -> None:
        self.parts: dict[str, list[float]] = defaultdict(list)
        self._step: dict[str, float] = defaultdict(float)
        self._last_s = time.perf_counter()

    def lap(self, part: str) -> None:
        now_s = time.perf_counter()
        self._step[part] += (now_s - self._last_s) * 1e3
        self._last_s = now_s

    def end_step(self) -> None:
        for part, ms in self._step.items():
            self.parts[part].append(ms)
        self._step.clear()
        self._last_s = time.perf_counter()

    def medians(self) -> dict[str, float]:
        return {part: float(np.median(ms)) for part, ms in self.parts.items()}


class TimedStep:
    """A trainer's step, laid open for a stopwatch; the same calls in the same order."""

    def __init__(self, trainer: Trainer, watch: Stopwatch) -> None:
        self.trainer, self.watch = trainer, watch
        timed = self._timed(trainer.loss_network, "loss network", "")
        self.objective = Objective(
            trainer.config, timed, trainer.target, trainer.share, trainer.autocast_dtype
        )
        self.net = self._timed(trainer.net, "network", "loss network, back")

    def _timed(self, module: Callable[..., Any], name: str, back: str) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            self.watch.lap("preparing, losses")
            found = module(*args, **options)
            if back:  # its gradient comes when all that follows has been gone through
                found.register_hook(lambda _: self.watch.lap(back))
            self.watch.lap(name)
            return found

        return call

    def __call__(self, crops: Crops) -> None:
        trainer, watch = self.trainer, self.watch
        batch = crops.next().to(trainer.device)
        watch.lap("loading")
        trainer.net.train()
        losses = self.objective(self.net, batch, MIDDLE)
        trainer.optimiser.zero_grad(set_to_none=True)
        watch.lap("preparing, losses")
        torch.autograd.backward(torch.stack(list(losses.values())).sum())
        watch.lap("network, back")
        torch.nn.utils.clip_grad_norm_(trainer.net.parameters(), 1.0)
        trainer.optimiser.step()
        watch.lap("optimiser")
        watch.end_step()


class Decoded(Dataset[Tensor]):
    """Crops as the classic loop gets them: the file is decoded each time."""

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer

    def __len__(self) -> int:
        return len(self.trainer.photos)

    def __getitem__(self, index: int) -> Tensor:
        photo, crop_px = self.trainer.photos.read(index), self.trainer.config.crop_px
        assert photo is not None
        cut = random_cut((photo.shape[0], photo.shape[1]), crop_px, np.random.default_rng(index))
        return torch.tensor(cut_out(photo, cut, crop_px)).permute(2, 0, 1).float() / 255


def classic_loop(trainer: Trainer) -> Callable[[], None]:
    """One step of the classic loop per call."""
    config = trainer.config
    layers = (config.content_layer, *config.style_layers)
    vgg = load_loss_network(config.loss_network, layers, config.vgg_weights)
    net = build_net(config.net).train()
    optimiser = torch.optim.Adam(net.parameters(), lr=config.learning_rate)
    loader = DataLoader(Decoded(trainer), batch_size=config.batch, shuffle=True, drop_last=True)
    batches = iter(for_ever(loader))
    style_weight = config.style_weight * config.style_strength

    def gram(features: Tensor) -> Tensor:
        n, c, h, w = features.shape
        flat = features.view(n, c, h * w)
        return flat.bmm(flat.transpose(1, 2)) / (c * h * w)

    def step() -> None:
        photos = next(batches)
        optimiser.zero_grad()
        painted = net(photos)
        found, wanted = vgg(painted), vgg(photos)
        content = found[config.content_layer], wanted[config.content_layer]
        loss = config.content_weight * relative_error(*content)
        grams = trainer.target.grams
        for layer, target in grams.items():
            error = relative_error(gram(found[layer]), target)
            loss = loss + style_weight / len(grams) * error
        down = (painted[:, :, 1:] - painted[:, :, :-1]).pow(2).mean()
        right = (painted[..., 1:] - painted[..., :-1]).pow(2).mean()
        loss = loss + config.tv_weight * (down + right)
        loss.backward()
        optimiser.step()

    return step


def for_ever(loader: Iterable[Tensor]) -> Iterable[Tensor]:
    """The loader's batches for ever, shuffled and decoded anew each time."""
    while True:
        yield from loader


def best_ms(step: Callable[[], object], count: int) -> float:
    times = []
    for _ in range(count):
        began_s = time.perf_counter()
        step()
        times.append((time.perf_counter() - began_s) * 1e3)
    return min(times)


def open_trainer(config: TrainConfig) -> tuple[Trainer, Crops]:
    with tempfile.TemporaryDirectory() as folder:  # nothing is saved
        trainer = Trainer(replace(config, out=Path(folder)))
    crops = open_crops(trainer.photos, trainer.config, 0, trainer.share, trainer.device)
    return trainer, crops


def print_parts(config: TrainConfig, steps: int) -> None:
    trainer, crops = open_trainer(config)
    watch = Stopwatch()
    step = TimedStep(trainer, watch)
    step(crops)
    watch.parts.clear()
    waits = 0
    for _ in range(steps):
        waits += not crops.is_ready
        step(crops)
    crops.close()
    parts = watch.medians()
    total = sum(parts.values())
    print(f"a step of {config.batch} crops of {config.crop_px} px: {total:.0f} ms")
    for part, ms in sorted(parts.items(), key=lambda item: -item[1]):
        print(f"  {part:20s} {ms:7.1f} ms {ms / total:6.1%}")
    arithmetic = sum(parts.get(part, 0.0) for part in ARITHMETIC) / total
    print(f"  the networks' arithmetic: {arithmetic:.1%}")
    print(f"  steps that waited for the loading of a batch: {waits} of {steps}")


def print_classic(config: TrainConfig, rounds: int) -> None:
    ours_alone = ("steadiness", "colour", "detail", "face")
    weights = {f"{name}_weight": 0.0 for name in ours_alone}
    plain = replace(config, augment=0.0, **weights)
    loops: dict[str, Callable[[], object]] = {}
    opened = []
    for precision in dict.fromkeys((config.precision, "fp32")):
        trainer, crops = open_trainer(replace(plain, precision=precision))
        opened.append(crops)
        trainer.step = round(MIDDLE * config.steps)
        loops[f"ours, {precision}"] = lambda t=trainer, c=crops: t._train_on(c.next())
    loops["classic"] = classic_loop(trainer)
    times = {name: [float("inf")] for name in loops}
    for _ in range(rounds):
        for name, step in loops.items():
            times[name].append(best_ms(step, 4))
    for crops in opened:
        crops.close()
    classic = min(times["classic"])
    print(f"without steadiness, {config.batch} crops of {config.crop_px} px, best of the turns:")
    for name, ms in ((name, min(found)) for name, found in times.items()):
        rate = config.batch / ms * 1e3
        print(f"  {name:14s} {ms:6.0f} ms  {rate:5.2f} images/s  {classic / ms:.2f}x the classic")


def plot_growth(config: TrainConfig, path: Path) -> None:
    """Milliseconds per step over the crop's side, one line per batch."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    for batch in BATCHES:
        row = []
        for crop_px in CROPS:
            trainer, crops = open_trainer(replace(config, batch=batch, crop_px=crop_px))
            trainer.step = round(MIDDLE * config.steps)
            row.append(best_ms(lambda t=trainer, c=crops: t._train_on(c.next()), 4))
            crops.close()
            print(f"  batch {batch}, crop {crop_px}: {row[-1]:.0f} ms")
        axes.plot(CROPS, row, marker="o", label=f"batch {batch}")
    axes.set(xlabel="side of a crop (px)", ylabel="ms per step", xticks=CROPS, ylim=(0, None))
    axes.legend()
    figure.savefig(path, dpi=120)
    print(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("style_image", type=Path)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--loss-network", default="vgg16")
    parser.add_argument("--vgg-weights", type=Path)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--crop", type=int, default=192)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--plot", type=Path)
    args = parser.parse_args()
    config = TrainConfig(
        style_image=args.style_image,
        photos=args.photos,
        name="benchmark",
        out=Path(),
        loss_network=args.loss_network,
        vgg_weights=args.vgg_weights,
        precision=args.precision,
        batch=args.batch,
        crop_px=args.crop,
    )
    print_parts(config, steps=5 * args.rounds)
    print_classic(config, args.rounds)
    if args.plot:
        plot_growth(config, args.plot)


if __name__ == "__main__":
    main()
