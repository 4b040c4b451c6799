"""livestyle: a webcam that paints.

The live path (sources, engines, pipeline, sinks) never imports torch; training and export do.
`livestyle.optimise` paints one photo after one artwork; see `livestyle.optimisation.optimise`.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from livestyle.optimisation.optimise import optimise as optimise

__version__ = "0.1.0"

_ROOT = Path(__file__).resolve().parents[1]
if (_ROOT / "pyproject.toml").is_file() and (_ROOT / "export").is_dir():
    # In a checkout, livestyle.export and livestyle.weights lie beside this folder, not in it.
    __path__.append(str(_ROOT))


def __getattr__(name: str) -> object:
    """Imports `optimise`, and torch with it, when it is asked for."""
    if name == "optimise":
        from livestyle.optimisation.optimise import optimise

        return optimise
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
