"""What comes after the last step of `livestyle train`: a style that `livestyle cam` finds."""

from pathlib import Path

from livestyle.cli.echo import echo
from livestyle.cli.export import say_exported
from livestyle.cli.typed import typed
from livestyle.errors import ExportError
from livestyle.sources.demo import Demo
from livestyle.styles.card import StyleCard
from livestyle.styles.library import add_style, comes_with_livestyle, list_styles
from livestyle.styles.style import RUN_STYLE
from livestyle.training.checkpoint import load_checkpoint
from livestyle.training.data.photos import PhotoSet
from livestyle.training.report import write_report


def finish_run(run: Path, photos: PhotoSet, *, export: bool, install: bool | None) -> None:
    """Makes a report and a style of a run, and says what to type next.

    Args:
        run: its folder.
        photos: those that it learned on, to compare the exported files on.
        export: make the style.
        install: make it known by its name; None: unless another artwork's style has the name.

    Raises:
        ExportError: nothing could be exported; what the run learned is untouched.
        StyleError: the style cannot be installed.
    """
    _report(run)  # there, too, when the export fails
    if not export:
        echo(f"Done. Next: {typed('export', run)}", err=True)
        return
    card = _exported(run, photos)
    _report(run, card)
    _install(run, card, install)


def _report(run: Path, card: StyleCard | None = None) -> None:
    try:
        path = write_report(run, card)
    except Exception as error:  # a page must not come between a run and its style
        echo(f"No report was written: {error}", err=True)
    else:
        if card is None:
            echo(f"{path} sums up the run.", err=True)


def _exported(run: Path, photos: PhotoSet) -> StyleCard:
    """Exports a run into its own folder; fp16 and int8 are left out where they fail."""
    echo("Exporting; every file is compared with the network.", err=True)
    try:
        from livestyle.export.style import DEFAULT_TARGETS, comparison_frames, export_style

        return export_style(
            load_checkpoint(run),
            run / RUN_STYLE,
            comparison_frames(photos),
            DEFAULT_TARGETS,
            preview=Demo(paced=False).scene(0),
            overwrite=True,
            optional=DEFAULT_TARGETS[1:],
            on_file=say_exported,
        )
    except Exception as error:  # after hours of training, whatever fails here must say what to do
        raise ExportError(
            f"The training is done and safe in {run}, only its export failed: {error} "
            f"When that is mended: {typed('export', run)}"
        ) from error


def _install(run: Path, card: StyleCard, install: bool | None) -> None:
    """Makes the style known by its name if that is wanted, and says what to type next."""
    if install is None:
        install = not _is_taken(card)
        if not install:
            echo(
                f"There is another style called {card.name}. To put this one in its place: "
                f"{typed('styles', 'add', run, '--overwrite')}",
                err=True,
            )
    if install:
        add_style(run, overwrite=True)
        if comes_with_livestyle(card.name):
            echo(
                f"It hides the style {card.name} that comes with livestyle. To have that back: "
                f"{typed('styles', 'remove', card.name)}",
                err=True,
            )
    known_as = card.name if install else run
    echo(f"Try it: {typed('cam', '--style', known_as)}", err=True)
    echo(f"For other machines: {typed('export', known_as, '--to', 'pack')}", err=True)


def _is_taken(card: StyleCard) -> bool:
    """Whether the name belongs to a style of another artwork."""
    artwork = "style_image_sha256"
    return any(
        style.card.name == card.name
        and style.card.training.get(artwork) != card.training.get(artwork)
        for style in list_styles()
    )
