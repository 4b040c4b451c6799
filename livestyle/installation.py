"""How this copy of livestyle was installed, what came with it, and what installs an extra of it."""

import importlib.resources
import json
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from platformdirs import user_cache_path

_ROOT = Path(__file__).resolve().parents[1]


def shipped_styles() -> Path:
    """The folder of the styles that come with livestyle."""
    return Path(str(importlib.resources.files("livestyle.weights")))


def predicted_styles() -> Path:
    """The folder of the styles that livestyle makes of pictures, in the user's cache."""
    return user_cache_path("livestyle", appauthor=False) / "picture_styles"


def is_own_work(folder: Path) -> bool:
    """Whether that is the folder of a style that livestyle shipped or made, and no one else."""
    places = shipped_styles(), predicted_styles()
    return folder.resolve().parent in [place.resolve() for place in places]


def install_command(extra: str) -> str:
    """The command that adds the packages of an extra ("train", "gpu", "vcam") to this copy.

    A copy from an index is named by its name, one from a folder or repository by that place.
    """
    requirement = _requirement(extra)
    prefix = Path(sys.prefix)
    if (prefix / "uv-receipt.toml").is_file():
        return f'uv tool install --force "{requirement}"'
    if (prefix / "pipx_metadata.json").is_file():
        return f'pipx install --force "{requirement}"'
    return f'pip install "{requirement}"'


def _requirement(extra: str) -> str:
    if (_ROOT / "pyproject.toml").is_file():  # run from a checkout, or installed editable
        return f"{_ROOT}[{extra}]"
    try:
        source = _source(distribution("livestyle"))
    except PackageNotFoundError:
        source = None
    if source is None:
        return f"livestyle[{extra}]"
    url, vcs = source
    if vcs:
        return f"livestyle[{extra}] @ {vcs}+{url}"
    parts = urlsplit(url)
    if parts.scheme == "file":
        return f"{url2pathname(parts.path)}[{extra}]"
    return f"livestyle[{extra}] @ {url}"


def _source(installed: Distribution) -> tuple[str, str] | None:
    """URL and version control system that it was installed from (PEP 610); None: an index."""
    try:
        text = installed.read_text("direct_url.json")
        origin = json.loads(text) if text else None
        return (origin["url"], origin.get("vcs_info", {}).get("vcs", "")) if origin else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
