"""What an ONNX graph may do: the operators of livestyle's exports, in the sizes of a picture.

The list of operators is what `livestyle export` writes, for every network, in every precision.
Subgraphs (`If`, `Loop`, `Scan`) are not among them: those may run for ever. Sizes are reckoned
before an engine sees the file: the shape of every value is followed through the graph for a few
sizes of frames, so that nothing grows beyond what painting takes, and no engine meets a rank or an
attribute that it was never tried with.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from livestyle.styles.onnx_graph import (
    ELEMENT_TYPES,
    MAX_RANK,
    MAX_SMALL,
    ForeignGraphError,
    Graph,
    Node,
    Tensor,
)

IR_VERSIONS = range(7, 12)
OPSETS = range(13, 22)
"""Exports have IR 8 and opset 17; operators mean the same from the first to the last of these."""

FRAME_SIZES = ((32, 32), (640, 480), (1920, 1080))
"""(width, height) that sizes are reckoned for."""

MAX_VALUES_PER_PIXEL = 4096
MAX_VALUE_PER_PIXEL = 256
MAX_MAC_PER_PIXEL = 2_000_000
MAX_CONSTANT_ELEMENTS = 1 << 26
"""Numbers in all values, in one value, multiply-accumulates of all convolutions, each by pixels of
the frame. Johnson's network, the largest, is far below."""

_FRAME_MARGIN = 1 << 16
"""Elements that a value may have however small the frame is."""

_UINT8, _INT8, _INT32, _INT64 = 2, 3, 6, 7
_FLOATS, _SIZES = (1, 10), (_INT32, _INT64)


@dataclass(frozen=True, slots=True)
class Value:
    """What is known of a value: its type and shape, and the numbers of what sizes are made of."""

    element: int
    shape: tuple[int, ...]
    data: NDArray[np.generic] | None = None


Inputs: TypeAlias = Sequence[Value | None]


def check_graph(graph: Graph) -> None:
    """Refuses a graph that does what no export does, or more than painting takes.

    Raises:
        ForeignGraphError: with what was found.
    """
    if graph.ir_version not in IR_VERSIONS or graph.opset not in OPSETS:
        raise ForeignGraphError(
            f"it is of ONNX's IR version {graph.ir_version} and operator set {graph.opset}; "
            f"{IR_VERSIONS[0]} to {IR_VERSIONS[-1]} and {OPSETS[0]} to {OPSETS[-1]} are taken"
        )
    _check_order(graph)
    if sum(math.prod(tensor.dims) for tensor in graph.constants.values()) > MAX_CONSTANT_ELEMENTS:
        raise ForeignGraphError(f"it has more than {MAX_CONSTANT_ELEMENTS} weights")
    fixed, nodes = _without_frame(graph)
    for width, height in FRAME_SIZES:
        painted = _follow(graph, nodes, fixed, width, height)
        if painted != ((1, height, width, 3), _UINT8):
            raise ForeignGraphError(
                f"for a frame of {width}x{height} it gives {list(painted[0])}, not a picture of "
                "that size"
            )


def _check_order(graph: Graph) -> None:
    """Every operator is a known one, and every value is made once and before it is used."""
    known = {"frame", "", *graph.constants}
    for node in graph.nodes:
        if node.domain not in ("", "ai.onnx") or node.operator not in OPERATORS:
            raise ForeignGraphError(
                f"it holds the operator {node.operator[:64]!r}, which no export of livestyle has"
            )
        if len(node.outputs) != 1 or not node.outputs[0]:
            raise ForeignGraphError(f"a {node.operator} in it has {len(node.outputs)} outputs")
        if missing := [name for name in node.inputs if name not in known]:
            raise ForeignGraphError(
                f"a {node.operator} in it takes {missing[0][:64]!r}, which is not made before it: "
                "a cycle, or not in order"
            )
        if node.outputs[0] in known:
            raise ForeignGraphError(f"the value {node.outputs[0][:64]!r} is made twice in it")
        known.add(node.outputs[0])
        allowed = OPERATORS[node.operator]
        if not allowed.fewest <= len(node.inputs) <= allowed.most:
            raise ForeignGraphError(f"a {node.operator} in it has {len(node.inputs)} inputs")
        for name, attribute in node.attributes.items():
            if type(attribute) is not allowed.attributes.get(name):
                raise ForeignGraphError(
                    f"a {node.operator} in it has an attribute {name[:64]!r} that no export has"
                )


