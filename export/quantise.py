"""int8: post-training quantisation of an ONNX graph on real frames."""

import io
import logging
from collections.abc import Sequence
from contextlib import redirect_stdout

import onnx

from livestyle.errors import ExportError
from livestyle.frame import Pixels
from livestyle.installation import install_command
from livestyle.openvino_core import import_openvino

CALIBRATION_FRAMES = 60


def quantise(model: onnx.ModelProto, frames: Sequence[Pixels]) -> onnx.ModelProto:
    """The model with int8 weights and activations (QDQ), which every engine reads.

    Weights and activations get the ranges seen while the frames run through the network
    (NNCF's post-training quantisation, arXiv 2002.08679), both symmetric about zero: OpenVINO
    leaves Intel AMX out where activations are not. Sums stay in floating point: the
    picture comes through the residual blocks as one long sum, and rounding that at each block
    makes a still camera flicker.

    Args:
        model: fp32, from `to_onnx`.
        frames: RGB uint8 (H, W, 3) each; some dozens of real photos.

    Raises:
        ExportError: nncf is missing, or there are no frames.
    """
    if not frames:
        raise ExportError("int8 needs real photos to measure value ranges on; pass --photos DIR.")
    import_openvino()  # nncf brings its own, which reports usage over the network
    # nncf looks for a CUDA compiler, and torch would tell the user that there is none.
    logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)
    try:
        import nncf
    except ImportError as error:
        raise ExportError(
            f"int8 export needs nncf. Install it with: {install_command('train')}"
        ) from error
    logging.getLogger("nncf").setLevel(logging.ERROR)
    dataset = nncf.Dataset([{"frame": frame[None]} for frame in frames])
    with redirect_stdout(io.StringIO()):  # its progress bars; stdout is for results
        quantised: onnx.ModelProto = nncf.quantize(
            model,
            dataset,
            preset=nncf.QuantizationPreset.PERFORMANCE,
            subset_size=min(len(frames), CALIBRATION_FRAMES),
            ignored_scope=nncf.IgnoredScope(types=["Add"], validate=False),
        )
    return quantised
