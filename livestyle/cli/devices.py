"""`livestyle devices`: the cameras and the engines' devices that are there."""

import json
from collections.abc import Sequence
from dataclasses import asdict

import click

from livestyle.cli.echo import echo
from livestyle.engines.discovery import EngineDevice, all_seen_devices
from livestyle.sources.camera import Mode
from livestyle.sources.camera_listing import CameraFacts, list_cameras


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def devices(as_json: bool) -> None:
    """List cameras with their modes, and the devices that engines see.

    A camera's modes are what it grants when asked for common sizes. What an engine sees need
    not run: `livestyle doctor` tries it.
    """
    cameras, engines = list_cameras(), all_seen_devices()
    if as_json:
        document = {
            "cameras": [asdict(c) for c in cameras],
            "engines": [asdict(e) for e in engines],
        }
        echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    echo(_cameras(cameras))
    echo()
    echo(_engines(engines))


def _cameras(cameras: Sequence[CameraFacts]) -> str:
    if not cameras:
        return "No camera was found. Try `livestyle cam --source demo`, which needs none."
    lines = ["Cameras (for --source)"]
    for camera in cameras:
        name = f"  {camera.name}" if camera.name else ""
        lines.append(f"  {camera.device}{name}  [{camera.backend}]")
        lines.append(f"    {camera.problem or ', '.join(map(_mode, camera.modes))}")
    return "\n".join(lines)


def _mode(mode: Mode) -> str:
    rate = f" at {mode.fps:g} fps" if mode.fps else ""
    wire = f" in {mode.format}" if mode.format else ""
    return "{}x{}".format(*mode.size) + rate + wire


def _engines(engines: Sequence[EngineDevice]) -> str:
    if not engines:
        return "No engine was found. `livestyle doctor` says more."
    lines = [f"  {seen.engine:<12} {seen.device:<9} {seen.name}" for seen in engines]
    return "\n".join(["Engines (for --engine and --device)", *lines])
