"""Which engine runs on which device, and which file of a style it takes."""

from functools import cache
from pathlib import Path

from livestyle.engines.onnxruntime import has_gpu_package
from livestyle.errors import EngineError, StyleError
from livestyle.styles.card import ModelFile, StyleCard
from livestyle.styles.checkpoint_file import CHECKPOINT_FILE

FORMAT_OF_ENGINE = {"openvino": "onnx", "onnxruntime": "onnx", "torch": "safetensors"}
"""Engine -> format of the files it reads; safetensors is the style's checkpoint."""

PAIRS = (
    ("onnxruntime", "cuda"),
    ("openvino", "cpu"),
    ("openvino", "gpu"),
    ("openvino", "npu"),
    ("onnxruntime", "tensorrt"),
    ("onnxruntime", "cpu"),
    ("torch", "cuda"),
    ("torch", "cpu"),
)
"""(engine, device), those that `auto` likes better first."""

_PREFERRED = {
    "openvino": ("int8", "fp32", "fp16"),
    "onnxruntime": ("fp32", "int8", "fp16"),  # int8 gains no time there and loses some picture
    "accelerator": ("fp16", "fp32", "int8"),
    "amx": ("fp16", "int8", "fp32"),  # as fast as int8, and nearer to the network
}
"""Precisions by engine on the CPU, and on anything else: the fastest good picture first."""

_AUTO_DEVICES = ("cuda", "cpu")
"""What `auto` tries; the others are slower to start and run only when named."""


def candidates(
    engine: str, device: str, card: StyleCard, *, has_checkpoint: bool = False
) -> list[tuple[str, str]]:
    """The pairs to try, in this order, up to the first CPU, which always runs.

    Args:
        engine: "auto" or a key of `FORMAT_OF_ENGINE`.
        device: "auto" or a device of `PAIRS`.
        card: of the style, whose files decide which engines can read it.
        has_checkpoint: whether the style has the one of its network.

    Raises:
        EngineError: that engine does not run on that device.
        StyleError: the style has no file for what was asked.
    """
    pairs = [
        pair
        for pair in PAIRS
        if engine in ("auto", pair[0])
        and (pair[1] == device or (device == "auto" and pair[1] in _AUTO_DEVICES))
    ]
    if not pairs:
        own = ", ".join(d for e, d in PAIRS if e == engine)
        others = " or ".join(dict.fromkeys(e for e, d in PAIRS if d == device))
        raise EngineError(
            f"{engine} does not run on {device}, only on {own}. Try --engine {others}."
        )
    formats = {file.format for file in card.files} | ({"safetensors"} if has_checkpoint else set())
    readable = [pair for pair in pairs if FORMAT_OF_ENGINE[pair[0]] in formats]
    if not readable:
        name = pairs[0][0]
        if name == "torch":
            raise StyleError(
                f"The style {card.name} has no {CHECKPOINT_FILE} of this network, which torch "
                "needs. Take --engine openvino or --engine onnxruntime; `livestyle export` writes "
                "styles with their checkpoint."
            )
        raise StyleError(
            f"The style {card.name} has no {FORMAT_OF_ENGINE[name]} file, which {name} needs; it "
            f"has {_files(card)}. Write one with `livestyle export --to {FORMAT_OF_ENGINE[name]}`."
        )
    if engine == device == "auto" and not has_gpu_package():
        readable = [pair for pair in readable if pair != ("onnxruntime", "cuda")]
    devices = [pair[1] for pair in readable]
    return readable[: devices.index("cpu") + 1] if "cpu" in devices else readable


def choose_file(card: StyleCard, engine: str, device: str, precision: str) -> ModelFile:
    """The file of a style that suits an engine on a device.

    Args:
        precision: "fp32", "fp16", "int8", or "auto": the first there is of `_PREFERRED`.

    Raises:
        StyleError: the style has no file of that precision for that engine.
    """
    kind = engine if device == "cpu" else "accelerator"
    if kind == "openvino" and has_amx():
        kind = "amx"
    for wanted in _PREFERRED[kind] if precision == "auto" else (precision,):
        if file := card.file(FORMAT_OF_ENGINE[engine], wanted):
            return file
    raise StyleError(
        f"The style {card.name} has no {precision} file for {engine}; it has {_files(card)}. "
        "Take one of these with --precision, or --precision auto."
    )


@cache
def has_amx() -> bool:
    """Whether the processor multiplies matrices of bfloat16 in hardware (Intel AMX).

    bfloat16 alone does not tell: processors that have it without such a unit run int8 faster.
    Known on Linux only; elsewhere False.
    """
    try:
        return "amx_bf16" in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False


def _files(card: StyleCard) -> str:
    return ", ".join(f"{file.format} {file.precision}" for file in card.files) or "no files"
