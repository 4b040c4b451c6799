"""HTTP streams: one connection, verified; what a server sends counts, not what it calls it."""

import gzip
import hashlib
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from media import Picture, jpeg, make_clip, moving_bar, noise
from opened import Opened
from servers import FileServer, HttpServer, Script, Server, mjpeg

from livestyle.errors import SourceError
from livestyle.sources import SourceOptions, open_source
from livestyle.sources.http_client import tls_context, without_password
from livestyle.sources.stream import NetworkStream

SIZE = (64, 48)


def bar(index: int) -> Picture:
    return moving_bar(index, SIZE)


def sent(path: Path) -> Script:
    """A script that sends a file as a live server does, without its length."""

    def script(server: Server) -> Iterator[bytes]:
        yield path.read_bytes()

    return script


@pytest.mark.parametrize(
    "content_type",
    ["binary/octet-stream", "", "audio/mpegurl", "image/jpeg", "text/html", "multipart/mixed"],
)
def test_jpegs_are_a_stream_whatever_the_server_calls_them(
    content_type: str, opened: Opened
) -> None:
    server = opened.server(HttpServer(mjpeg(bar), content_type=content_type))
    source = opened.source(NetworkStream(server.url))
    assert source.size == SIZE
    assert source.read() is not None
    assert server.requests == 1


@pytest.mark.parametrize("suffix", [".ts", ".mkv"])
def test_a_container_is_opened_once_and_its_first_frame_is_there(
    suffix: str, opened: Opened, tmp_path: Path
) -> None:
    path = tmp_path / f"clip{suffix}"
    make_clip(path, frames=10)
    server = opened.server(HttpServer(sent(path), content_type="application/octet-stream"))
    source = opened.source(NetworkStream(server.url))
    assert source.size == SIZE
    assert server.requests == 1


def test_a_file_cut_short_ends_and_is_not_begun_again(opened: Opened, tmp_path: Path) -> None:
    path = tmp_path / "clip.ts"
    make_clip(path, frames=30)
    whole = path.read_bytes()

    def script(server: Server) -> Iterator[bytes]:
        yield whole[: len(whole) // 2]

    length = {"Content-Length": str(len(whole))}
    server = opened.server(HttpServer(script, content_type="video/mp2t", headers=length))
    source = opened.source(open_source(server.url, SourceOptions()))
    while source.read() is not None:
        pass
    assert server.requests == 1


def large_clip(path: Path, **options: str) -> bytes:
    """More than any reader holds in memory before it looks for the index."""
    return make_clip(path, 20, (320, 240), picture=noise, options=options).read_bytes()


def test_a_file_whose_index_comes_last_is_read_where_parts_are_served(
    opened: Opened, tmp_path: Path
) -> None:
    data = large_clip(tmp_path / "clip.mp4")
    assert data.index(b"mdat") < data.index(b"moov")
    server = opened.server(FileServer(data, "video/mp4", serves_parts=True))
    source = opened.source(open_source(server.url, SourceOptions()))
    while source.read() is not None:
        pass
    assert source.size == (320, 240)


def test_a_file_whose_index_comes_last_is_named_where_parts_are_not_served(
    opened: Opened, tmp_path: Path
) -> None:
    data = large_clip(tmp_path / "clip.mp4")
    server = opened.server(FileServer(data, "video/mp4", serves_parts=False))
    with pytest.raises(SourceError, match=r"index comes last.*faststart"):
        NetworkStream(server.url)
    data = large_clip(tmp_path / "fast.mp4", movflags="faststart")
    server = opened.server(FileServer(data, "video/mp4", serves_parts=False))
    assert opened.source(NetworkStream(server.url)).size == (320, 240)
    assert server.requests == 1


def test_a_single_picture_is_no_stream(opened: Opened) -> None:
    server = opened.server(FileServer(jpeg(bar(0)), "image/jpeg", serves_parts=True))
    with pytest.raises(SourceError, match="a single picture, not a stream"):
        NetworkStream(server.url)


def test_what_is_packed_is_unpacked(opened: Opened) -> None:
    pictures = list(mjpeg(bar, frames=3)(opened.server(HttpServer(mjpeg(bar)))))

    def script(server: Server) -> Iterator[bytes]:
        yield gzip.compress(b"".join(pictures))
        server.closing.wait()

    server = opened.server(HttpServer(script, headers={"Content-Encoding": "gzip"}))
    assert opened.source(NetworkStream(server.url)).size == SIZE


def test_an_unknown_packing_is_named(opened: Opened) -> None:
    server = opened.server(HttpServer(mjpeg(bar), headers={"Content-Encoding": "br"}))
    with pytest.raises(SourceError, match="content encoding br"):
        NetworkStream(server.url)


def test_digest_by_sha256_is_answered(opened: Opened) -> None:
    challenge = 'Digest realm="cam", nonce="n1", qop="auth", algorithm=SHA-256'
    server = opened.server(
        HttpServer(lambda server: [], status=401, headers={"WWW-Authenticate": challenge})
    )
    address = server.url.replace("//", "//ada:lovelace@")
    with pytest.raises(SourceError, match="401") as refused:
        NetworkStream(address)
    assert "lovelace" not in str(refused.value)
    fields = dict(
        part.strip().split("=", 1)
        for part in server.asked_with["Authorization"].removeprefix("Digest ").split(",")
    )

    def digest(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    parts = [
        digest("ada:cam:lovelace"),
        "n1",
        fields["nc"],
        fields["cnonce"].strip('"'),
        "auth",
        digest("GET:/"),
    ]
    assert fields["response"].strip('"') == digest(":".join(parts))


def test_a_server_that_cannot_prove_who_it_is_gets_no_request(
    opened: Opened, tmp_path: Path
) -> None:
    pem = tmp_path / "own.pem"
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    made += ["-subj", "/CN=localhost", "-addext"]
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    subprocess.run(
        ["openssl", *made, names, "-keyout", str(pem), "-out", str(tmp_path / "cert.pem")],
        check=True,
        capture_output=True,
    )
    cert = tmp_path / "cert.pem"
    pem.write_text(pem.read_text() + cert.read_text())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = opened.server(HttpServer(mjpeg(bar), tls=context))
    address = server.url.replace("http://", "https://ada:secret@")
    with pytest.raises(SourceError, match=r"not trusted.*--ca-file") as refused:
        NetworkStream(address)
    assert "secret" not in str(refused.value)
    assert not server.asked_with
    assert opened.source(NetworkStream(address, ca_file=cert)).size == SIZE
    assert opened.source(NetworkStream(address, tls_verify=False)).size == SIZE


def test_certificates_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.pem cannot be read"):
        tls_context(True, tmp_path / "none.pem")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://ada:pa@ss@host/a", "http://host/a"),
        ("http://host/v?user=ada&password=x&size=1", "http://host/v?user=ada&password=***&size=1"),
    ],
)
def test_passwords_are_never_shown(url: str, shown: str) -> None:
    assert without_password(url) == shown
