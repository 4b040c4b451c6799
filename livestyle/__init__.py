"""livestyle: a webcam that paints.

The live path (sources, engines, pipeline, sinks) never imports torch; training and export do.
"""

from pathlib import Path

__version__ = "0.1.0"

_ROOT = Path(__file__).resolve().parents[1]
if (_ROOT / "pyproject.toml").is_file() and (_ROOT / "export").is_dir():
    # In a checkout, livestyle.export and livestyle.weights lie beside this folder, not in it.
    __path__.append(str(_ROOT))
