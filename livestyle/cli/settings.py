"""The settings file: what somebody would otherwise type each time."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from platformdirs import user_config_path

VARIABLE = "LIVESTYLE_CONFIG"
"""In the environment, the path of another settings file."""

SETS = "set"

EXAMPLE = """\
# Defaults of livestyle's commands, by their options' long names without the dashes.
# What is typed on the command line comes first.

# [cam]
# source = "0"
# size = "1280x720"
# style = "mosaic"
# styles = "mosaic,udnie,starry_night"   # the set, in the order of the keys 1-9
# mirror = true
# virtual-camera = false

# Sets of their own, for `livestyle cam --set party`:
# [set.party]
# styles = "udnie,composition_vii"
# crossfade = 2.0
"""


def settings_path() -> Path:
    """Where the settings file lies, whether it is there or not."""
    if path := os.environ.get(VARIABLE):
        return Path(path)
    return user_config_path("livestyle", appauthor=False) / "config.toml"


def read_settings() -> dict[str, Any]:
    """The tables of the settings file; none where there is no file.

    Raises:
        click.UsageError: it cannot be read.
    """
    path = settings_path()
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise click.UsageError(
            f"The settings file {path} cannot be read ({error}). Mend it or move it away."
        ) from error


def defaults_for(command: click.Command, table: object, where: str) -> dict[str, Any]:
    """A table of the settings file as defaults of a command's parameters.

    Raises:
        click.UsageError: it is no table, or the command has no such option.
    """
    path = settings_path()
    if not isinstance(table, Mapping):
        raise click.UsageError(f"{path}: {where} is no table. `livestyle config` has an example.")
    names = {
        name.lstrip("-"): parameter.name or ""
        for parameter in command.params
        if isinstance(parameter, click.Option) and parameter.expose_value
        for name in parameter.opts
    }
    unknown = [key for key in table if key not in names]
    if unknown:
        raise click.UsageError(
            f"{path}: {where} has {', '.join(unknown)}, which `livestyle {command.name}` does not "
            f"know. Its options are in `livestyle {command.name} --help`."
        )
    return {names[key]: value for key, value in table.items()}


def use_set(ctx: click.Context, parameter: click.Parameter, name: str | None) -> None:
    """The callback of `--set`: takes a set of the settings file for defaults.

    Raises:
        click.BadParameter: there is no such set.
    """
    if name is None:
        return
    sets = read_settings().get(SETS, {})
    if not isinstance(sets, Mapping) or name not in sets:
        there = ", ".join(sets) if isinstance(sets, Mapping) and sets else "none"
        raise click.BadParameter(
            f"There is no set {name!r} in {settings_path()}; there is {there}. "
            "`livestyle config` has an example."
        )
    chosen = defaults_for(ctx.command, sets[name], f"[{SETS}.{name}]")
    ctx.default_map = {**(ctx.default_map or {}), **chosen}