@dataclass(slots=True)
class _Work:
    """What was made so far of a frame, and how much work that took.

    Attributes:
        width, height: of the frame, in pixels.
        values: by name.
        elements: numbers in all values that nodes made.
        macs: multiply-accumulates of all convolutions.
    """

    width: int
    height: int
    values: dict[str, Value]
    elements: int = 0
    macs: int = 0

    def follow(self, node: Node) -> None:
        """Adds the value that a node makes, within bounds."""
        inputs = [self.values[name] if name else None for name in node.inputs]
        try:
            value = OPERATORS[node.operator].shape(node, inputs)
        except (ForeignGraphError, IndexError, ValueError, TypeError, OverflowError) as error:
            raise ForeignGraphError(f"a {node.operator} in it cannot work ({error})") from error
        elements = math.prod(value.shape)
        most = self.width * self.height * MAX_VALUE_PER_PIXEL + _FRAME_MARGIN
        if len(value.shape) > MAX_RANK or (
            elements > most and elements > MAX_CONSTANT_ELEMENTS // 64
        ):
            raise ForeignGraphError(
                f"a {node.operator} in it makes {list(value.shape)} of a frame of "
                f"{self.width}x{self.height}"
            )
        self.elements += elements
        if node.operator == "Conv":
            self.macs += elements * math.prod(inputs[1].shape[1:] if inputs[1] else ())
        self.values[node.outputs[0]] = value


def _without_frame(graph: Graph) -> tuple[_Work, list[Node]]:
    """What is the same for every frame, within the bounds of the smallest; and the other nodes."""
    values = {name: _constant(tensor) for name, tensor in graph.constants.items()}
    work = _Work(*min(FRAME_SIZES), values)
    of_the_frame, nodes = {"frame"}, []
    for node in graph.nodes:
        if of_the_frame.isdisjoint(node.inputs):
            work.follow(node)
        else:
            of_the_frame.add(node.outputs[0])
            nodes.append(node)
    return work, nodes


def _follow(
    graph: Graph, nodes: Sequence[Node], fixed: _Work, width: int, height: int
) -> tuple[tuple[int, ...], int]:
    """Shape and type of what the graph makes of a frame of that size, its work bounded."""
    values = {**fixed.values, "frame": Value(_UINT8, (1, height, width, 3))}
    work = _Work(width, height, values, fixed.elements, fixed.macs)
    for node in nodes:
        work.follow(node)
    pixels, room = width * height, 64 * _FRAME_MARGIN
    if (
        work.elements > pixels * MAX_VALUES_PER_PIXEL + room
        or work.macs > pixels * MAX_MAC_PER_PIXEL + room
    ):
        raise ForeignGraphError(f"it takes far too much work for a frame of {width}x{height}")
    if graph.output not in work.values:
        raise ForeignGraphError(f"nothing in it makes its output {graph.output[:64]!r}")
    painted = work.values[graph.output]
    return painted.shape, painted.element


def _constant(tensor: Tensor) -> Value:
    return Value(tensor.element, tensor.dims, tensor.data)


def _need(found: object, what: str) -> None:
    """Raises ForeignGraphError with what is wrong, unless it is so."""
    if not found:
        raise ForeignGraphError(what)


def _value(inputs: Inputs, index: int) -> Value:
    value = inputs[index] if index < len(inputs) else None
    if value is None:
        raise ForeignGraphError("an input is missing")
    return value


def _sizes(value: Value) -> list[int]:
    """The numbers of a list of sizes, which must be known without the picture."""
    _need(value.element in _SIZES and len(value.shape) <= 1, "sizes are no list of integers")
    if value.data is None:
        raise ForeignGraphError("a size hangs on what is in the picture")
    return [int(number) for number in value.data.reshape(-1)]


