"""Runs as processes of their own: two that share the work, one that is killed."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from livestyle.errors import TrainingError
from livestyle.styles.checkpoint_file import CHECKPOINT_FILE
from livestyle.training.checkpoint import (
    Checkpoint,
    checkpoints_in,
    load_checkpoint,
)
from livestyle.training.config import TrainConfig
from livestyle.training.distributed import ProcessGroup
from livestyle.training.loop import Trainer

RUN = """
import json, sys
import torch
from livestyle.training.config import TrainConfig
from livestyle.training.loop import Trainer
torch.set_num_threads(1)
config = TrainConfig.from_dict(json.loads(sys.argv[1]))
Trainer(config, resume="--resume" in sys.argv).run()
"""


def start(config: TrainConfig, *options: str, **environment: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", RUN, json.dumps(config.to_dict()), *options]
    return subprocess.Popen(command, env=os.environ | environment, stderr=subprocess.PIPE)


def finish(process: subprocess.Popen[bytes]) -> None:
    _, said = process.communicate(timeout=100)
    assert process.returncode == 0, said.decode()


def assert_same(found: Checkpoint, expected: Checkpoint, tolerance: float) -> None:
    assert found.step == expected.step
    assert found.losses == pytest.approx(expected.losses, rel=max(tolerance, 1e-6))
    for key, value in expected.net.items():
        torch.testing.assert_close(found.net[key], value, atol=tolerance, rtol=tolerance, msg=key)


@pytest.fixture
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_two_processes_learn_what_one_learns(
    config: TrainConfig, tmp_path: Path, one_thread: None
) -> None:
    config = replace(config, batch=4, steps=8, learning_rate=1e-4)
    alone = load_checkpoint(Trainer(config).run())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    shared = replace(config, out=tmp_path / "shared")
    talk = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    talk["GLOO_SOCKET_IFNAME"] = "lo"
    both = [start(shared, RANK=str(rank), LOCAL_RANK=str(rank), **talk) for rank in range(2)]
    for process in both:
        finish(process)
    assert_same(load_checkpoint(shared.out), alone, tolerance=1e-4)
    assert sum(loss > 0 for loss in alone.losses.values()) == 6  # all of them were compared


def test_a_killed_run_goes_on_as_if_nothing_had_happened(
    config: TrainConfig, tmp_path: Path, one_thread: None
) -> None:
    unbroken = replace(config, steps=60, save_every=5, out=tmp_path / "unbroken")
    expected = load_checkpoint(Trainer(unbroken).run())
    killed = replace(unbroken, out=tmp_path / "killed")
    process = start(killed)
    while process.poll() is None and not (killed.out / CHECKPOINT_FILE).exists():
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL, "it ended before it could be killed"
    assert load_checkpoint(killed.out).step < 60
    finish(start(killed, "--resume"))
    assert_same(load_checkpoint(killed.out), expected, tolerance=1e-6)
    assert len(checkpoints_in(killed.out)) == 2


def test_a_batch_that_cannot_be_split_is_an_error() -> None:
    assert ProcessGroup(1, 2).share(4) == slice(2, 4)
    with pytest.raises(TrainingError, match=r"batch of 3.*2 processes.*--batch 4"):
        ProcessGroup(0, 2).share(3)
