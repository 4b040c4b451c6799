"""Styles and sessions from strangers, damaged at random: nothing but a LivestyleError may come.

    python tests/styles_fuzz.py FOLDER [SEED [COUNT]]

Each mutation of an ONNX file, a card, a pack or a timeline is read as a user's would be, and what
is taken paints a frame, in this process: files that the checks let pass shall crash no engine, so
that the trial in another process has nothing to find. `test_foreign_styles.py` runs this in a
process of its own, with limits.
"""

import random
import sys
from pathlib import Path

import numpy as np
from models import blur_model, save_style

from livestyle.engines import EngineOptions, load, trial
from livestyle.errors import LivestyleError
from livestyle.sessions.timeline import TIMELINE_FILE, read_timeline
from livestyle.styles.pack import write_pack
from livestyle.styles.style import open_style, style_files

KINDS = ("onnx", "card", "pack", "timeline")
TIMELINE = (
    '{"format": 1, "source": "demo", "steady": 0.0, "crossfade_s": 0.5}\n'
    '{"style": "tiny", "path": "/tmp/tiny", "models_sha256": ["5f3c"]}\n'
    '{"at_s": 0.0, "style": "tiny", "strength": 1.0, "keep_color": false, "frozen": false}\n'
)
SPLICES = (b"\x00", b"\xff" * 9, b'"', b"[" * 5000, b"NaN", b"\xed\xa0\x80", b"1e999", b"-1", b"\n")


def mutated(data: bytes, rng: random.Random) -> bytes:
    """The bytes with one to three of them changed, cut out, doubled or spliced into."""
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(data))
        end = min(len(data), at + rng.choice((1, 1, 4, 40)))
        match rng.randrange(4):
            case 0:
                data = data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
            case 1:
                data = data[:at] + data[end:] or b"\x00"
            case 2:
                data = data[:end] + data[at:end] + data[end:]
            case _:
                data = data[:at] + rng.choice(SPLICES) + data[at:]
    return data


def paint(path: Path) -> None:
    """Opens a style and paints one frame with it."""
    stylizer = load(open_style(path), EngineOptions("openvino", "cpu", threads=1))
    try:
        stylizer(np.zeros((48, 64, 3), np.uint8))
    finally:
        stylizer.close()


def main(folder: Path, seed: int = 0, count: int = 200) -> None:
    """Reads `count` mutations, all kinds in turn, and prints what became of them."""
    save_style(folder / "tiny", "tiny", blur_model())
    onnx, card = folder / "tiny" / "tiny.onnx", folder / "tiny" / "card.json"
    pack, timeline = folder / "tiny.livestyle", folder / TIMELINE_FILE
    write_pack(pack, style_files(open_style(folder / "tiny")))
    timeline.write_text(TIMELINE)
    paths = dict(zip(KINDS, (onnx, card, pack, timeline), strict=True))
    whole = {kind: path.read_bytes() for kind, path in paths.items()}
    trial.try_model = lambda *_: None
    rng = random.Random(seed)
    taken = dict.fromkeys(KINDS, 0)
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        paths[kind].write_bytes(mutated(whole[kind], rng))
        print(f"{number} {kind}", file=sys.stderr, flush=True)  # the last line tells which
        try:
            if kind == "timeline":
                read_timeline(folder)
            else:
                paint(card.parent if kind == "card" else paths[kind])
            taken[kind] += 1
        except LivestyleError as error:
            assert str(error).isprintable(), ascii(str(error))
        paths[kind].write_bytes(whole[kind])
    print(count, taken)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
