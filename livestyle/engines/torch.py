"""PyTorch: the style's checkpoint in livestyle's own network, for those who have PyTorch anyway.

Nothing of a stranger's is executed: a checkpoint holds numbers, the program is `livestyle.nets`.
"""

import os
from typing import TYPE_CHECKING

from livestyle.engines.base import Engine
from livestyle.errors import EngineError, StyleError
from livestyle.frame import Pixels
from livestyle.protocols import EngineInfo
from livestyle.styles.checkpoint_file import NET_PREFIX, NotCheckpointError, read_header

if TYPE_CHECKING:  # torch is imported when this engine is chosen, and not before
    from livestyle.nets.johnson import Johnson
    from livestyle.nets.light import Light

COMPUTE_PRECISIONS = {"cuda": ("fp16", "fp32"), "cpu": ("fp32",)}
"""By device, the fastest first: a processor computes fp16 slower than fp32."""


class TorchEngine(Engine):
    """A network of `livestyle.nets` with the weights of a checkpoint."""

    def __init__(self, model: bytes, precision: str, device: str, threads: int | None) -> None:
        """Loads the network.

        Args:
            model: a checked checkpoint, the whole file.
            precision: to compute in, one of `COMPUTE_PRECISIONS` of the device.
            device: "cpu" or "cuda".
            threads: how many PyTorch uses on the CPU, in this whole process; None leaves it.

        Raises:
            EngineError: PyTorch is missing, or has no such device.
            StyleError: the checkpoint is not one of a network here.
        """
        # Threads that wait by spinning keep those from the processor that they wait for, once other
        # programs want it too: 1000 ms a frame instead of 64, seen on two busy cores.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # read when torch is first imported
        try:
            import safetensors.torch  # noqa: F401  # read with below; said here if it is missing
            import torch

            from livestyle.nets.frame_model import FrameModel
        except ImportError as error:
            raise EngineError(
                f"PyTorch cannot be imported ({error}). Try `pip install torch safetensors`, or "
                "--engine openvino, which needs neither."
            ) from error
        if device == "cuda" and not torch.cuda.is_available():
            raise EngineError(
                f"PyTorch {torch.__version__} finds no CUDA device. Check `nvidia-smi`, and that "
                "torch is a CUDA build (https://pytorch.org); --device auto takes what runs."
            )
        if threads is not None:
            torch.set_num_threads(threads)
        dtype = {"fp16": torch.float16, "fp32": torch.float32}[precision]
        name = "cuda:0" if device == "cuda" else "cpu"
        net = FrameModel(_trained_net(model), dtype).eval()
        layout = torch.channels_last if device == "cuda" else torch.contiguous_format
        self._net = net.to(name, memory_format=layout)  # type: ignore[call-overload]
        self._torch = torch
        self.info = EngineInfo("torch", name, precision)

    def _run(self, batch: Pixels) -> Pixels:
        torch = self._torch
        if not batch.flags.writeable:
            batch = batch.copy()  # PyTorch has no read-only tensors
        with torch.inference_mode():
            painted = self._net(torch.from_numpy(batch).to(self.info.device))
            pixels: Pixels = painted.cpu().contiguous().numpy()
        return pixels

    def _free(self) -> None:
        del self._net
        if self.info.device != "cpu":
            self._torch.cuda.empty_cache()


def choose_precision(device: str, asked: str) -> str:
    """The precision to compute in; the checkpoint itself is fp32.

    Args:
        device: a key of `COMPUTE_PRECISIONS`.
        asked: "auto", "fp32", "fp16" or "int8".

    Raises:
        EngineError: PyTorch does not compute in that precision there.
    """
    there = COMPUTE_PRECISIONS[device]
    if asked == "auto":
        return there[0]
    if asked not in there:
        raise EngineError(
            f"torch on {device} paints in {' or '.join(there)}, not in {asked}. Take --precision "
            "auto, or --engine openvino."
        )
    return asked


def _trained_net(model: bytes) -> "Light | Johnson":
    """The network that a checkpoint is of, with its weights.

    Raises:
        StyleError: there is no such network, or the tensors are not its own.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load

    from livestyle.nets import build_net

    try:
        net = build_net(read_header(model).net)
        state = {
            name.removeprefix(NET_PREFIX): tensor
            for name, tensor in load(model).items()
            if name.startswith(NET_PREFIX)
        }
        net.load_state_dict(state, strict=True)
    except (NotCheckpointError, SafetensorError, RuntimeError, ValueError, KeyError) as error:
        raise StyleError(
            "The style's checkpoint does not hold the network that it names. Copy the style "
            "again, or take --engine openvino."
        ) from error
    if not all(bool(torch.isfinite(weight).all()) for weight in state.values()):
        raise StyleError(
            "The style's checkpoint holds numbers that are not finite. Copy the style again, or "
            "take --engine openvino."
        )
    return net
