"""The training loop: crops in, losses down, checkpoints out."""

import copy
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from livestyle.errors import TrainingError
from livestyle.images import read_picture
from livestyle.nets import NETS, build_net
from livestyle.nets.light import Light, NoiseMap
from livestyle.nets.vgg import LossNetwork, load_loss_network
from livestyle.styles.from_picture.surface import surface_of
from livestyle.styles.model_file import is_picture
from livestyle.training.brushes import BRUSHES
from livestyle.training.callbacks.callback import Callback, Progress
from livestyle.training.checkpoint import (
    Checkpoint,
    checkpoints_in,
    load_checkpoint,
    load_weights,
    save_checkpoint,
    save_weights,
)
from livestyle.training.config import LOSSES_EDITION, TrainConfig
from livestyle.training.data.crops import Crops, open_crops
from livestyle.training.data.photos import PhotoSet
from livestyle.training.device import (
    autocast_dtype,
    channels_last,
    choose_device,
    keep_freed_memory,
)
from livestyle.training.distributed import join_process_group
from livestyle.training.divergence import RUNNING_MEAN, DivergenceCheck, check_room, memory_in_words
from livestyle.training.objective import (
    BrushObjective,
    Objective,
    PatternObjective,
    in_precision,
    noise_map_of,
)
from livestyle.training.pattern_drawing import drawn_pattern
from livestyle.training.patterns import PATTERNS
from livestyle.training.predicted_start import predicted_network
from livestyle.training.provenance import PREDICTED, STARTED_FROM, name_of, origin_of
from livestyle.training.schedule import one_cycle
from livestyle.training.style_target import (
    StyleTarget,
    artwork_colours,
    artwork_planes,
    style_target,
)
from livestyle.training.time_budget import TimeBudget

log = logging.getLogger(__name__)

SKIPPED_FILE = "skipped.txt"
BEGUN_FROM_FILE = "begun-from.safetensors"
"""In the folder of a run that learns a pattern: the network that it began with."""

GRADIENT_NORM = 0.1
"""Far below what the weighted losses give, so that only the direction counts."""

ADAM_STATE = 3
"""Numbers in a checkpoint per weight: itself and Adam's two moments, 4 bytes each."""


