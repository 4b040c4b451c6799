"""Entry point: the command group, logging, and errors turned into sentences and exit codes."""

import importlib
import io
import logging
import signal
import sys
import warnings

import click

from livestyle import __version__
from livestyle.cli.echo import PlainFormatter, be_quiet, echo
from livestyle.cli.settings import defaults_for, read_settings
from livestyle.cli.signals import (
    INTERRUPTED,
    TERMINATED,
    Terminated,
    ending_signals,
    raise_terminated,
)
from livestyle.errors import LivestyleError
from livestyle.installation import install_command

COMMANDS = {
    "cam": "Repaint a camera, stream or clip live.",
    "render": "Paint a kept session of cam again, every frame at full quality.",
    "video": "Repaint video files; sound and time stamps are kept.",
    "image": "Repaint pictures.",
    "paint": "Repaint one photo in the style of one artwork, by optimisation.",
    "sheet": "Paint one picture in every style, side by side.",
    "styles": "List, show, add and remove styles.",
    "train": "Train a new style from a painting and a folder of photos.",
    "train-any": "Train the network that makes a style of any picture.",
    "evaluate": "Measure how well and how steadily a style paints.",
    "bench": "Time a style in every engine and precision that runs here.",
    "export": "Write a trained style as ONNX or TorchScript, or as one pack.",
    "devices": "List cameras with their modes, and the devices that engines see.",
    "config": "Show the settings file, or begin one.",
    "doctor": "Check this machine: what runs, how fast, and what to mend.",
}

log = logging.getLogger("livestyle")

_GIVE_ONE = "Give a name, a path or a number, or leave it out."


def _be_verbose(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and logging.getLogger().level > logging.INFO:
        logging.getLogger().setLevel(logging.INFO)


def _debug(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    """livestyle's own debug lines; those of libraries are for their authors."""
    if value:
        _be_verbose(ctx, param, value)
        log.setLevel(logging.DEBUG)


COMMON = (
    click.Option(
        ["-v", "--verbose"],
        is_flag=True,
        expose_value=False,
        callback=_be_verbose,
        help="Log what is going on.",
    ),
    click.Option(
        ["-q", "--quiet"],
        is_flag=True,
        expose_value=False,
        callback=be_quiet,
        help="Say nothing but results and errors.",
    ),
    click.Option(
        ["--debug"],
        is_flag=True,
        expose_value=False,
        callback=_debug,
        help="Log everything, and show tracebacks.",
    ),
)
"""Taken before the command and after it."""


class LazyGroup(click.Group):
    """Imports a command's module when it is called, so that each starts fast."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuses empty texts first: as a path one would be the folder that the user is in."""
        for index, arg in enumerate(args):
            option, is_assigned, value = arg.partition("=")
            if is_assigned and not value and option.startswith("-"):
                raise click.UsageError(f"{option} is given nothing. {_GIVE_ONE}", ctx)
            if not arg:
                before = args[index - 1] if index else ""
                found = f"{before} is given" if before.startswith("-") else "An argument is"
                raise click.UsageError(f"{found} an empty text. {_GIVE_ONE}", ctx)
        self._refuse_two_styles(ctx, args)
        return super().parse_args(ctx, args)

    def _refuse_two_styles(self, ctx: click.Context, args: list[str]) -> None:
        """A second --style would silently be the one that counts."""
        end = args.index("--") if "--" in args else len(args)
        given = [arg.partition("=")[0] for arg in args[:end]]
        several = next((arg for arg in given if arg in COMMANDS), None) == "paint"
        if not several and given.count("--style") + given.count("-s") > 1:
            raise click.UsageError(
                "--style is given twice. Give it once; `livestyle cam --styles a,b` takes several.",
                ctx,
            )

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the help page."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command, or None."""
        if name not in COMMANDS:
            return None
        module_name = name.replace("-", "_")
        module = importlib.import_module(f"livestyle.cli.{module_name}")
        command: click.Command = getattr(module, module_name)
        command.params += [option for option in COMMON if option not in command.params]
        if (table := read_settings().get(name)) is not None:
            ctx.default_map = {name: defaults_for(command, table, f"[{name}]")}
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    params=list(COMMON),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="livestyle")
def cli() -> None:
    """A webcam that paints.

    Start with: livestyle cam --style mosaic (or --source demo without a camera).
    """


def main() -> None:
    """Runs the command line and exits with the codes of `livestyle.errors`."""
    for number in ending_signals():
        signal.signal(number, raise_terminated)
    sys.exit(run(sys.argv[1:]))


def run(args: list[str]) -> int:
    """Runs one command and returns its exit code; only `--debug` shows tracebacks."""
    handler = logging.StreamHandler()
    handler.setFormatter(PlainFormatter("livestyle: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    # Pillow's, of a picture that `images` refuses in a sentence of its own, or that is not too big.
    warnings.filterwarnings("ignore", "Image size .* exceeds limit")
    try:
        result = cli.main(args, prog_name="livestyle", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.ClickException as error:
        said = io.StringIO()
        error.show(said)
        echo(said.getvalue().rstrip(), err=True)
        return error.exit_code
    except (Exception, KeyboardInterrupt) as error:
        if signal_came := _signal_behind(error):
            echo("livestyle: interrupted.", err=True)
            return TERMINATED if isinstance(signal_came, Terminated) else INTERRUPTED
        if "--debug" in args:
            log.exception("traceback")
        echo(f"livestyle: {_said(error)}", err=True)
        return error.exit_code if isinstance(error, LivestyleError) else 1


def _signal_behind(error: BaseException | None) -> KeyboardInterrupt | None:
    """What a signal raised, also where a library took it for a failure of its own."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__
    return error


def _said(error: BaseException) -> str:
    """The sentence for an error."""
    if isinstance(error, LivestyleError):
        return str(error)
    if isinstance(error, ImportError):
        return _missing_package(error)
    return (
        f"something failed that should not ({type(error).__name__}: {error}). "
        "Run it again with --debug and tell us what it prints."
    )


def _missing_package(error: ImportError) -> str:
    name = (error.name or "").partition(".")[0]
    if name in ("torch", "torchvision", "onnx", "onnxscript", "nncf", "safetensors"):
        return f"this command needs {name}. Install it with: {install_command('train')}"
    return f"a package is missing or broken ({error}). Install livestyle again."


if __name__ == "__main__":
    main()
