"""The graph of an ONNX file as plain values, read strictly.

`onnx_file` looks through a file whatever is in it; this reads only what the exports of livestyle
have. Fields that none of them has, and fields given twice, are refused: engines do not agree on
what those mean.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from livestyle.styles.onnx_file import NotOnnxError, fields_of, message, text, varint

MAX_RANK = 8
MAX_DIM = 1 << 20
MAX_NODES = 4096
MAX_SMALL = 4096
"""Elements up to which the numbers of a tensor are read: those that sizes are made of."""

ELEMENT_TYPES: dict[int, np.dtype[np.generic]] = {
    1: np.dtype("<f4"),
    2: np.dtype("u1"),
    3: np.dtype("i1"),
    6: np.dtype("<i4"),
    7: np.dtype("<i8"),
    10: np.dtype("<f2"),
}
"""By TensorProto.DataType, as far as exports have them."""

_TYPED_DATA = {1: 4, 2: 5, 3: 5, 6: 5, 7: 7}
"""TensorProto.DataType -> number of the field that may hold it in place of raw bytes."""

_ATTRIBUTE_FIELD = {1: 2, 2: 3, 3: 4, 4: 5, 7: 8}
"""AttributeProto.AttributeType -> number of the field that holds it."""

_ATTRIBUTE_FIELDS = {1, 13, 20}
"""Numbers of the fields that any attribute may have: name, doc_string, type."""

_Fields: TypeAlias = dict[int, list[int | memoryview]]
Attribute: TypeAlias = "int | float | str | tuple[int, ...] | Tensor"


@dataclass(frozen=True, slots=True)
class Tensor:
    """A constant.

    Attributes:
        element: TensorProto.DataType, a key of `ELEMENT_TYPES`.
        dims: its shape.
        data: its numbers, where there are at most `MAX_SMALL`.
    """

    element: int
    dims: tuple[int, ...]
    data: NDArray[np.generic] | None


@dataclass(frozen=True, slots=True)
class Node:
    """One operation; a missing optional input is an empty name."""

    operator: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Attribute]


@dataclass(frozen=True, slots=True)
class Graph:
    """What a model computes, nodes in the order of the file."""

    ir_version: int
    opset: int
    nodes: tuple[Node, ...]
    constants: Mapping[str, Tensor]
    output: str


class ForeignGraphError(ValueError):
    """The graph holds something that no export of livestyle has; the text says what."""


def read_graph(data: bytes) -> Graph:
    """Reads the graph of a file that `onnx_file.read_facts` has looked through.

    Raises:
        ForeignGraphError: it holds what no export has.
        NotOnnxError: it is no ONNX.
    """
    model = _read(memoryview(data), "a model", once=(1, 2, 3, 4, 5, 6, 7), many=(8, 14))
    opsets = [_read(message(value), "an opset", once=(1, 2)) for value in model.get(8, [])]
    versions = [_int(opset, 2) for opset in opsets if _text(opset, 1) in ("", "ai.onnx")]
    if len(versions) != 1:
        raise ForeignGraphError("it names no version of ONNX's operators, or several")
    graph = _read(message(_one(model, 7)), "a graph", once=(2, 10), many=(1, 5, 11, 12, 13))
    if len(graph.get(1, [])) > MAX_NODES:
        raise ForeignGraphError(f"it has more than {MAX_NODES} nodes")
    declared = [message(value) for number in (11, 12, 13) for value in graph.get(number, [])]
    _check_declared(declared)
    constants: dict[str, Tensor] = {}
    for value in graph.get(5, []):
        name, tensor = _tensor(message(value))
        if not name or name in constants:
            raise ForeignGraphError(f"it has two initializers {name!r}")
        constants[name] = tensor
    outputs = [_text(_read(message(v), "a value", (1, 2, 3)), 1) for v in graph.get(12, [])]
    nodes = tuple(_node(message(value)) for value in graph.get(1, []))
    return Graph(_int(model, 1), versions[0], nodes, constants, outputs[0] if outputs else "")


def _node(data: memoryview) -> Node:
    node = _read(data, "a node", once=(3, 4, 6, 7), many=(1, 2, 5))
    attributes: dict[str, Attribute] = {}
    for value in node.get(5, []):
        name, attribute = _attribute(message(value))
        if name in attributes:
            raise ForeignGraphError(f"a node has two attributes {name!r}")
        attributes[name] = attribute
    inputs, outputs = (tuple(map(text, node.get(number, ()))) for number in (1, 2))
    return Node(_text(node, 4), _text(node, 7), inputs, outputs, attributes)


def _attribute(data: memoryview) -> tuple[str, Attribute]:
    """An attribute of one of the kinds that exports have, a plain value."""
    attribute = _read(data, "an attribute", once=(1, 2, 3, 4, 5, 13, 20), many=(8,))
    name, kind = _text(attribute, 1), _int(attribute, 20)
    field = _ATTRIBUTE_FIELD.get(kind)
    if field is None or attribute.keys() - _ATTRIBUTE_FIELDS - {field}:
        raise ForeignGraphError(f"the attribute {name!r} is of a kind that no export has")
    if kind == 1:
        number = np.frombuffer(message(_one(attribute, 2)), "<f4")
        if number.size != 1 or not np.isfinite(number[0]):
            raise ForeignGraphError(f"the attribute {name!r} is no finite number")
        return name, float(number[0])
    if kind == 2:
        return name, _int(attribute, 3)
    if kind == 3:
        return name, _text(attribute, 4)
    if kind == 4:
        return name, _tensor(message(_one(attribute, 5)))[1]
    ints = tuple(_ints(attribute, 8, MAX_RANK * 2))
    return name, ints


def _tensor(data: memoryview) -> tuple[str, Tensor]:
    """A constant and its name; its data has just the length that its shape asks for."""
    tensor = _read(data, "a tensor", once=(2, 8, 9, 12), many=(1, 4, 5, 7))
    name, element = _text(tensor, 8), _int(tensor, 2)
    dims = tuple(_ints(tensor, 1, MAX_RANK))
    dtype = ELEMENT_TYPES.get(element)
    if dtype is None:
        raise ForeignGraphError(f"the tensor {name!r} is of type {element}, which no export has")
    if dims and not 0 <= min(dims) <= max(dims) <= MAX_DIM:
        raise ForeignGraphError(f"the tensor {name!r} has the shape {list(dims)}")
    count = math.prod(dims)
    typed = [number for number in (4, 5, 7) if number in tensor]
    if 9 in tensor:
        raw = message(_one(tensor, 9))
        whole = not typed and len(raw) == count * dtype.itemsize
        numbers = np.frombuffer(raw, dtype) if whole and count <= MAX_SMALL else None
    else:
        whole = typed in ([], [_TYPED_DATA.get(element)]) and count <= MAX_DIM
        numbers = _typed(tensor, element, dtype, count) if whole else None
        whole = whole and numbers is not None
    if not whole:
        raise ForeignGraphError(
            f"the data of the tensor {name!r} has not the length of its shape {list(dims)}"
        )
    small = numbers.reshape(dims) if numbers is not None and count <= MAX_SMALL else None
    return name, Tensor(element, dims, small)


def _typed(
    tensor: _Fields, element: int, dtype: np.dtype[np.generic], count: int
) -> NDArray[np.generic] | None:
    """The numbers of a tensor that is not kept as raw bytes; None when there are not `count`."""
    number = _TYPED_DATA.get(element)
    if number is None:
        return None
    if number == 4:
        parts = [np.frombuffer(message(value), "<f4") for value in tensor.get(4, [])]
        floats = np.concatenate(parts) if parts else np.zeros(0, "<f4")
        return floats if floats.size == count else None
    numbers = _ints(tensor, number, count)
    limits = np.iinfo(dtype)  # type: ignore[type-var]  # never a float here
    if len(numbers) != count or not all(limits.min <= n <= limits.max for n in numbers):
        return None
    return np.array(numbers, dtype)


def _check_declared(values: Iterable[memoryview]) -> None:
    """Bounds what values are declared to be; what they really are, is reckoned."""
    checked: set[bytes] = set()  # most have the type of another, byte for byte
    for data in values:
        value = _read(data, "a value", once=(1, 2, 3))
        kind = bytes(message(value.get(2, [b""])[0]))
        if kind not in checked:
            _check_declared_type(kind, _text(value, 1))
            checked.add(kind)


def _check_declared_type(data: bytes, name: str) -> None:
    kind = _read(memoryview(data), "a type", once=(1, 6))
    tensor = _read(message(kind.get(1, [b""])[0]), "a type", once=(1, 2))
    shape = _read(message(tensor.get(2, [b""])[0]), "a shape", many=(1,))
    dims = [_read(message(dim), "a size", once=(1, 2, 3)) for dim in shape.get(1, [])]
    sizes = [_int(dim, 1) for dim in dims if 1 in dim]
    if len(dims) > MAX_RANK or any(not 0 <= size <= MAX_DIM for size in sizes):
        raise ForeignGraphError(f"the value {name!r} is declared with a shape too large")


def _read(
    data: memoryview,
    kind: str,
    once: Sequence[int] = (),
    many: Sequence[int] = (),
) -> _Fields:
    """The fields of one message, of known numbers and each as often as it may be there."""
    found: _Fields = {}
    for number, value in fields_of(data):
        if number in found:
            if number in once:
                raise ForeignGraphError(f"{kind} in it has the same part (field {number}) twice")
            found[number].append(value)
        elif number in once or number in many:
            found[number] = [value]
        else:
            raise ForeignGraphError(f"{kind} in it has a part (field {number}) that no export has")
    return found


def _one(fields: _Fields, number: int) -> int | memoryview:
    if number not in fields:
        raise NotOnnxError("a part of it is missing")
    return fields[number][0]


def _text(fields: _Fields, number: int) -> str:
    return text(fields[number][0]) if number in fields else ""


def _int(fields: _Fields, number: int) -> int:
    value = fields.get(number, [0])[0]
    if not isinstance(value, int):
        raise NotOnnxError("a part stands where a number should")
    return _signed(value)


def _ints(fields: _Fields, number: int, limit: int) -> list[int]:
    """A repeated integer, packed or not.

    Raises:
        ForeignGraphError: there are more than `limit`.
    """
    numbers: list[int] = []
    for value in fields.get(number, []):
        if isinstance(value, int):
            numbers.append(_signed(value))
        else:
            numbers.extend(_signed(n) for n in _packed(value, limit + 1))
        if len(numbers) > limit:
            raise ForeignGraphError(f"it has a list of more than {limit} numbers where none is")
    return numbers


def _packed(data: memoryview, limit: int) -> list[int]:
    """The integers of a packed list, `limit` at most."""
    numbers: list[int] = []
    position = 0
    while position < len(data) and len(numbers) < limit:
        number, position = varint(data, position)
        numbers.append(number)
    return numbers


def _signed(number: int) -> int:
    """Protobuf keeps negative numbers as their 64-bit complement."""
    number &= (1 << 64) - 1
    return number - (1 << 64) if number >> 63 else number
