"""One run in several processes, each with its share of every batch (`torchrun`)."""

import os
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor

from livestyle.errors import TrainingError

CPU = torch.device("cpu")


@dataclass(frozen=True, slots=True)
class ProcessGroup:
    """The processes of a run: this one's number, and how many there are.

    All of them draw the same random numbers for the whole batch and use those of their share, so
    that a run does not depend on how many there are.

    Attributes:
        rank: 0 is the one that writes files and talks.
        count: 1 for a run without torchrun.
        device: where this one computes, and what they talk through.
    """

    rank: int = 0
    count: int = 1
    device: torch.device = CPU

    @property
    def is_main(self) -> bool:
        """Whether this process writes files and talks."""
        return self.rank == 0

    def share(self, batch: int) -> slice:
        """This process's part of a batch.

        Raises:
            TrainingError: the batch cannot be split evenly.
        """
        if batch % self.count:
            raise TrainingError(
                f"A batch of {batch} cannot be split over {self.count} processes. "
                f"Take --batch {-(-batch // self.count) * self.count}."
            )
        size = batch // self.count
        return slice(self.rank * size, (self.rank + 1) * size)

    def mean(self, values: Tensor) -> Tensor:
        """Mean of a tensor over the processes; all must call."""
        if self.count > 1:
            dist.all_reduce(values)
            values = values / self.count
        return values

    def agreed(self, values: list[int]) -> list[int]:
        """The values of process 0; all must call."""
        if self.count == 1:
            return values
        tensor = torch.tensor(values, device=self.device)
        dist.broadcast(tensor, src=0)
        agreed: list[int] = tensor.tolist()
        return agreed

    def leave(self) -> None:
        """Ends the talk between the processes."""
        if self.count > 1 and dist.is_initialized():
            dist.destroy_process_group()


def join_process_group(device: torch.device) -> ProcessGroup:
    """This process's place among those that `torchrun` started; alone without it.

    Raises:
        TrainingError: the processes cannot reach one another.
    """
    count = int(os.environ.get("WORLD_SIZE", 1))
    if count == 1:
        return ProcessGroup()
    if not dist.is_initialized():
        if device.type == "cuda":
            torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", 0)))
        try:
            dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
        except (RuntimeError, ValueError) as error:
            raise TrainingError(
                f"The {count} processes of torchrun cannot reach one another ({error})."
            ) from error
    return ProcessGroup(int(os.environ["RANK"]), count, device)
