"""What is installed, what really runs and what is wrong here: the checks of `livestyle doctor`.

Each check gives a finding and never raises: a doctor does not faint at the sight of an illness.
So what may be broken is imported inside the check that looks at it.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from livestyle.doctor.finding import Finding, State, found_and_fix
from livestyle.doctor.installation import check_installed
from livestyle.doctor.trial import Speed, built_in_style, measure, paint_once
from livestyle.engines.discovery import is_installed, seen_devices
from livestyle.engines.selection import FORMAT_OF_ENGINE, PAIRS
from livestyle.errors import SinkError, StyleError
from livestyle.styles.card import CARD_FILE
from livestyle.styles.library import list_styles, styles_folder
from livestyle.styles.model_file import read_model
from livestyle.styles.style import Style

LOW_DISK_BYTES = 200_000_000
"""With less there is hardly room for a recording."""

_WINDOW_LIMIT_S = 20.0
_TRY_WINDOW = f"""
import sys
from livestyle.errors import SinkError
from livestyle.sinks.window import Window
try:
    Window("livestyle doctor").close()
except SinkError as error:
    print(error, file=sys.stderr)
    sys.exit({SinkError.exit_code})
"""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything that was found.

    Attributes:
        installed: packages and their versions.
        engines: each engine on each device, tried with a style.
        machine: styles, window, encoder, cameras, disk.
        speed: milliseconds of each stage.
    """

    installed: tuple[Finding, ...]
    engines: tuple[Finding, ...]
    machine: tuple[Finding, ...]
    speed: Speed

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of them."""
        return self.installed + self.engines + self.machine

    @property
    def can_work(self) -> bool:
        """Whether an engine paints and nothing essential is broken."""
        paints = any(finding.state is State.OK for finding in self.engines)
        return paints and not any(
            finding.is_essential and finding.state is State.PROBLEM for finding in self.findings
        )


def diagnose() -> Diagnosis:
    """Looks at everything, which takes a few seconds."""
    whole, faults = read_styles()
    machine = (
        check_styles(whole, faults),
        check_window(),
        check_encoder(),
        *check_cameras(),
        *check_virtual_camera(),
        check_disk(),
    )
    with _trial_style(whole) as style:
        engines = check_engines(style)
    try:
        speed = measure(whole[0] if whole else None)
    except ImportError:  # said by `check_installed`
        speed = Speed({}, None)
    return Diagnosis(check_installed(), engines, machine, speed)


def read_styles() -> tuple[list[Style], list[str]]:
    """The styles whose files are all sound, the default first, and what is wrong with others."""
    whole, faults = [], []
    listed = list_styles()
    for style in listed:
        try:
            for file in style.card.all_files:
                read_model(style.path(file), file)
        except StyleError as error:
            faults.append(str(error))
        else:
            whole.append(style)
    known = {style.folder for style in listed}
    faults += [
        f"{card.parent} is passed over. `livestyle styles show {card.parent}` says why."
        for card in sorted(styles_folder().glob(f"[!.]*/{CARD_FILE}"))
        if card.parent not in known
    ]
    return whole, faults


def check_styles(whole: list[Style], faults: list[str]) -> Finding:
    """Whether there is something to paint with."""
    names = ", ".join(style.card.name for style in whole)
    if faults:
        found, fix = found_and_fix(faults[0])
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        return Finding(
            "styles",
            State.PROBLEM,
            f"{len(whole)} sound; {found}{more}",
            fix,
            is_essential=not whole,
        )
    if not whole:
        return Finding(
            "styles",
            State.PROBLEM,
            f"none with livestyle, none in {styles_folder()}",
            "Add one with `livestyle styles add FILE`, or install livestyle again.",
            is_essential=True,
        )
    return Finding("styles", State.OK, f"{len(whole)} ({names}); your own in {styles_folder()}")


def check_engines(style: Style) -> tuple[Finding, ...]:
    """Every engine on every device it can have, by painting a frame where it sees the device."""
    formats = {file.format for file in style.card.files}
    if style.checkpoint:
        formats.add("safetensors")
    seen = {
        engine: {device.device for device in seen_devices(engine)}
        for engine in FORMAT_OF_ENGINE
        if FORMAT_OF_ENGINE[engine] in formats
    }
    return tuple(_check_engine(*pair, style, seen.get(pair[0])) for pair in PAIRS)


def _check_engine(engine: str, device: str, style: Style, seen: set[str] | None) -> Finding:
    """One engine on one device; `seen` is None when the style has no file for the engine."""
    name = f"{engine} on {device}"
    if not is_installed(engine):
        return Finding(name, State.NOT_THERE, "not installed")
    if seen is None:
        found = f"not tried: {style.card.name} has no {FORMAT_OF_ENGINE[engine]} file"
        return Finding(name, State.NOT_THERE, found)
    if device != "cpu" and device not in seen:
        return Finding(name, State.NOT_THERE, f"{engine} sees none")
    if device == "tensorrt":
        return Finding(
            name,
            State.NOT_THERE,
            "not tried: on first sight of a style it builds for a minute",
            f"Try it with `livestyle cam --engine {engine} --device {device}`.",
        )
    try:
        info = paint_once(style, engine, device)
    except Exception as error:  # a broken installation fails in any way it likes
        return Finding(name, State.PROBLEM, *found_and_fix(str(error) or type(error).__name__))
    return Finding(
        name, State.OK, f"painted as {style.card.name} on {info.device}, {info.precision}"
    )


def check_window() -> Finding:
    """Opens a window for a moment, in a process of its own: Qt may end the one it fails in."""
    command = [sys.executable, "-c", _TRY_WINDOW]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_WINDOW_LIMIT_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        fix = "Check the display, or leave the window out with --no-display."
        return Finding("window", State.PROBLEM, f"cannot be tried ({error})", fix)
    if done.returncode == 0:
        return Finding("window", State.OK, "opens")
    said = done.stderr.strip() or f"the process ended with {done.returncode}"
    if done.returncode == SinkError.exit_code:
        return Finding("window", State.NOT_THERE, *found_and_fix(said.splitlines()[-1]))
    return Finding(
        "window",
        State.PROBLEM,
        f"opening one ends the program: {said.splitlines()[-1]}",
        "Install the libraries it names, or leave the window out with --no-display.",
    )


def check_encoder() -> Finding:
    """Whether videos can be written as H.264."""
    name = "H.264 encoder"
    try:
        from livestyle.sinks.formats import container_for, encoder_for
        from livestyle.sinks.hardware_encoders import running_encoders

        found = encoder_for("h264", container_for(Path("a.mp4")))
        if others := running_encoders():
            found += f"; of hardware, for --codec: {', '.join(others)}"
        return Finding(name, State.OK, found)
    except SinkError:
        fix = "Install PyAV's own wheel: `pip install --force-reinstall --only-binary av av`."
        return Finding(name, State.PROBLEM, "this FFmpeg has none", fix)
    except ImportError as error:
        fix = "Repair the package named here first."
        return Finding(name, State.PROBLEM, f"cannot be asked ({error})", fix)


def check_cameras() -> Iterator[Finding]:
    """Whether cameras may be opened; only Linux says so without opening them."""
    if sys.platform != "linux":
        return
    try:
        from livestyle.sources.camera import camera_nodes, found_cameras
        from livestyle.sources.camera_listing import closed_to_us, is_closed_to_us
    except ImportError:  # said by `check_installed`
        return
    nodes = camera_nodes()
    if closed := [str(node) for node in nodes if is_closed_to_us(node)]:
        yield Finding("cameras", State.PROBLEM, *found_and_fix(closed_to_us(", ".join(closed))))
    elif nodes:
        yield Finding("cameras", State.OK, ", ".join(found_cameras()))
    else:
        fix = "Plug one in, or try `livestyle cam --source demo`, which needs none."
        yield Finding("cameras", State.NOT_THERE, "none is plugged in", fix)


def check_virtual_camera() -> Iterator[Finding]:
    """Whether other programs could see the picture; opens the driver for a moment."""
    try:
        from livestyle.sinks.virtual_camera import VirtualCamera
    except ImportError:  # said by `check_installed`
        return
    name = "virtual camera"
    try:
        camera = VirtualCamera((640, 480), 30.0)
        camera.close()
        yield Finding(name, State.OK, camera.device)
    except SinkError as error:
        yield Finding(name, State.NOT_THERE, *found_and_fix(str(error)))


def check_disk() -> Finding:
    """Whether the current folder takes pictures and recordings."""
    try:
        here = Path.cwd()
        free = shutil.disk_usage(here).free
    except OSError as error:
        fix = "Change to a folder of your own."
        return Finding("disk", State.PROBLEM, f"the current folder is gone ({error})", fix)
    room = f"{free / 1e9:.1f} GB free in {here}"
    if not os.access(here, os.W_OK):
        fix = "Change to a folder of your own, or name one with --folder."
        return Finding("disk", State.PROBLEM, f"{here} cannot be written to", fix)
    if free < LOW_DISK_BYTES:
        fix = "Make room, or record to another disk."
        return Finding("disk", State.PROBLEM, room, fix)
    return Finding("disk", State.OK, room)


@contextmanager
def _trial_style(whole: list[Style]) -> Iterator[Style]:
    """The first sound style, or else a built-in one."""
    if whole:
        yield whole[0]
    else:
        with built_in_style() as style:
            yield style