def _int(node: Node, name: str, default: int) -> int:
    value = node.attributes.get(name, default)
    return value if isinstance(value, int) else default


def _ints(node: Node, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
    value = node.attributes.get(name, default)
    return value if isinstance(value, tuple) else default


def _axis(axis: int, rank: int) -> int:
    _need(-rank <= axis < rank, f"axis {axis} of a value of rank {rank}")
    return axis % rank


def _computed(element: int, array: NDArray[np.generic]) -> Value:
    small = array.size <= MAX_SMALL
    return Value(element, array.shape, array.astype(ELEMENT_TYPES[element]) if small else None)


def _same(node: Node, inputs: Inputs) -> Value:
    value = _value(inputs, 0)
    if node.operator == "Identity":
        return value
    _need(value.element in _FLOATS, "it takes floating point")
    return Value(value.element, value.shape)


def _neg(node: Node, inputs: Inputs) -> Value:
    value = _value(inputs, 0)
    _need(value.element in (*_FLOATS, *_SIZES), "it takes signed numbers")
    if value.data is not None:
        return _computed(value.element, -value.data.astype(np.float64))
    return Value(value.element, value.shape)


def _arithmetic(node: Node, inputs: Inputs) -> Value:
    """Add, Sub, Mul, Div, Mod, Min, Max of two, broadcast."""
    one, two = _value(inputs, 0), _value(inputs, 1)
    _need(one.element == two.element, "its inputs are of two types")
    _need(one.element in (*_FLOATS, *_SIZES), "its inputs are no numbers to reckon with")
    shape = np.broadcast_shapes(one.shape, two.shape)
    if one.element in _FLOATS:
        _need(node.operator != "Mod", "it takes integers")
        return Value(one.element, shape)
    if one.data is None or two.data is None:
        # A picture's own numbers may be zero where they divide, and processors trap on that.
        _need(node.operator not in ("Div", "Mod"), "it divides by what is in the picture")
        return Value(one.element, shape)
    if node.operator in ("Div", "Mod"):
        _need(_int(node, "fmod", 0) == 0, "fmod of integers")
        _need(not np.any(two.data == 0), "it divides by zero")
    left, right = one.data.astype(np.int64), two.data.astype(np.int64)
    limit = 1 << 31
    _need(np.all(abs(left) < limit) and np.all(abs(right) < limit), "sizes beyond all bounds")
    if node.operator == "Div":
        quotient = abs(left) // abs(right) * np.sign(left) * np.sign(right)
        return _computed(one.element, quotient)
    reckon: dict[str, Callable[..., NDArray[np.generic]]] = {
        "Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Mod": np.mod,
        "Min": np.minimum, "Max": np.maximum,
    }  # fmt: skip
    return _computed(one.element, reckon[node.operator](left, right))


def _cast(node: Node, inputs: Inputs) -> Value:
    value, element = _value(inputs, 0), _int(node, "to", 0)
    _need(element in ELEMENT_TYPES, f"a type {element}")
    if value.data is not None and value.element in _SIZES:
        return _computed(element, value.data)
    keeps = value.data is not None and np.all(np.isfinite(value.data.astype(np.float64)))
    keeps = keeps and value.data is not None and np.all(abs(value.data.astype(np.float64)) < 1e9)
    if keeps and value.data is not None:
        return _computed(element, value.data)
    return Value(element, value.shape)


def _clip(node: Node, inputs: Inputs) -> Value:
    value = _value(inputs, 0)
    _need(value.element in _FLOATS, "it takes floating point")
    for bound in inputs[1:]:
        if bound is not None:
            _need(bound.element == value.element and bound.shape == (), "its bounds are no numbers")
    return Value(value.element, value.shape)


def _concat(node: Node, inputs: Inputs) -> Value:
    values = [_value(inputs, index) for index in range(len(inputs))]
    first = values[0]
    axis = _axis(_int(node, "axis", MAX_RANK), len(first.shape))
    for value in values:
        alike = value.shape[:axis] + value.shape[axis + 1 :]
        _need(value.element == first.element, "its inputs are of two types")
        _need(len(value.shape) == len(first.shape), "its inputs have different ranks")
        _need(alike == first.shape[:axis] + first.shape[axis + 1 :], "its inputs do not fit")
    length = sum(value.shape[axis] for value in values)
    shape = (*first.shape[:axis], length, *first.shape[axis + 1 :])
    arrays = [value.data for value in values if value.data is not None]
    if len(arrays) == len(values) and math.prod(shape) <= MAX_SMALL:
        return _computed(first.element, np.concatenate(arrays, axis))
    return Value(first.element, shape)


def _constant_node(node: Node, inputs: Inputs) -> Value:
    tensor = node.attributes.get("value")
    if not isinstance(tensor, Tensor):
        raise ForeignGraphError("it has no value")
    return _constant(tensor)


def _filled(node: Node, inputs: Inputs) -> Value:
    """ConstantOfShape."""
    shape = _shape(_sizes(_value(inputs, 0)))
    tensor = node.attributes.get("value", Tensor(1, (1,), np.zeros(1, np.float32)))
    if not isinstance(tensor, Tensor) or tensor.dims != (1,) or tensor.data is None:
        raise ForeignGraphError("its value is not one number")
    if math.prod(shape) > MAX_SMALL:
        return Value(tensor.element, shape)
    return _computed(tensor.element, np.full(shape, tensor.data[0]))


def _shape(sizes: Sequence[int]) -> tuple[int, ...]:
    _need(len(sizes) <= MAX_RANK and all(0 <= size < 1 << 31 for size in sizes), f"a shape {sizes}")
    return tuple(sizes)


def _conv(node: Node, inputs: Inputs) -> Value:
    picture, weight = _value(inputs, 0), _value(inputs, 1)
    _need(len(picture.shape) == len(weight.shape) == 4, "picture and weights are of rank 4")
    _need(picture.element in _FLOATS and picture.element == weight.element, "types that differ")
    kernel, group = weight.shape[2:], _int(node, "group", 1)
    _need(_ints(node, "kernel_shape", kernel) == kernel, "kernel_shape is not that of the weights")
    strides, dilations = _ints(node, "strides", (1, 1)), _ints(node, "dilations", (1, 1))
    pads = _ints(node, "pads", (0, 0, 0, 0))
    for name, numbers, count, allowed in (
        ("kernel_shape", kernel, 2, range(1, 32)), ("strides", strides, 2, range(1, 9)),
        ("dilations", dilations, 2, range(1, 9)), ("pads", pads, 4, range(65)),
    ):  # fmt: skip
        _need(len(numbers) == count and all(n in allowed for n in numbers), f"{name} {numbers}")
    channels, filters = picture.shape[1], weight.shape[0]
    fits = 1 <= group <= channels and channels == weight.shape[1] * group and filters > 0
    _need(fits and filters % group == 0, f"{channels} channels in {group} groups")
    if len(inputs) > 2:
        bias = _value(inputs, 2)
        _need(bias.shape == (filters,) and bias.element == picture.element, "its bias does not fit")
    sides = [
        (side + pads[i] + pads[i + 2] - dilations[i] * (kernel[i] - 1) - 1) // strides[i] + 1
        for i, side in enumerate(picture.shape[2:])
    ]
    _need(min(sides) > 0, "its kernel is larger than the picture")
    return Value(picture.element, (picture.shape[0], filters, *sides))


def _depth_to_space(node: Node, inputs: Inputs) -> Value:
    picture, block = _value(inputs, 0), _int(node, "blocksize", 0)
    _need(len(picture.shape) == 4 and picture.element in _FLOATS, "it takes pictures of rank 4")
    batch, channels, height, width = picture.shape
    _need(block in range(1, 9) and channels % (block * block) == 0, f"blocks of {block}")
    _need(node.attributes.get("mode", "DCR") in ("DCR", "CRD"), "an unknown mode")
    return Value(picture.element, (batch, channels // block**2, height * block, width * block))


def _quantised(node: Node, inputs: Inputs) -> Value:
    """QuantizeLinear and DequantizeLinear."""
    value, scale, zero = _value(inputs, 0), _value(inputs, 1), _value(inputs, 2)
    packs = node.operator == "QuantizeLinear"
    small = zero.element in (_INT8, _UINT8)
    _need(small and value.element == (1 if packs else zero.element), "it takes other types")
    _need(scale.element == 1 and scale.shape == zero.shape, "its scale and zero point do not fit")
    axis = _axis(_int(node, "axis", 1), max(2, len(value.shape)))
    along = value.shape[axis] if axis < len(value.shape) else 0
    _need(scale.shape in ((), (along,)), "its scale does not fit")
    return Value(zero.element if packs else 1, value.shape)


def _expand(node: Node, inputs: Inputs) -> Value:
    value, sizes = _value(inputs, 0), _shape(_sizes(_value(inputs, 1)))
    shape = np.broadcast_shapes(value.shape, sizes)
    if value.data is not None and math.prod(shape) <= MAX_SMALL:
        return _computed(value.element, np.broadcast_to(value.data, shape))
    return Value(value.element, shape)


def _gather(node: Node, inputs: Inputs) -> Value:
    value, indices = _value(inputs, 0), _value(inputs, 1)
    axis = _axis(_int(node, "axis", 0), len(value.shape))
    known = _sizes(indices)
    length = value.shape[axis]
    _need(all(-length <= index < length for index in known), "an index beyond the end")
    if value.data is not None and indices.data is not None:
        return _computed(value.element, np.take(value.data, indices.data.astype(int), axis))
    return Value(value.element, value.shape[:axis] + indices.shape + value.shape[axis + 1 :])


def _normalised(node: Node, inputs: Inputs) -> Value:
    """InstanceNormalization."""
    picture = _value(inputs, 0)
    _need(len(picture.shape) == 4 and picture.element in _FLOATS, "it takes pictures of rank 4")
    for weight in (_value(inputs, 1), _value(inputs, 2)):
        fits = weight.shape == picture.shape[1:2] and weight.element == picture.element
        _need(fits, "its weights do not fit")
    epsilon = node.attributes.get("epsilon", 1e-5)
    _need(isinstance(epsilon, float) and 0 < epsilon <= 1, "an epsilon that is none")
    return Value(picture.element, picture.shape)


def _pad(node: Node, inputs: Inputs) -> Value:
    value, pads = _value(inputs, 0), _sizes(_value(inputs, 1))
    rank, mode = len(value.shape), node.attributes.get("mode", "constant")
    _need(mode in ("constant", "edge", "reflect"), "an unknown mode")
    _need(len(pads) == 2 * rank and rank > 0, f"{len(pads)} pads for rank {rank}")
    _need(all(0 <= pad <= 4096 for pad in pads), f"pads {pads}")
    for side, before, after in zip(value.shape, pads[:rank], pads[rank:], strict=True):
        _need(side > 0, "nothing to pad")
        _need(mode != "reflect" or max(before, after) < side, "it mirrors more than there is")
    if len(inputs) > 2 and (fill := inputs[2]) is not None:
        _need(fill.element == value.element and fill.shape in ((), (1,)), "its value does not fit")
    sides = zip(value.shape, pads[:rank], pads[rank:], strict=True)
    return Value(value.element, tuple(sum(side) for side in sides))


def _reshape(node: Node, inputs: Inputs) -> Value:
    value, sizes = _value(inputs, 0), _sizes(_value(inputs, 1))
    _need(_int(node, "allowzero", 0) == 0, "allowzero")
    _need(len(sizes) <= MAX_RANK and sizes.count(-1) <= 1, f"a shape {sizes}")
    shape = [value.shape[i] if size == 0 else size for i, size in enumerate(sizes)]
    count = math.prod(value.shape)
    if -1 in shape:
        rest = -math.prod(shape)
        _need(rest > 0 and count % rest == 0, f"{count} numbers as {sizes}")
        shape[shape.index(-1)] = count // rest
    _need(math.prod(_shape(shape)) == count, f"{count} numbers as {sizes}")
    data = value.data.reshape(shape) if value.data is not None else None
    return Value(value.element, tuple(shape), data)


def _resize(node: Node, inputs: Inputs) -> Value:
    picture, rank = _value(inputs, 0), len(_value(inputs, 0).shape)
    _need(rank == 4 and picture.element in _FLOATS, "it takes pictures of rank 4")
    for name, known in (
        ("coordinate_transformation_mode", ("asymmetric", "half_pixel", "pytorch_half_pixel")),
        ("mode", ("nearest", "linear")), ("nearest_mode", ("floor", "round_prefer_floor")),
    ):  # fmt: skip
        _need(node.attributes.get(name, known[-1]) in known, f"an unknown {name}")
    roi = inputs[1] if len(inputs) > 1 else None
    _need(roi is None or roi.shape == (0,), "a part of the picture")
    scales = inputs[2] if len(inputs) > 2 else None
    if len(inputs) > 3 and inputs[3] is not None:
        _need(scales is None or scales.shape == (0,), "both scales and sizes")
        shape = _shape(_sizes(_value(inputs, 3)))
        _need(len(shape) == 4 and shape[:2] == picture.shape[:2], f"sizes {shape}")
    else:
        _need(scales is not None and scales.element == 1 and scales.shape == (4,), "no scales")
        known_scales = _value(inputs, 2).data
        if known_scales is None:
            raise ForeignGraphError("its scales hang on what is in the picture")
        factors = [float(factor) for factor in known_scales.astype(np.float64)]
        _need(all(1 / 16 <= factor <= 16 for factor in factors), f"scales {factors}")
        _need(factors[:2] == [1, 1], f"scales {factors}")
        shape = tuple(math.floor(s * f) for s, f in zip(picture.shape, factors, strict=True))
    _need(min(shape) > 0 and min(picture.shape) > 0, f"sizes {shape}")
    return Value(picture.element, shape)


def _shape_of(node: Node, inputs: Inputs) -> Value:
    return _computed(_INT64, np.array(_value(inputs, 0).shape, np.int64))


def _slice(node: Node, inputs: Inputs) -> Value:
    value = _value(inputs, 0)
    starts, ends = _sizes(_value(inputs, 1)), _sizes(_value(inputs, 2))
    axes = _sizes(_value(inputs, 3)) if len(inputs) > 3 else list(range(len(starts)))
    steps = _sizes(_value(inputs, 4)) if len(inputs) > 4 else [1] * len(starts)
    _need(len(starts) == len(ends) == len(axes) == len(steps), "its lists differ in length")
    shape, cut = list(value.shape), [slice(None)] * len(value.shape)
    seen = set()
    for start, end, at, step in zip(starts, ends, axes, steps, strict=True):
        axis = _axis(at, len(shape))
        _need(step != 0 and axis not in seen, "a step of 0, or an axis twice")
        seen.add(axis)
        backwards = step < 0 and end < -value.shape[axis]
        cut[axis] = slice(start, None if backwards else end, step)
        shape[axis] = len(range(*cut[axis].indices(value.shape[axis])))
    data = value.data[tuple(cut)] if value.data is not None else None
    return Value(value.element, tuple(shape), data)


def _tile(node: Node, inputs: Inputs) -> Value:
    value, repeats = _value(inputs, 0), _sizes(_value(inputs, 1))
    _need(len(repeats) == len(value.shape), "as many repeats as axes")
    _need(all(1 <= repeat < 1 << 20 for repeat in repeats), f"repeats {repeats}")
    sizes = zip(value.shape, repeats, strict=True)
    return Value(value.element, tuple(size * repeat for size, repeat in sizes))


def _transpose(node: Node, inputs: Inputs) -> Value:
    value = _value(inputs, 0)
    rank = len(value.shape)
    order = _ints(node, "perm", tuple(reversed(range(rank))))
    _need(sorted(order) == list(range(rank)), f"an order {list(order)} of rank {rank}")
    data = value.data.transpose(order) if value.data is not None else None
    return Value(value.element, tuple(value.shape[axis] for axis in order), data)


def _unsqueeze(node: Node, inputs: Inputs) -> Value:
    value, axes = _value(inputs, 0), _sizes(_value(inputs, 1))
    rank = len(value.shape) + len(axes)
    places = {_axis(axis, rank) for axis in axes}
    _need(len(places) == len(axes) and rank <= MAX_RANK, f"axes {axes}")
    rest = iter(value.shape)
    shape = tuple(1 if axis in places else next(rest) for axis in range(rank))
    return Value(
        value.element, shape, value.data.reshape(shape) if value.data is not None else None
    )


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator that exports have.

    Attributes:
        shape: follows its shape.
        fewest, most: inputs.
        attributes: name -> type.
    """

    shape: Callable[[Node, Inputs], Value]
    fewest: int
    most: int
    attributes: dict[str, type]


_CONV = dict.fromkeys(("kernel_shape", "strides", "dilations", "pads"), tuple)
_RESIZE = ("coordinate_transformation_mode", "mode", "nearest_mode")

OPERATORS: dict[str, Operator] = {
    # the networks themselves
    "Conv": Operator(_conv, 2, 3, {**_CONV, "group": int}),
    "InstanceNormalization": Operator(_normalised, 3, 3, {"epsilon": float}),
    "Relu": Operator(_same, 1, 1, {}),
    "Tanh": Operator(_same, 1, 1, {}),
    "Add": Operator(_arithmetic, 2, 2, {}),
    "Sub": Operator(_arithmetic, 2, 2, {}),
    "Mul": Operator(_arithmetic, 2, 2, {}),
    "Div": Operator(_arithmetic, 2, 2, {}),
    # padding to what strides divide, enlarging, and cutting back to the frame's size
    "Pad": Operator(_pad, 2, 3, {"mode": str}),
    "Resize": Operator(_resize, 3, 4, {**dict.fromkeys(_RESIZE, str), "cubic_coeff_a": float}),
    "DepthToSpace": Operator(_depth_to_space, 1, 1, {"blocksize": int, "mode": str}),
    "Slice": Operator(_slice, 3, 5, {}),
    # noise that is laid over a frame of any size
    "Expand": Operator(_expand, 2, 2, {}),
    "Tile": Operator(_tile, 2, 2, {}),
    # uint8 pixels to numbers of the network, and back
    "Cast": Operator(_cast, 1, 1, {"to": int}),
    "Clip": Operator(_clip, 1, 3, {}),
    "Round": Operator(_same, 1, 1, {}),
    "Transpose": Operator(_transpose, 1, 1, {"perm": tuple}),
    # what the quantiser puts between
    "QuantizeLinear": Operator(_quantised, 3, 3, {"axis": int}),
    "DequantizeLinear": Operator(_quantised, 3, 3, {"axis": int}),
    # sizes, reckoned at run time
    "Shape": Operator(_shape_of, 1, 1, {}),
    "Constant": Operator(_constant_node, 0, 0, {"value": Tensor}),
    "ConstantOfShape": Operator(_filled, 1, 1, {"value": Tensor}),
    "Concat": Operator(_concat, 1, 16, {"axis": int}),
    "Gather": Operator(_gather, 2, 2, {"axis": int}),
    "Identity": Operator(_same, 1, 1, {}),
    "Max": Operator(_arithmetic, 2, 2, {}),
    "Min": Operator(_arithmetic, 2, 2, {}),
    "Mod": Operator(_arithmetic, 2, 2, {"fmod": int}),
    "Neg": Operator(_neg, 1, 1, {}),
    "Reshape": Operator(_reshape, 2, 2, {"allowzero": int}),
    "Unsqueeze": Operator(_unsqueeze, 2, 2, {}),
}
"""All that `livestyle export` writes, and no more."""
