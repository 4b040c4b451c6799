"""A network with everything around it: a uint8 frame in, a uint8 frame out.

It is what leaves as ONNX and TorchScript, and what the torch engine runs: they paint the same.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

MARGIN_PX = 4
"""Painted around the frame and cut off: at its own padding a network draws a line."""


class FrameModel(nn.Module):
    """Wraps a network so that the runtime, the browser and anybody's C++ see the same picture.

    Scaling, layout, a margin, padding to the size multiple, cropping, clamping and rounding are
    part of the graph; the network itself computes in `dtype`.

    Args:
        net: a network of `livestyle.nets`, in evaluation mode.
        dtype: torch.float32 or torch.float16.
    """

    def __init__(self, net: nn.Module, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.net = net.to(dtype)
        self.dtype = dtype
        self.multiple = int(net.size_multiple)  # type: ignore[arg-type]

    def forward(self, frame: Tensor) -> Tensor:
        """Repaints one frame.

        Args:
            frame: RGB uint8, (1, H, W, 3), H and W at least `livestyle.export.MIN_FRAME_SIDE_PX`.

        Returns:
            RGB uint8, (1, H, W, 3).
        """
        height, width = frame.shape[1], frame.shape[2]
        x = frame.permute(0, 3, 1, 2).float() / 255
        right, bottom = (MARGIN_PX + -side % self.multiple for side in (width, height))
        x = F.pad(x, (MARGIN_PX, right, MARGIN_PX, bottom), mode="reflect")
        x = self.net(x.to(self.dtype)).float()
        x = x[:, :, MARGIN_PX : MARGIN_PX + height, MARGIN_PX : MARGIN_PX + width]
        x = torch.round(torch.clamp(x, 0, 1) * 255)
        return x.to(torch.uint8).permute(0, 2, 3, 1)
