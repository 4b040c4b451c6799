"""Entry point: the command group, logging, and errors turned into sentences and exit codes."""

import importlib
import logging
import sys

import click

from livestyle import __version__
from livestyle.errors import LivestyleError

COMMANDS = {
    "cam": "Repaint a camera, stream or clip live.",
    "video": "Repaint video files; sound and time stamps are kept.",
    "image": "Repaint pictures.",
    "sheet": "Paint one picture in every style, side by side.",
    "styles": "List, show, add and remove styles.",
    "train": "Train a new style from a painting and a folder of photos.",
    "export": "Write a trained style as ONNX or TorchScript.",
}
INTERRUPTED = 130

log = logging.getLogger("livestyle")


class LazyGroup(click.Group):
    """Imports a command's module when it is called, so that each starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the help page."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command, or None."""
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"livestyle.cli.{name}")
        command: click.Command = getattr(module, name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="livestyle")
@click.option("-v", "--verbose", is_flag=True, help="Say what is going on.")
@click.option("--debug", is_flag=True, help="Show tracebacks.")
@click.pass_context
def cli(ctx: click.Context, verbose: bool, debug: bool) -> None:
    """A webcam that paints.

    Start with: livestyle cam --style mosaic (or --source demo without a camera).
    """
    ctx.obj = {"debug": debug}
    logging.basicConfig(
        level=logging.INFO if verbose or debug else logging.WARNING,
        format="livestyle: %(message)s",
        stream=sys.stderr,
    )


def main() -> None:
    """Runs the command line and exits with the codes of `livestyle.errors`."""
    sys.exit(run(sys.argv[1:]))


def run(args: list[str]) -> int:
    """Runs one command and returns its exit code; only `--debug` shows tracebacks."""
    debug = "--debug" in args
    try:
        result = cli.main(args, prog_name="livestyle", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("livestyle: interrupted.", err=True)
        return INTERRUPTED
    except LivestyleError as error:
        if debug:
            log.exception("traceback")
        click.echo(f"livestyle: {error}", err=True)
        return error.exit_code
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has left; there is nobody to tell
        return 1
    except ImportError as error:
        if debug:
            log.exception("traceback")
        click.echo(f"livestyle: {_missing_package(error)}", err=True)
        return 1
    except Exception as error:
        if debug:
            log.exception("traceback")
        click.echo(
            f"livestyle: something failed that should not ({type(error).__name__}: {error}). "
            "Run it again with --debug and tell us what it prints.",
            err=True,
        )
        return 1


def _missing_package(error: ImportError) -> str:
    name = (error.name or "").partition(".")[0]
    if name in ("torch", "torchvision", "onnx", "onnxscript", "nncf", "safetensors"):
        return f'this command needs {name}. Install it with: pip install "livestyle[train]"'
    return f"a package is missing or broken ({error}). Install livestyle again."
