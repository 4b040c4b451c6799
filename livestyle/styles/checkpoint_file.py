"""What a checkpoint says of itself, read without torch and without believing it.

A checkpoint is a safetensors file: eight bytes with the length of the header, the header in JSON,
then the numbers. So it holds no program; whoever reads it still bounds what it claims.
"""

import json
from dataclasses import dataclass
from typing import Any

CHECKPOINT_FILE = "checkpoint.safetensors"
NET_PREFIX = "net."
"""In front of the names of the network's tensors; those of the optimiser have another one."""

MAX_HEADER_BYTES = 1 << 20
"""The header of a run with the optimiser's state has some twenty kilobytes."""

_ITEM_BYTES = {"F32": 4, "F16": 2, "BF16": 2}


class NotCheckpointError(ValueError):
    """The bytes are no checkpoint of livestyle."""


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """Where the numbers of a tensor lie.

    Attributes:
        dtype: "F32", "F16" or "BF16".
        start, stop: in the file, in bytes.
    """

    dtype: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class CheckpointHeader:
    """What a checkpoint says of itself.

    Attributes:
        net: the network's name in `livestyle.nets`, not yet looked up there.
        tensors: of the network, by names that begin with `NET_PREFIX`.
    """

    net: str
    tensors: dict[str, TensorEntry]


def read_header(data: bytes | bytearray) -> CheckpointHeader:
    """Reads the header of a whole checkpoint file.

    Raises:
        NotCheckpointError: it is none, or damaged.
    """
    length = int.from_bytes(data[:8], "little")
    if not 2 <= length <= min(MAX_HEADER_BYTES, len(data) - 8):
        raise NotCheckpointError("it is no safetensors file, or cut short")
    try:
        header = json.loads(data[8 : 8 + length])
        metadata = header.pop("__metadata__", {})
        net = json.loads(metadata["config"]).get("net", "light")
        tensors = {
            name: _entry(entry, 8 + length)
            for name, entry in header.items()
            if name.startswith(NET_PREFIX)
        }
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise NotCheckpointError(f"its header cannot be read ({_reason(error)})") from error
    if not isinstance(net, str):
        raise NotCheckpointError("it names no network")
    if any(entry.stop > len(data) for entry in tensors.values()):
        raise NotCheckpointError("it is cut short")
    return CheckpointHeader(net, tensors)


def _entry(entry: dict[str, Any], numbers_at: int) -> TensorEntry:
    """Raises ValueError for what no network of ours has."""
    dtype, (start, stop) = entry["dtype"], entry["data_offsets"]
    if dtype not in _ITEM_BYTES:
        raise ValueError("a tensor is of a type that networks do not have")
    if not (type(start) is type(stop) is int and 0 <= start <= stop):
        raise ValueError("a tensor lies nowhere")
    if (stop - start) % _ITEM_BYTES[dtype]:
        raise ValueError("a tensor ends within a number")
    return TensorEntry(dtype, numbers_at + start, numbers_at + stop)


def _reason(error: Exception) -> str:
    """In words: a file's own words are not repeated, as they may be long or control characters."""
    return str(error) if type(error) is ValueError else type(error).__name__
