"""What commands and their logs say, with nothing in it that steers a terminal: names of files,
streams and styles are chosen by anybody."""

import logging
import sys

import click

from livestyle.plain import printable

_QUIET = "livestyle.quiet"


def be_quiet(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    """The callback of `--quiet`: `echo` then leaves out what is not a result."""
    if value:
        context.meta[_QUIET] = True


def echo(message: object = "", *, err: bool = False) -> None:
    """Prints a message, as `click.echo` does.

    On a terminal and on stderr control characters are replaced. Another program that reads stdout
    gets names as they are, also those that are no UTF-8.
    """
    context = click.get_current_context(silent=True)
    if err and context and context.meta.get(_QUIET):
        return
    text = str(message)
    if err or sys.stdout.isatty():
        click.echo(printable(text, lines=True), err=err)
    else:
        click.echo(text.encode(sys.stdout.encoding or "utf-8", "surrogateescape"))


class PlainFormatter(logging.Formatter):
    """Log lines, with tracebacks where there are some, for a terminal or a log file."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return printable(super().format(record), lines=True)
