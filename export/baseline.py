"""The baseline of every speed table: the network of Johnson et al. in ONNX Runtime on the CPU."""

import importlib.util

from livestyle.errors import EngineError
from livestyle.frame import Pixels
from livestyle.installation import install_command

NAME = "johnson fp32, onnxruntime on cpu"
MODULES = ("torch", "onnx", "onnxscript", "onnxruntime")


class Johnson:
    """Paints with fresh weights; trained ones would not be faster.

    Args:
        threads: processor threads; None leaves it to ONNX Runtime.

    Raises:
        EngineError: a package is missing that it needs.
    """

    def __init__(self, threads: int | None = None) -> None:
        missing = [name for name in MODULES if importlib.util.find_spec(name) is None]
        if missing:
            raise EngineError(
                f"The Johnson network, the baseline, needs {', '.join(missing)}. "
                f"Install them with `{install_command('train')} onnxruntime`."
            )
        import onnxruntime

        from livestyle.export.onnx import to_onnx
        from livestyle.nets import build_net

        options = onnxruntime.SessionOptions()
        # Its threads would go on spinning after a run, in the time of whoever comes next.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.intra_op_num_threads = threads or 0
        model = to_onnx(build_net("johnson").eval(), "fp32").SerializeToString()
        self._session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )

    def __call__(self, pixels: Pixels) -> Pixels:
        """RGB uint8 (H, W, 3) in and out."""
        painted: Pixels = self._session.run(None, {"frame": pixels[None]})[0][0]
        return painted
