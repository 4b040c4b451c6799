"""`livestyle doctor`: what is installed, what really runs, and how to mend the rest."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from textwrap import fill

import click

from livestyle.cli.echo import echo
from livestyle.doctor.diagnosis import Diagnosis, diagnose
from livestyle.doctor.finding import Finding, State
from livestyle.doctor.trial import HD_SIZE, SIZE, Speed
from livestyle.engines.selection import PAIRS

_STATE_WIDTH = max(map(len, State))
_NAME_WIDTH = max(len(f"{engine} on {device}") for engine, device in PAIRS)
_INDENT = " " * (_STATE_WIDTH + _NAME_WIDTH + 6)
_WIDTH = 100


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Check this machine: versions, engines, display, encoder, cameras, speed.

    Engines are tried by painting a frame. Ends with 0 if livestyle can work here, with 1 if
    not.
    """
    diagnosis = diagnose()
    echo(_document(diagnosis) if as_json else _page(diagnosis))
    if not diagnosis.can_work:
        ctx.exit(1)


def _document(diagnosis: Diagnosis) -> str:
    """All of it as JSON."""
    speed = diagnosis.speed
    document = {
        "can_work": diagnosis.can_work,
        "installed": [asdict(finding) for finding in diagnosis.installed],
        "engines": [asdict(finding) for finding in diagnosis.engines],
        "machine": [asdict(finding) for finding in diagnosis.machine],
        "size": SIZE,
        "stages_ms": speed.stages_ms,
        "painted_with": asdict(speed.info) if speed.info else None,
        "hd_size": HD_SIZE,
        "hd_stages_ms": speed.hd_ms,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _page(diagnosis: Diagnosis) -> str:
    """All of it as a table, the verdict last."""
    sections = [
        _section("Installed", diagnosis.installed),
        _section("Engines", diagnosis.engines),
        _section("This machine", diagnosis.machine),
        _speed(diagnosis.speed),
        _verdict(diagnosis),
    ]
    return "\n\n".join(sections)


def _section(title: str, findings: Sequence[Finding]) -> str:
    return "\n".join([title, *map(_row, findings)])


def _row(finding: Finding) -> str:
    head = f"  {finding.state:<{_STATE_WIDTH}}  {finding.name:<{_NAME_WIDTH}}  "
    lines = [_wrapped(finding.found, head)]
    if finding.fix:
        lines.append(_wrapped(finding.fix, f"{_INDENT}-> "))
    return "\n".join(lines)


def _wrapped(text: str, head: str) -> str:
    """Text after a head, in lines of `_WIDTH`; paths and commands stay whole."""
    return fill(
        text,
        _WIDTH,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _speed(speed: Speed) -> str:
    lines = ["Milliseconds a frame at {}x{}".format(*SIZE)]
    for stage, ms in speed.stages_ms.items():
        info = speed.info if stage == "style" else None
        painter = f"  {info}" if info else ""
        lines.append(f"  {stage:<{_STATE_WIDTH}}  {ms:6.1f}{painter}")
    if speed.hd_ms:
        lines += ["", "Milliseconds a frame at {}x{}, strokes locked".format(*HD_SIZE)]
        lines += [f"  {stage:<{_STATE_WIDTH}}  {ms:6.1f}" for stage, ms in speed.hd_ms.items()]
    return "\n".join(lines)


_MAY_BE_NEEDED = ("window", "cameras", "virtual camera")
"""Livestyle works without them, but perhaps not for what somebody wants it."""


def _verdict(diagnosis: Diagnosis) -> str:
    number = sum(finding.state is State.PROBLEM for finding in diagnosis.findings)
    problems = {0: "No problem", 1: "One problem"}.get(number, f"{number} problems")
    if diagnosis.can_work:
        absent = [
            finding.name
            for finding in diagnosis.findings
            if finding.state is State.NOT_THERE and finding.name in _MAY_BE_NEEDED
        ]
        without = f" Not there, should you need it: {', '.join(absent)}." if absent else ""
        return f"livestyle can work here. {problems} found.{without}"
    return f"livestyle cannot work here. {problems} found; see above."
