"""Styles from anybody: whatever lies in a card, a pack or an ONNX file does no harm."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import models
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from livestyle.errors import StyleError
from livestyle.styles.library import (
    MAX_ENTRIES,
    add_style,
    find_style,
    find_styles,
    list_styles,
    remove_style,
    stamp_of_folder,
)
from livestyle.styles.model_file import read_model
from livestyle.styles.style import open_style

ESCAPE = "\x1b]0;owned\x07"
MEMORY_BYTES = 6 << 30
CPU_S = 90
BAD_CARDS: dict[str, object] = {
    "a title that is a number": {"title": 5},
    "a precision that is a list": {"files": [{"path": "tiny.onnx", "precision": [1]}]},
    "files that are no list": {"files": 7},
    "a file that is no object": {"files": ["tiny.onnx"]},
    "more files than any style has": {"files": [{}] * 1000},
    "parameters below none": {"parameters": -1},
    "parameters that are a flag": {"parameters": True},
    "a title of a megabyte": {"title": "a" * 1_000_000},
    "training that is a text": {"training": "all night"},
    "a name that leads elsewhere": {"name": "../tiny"},
    "notes nested deep": {"figures": {"a": [[[[[[[[[[[[[[1]]]]]]]]]]]]]]}},
    "a number beyond all": {"kmac_per_pixel": 10**400},
}
BAD_TEXTS = {
    "nested 10,000 deep": "[" * 10_000,
    "not a number": '{"format": 1, "kmac_per_pixel": NaN}',
    "infinite": '{"format": Infinity}',
    "no object": "[]",
    "empty": "",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own styles, with one that is whole."""
    monkeypatch.setenv("LIVESTYLE_STYLES", str(tmp_path / "styles"))
    models.save_style(tmp_path / "styles" / "good", "good")
    return tmp_path / "styles"


def spoil(home: Path, text: str) -> Path:
    """Another style of the user, with this for a card."""
    models.save_style(home / "bad", "bad")
    (home / "bad" / "card.json").write_text(text)
    return home / "bad"


def changed(**keys: object) -> str:
    """A card with some keys of another value."""
    return json.dumps({**json.loads(models.make_card("bad").to_json()), **keys})


@pytest.mark.parametrize(
    "text",
    [*(changed(**keys) for keys in BAD_CARDS.values()), *BAD_TEXTS.values()],  # type: ignore[arg-type]
    ids=[*BAD_CARDS, *BAD_TEXTS],
)
def test_a_bad_card_is_one_sentence_and_the_other_styles_work(home: Path, text: str) -> None:
    bad = spoil(home, text)
    assert "good" in [style.card.name for style in list_styles()]
    with pytest.raises(StyleError) as refused:
        open_style(bad)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 1000
    with pytest.raises(StyleError):
        add_style(bad)
    stamp_of_folder(home)
    remove_style("bad")
    assert not bad.exists()


def test_escapes_in_a_card_do_not_reach_the_terminal(home: Path) -> None:
    bad = spoil(home, (home / "good" / "card.json").read_text())
    (bad / "good.onnx").write_bytes((home / "good" / "good.onnx").read_bytes())
    models.change_card(bad, title=f"Mona{ESCAPE} Lisa\u202e", training={ESCAPE: [ESCAPE]})
    card = open_style(bad).card
    assert card.title.isprintable() and card.title.startswith("Mona")
    assert ESCAPE not in json.dumps(card.training, ensure_ascii=False)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
@pytest.mark.parametrize("name", ["card.json", "bad.onnx"])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(home: Path, name: str) -> None:
    bad = spoil(home, "")
    card = models.save_style(bad, "bad")
    (bad / name).unlink()
    os.mkfifo(bad / name)
    with pytest.raises(StyleError, match=r"plain file|missing"):
        style = open_style(bad)
        read_model(style.path(card.files[0]), card.files[0])
    assert "good" in [style.card.name for style in list_styles()]


