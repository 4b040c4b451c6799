"""Says what an ONNX file holds, without running or trusting it.

An engine that opens a model follows its references to other files before anybody can object, so
the bytes are looked through first. An ONNX file is a protobuf (onnx.proto): messages made of
numbered fields. `_PARTS` names the fields that lead to tensors, nodes and subgraphs; all others
are stepped over.
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass, field

MAX_FIELDS = 200_000
MAX_DEPTH = 32

ELEMENTS = {1: "float32", 2: "uint8", 3: "int8", 6: "int32", 7: "int64", 10: "float16"}
"""TensorProto.DataType, as far as a message may need it."""

_PART_GRAPH, _PART_METADATA, _GRAPH_INITIALIZER = 7, 14, 5
_TENSOR_FLOATS, _TENSOR_RAW = 4, 9
_GRAPH = {1: "node", 5: "tensor", 15: "sparse", 11: "input", 12: "output"}
_PARTS: dict[str, dict[int, str]] = {
    "model": {7: "graph", 14: "metadata", 20: "training", 25: "function"},
    "graph": _GRAPH,
    "subgraph": _GRAPH,
    "node": {5: "attribute"},
    "attribute": {
        5: "tensor", 10: "tensor", 6: "subgraph", 11: "subgraph", 22: "sparse", 23: "sparse"
    },
    "sparse": {1: "tensor", 2: "tensor"},
    "training": {1: "subgraph", 2: "subgraph"},
    "function": {7: "node", 11: "attribute"},
}  # fmt: skip


_NOTES = {"tensor": {2, 13, 14}, "node": {4, 7}, "function": {10}}
"""Numbers of the plain fields of a message that matter, see `_note`."""


class NotOnnxError(ValueError):
    """The bytes are no ONNX model, or one too tangled to look through."""


@dataclass(frozen=True, slots=True)
class Port:
    """One input or output of the graph.

    Attributes:
        name: of the value.
        element: its type as TensorProto.DataType counts them; 0 when it is no tensor.
        dims: fixed sizes, None where free; None altogether when the rank is free.
    """

    name: str
    element: int
    dims: tuple[int | None, ...] | None

    def __str__(self) -> str:
        element = ELEMENTS.get(self.element, f"type {self.element}")
        dims = "any shape" if self.dims is None else str(list(self.dims)).replace("None", "?")
        return f"`{self.name}` {element} {dims}"


@dataclass(slots=True)
class OnnxFacts:
    """What was found in a model, subgraphs and functions included."""

    inputs: list[Port] = field(default_factory=list)
    outputs: list[Port] = field(default_factory=list)
    weights: set[str] = field(default_factory=set)
    domains: set[str] = field(default_factory=set)
    operators: set[str] = field(default_factory=set)
    elements: set[int] = field(default_factory=set)
    metadata: dict[str, str] = field(default_factory=dict)
    has_graph: bool = False
    has_external_data: bool = False
    fields_left: int = MAX_FIELDS

    @property
    def precision(self) -> str:
        """ "int8", "fp16" or "fp32", told from operators and weights."""
        if self.operators & {"QuantizeLinear", "DequantizeLinear"}:
            return "int8"
        return "fp16" if 10 in self.elements else "fp32"


def read_facts(data: bytes) -> OnnxFacts:
    """Looks through a model.

    Args:
        data: the whole file.

    Raises:
        NotOnnxError: not an ONNX model, or too deep or too large to be one of ours.
    """
    facts = OnnxFacts()
    _walk(memoryview(data), "model", facts, 0)
    if not facts.has_graph:
        raise NotOnnxError("it holds no graph")
    facts.inputs = [port for port in facts.inputs if port.name not in facts.weights]
    return facts


def initializer(data: memoryview, name: str) -> tuple[int, memoryview] | None:
    """A weight of the main graph: its TensorProto.DataType, and its bytes where they lie.

    Args:
        data: a whole file that `read_facts` has looked through.
        name: of the weight.

    Returns:
        None where there is none of that name, or it is not kept as bytes.
    """
    return initializers(data, {name}).get(name)


def initializers(data: memoryview, names: Container[str]) -> dict[str, tuple[int, memoryview]]:
    """Weights of the main graph by name, as `initializer` gives them.

    Args:
        data: a whole file that `read_facts` has looked through.
        names: those that are wanted; others are passed over.
    """
    found: dict[str, tuple[int, memoryview]] = {}
    for part, graph in fields_of(data):
        if part != _PART_GRAPH:
            continue
        for number, value in fields_of(message(graph)):
            if number != _GRAPH_INITIALIZER:
                continue
            tensor = _last(message(value))
            element, name = tensor.get(2), text(tensor.get(8, b""))
            # packed floats are bytes like raw ones
            values = tensor.get(_TENSOR_RAW, tensor.get(_TENSOR_FLOATS))
            if name in names and isinstance(element, int) and isinstance(values, memoryview):
                found[name] = element, values
    return found


def with_metadata(data: bytes, key: str, value: str) -> bytes:
    """A model with an entry in its metadata, in place of those of the same name."""
    kept = b"".join(
        _encoded(number, part)
        for number, part in fields_of(memoryview(data))
        if number != _PART_METADATA or text(_last(message(part)).get(1, b"")) != key
    )
    entry = _encoded(1, key.encode()) + _encoded(2, value.encode())
    return kept + _encoded(_PART_METADATA, entry)


def _encoded(number: int, value: int | bytes | memoryview) -> bytes:
    """One field of a message."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _walk(data: memoryview, kind: str, facts: OnnxFacts, depth: int) -> None:
    """Steps through one message, notes what it says and goes into its parts."""
    if depth > MAX_DEPTH:
        raise NotOnnxError(f"it is nested more than {MAX_DEPTH} levels deep")
    parts, notes = _PARTS.get(kind, {}), _NOTES.get(kind, ())
    for number, value in fields_of(data):
        facts.fields_left -= 1
        if facts.fields_left < 0:
            raise NotOnnxError(f"it has more than {MAX_FIELDS} fields")
        part = parts.get(number)
        if part is None:
            if number in notes:
                _note(kind, number, value, facts)
        elif part in ("input", "output", "metadata"):
            if kind in ("model", "graph"):
                _note_named(part, message(value), facts)
        else:
            facts.has_graph |= part == "graph"
            is_weight = kind == "graph" and part == "tensor"
            if is_weight:
                facts.weights.add(text(_last(message(value)).get(8, b"")))
            _walk(message(value), part, facts, depth + 1)


