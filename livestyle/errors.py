"""The error tree. Everything livestyle raises on purpose is a LivestyleError.

LivestyleError          exit code 1
├── SourceError         3   a camera, file or stream cannot be opened or read
├── StyleError          4   a style, card or model file is missing, foreign or broken
├── EngineError         4   an engine or device does not run
├── SinkError           5   a window, recording or picture cannot be written
│   └── DiskFullError   5   a recording ends, or does not begin, as its disk is nearly full
├── TrainingError       1   photos, loss network or loop
└── ExportError         4   a network cannot be exported, or the export differs from it

A message says what failed, what was found and what to try, in one or two sentences.
"""


class LivestyleError(Exception):
    """Base of every error meant for the user."""

    exit_code = 1


class SourceError(LivestyleError):
    """Pixels cannot be had from where they should come from."""

    exit_code = 3


class StyleError(LivestyleError):
    """A style, its card or one of its model files cannot be used."""

    exit_code = 4


class EngineError(LivestyleError):
    """No engine, or not the one asked for, runs the model on the device asked for."""

    exit_code = 4


class SinkError(LivestyleError):
    """Pixels cannot be put where they should go."""

    exit_code = 5


class DiskFullError(SinkError):
    """A recording ends, or does not begin, because its disk is nearly full."""


class TrainingError(LivestyleError):
    """Training cannot start or go on."""


class ExportError(LivestyleError):
    """A network does not leave as the file asked for."""

    exit_code = 4
