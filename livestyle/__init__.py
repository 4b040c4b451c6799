"""livestyle: a webcam that paints.

    import livestyle

    with livestyle.load("mosaic") as stylizer:
        painted = stylizer.paint(rgb)  # RGB uint8 (H, W, 3) in and out

Everything here is imported when it is first used: `import livestyle` loads no engine. The live
path (sources, engines, pipeline, sinks) never imports torch; training and `optimise` do.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from livestyle.api import list_styles, load
    from livestyle.engines import EngineOptions
    from livestyle.errors import (
        EngineError,
        ExportError,
        LivestyleError,
        SinkError,
        SourceError,
        StyleError,
        TrainingError,
    )
    from livestyle.files import paint_image, paint_video
    from livestyle.frame import Frame
    from livestyle.optimisation.optimise import optimise
    from livestyle.protocols import FrameSource, Sink, Stylizer
    from livestyle.render.compositing import Look
    from livestyle.render.style_timeline import StyleTimeline
    from livestyle.sinks.recorder import Recorder
    from livestyle.sources.opening import open_source
    from livestyle.webcam import Webcam, WebcamOptions

__version__ = "0.1.0"

_HOMES = {
    "load": "api",
    "list_styles": "api",
    "paint_image": "files",
    "paint_video": "files",
    "open_source": "sources.opening",
    "Recorder": "sinks.recorder",
    "Webcam": "webcam",
    "WebcamOptions": "webcam",
    "optimise": "optimisation.optimise",
    "EngineOptions": "engines",
    "Look": "render.compositing",
    "StyleTimeline": "render.style_timeline",
    "Frame": "frame",
    "FrameSource": "protocols",
    "Stylizer": "protocols",
    "Sink": "protocols",
    "LivestyleError": "errors",
    "SourceError": "errors",
    "StyleError": "errors",
    "EngineError": "errors",
    "SinkError": "errors",
    "TrainingError": "errors",
    "ExportError": "errors",
}

__all__ = [
    "EngineError",
    "EngineOptions",
    "ExportError",
    "Frame",
    "FrameSource",
    "LivestyleError",
    "Look",
    "Recorder",
    "Sink",
    "SinkError",
    "SourceError",
    "StyleError",
    "StyleTimeline",
    "Stylizer",
    "TrainingError",
    "Webcam",
    "WebcamOptions",
    "list_styles",
    "load",
    "open_source",
    "optimise",
    "paint_image",
    "paint_video",
]

_ROOT = Path(__file__).resolve().parents[1]
if (_ROOT / "pyproject.toml").is_file() and (_ROOT / "export").is_dir():
    # In a checkout, livestyle.export and livestyle.weights lie beside this folder, not in it.
    __path__.append(str(_ROOT))


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'livestyle' has no attribute {name!r}")
    value = getattr(import_module(f"livestyle.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
