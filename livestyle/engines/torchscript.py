"""TorchScript: for those who have PyTorch anyway."""

import io
import warnings
from collections.abc import Callable
from typing import Any

from livestyle.engines.contract import Engine
from livestyle.errors import EngineError
from livestyle.frame import Pixels
from livestyle.stages import EngineInfo


class TorchScriptEngine(Engine):
    """A TorchScript program in PyTorch."""

    def __init__(self, model: bytes, precision: str, device: str, threads: int | None) -> None:
        """Opens the model.

        Args:
            model: a checked TorchScript archive.
            precision: of the file.
            device: "cpu" or "cuda".
            threads: how many PyTorch uses on the CPU, in this whole process; None leaves it.

        Raises:
            EngineError: PyTorch is missing, has no such device, or cannot read the model.
        """
        try:
            import torch
        except ImportError as error:
            raise EngineError(
                f"PyTorch cannot be imported ({error}). It runs TorchScript styles: "
                "`pip install torch`, or take the style's ONNX file with --engine openvino."
            ) from error
        if device == "cuda" and not torch.cuda.is_available():
            raise EngineError(
                f"PyTorch {torch.__version__} finds no CUDA device. Check `nvidia-smi`, and that "
                "torch is a CUDA build (https://pytorch.org); --device auto takes what runs."
            )
        if threads is not None:
            torch.set_num_threads(threads)
        name = "cuda:0" if device == "cuda" else "cpu"
        try:
            with warnings.catch_warnings():
                # TorchScript is deprecated; whoever only runs a style cannot do anything about it.
                warnings.simplefilter("ignore", FutureWarning)
                load: Callable[..., Any] = torch.jit.load  # PyTorch leaves it without types
                self._module = load(io.BytesIO(model), map_location=name).eval()
        except Exception as error:
            raise EngineError(f"PyTorch cannot read the model ({error}).") from error
        self._torch = torch
        self.info = EngineInfo("torchscript", name, precision)

    def _run(self, batch: Pixels) -> Pixels:
        torch = self._torch
        if not batch.flags.writeable:
            batch = batch.copy()  # PyTorch has no read-only tensors
        with torch.inference_mode():
            painted = self._module(torch.from_numpy(batch).to(self.info.device))
            pixels: Pixels = painted.cpu().contiguous().numpy()
        return pixels

    def _free(self) -> None:
        del self._module
        if self.info.device != "cpu":
            self._torch.cuda.empty_cache()
