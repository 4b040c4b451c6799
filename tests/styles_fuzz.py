"""Styles and sessions from strangers, damaged at random: nothing but a LivestyleError may come.

    python tests/styles_fuzz.py FOLDER [SEED [COUNT]]

Each mutation of the bytes of an ONNX file, of its graph, of a card, a pack or a timeline is read as
a user's would be, and what is taken paints a frame, in this process: files that the checks let pass
shall crash no engine, so that the trial in another process has nothing to find.
`test_foreign_styles.py` runs this in a process of its own, with limits.
"""

import random
import sys
from pathlib import Path

import numpy as np
import onnx
from models import blur_model, save_style
from onnx import helper

from livestyle.engines import EngineOptions, load, trial
from livestyle.errors import LivestyleError
from livestyle.sessions.timeline import TIMELINE_FILE, read_timeline
from livestyle.styles.onnx_rules import OPERATORS
from livestyle.styles.pack import write_pack
from livestyle.styles.style import open_style, style_files

KINDS = ("onnx", "graph", "card", "pack", "timeline")
TIMELINE = (
    '{"format": 1, "source": "demo", "steady": 0.0, "crossfade_s": 0.5}\n'
    '{"style": "tiny", "path": "/tmp/tiny", "models_sha256": ["5f3c"]}\n'
    '{"at_s": 0.0, "style": "tiny", "strength": 1.0, "keep_color": false, "frozen": false}\n'
)
NUMBERS = (-(1 << 63), -1000, -1, 0, 1, 2, 3, 7, 64, 1 << 20, 1 << 31, (1 << 63) - 1)
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


def restructured(data: bytes, rng: random.Random) -> bytes:
    """The model with one to three changes to its graph: it stays well-formed ONNX."""
    model = onnx.ModelProto.FromString(data)
    for _ in range(rng.randint(1, 3)):
        rng.choice((change_attribute, swap_input, change_size, remove_node, change_operator))(
            model.graph, rng
        )
    return bytes(model.SerializeToString())


def change_attribute(graph: onnx.GraphProto, rng: random.Random) -> None:
    """Gives an attribute another number or length, takes one away, or adds one."""
    node = rng.choice(graph.node)
    if not node.attribute or rng.random() < 0.2:
        name = rng.choice(("axis", "group", "strides", "pads", "mode", "to", "perm", "epsilon"))
        value = rng.choice((rng.choice(NUMBERS), rng.sample(NUMBERS, 4), "reflect", 0.5))
        node.attribute.append(helper.make_attribute(name, value))
        return
    attribute = rng.choice(node.attribute)
    if rng.random() < 0.2:
        node.attribute.remove(attribute)
    elif attribute.ints:
        if rng.random() < 0.5:
            attribute.ints[rng.randrange(len(attribute.ints))] = rng.choice(NUMBERS)
        else:
            attribute.ints.append(rng.choice(NUMBERS))
    elif attribute.s:
        attribute.s = rng.choice((b"", b"edge", b"constant", b"wrap", b"cubic", b"linear"))
    else:
        attribute.i = rng.choice(NUMBERS)


def swap_input(graph: onnx.GraphProto, rng: random.Random) -> None:
    """Has a node take another value: any in the graph, also one that comes later, or none."""
    node = rng.choice(graph.node)
    values = [tensor.name for tensor in graph.initializer] + ["frame", ""]
    values += [name for other in graph.node for name in other.output]
    if node.input and rng.random() < 0.8:
        node.input[rng.randrange(len(node.input))] = rng.choice(values)
    else:
        node.input.append(rng.choice(values))


def change_size(graph: onnx.GraphProto, rng: random.Random) -> None:
    """Changes the shape of a constant, its data to match or not, or numbers in it."""
    tensor = rng.choice(graph.initializer)
    try:
        array = onnx.numpy_helper.to_array(tensor).copy()
    except (ValueError, MemoryError):  # a shape that does not fit, by an earlier change
        return
    match rng.randrange(4):
        case 0 if tensor.dims:
            tensor.dims[rng.randrange(len(tensor.dims))] = rng.choice(NUMBERS)
            return
        case 1:
            array = array.reshape((1, *array.shape) if rng.random() < 0.5 else -1)
        case 2 if array.ndim:
            array = np.repeat(array, rng.choice((0, 2, 3)), rng.randrange(array.ndim))
        case _ if array.size:
            number = np.array(rng.choice(NUMBERS), np.int64).astype(array.dtype)
            array.reshape(-1)[rng.randrange(array.size)] = number
    tensor.CopyFrom(onnx.numpy_helper.from_array(array, tensor.name))


def remove_node(graph: onnx.GraphProto, rng: random.Random) -> None:
    """Takes a node out; those behind it take what it took, or a value that nobody makes."""
    node = rng.choice(graph.node)
    if len(graph.node) == 1:
        return
    for other in graph.node:
        for index, name in enumerate(other.input):
            if name in node.output and node.input and rng.random() < 0.8:
                other.input[index] = node.input[0]
    graph.node.remove(node)


def change_operator(graph: onnx.GraphProto, rng: random.Random) -> None:
    """Makes a node another operator, of our exports or of none."""
    rng.choice(graph.node).op_type = rng.choice((*OPERATORS, "Loop", "Exp", "NonZero", ""))


def paint(path: Path) -> None:
    """Opens a style and paints one frame with it, in each engine that reads ONNX."""
    for engine in ("openvino", "onnxruntime"):
        stylizer = load(open_style(path), EngineOptions(engine, "cpu", threads=1))
        try:
            stylizer(np.zeros((48, 64, 3), np.uint8))
        finally:
            stylizer.close()


def main(folder: Path, seed: int = 0, count: int = 200) -> None:
    """Reads `count` mutations, all kinds in turn, and prints what became of them."""
    save_style(folder / "tiny", "tiny", blur_model())
    model, card = folder / "tiny" / "tiny.onnx", folder / "tiny" / "card.json"
    pack, timeline = folder / "tiny.livestyle", folder / TIMELINE_FILE
    write_pack(pack, style_files(open_style(folder / "tiny")))
    timeline.write_text(TIMELINE)
    paths = dict(zip(KINDS, (model, model, card, pack, timeline), strict=True))
    whole = {kind: path.read_bytes() for kind, path in paths.items()}
    trial.try_model = lambda *_: None
    rng = random.Random(seed)
    taken = dict.fromkeys(KINDS, 0)
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        mutate = restructured if kind == "graph" else mutated
        paths[kind].write_bytes(mutate(whole[kind], rng))
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
