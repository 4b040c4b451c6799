"""`livestyle config`: where the settings file is, and what is in it."""

import click

from livestyle.cli.echo import echo
from livestyle.cli.options import overwrite_option
from livestyle.cli.settings import EXAMPLE, read_settings, settings_path
from livestyle.errors import SinkError
from livestyle.output_file import atomic_write, check_output


@click.command()
@click.option("--init", is_flag=True, help="Write a settings file of examples, all commented out.")
@overwrite_option
def config(init: bool, overwrite: bool) -> None:
    """Show the settings file: defaults for every command, and sets of styles for cam.

    It is TOML: a table for each command, with its options' long names without the dashes, and
    [set.NAME] for `livestyle cam --set NAME`.
    """
    path = settings_path()
    if init:
        path.parent.mkdir(parents=True, exist_ok=True)
        check_output(path, overwrite=overwrite)
        try:
            with atomic_write(path) as partial:
                partial.write_text(EXAMPLE, encoding="utf-8")
        except OSError as error:
            raise SinkError(f"{path} cannot be written ({error.strerror}).") from error
        echo(path)
        return
    if not path.is_file():
        echo(
            f"There is no settings file at {path}. `livestyle config --init` writes this:", err=True
        )
        echo(EXAMPLE)
        return
    read_settings()
    echo(f"{path}:", err=True)
    echo(path.read_text(encoding="utf-8"))
