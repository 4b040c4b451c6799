"""What was compiled is kept; nothing that befalls the folder stops the show."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import models
import numpy as np
import pytest

from livestyle import openvino_core
from livestyle.engines import load_model, openvino
from livestyle.engines.compiled_cache import MOST_FILE_BYTES, CompiledCache
from livestyle.errors import EngineError

FRAME = np.random.default_rng(3).integers(0, 256, (48, 64, 3), np.uint8)


@pytest.fixture
def cache(tmp_path: Path) -> CompiledCache:
    return CompiledCache(tmp_path / "compiled")


@pytest.fixture
def blur() -> bytes:
    return bytes(models.blur_model().SerializeToString())


def painted(model: bytes, cache: CompiledCache | None) -> np.ndarray[Any, Any]:
    with load_model(model, "openvino", "cpu", "fp32", 1, cache) as stylizer:
        return stylizer(FRAME)


def files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "compiled").iterdir())


class Core:
    """OpenVINO's, counting what is compiled and what is read from the cache."""

    def __init__(self, core: Any) -> None:
        self.core, self.compiled, self.imported = core, 0, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.core, name)

    def compile_model(self, *arguments: Any) -> Any:
        self.compiled += 1
        return self.core.compile_model(*arguments)

    def import_model(self, *arguments: Any) -> Any:
        self.imported += 1
        return self.core.import_model(*arguments)


@pytest.fixture
def core(monkeypatch: pytest.MonkeyPatch) -> Core:
    core = Core(openvino_core.shared_core())
    monkeypatch.setattr(openvino, "shared_core", lambda: core)
    return core


def test_what_is_kept_is_read(cache: CompiledCache) -> None:
    assert cache.read("a-1x1") is None and not cache.knows("a")
    cache.write("a-1x1", b"compiled")
    cache.write("a-1x1", b"compiled anew")
    assert cache.read("a-1x1") == b"compiled anew"
    assert cache.knows("a") and not cache.knows("b")


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 32, b"x" * 5000])
def test_what_is_damaged_is_not_there(cache: CompiledCache, tmp_path: Path, damage: bytes) -> None:
    cache.write("a-1x1", b"compiled" * 500)
    files(tmp_path)[0].write_bytes(damage)
    assert cache.read("a-1x1") is None
    cache.write("a-1x1", b"again")
    assert cache.read("a-1x1") == b"again"


def test_what_was_used_longest_ago_goes(tmp_path: Path) -> None:
    cache = CompiledCache(tmp_path / "compiled", most_bytes=400)
    for number, name in enumerate(("a-1x1", "b-1x1", "c-1x1")):
        cache.write(name, bytes(100))
        os.utime(tmp_path / "compiled" / f"{name}.blob", (number, number))
    assert cache.read("a-1x1") is not None
    cache.write("d-1x1", bytes(100))
    there = {name for name in ("a-1x1", "b-1x1", "c-1x1", "d-1x1") if cache.read(name)}
    assert there == {"a-1x1", "c-1x1", "d-1x1"}


def test_what_is_very_large_is_not_kept(cache: CompiledCache) -> None:
    cache.write("a-1x1", bytes(MOST_FILE_BYTES + 1))
    assert cache.read("a-1x1") is None


def test_a_folder_that_cannot_be_there_stops_nobody(tmp_path: Path, blur: bytes) -> None:
    (tmp_path / "file").write_text("no folder")
    cache = CompiledCache(tmp_path / "file" / "compiled")
    assert (painted(blur, cache) == painted(blur, None)).all()


def test_what_lies_in_a_read_only_folder_is_read(
    cache: CompiledCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.write("a-1x1", b"compiled")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    for name in ("utime", "replace", "unlink"):
        monkeypatch.setattr(os, name, refuse)
    monkeypatch.setattr("tempfile.NamedTemporaryFile", refuse)
    cache.write("b-1x1", b"not kept")
    assert cache.read("a-1x1") == b"compiled"
    assert cache.read("b-1x1") is None


def test_a_full_disk_leaves_no_stub(
    cache: CompiledCache, tmp_path: Path, blur: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert (painted(blur, cache) == painted(blur, None)).all()
    assert files(tmp_path) == []


def test_two_that_write_and_one_that_reads_never_meet_half_a_file(cache: CompiledCache) -> None:
    blobs = [bytes([number]) * 100_000 for number in range(4)]
    with ThreadPoolExecutor(3) as threads:
        for blob in blobs:
            threads.submit(cache.write, "a-1x1", blob)
        found = [threads.submit(cache.read, "a-1x1") for _ in range(50)]
    assert all(future.result() in (None, *blobs) for future in found)
    assert cache.read("a-1x1") in blobs


def test_what_was_compiled_is_not_compiled_again(
    cache: CompiledCache, core: Core, blur: bytes
) -> None:
    first = painted(blur, cache)
    assert (core.compiled, core.imported) == (1, 0)
    assert (painted(blur, cache) == first).all()
    assert (core.compiled, core.imported) == (1, 1)
    painted(models.invert_model().SerializeToString(), cache)
    assert core.compiled == 2, "another model is"


def test_another_version_of_openvino_compiles_anew(
    cache: CompiledCache, core: Core, blur: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted(blur, cache)
    monkeypatch.setattr(openvino_core.import_openvino(), "__version__", "2199.1.0")
    painted(blur, cache)
    assert core.compiled == 2


@pytest.mark.parametrize("blob", [b"", b"no compiled model", bytes(4000)])
def test_what_openvino_does_not_take_is_compiled(
    cache: CompiledCache, core: Core, tmp_path: Path, blur: bytes, blob: bytes
) -> None:
    first = painted(blur, cache)
    cache.write(files(tmp_path)[0].stem, blob)
    assert (painted(blur, cache) == first).all()
    assert core.compiled == 2
    assert (painted(blur, cache) == first).all()
    assert core.compiled == 2, "and kept, in place of that"


def test_without_a_cache_nothing_is_kept(core: Core, blur: bytes) -> None:
    painted(blur, None)
    painted(blur, None)
    assert (core.compiled, core.imported) == (2, 0)


def test_a_style_that_is_prepared_is_compiled_before_it_paints(core: Core, blur: bytes) -> None:
    with load_model(blur, "openvino", "cpu", "fp32", 1) as stylizer:
        stylizer.prepare((64, 48))  # type: ignore[attr-defined]
        assert core.compiled == 1
        stylizer(FRAME)
        stylizer.prepare((64, 48))  # type: ignore[attr-defined]
        assert core.compiled == 1
    with pytest.raises(EngineError, match="was closed"):
        stylizer.prepare((32, 32))  # type: ignore[attr-defined]


def test_a_model_that_cannot_be_exported_paints_all_the_same(
    cache: CompiledCache, core: Core, tmp_path: Path, blur: bytes
) -> None:
    class Closed:
        def __init__(self, compiled: Any) -> None:
            self.compiled = compiled

        def __getattr__(self, name: str) -> Any:
            return getattr(self.compiled, name)

        def export_model(self, *_: object) -> None:
            raise RuntimeError("EXPORT_IMPORT is not supported")

    compile_model = core.compile_model
    core.compile_model = lambda *args: Closed(compile_model(*args))  # type: ignore[method-assign]
    assert (painted(blur, cache) == painted(blur, None)).all()
    assert not (tmp_path / "compiled").exists()
