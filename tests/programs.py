"""TorchScript archives that would write a file when they are run; each went round a word list."""

import io
import warnings
import zipfile
from pathlib import Path

from livestyle.styles.card import CARD_KEY, StyleCard

_BENIGN = "return torch.rsub(frame, 255)"

BODIES = {
    "alias": 'w = torch.save\n    w(frame, "PATH")',
    "line continuation": 'torch.save\\\n    (frame, "PATH")',
    "comment before the bracket": 't = (torch.save # here\n    (frame, "PATH"))',
    "from_file": (
        'f = torch.from_file\n    t = torch.copy_(f("PATH", True, 4), torch.ones([4]))\n'
        "    frame = torch.mul(frame, torch.mean(t))"  # what nothing needs is not computed
    ),
}
ARCHIVES = ("two roots", "a member twice", "other case")
ATTACKS = (*BODIES, *ARCHIVES)


def attack(kind: str, written: Path, card: StyleCard) -> bytes:
    """An archive whose program writes a file; needs torch.

    Args:
        kind: one of `ATTACKS`.
        written: the file that it writes when it paints.
        card: stands inside, as in a style's.
    """
    plain = 'torch.save(frame, "PATH")'
    body = BODIES.get(kind, plain).replace("PATH", written.as_posix())
    members = _members(card)
    code = next(name for name in members if name.endswith(".py"))
    benign = members[code].decode()
    evil = benign.replace(_BENIGN, f"{body}\n    {_BENIGN}").encode()
    assert evil != benign.encode()
    entries = [(name, data) for name, data in members.items() if name != code]
    if kind == "two roots":
        entries += [(code, evil)]
        entries += [(name.replace("archive/", "b/"), data) for name, data in members.items()]
    elif kind == "a member twice":
        entries += [(code, evil), (code, benign.encode())]
    elif kind == "other case":
        entries += [
            (code.replace("/code/", "/Code/").replace(".py", ".PY"), evil),
            ("archive/code/other.py", b""),
        ]
    else:
        entries += [(code, evil)]
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as archive:
        warnings.simplefilter("ignore")  # of the name that is there twice
        for name, data in entries:
            archive.writestr(name, data)
    return buffer.getvalue()


def run_in_torch(program: bytes) -> None:
    """Paints with an archive as a program that trusts it would."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript is deprecated
        torch.jit.load(io.BytesIO(program))(torch.zeros(1, 8, 8, 3, dtype=torch.uint8))


def _members(card: StyleCard) -> dict[str, bytes]:
    """Those of an honest archive that gives the negative, name -> content."""
    import torch

    class Negative(torch.nn.Module):
        def forward(self, frame: torch.Tensor) -> torch.Tensor:
            return 255 - frame

    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.jit.trace(Negative(), torch.zeros(1, 8, 8, 3, dtype=torch.uint8))
        torch.jit.save(program, buffer, _extra_files={CARD_KEY: card.to_json()})
    with zipfile.ZipFile(buffer) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