def test_a_folder_of_very_many_entries_is_searched_in_part(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(MAX_ENTRIES + 1):
        (home / f"z{number}").touch()
    for _ in range(3):  # as the watch does, every second
        stamp_of_folder(home)
        assert [style.card.name for style in find_styles(str(home))] in (["good"], [])
    assert caplog.text.count(f"more than {MAX_ENTRIES} entries") == 1


def test_a_bad_style_in_a_folder_of_styles_is_passed_over_and_told_once(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spoil(home, "[" * 10_000)
    for _ in range(3):
        assert [style.card.name for style in find_styles(str(home))] == ["good"]
    assert caplog.text.count("is passed over") == 1


def _subgraph() -> onnx.GraphProto:
    value = helper.make_tensor_value_info("inner", TensorProto.FLOAT, [1])
    return helper.make_graph([helper.make_node("Identity", ["x"], ["inner"])], "body", [], [value])


def _with(node: onnx.NodeProto) -> onnx.ModelProto:
    """The negative with one more node, before the last."""
    model = models.invert_model()
    model.graph.node.insert(len(model.graph.node) - 1, node)
    return model


def _cycle() -> onnx.ModelProto:
    model = _with(helper.make_node("Add", ["y", "back"], ["there"]))
    model.graph.node.insert(3, helper.make_node("Add", ["there", "y"], ["back"]))
    return model


def _weights(**attributes: object) -> onnx.ModelProto:
    model = models.blur_model()
    conv = next(node for node in model.graph.node if node.op_type == "Conv")
    del conv.attribute[:]
    conv.attribute.extend(helper.make_attribute(key, value) for key, value in attributes.items())
    return model


def _kernel(shape: tuple[int, ...]) -> onnx.ModelProto:
    model = models.blur_model()
    kernel = next(tensor for tensor in model.graph.initializer if tensor.name == "kernel")
    kernel.CopyFrom(onnx.numpy_helper.from_array(np.zeros(shape, np.float32), "kernel"))
    return model


def _pads(far: int) -> onnx.ModelProto:
    model = models.blur_model()
    pads = next(tensor for tensor in model.graph.initializer if tensor.name == "pads")
    values = np.array([0, 0, far, far, 0, 0, far, far])
    pads.CopyFrom(onnx.numpy_helper.from_array(values, "pads"))
    return model


def _opset(version: int) -> onnx.ModelProto:
    model = models.invert_model()
    model.opset_import[0].version = version
    return model


HARMFUL = {
    "Loop": lambda: _with(helper.make_node("Loop", ["", ""], ["l"], body=_subgraph())),
    "Scan": lambda: _with(
        helper.make_node("Scan", ["y"], ["l"], body=_subgraph(), num_scan_inputs=1)
    ),
    "If": lambda: _with(
        helper.make_node("If", ["y"], ["l"], then_branch=_subgraph(), else_branch=_subgraph())
    ),
    "a subgraph on an allowed operator": lambda: _with(
        helper.make_node("Add", ["y", "white"], ["l"], body=_subgraph())
    ),
    "an operator of no export": lambda: _with(helper.make_node("Exp", ["y"], ["l"])),
    "a cycle": _cycle,
    "a node that takes itself": lambda: _with(helper.make_node("Add", ["l", "y"], ["l"])),
    "a convolution of rank 1": lambda: _kernel((75,)),
    "a convolution of rank 6": lambda: _kernel((3, 3, 5, 1, 5, 1)),
    "a kernel that is not the weights'": lambda: _weights(kernel_shape=[9, 9]),
    "a stride of nothing": lambda: _weights(kernel_shape=[5, 5], strides=[0, 0]),
    "strides below nothing": lambda: _weights(kernel_shape=[5, 5], strides=[-1, -1]),
    "a dilation without end": lambda: _weights(kernel_shape=[5, 5], dilations=[1 << 40, 1]),
    "groups of nothing": lambda: _weights(kernel_shape=[5, 5], group=0),
    "a text where numbers are": lambda: _weights(kernel_shape="large"),
    "padding without end": lambda: _pads(1 << 40),
    "operators of the future": lambda: _opset(9999),
    "operators of the past": lambda: _opset(1),
}


@pytest.mark.parametrize("make", HARMFUL.values(), ids=HARMFUL)
def test_a_harmful_model_is_refused_before_an_engine_sees_it(tmp_path: Path, make: object) -> None:
    assert callable(make)
    path = tmp_path / "tiny.onnx"
    file = models.save_onnx(make(), path, models.make_card())
    with pytest.raises(StyleError, match=r"not taken|not an ONNX model") as refused:
        read_model(path, file)
    assert str(refused.value).isprintable()
    with pytest.raises(StyleError):
        find_style(str(path))


def test_two_hundred_damaged_styles_and_sessions_end_in_sentences(tmp_path: Path) -> None:
    """No crash, no hang, no traceback; within a bound of time and memory."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))

    program = str(Path(__file__).with_name("styles_fuzz.py"))
    done = subprocess.run(
        [sys.executable, program, str(tmp_path)], capture_output=True, text=True, preexec_fn=limit
    )
    assert done.returncode == 0, done.stderr[-3000:]
