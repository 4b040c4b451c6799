"""Which packages are installed, and whether they get in each other's way."""

import platform
from importlib.metadata import PackageNotFoundError, version

from livestyle import __version__
from livestyle.doctor.finding import Finding, State
from livestyle.installation import install_command

_OPENCVS = tuple(
    f"opencv{contrib}-python{headless}"
    for contrib in ("", "-contrib")
    for headless in ("", "-headless")
)


def check_installed() -> tuple[Finding, ...]:
    """The packages livestyle needs or can use."""
    return (
        Finding("python", State.OK, f"{platform.python_version()} on {platform.platform()}"),
        Finding("livestyle", State.OK, __version__),
        _check_needed("numpy"),
        check_opencv(),
        _check_needed("openvino"),
        check_av(),
        check_onnxruntime(),
        _check_optional("torch", "only training, export and --engine torch need it"),
    )


def check_opencv() -> Finding:
    """Whether there is one OpenCV, and one that opens windows."""
    installed = _versions(*_OPENCVS)
    found = _listed(installed) or "opencv"
    try:
        import cv2
    except ImportError as error:
        return Finding(
            "opencv",
            State.PROBLEM,
            f"{found} cannot be imported ({error})",
            "Install the system library that it names (on Debian and Ubuntu "
            "`sudo apt install libgl1 libglib2.0-0`), or `pip install --force-reinstall "
            "opencv-python`.",
            is_essential=True,
        )
    removal = f"`pip uninstall {' '.join(installed)}`, then " if installed else ""
    repair = f"{removal}`pip install opencv-python`."
    if len(installed) > 1:
        return Finding("opencv", State.PROBLEM, f"{found} overwrite each other", repair)
    if list(installed) and all(name.endswith("-headless") for name in installed):
        return Finding(
            "opencv",
            State.NOT_THERE,
            f"{found} paints, but opens no windows: --no-display is needed",
            f"For a window: {repair}",
        )
    if not cv2.currentUIFramework():
        return Finding("opencv", State.PROBLEM, f"{found} cannot open windows", repair)
    return Finding("opencv", State.OK, found if installed else cv2.__version__)


def check_av() -> Finding:
    """PyAV and the FFmpeg inside it."""
    try:
        import av
    except ImportError as error:
        return Finding(
            "av",
            State.PROBLEM,
            f"cannot be imported ({error}), so no video file is read or written",
            "`pip install --force-reinstall av`.",
        )
    return Finding("av", State.OK, f"{av.__version__} with FFmpeg {av.ffmpeg_version_info}")


def check_onnxruntime() -> Finding:
    """ONNX Runtime, which must not be there twice."""
    installed = _versions("onnxruntime", "onnxruntime-gpu")
    if len(installed) > 1:
        return Finding(
            "onnxruntime",
            State.PROBLEM,
            f"{_listed(installed)} overwrite each other",
            f"`pip uninstall onnxruntime onnxruntime-gpu`, then `{install_command('gpu')}` for "
            "an NVIDIA card or `pip install onnxruntime` without one.",
        )
    if not installed:
        return _check_optional("onnxruntime", f"NVIDIA cards need it: {install_command('gpu')}")
    return Finding("onnxruntime", State.OK, _listed(installed))


def _check_needed(package: str) -> Finding:
    if found := _versions(package):
        return Finding(package, State.OK, found[package])
    fix = f"`pip install {package}`, or install livestyle again."
    return Finding(package, State.PROBLEM, "not installed", fix)


def _check_optional(package: str, why: str) -> Finding:
    if found := _versions(package):
        return Finding(package, State.OK, found[package])
    return Finding(package, State.NOT_THERE, why)


def _versions(*packages: str) -> dict[str, str]:
    """Versions of those that are installed, read without importing them."""
    versions = {}
    for package in packages:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions


def _listed(versions: dict[str, str]) -> str:
    return " and ".join(f"{package} {number}" for package, number in versions.items())
