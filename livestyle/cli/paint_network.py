"""`livestyle paint --network`: another photo of the scene, or a video of it."""

from pathlib import Path

from livestyle.cli.echo import echo
from livestyle.cli.paint_run import check_target
from livestyle.cli.video import repaint
from livestyle.files import Clip
from livestyle.frame import Frame
from livestyle.images import SUFFIXES, read_picture, write_picture
from livestyle.optimisation.network import PairNetwork
from livestyle.sinks.formats import RecordOptions


def paint_with(network: Path, origin: Path, target: Path, *, overwrite: bool) -> None:
    """Paints a picture or every frame of a video with a kept network, and prints the path.

    Raises:
        StyleError: the network cannot be used.
        SourceError, SinkError: what is read or written cannot be.
    """
    painter = PairNetwork.load(network)
    is_picture = origin.suffix.lower() in SUFFIXES
    check_target(target, [origin, network], overwrite=overwrite, picture=is_picture)
    if is_picture:
        write_picture(target, painter(read_picture(origin)))
    else:

        def paint(frame: Frame) -> Frame:
            return frame.painted(painter(frame.pixels), network.stem)

        repaint(origin, target, paint, Clip(), RecordOptions(), overwrite=overwrite)
    echo(target)