def _note(kind: str, number: int, value: int | memoryview, facts: OnnxFacts) -> None:
    """Keeps what one plain field says, where it matters."""
    match kind, number:
        case ("tensor", 2) if isinstance(value, int):
            facts.elements.add(value)
        case ("tensor", 13):  # TensorProto.external_data
            facts.has_external_data = True
        case ("tensor", 14):  # TensorProto.data_location, 0 meaning inside the file
            facts.has_external_data |= value != 0
        case ("node", 4):
            facts.operators.add(text(value))
        case ("node", 7) | ("function", 10):
            facts.domains.add(text(value))


def _note_named(part: str, data: memoryview, facts: OnnxFacts) -> None:
    """Keeps a metadata entry, or an input or output of the main graph."""
    entry = _last(data)
    name = text(entry.get(1, b""))
    if part == "metadata":
        facts.metadata[name] = text(entry.get(2, b""))
        return
    tensor = _last(message(_last(message(entry.get(2, b""))).get(1, b"")))
    element = tensor.get(1, 0)
    dims = None
    if 2 in tensor:
        sizes = [_last(message(dim)).get(1) for number, dim in fields_of(message(tensor[2]))
                 if number == 1]  # fmt: skip
        dims = tuple(size if isinstance(size, int) else None for size in sizes)
    port = Port(name, element if isinstance(element, int) else 0, dims)
    (facts.inputs if part == "input" else facts.outputs).append(port)


def fields_of(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """The fields of one message: number, and an integer or the bytes."""
    position, end = 0, len(data)
    while position < end:
        # Nearly all integers have one byte: a call for each would double the time of a model.
        tag = data[position]
        position += 1
        if tag >= 0x80:
            tag, position = varint(data, position - 1)
        number, wire_type = tag >> 3, tag & 7
        if number == 0 or tag >= 1 << 32:
            raise NotOnnxError("it is no protobuf")
        if wire_type in (0, 2):
            if position < end and (integer := data[position]) < 0x80:
                position += 1
            else:
                integer, position = varint(data, position)
            if wire_type == 0:
                yield number, integer
                continue
        elif wire_type in (1, 5):
            integer = 8 if wire_type == 1 else 4
        else:
            raise NotOnnxError("it is no protobuf")
        start, position = position, position + integer
        if position > end:
            raise NotOnnxError("it is cut short")
        yield number, data[start:position]


def varint(data: memoryview, position: int) -> tuple[int, int]:
    """An integer of seven bits a byte, and the position after it."""
    value = shift = 0
    for at in range(position, min(position + 10, len(data))):
        byte = data[at]
        if byte < 0x80:
            return value | byte << shift, at + 1
        value |= (byte & 0x7F) << shift
        shift += 7
    raise NotOnnxError("it is cut short, or no protobuf")


def _last(data: memoryview) -> dict[int, int | memoryview]:
    """The fields of a small message, of each number the last."""
    return dict(fields_of(data))


def message(value: int | memoryview | bytes) -> memoryview:
    if isinstance(value, memoryview):
        return value
    if isinstance(value, int):
        raise NotOnnxError("a number stands where a part of a model should")
    return memoryview(value)


def text(value: int | memoryview | bytes) -> str:
    return str(message(value), "utf-8", "replace")
