"""The network for any picture, as `livestyle.styles.from_picture` reads it: numpy and ONNX."""

from pathlib import Path

import numpy as np
import onnx
from torch import Tensor, nn

from livestyle.export.onnx import traced
from livestyle.nets.conditional import ConditionalLight
from livestyle.nets.style_predictor import PictureEncoder, StylePredictor
from livestyle.output_file import atomic_write
from livestyle.styles.from_picture.painter import PAINTER_FILE, PREDICTOR_FILE


class FramePredictor(nn.Module):
    """Encoder and predictor with everything around them: a uint8 picture in, a style vector out."""

    def __init__(self, encoder: PictureEncoder, predictor: StylePredictor) -> None:
        super().__init__()
        self.encoder, self.predictor = encoder, predictor

    def forward(self, frame: Tensor) -> Tensor:
        """RGB uint8, (1, H, W, 3) -> (1, style_size)."""
        x = frame.permute(0, 3, 1, 2).float() / 255
        style: Tensor = self.predictor(self.encoder(x))
        return style


def write_any_picture(
    folder: Path, painter: ConditionalLight, predictor: StylePredictor, encoder: PictureEncoder
) -> None:
    """Writes the two files that make a style of any picture.

    Args:
        folder: where to; files of these names are replaced.
        painter, predictor, encoder: trained.
    """
    arrays = {
        f"{kind}/{name}": value.numpy().astype(np.float16)
        for kind, tensors in (("shared", painter.shared_values()), ("kernels", painter.bases()))
        for name, value in tensors.items()
    }
    with atomic_write(folder / PAINTER_FILE) as partial, partial.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    data = to_half(
        traced(
            FramePredictor(encoder, predictor).eval(),
            "style",
            {"frame": {1: "height", 2: "width"}},
        )
    ).SerializeToString()
    with atomic_write(folder / PREDICTOR_FILE) as partial:
        partial.write_bytes(data)


def to_half(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same model, its weights kept in 16 bits and cast when it is loaded."""
    graph = model.graph
    casts = []
    for tensor in graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT:
            continue
        values = onnx.numpy_helper.to_array(tensor)
        name = tensor.name
        tensor.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        casts.append(onnx.helper.make_node("Cast", [f"{name}.half"], [name], to=1))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model