class Trainer:
    """One training run, its checkpoints in one folder.

    Args:
        config: what to do.
        resume: go on from the folder's newest checkpoint.
        start_from: checkpoint file or folder whose network is the start; None: fresh weights.
        beside: another run on the same photos, whose photos and loss network this one shares.

    Raises:
        TrainingError: picture, photos, weights or device are not as they must be.
    """

    def __init__(
        self,
        config: TrainConfig,
        *,
        resume: bool = False,
        start_from: Path | None = None,
        beside: "Trainer | None" = None,
    ) -> None:
        if not resume and checkpoints_in(config.out):
            raise TrainingError(
                f"{config.out} holds a run already. Go on with it through --resume, or take "
                "another --out."
            )
        self._began_s = time.monotonic()
        torch.manual_seed(config.seed)
        self.config = config
        self.device = choose_device(config.device)
        if self.device.type == "cpu":
            keep_freed_memory()
        self.processes = join_process_group(self.device)
        self.share = self.processes.share(config.batch)
        self.photos: PhotoSet = beside.photos if beside else PhotoSet(config.photos)
        if not beside:
            self.photos.check_enough()
        surface = _surface_of_artwork(config) if config.surface else (None, None)
        with memory_in_words(config):
            self._prepare(config, beside.loss_network if beside else None)
        self.step = 0
        self.losses: dict[str, float] = {}
        self.origin = origin_of(config, len(self.photos))
        self._stopped = threading.Event()
        if start_from and (start_from == config.style_image or is_picture(start_from)):
            self._check_net("light", f"The network predicted from {start_from.name}")
            self.net.load_state_dict(predicted_network(start_from, config.stroke))
            self.origin[STARTED_FROM] = {"name": PREDICTED}
        elif start_from:
            start = load_checkpoint(start_from)
            self._take_network(start)
            self.origin[STARTED_FROM] = name_of(start)
        saved = load_checkpoint(config.out) if resume else None
        if saved:
            self._check_goes_on(saved)
        self._begun_from: nn.Module | None = None
        self._pattern: Tensor | None = None
        if config.brush:
            noise_map_of(self.net).take_pattern(None)
        if config.pattern:
            self._begin_pattern(config.pattern, resume)
        self.optimiser = torch.optim.Adam(self.net.parameters(), lr=config.learning_rate)
        if saved:
            self._restore(saved)
        if not config.noise:
            for module in self.net.modules():
                if isinstance(module, NoiseMap):
                    module.leave_out()
        if isinstance(self.net, Light):
            self.net.surface.take(*surface)
        self._painter = self._wrapped()
        _make_folder(config.out)
        if self._begun_from and not resume and self.processes.is_main:
            save_weights(config.out / BEGUN_FROM_FILE, self._begun_from.state_dict())
        weights = sum(weight.numel() for weight in self.net.parameters())
        check_room(config.out, ADAM_STATE * 4 * weights)

    def _prepare(self, config: TrainConfig, loss_network: LossNetwork | None) -> None:
        """Networks, and what they are to reach."""
        self.loss_network: LossNetwork | None = None
        if config.imitates:
            colours = artwork_colours(config.style_image, config.remove_grain)
            self.target = StyleTarget({}, colours.to(self.device))
        else:
            layers = (config.content_layer, *config.style_layers)
            self.loss_network = loss_network or channels_last(
                load_loss_network(config.loss_network, layers, config.vgg_weights), self.device
            )
            self.target = style_target(
                self.loss_network,
                config.style_layers,
                config.style_image,
                config.stroke,
                config.remove_grain,
            )
        dtype = autocast_dtype(config.precision, self.device)
        (bf16,) = self.processes.agreed([dtype is not None])  # a trial may end otherwise in another
        self.autocast_dtype = torch.bfloat16 if bf16 else None
        if self.loss_network:
            in_precision(self.loss_network, self.autocast_dtype)
        self.net: nn.Module = channels_last(build_net(config.net), self.device)
        if config.imitates:
            noise_map_of(self.net)  # refuses a network that has none

    def _wrapped(self) -> nn.Module:
        """The network as a step calls it: compiled, and in tune with the other processes'."""
        net: nn.Module = self.net
        if self.config.compile:
            net = torch.compile(net)  # type: ignore[assignment]
        if self.processes.count > 1:
            net = DistributedDataParallel(net, broadcast_buffers=False)
        self._objective = self._make_objective()
        return net

    def _make_objective(self) -> Objective | BrushObjective | PatternObjective:
        config, share, dtype = self.config, self.share, self.autocast_dtype
        loss_network: nn.Module | None = self.loss_network
        if config.brush:
            return BrushObjective(config, BRUSHES[config.brush], self.target.colours, share, dtype)
        if config.pattern:
            assert self._begun_from and self._pattern is not None
            hides = PATTERNS[config.pattern]
            return PatternObjective(config, self._pattern, hides, self._begun_from, share, dtype)
        assert loss_network
        if config.compile:
            loss_network = torch.compile(loss_network)  # type: ignore[assignment]
        return Objective(config, loss_network, self.target, share, dtype)

    def stop(self) -> None:
        """Asks for the end after the step that is being done; from any thread."""
        self._stopped.set()

    def run(
        self, callbacks: Sequence[Callback] = (), *, hours: float | None = None, fit: bool = False
    ) -> Path:
        """Trains to the end, until the time is up or until `stop`, and saves then.

        Args:
            callbacks: are told of steps and checkpoints, in this order. Of several processes only
                the first tells them.
            hours: wall time that it may take, from the making of this trainer on; None: no limit.
            fit: choose the number of steps such that they fill the hours.

        Returns:
            The checkpoint file. `step` is below `config.steps` for a run that is not at its end.

        Raises:
            TrainingError: no photo can be read, memory or the disk is full, or the losses broke
                away. Then the last good checkpoint stays.
        """
        callbacks = callbacks if self.processes.is_main else ()
        for watcher in callbacks:
            watcher.started(self)
        crops = open_crops(self.photos, self.config, self.step, self.share, self.device)
        try:
            with memory_in_words(self.config):
                self._learn(crops, callbacks, TimeBudget(hours, fit, self._began_s))
            path = self._save(callbacks)
            self.processes.leave()  # not after an error: the others may wait, torchrun ends them
            return path
        finally:
            crops.close()
            for watcher in callbacks:
                watcher.ended()

    def _learn(self, crops: Crops, callbacks: Sequence[Callback], clock: TimeBudget) -> None:
        guard = DivergenceCheck()
        while self.step < self.config.steps:
            losses = self._train_on(crops.next().to(self.device))
            guard.look(self.step, self.step / self.config.steps, losses)
            self._note(losses)
            steps = clock.steps(self.step, self.config.steps)
            progress = Progress(self.step, steps, dict(self.losses))
            for watcher in callbacks:
                watcher.stepped(progress)
            stops = int(self._stopped.is_set() or clock.is_up)
            steps, stops = self.processes.agreed([steps, stops])
            self.config = replace(self.config, steps=steps)
            if stops:
                return
            if self.step % self.config.save_every == 0 and self.step < steps:
                if guard.suspect:
                    log.warning("The losses rise; step %d is not saved.", self.step)
                else:
                    self._save(callbacks)

    def _train_on(self, crops: Tensor) -> dict[str, float]:
        """One step on RGB uint8 (N, 3, H, W); returns the weighted losses."""
        config = self.config
        progress = self.step / config.steps
        for group in self.optimiser.param_groups:
            group["lr"] = config.learning_rate * one_cycle(progress)
        torch.manual_seed(config.seed * 1_000_003 + self.step)  # a resumed run sees the same noise
        self.net.train()
        losses = self._objective(self._painter, crops, progress)
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(torch.stack(list(losses.values())).sum())
        # A flat photo, divided by its own small deviation in the norms, has gradients a hundred
        # times the others'. Adam would remember it for long; so every step gets the same norm.
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), GRADIENT_NORM)
        self.optimiser.step()
        if isinstance(self.net, Light):
            self.net.level_sub_pixels()
        means = self.processes.mean(torch.stack(list(losses.values())).detach()).tolist()
        return dict(zip(losses, means, strict=True))

    def _note(self, losses: dict[str, float]) -> None:
        self.step += 1
        for name, value in losses.items():
            mean = self.losses.get(name, value)
            keep = min(RUNNING_MEAN, 1 - 1 / self.step)
            self.losses[name] = keep * mean + (1 - keep) * value

    def _save(self, callbacks: Sequence[Callback]) -> Path:
        folder = self.config.out
        if not self.processes.is_main:
            return folder
        moments = {
            f"{number}.{name}": value
            for number, state in self.optimiser.state_dict()["state"].items()
            for name, value in state.items()
        }
        state = Checkpoint(
            self.config, self.step, self.net.state_dict(), moments, self.losses, self.origin
        )
        path = save_checkpoint(folder, state, self.config.keep)
        self.photos.write_skipped(folder / SKIPPED_FILE)
        for watcher in callbacks:
            watcher.saved(path)
        check_room(folder, path.stat().st_size)
        return path

    def _take_network(self, checkpoint: Checkpoint) -> None:
        self._check_net(checkpoint.config.net, f"The checkpoint of {checkpoint.config.name}")
        self.net.load_state_dict(checkpoint.net)
        if isinstance(self.net, Light):
            self.net.surface.take(None, None)

    def _begin_pattern(self, name: str, resume: bool) -> None:
        """Sets aside the network as it is, and gives it a pattern to learn.

        Raises:
            TrainingError: a run goes on, and what it began with is not in its folder any more.
        """
        if resume:
            self.net.load_state_dict(load_weights(self.config.out / BEGUN_FROM_FILE))
        self._begun_from = copy.deepcopy(self.net).eval().requires_grad_(False)
        artwork = artwork_planes(self.config.style_image)
        drawn = torch.from_numpy(drawn_pattern(name, artwork, self.config.stroke))
        self._pattern = pattern = drawn.permute(2, 0, 1)[None].to(self.device)
        deviation, mean = torch.std_mean(pattern, (2, 3), keepdim=True)
        noise_map_of(self.net).take_pattern((pattern - mean) / (deviation + 1e-6))

    def _check_net(self, net: str, what: str) -> None:
        """Raises TrainingError unless the run is of that net."""
        if net != self.config.net:
            raise TrainingError(
                f"{what} is a {net} network, {self.config.net} was asked for. Pass --net {net}."
            )

    def _check_goes_on(self, checkpoint: Checkpoint) -> None:
        """Raises TrainingError if the run was another one."""
        self._check_net(checkpoint.config.net, f"The network of the run in {self.config.out}")
        if checkpoint.config.losses_edition != LOSSES_EDITION:
            raise TrainingError(
                f"The run in {self.config.out} was begun by another version of livestyle, whose "
                "losses weigh otherwise, and cannot go on with these. Begin a new one from its "
                f"network: --from {self.config.out} and another --out."
            )
        begun = checkpoint.config
        if begun.pattern != self.config.pattern:
            learns = f"the pattern {begun.pattern}" if begun.pattern else "no pattern"
        elif begun.pattern and begun.stroke != self.config.stroke:
            learns = f"its pattern with --stroke {begun.stroke:g}"
        else:
            learns = ""
        if learns:
            raise TrainingError(
                f"The run in {self.config.out} learns {learns} and cannot go on with another. "
                f"Begin a new one from its network: --from {self.config.out} and another --out."
            )
        if checkpoint.step > self.config.steps:
            raise TrainingError(
                f"The run in {self.config.out} has done {checkpoint.step} steps, more than the "
                f"{self.config.steps} asked for. Ask for more, or take it as it is: livestyle "
                f"export {self.config.out}"
            )

    def _restore(self, checkpoint: Checkpoint) -> None:
        self._take_network(checkpoint)
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in checkpoint.moments.items():
            number, name = key.split(".", 1)
            state.setdefault(int(number), {})[name] = value
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": state, "param_groups": groups})
        self.step, self.losses = checkpoint.step, dict(checkpoint.losses)
        self.origin[STARTED_FROM] = checkpoint.origin.get(STARTED_FROM)


def _surface_of_artwork(config: TrainConfig) -> tuple[Tensor, Tensor]:
    """What `Surface` takes.

    Raises:
        TrainingError: the network has no place for it.
        SourceError: the artwork cannot be read.
    """
    if not issubclass(NETS.get(config.net, Light), Light):
        raise TrainingError(
            f"A {config.net} network takes no surface. Leave out --surface, or take --net light "
            "or rich."
        )
    tile, colour = surface_of(read_picture(config.style_image), config.stroke)
    device = choose_device(config.device)
    return torch.from_numpy(tile).to(device), torch.from_numpy(colour).to(device)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(
            f"The folder {out} cannot be made ({error.strerror or error}). Take another --out."
        ) from error
