"""Styles by name, for Python: which there are, and one of them ready to paint."""

from pathlib import Path

from livestyle.engines import EngineOptions
from livestyle.engines import load as load_style
from livestyle.protocols import Stylizer
from livestyle.styles.library import DEFAULT_STYLE, find_style
from livestyle.styles.library import list_styles as installed_styles
from livestyle.styles.style import Style


def load(
    style: str | Path | Style = DEFAULT_STYLE,
    *,
    engine: str = "auto",
    device: str = "auto",
    precision: str = "auto",
    threads: int | None = None,
) -> Stylizer:
    """Loads a style into the engine that runs it fastest here, or into the one that is named.

    Args:
        style: a name of `list_styles`, or the path of a style pack, a style's folder, or an ONNX
            file that carries its card.
        engine: "auto", "openvino", "onnxruntime" or "torch".
        device: "auto", "cpu", "cuda", "gpu", "npu" or "tensorrt".
        precision: "auto", "fp32", "fp16" or "int8".
        threads: processor threads to use; None leaves it to the engine.

    Returns:
        A context manager; `paint` takes and gives RGB uint8 (H, W, 3), and `info` says what runs.

    Raises:
        StyleError: there is no such style, or it is broken, foreign or unsafe.
        EngineError: the engine or device does not run here; the message says what to install.
    """
    found = style if isinstance(style, Style) else find_style(str(style))
    return load_style(
        found, EngineOptions(engine=engine, device=device, precision=precision, threads=threads)
    )


def list_styles() -> list[Style]:
    """The styles that are installed, in the order of their numbers in the window.

    Each has a `card` (name, title, artist, licence and more) and a `folder`.
    """
    return installed_styles()
