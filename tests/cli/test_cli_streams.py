"""`livestyle cam` on a network camera that goes away and comes back."""

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_runs import Ended, Running, decoded, plays
from media import Picture, plain
from servers import HttpServer, RtspServer, Server, mjpeg

RED, BLUE = (200, 30, 30), (30, 30, 200)


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    running: list[Server] = []
    yield running
    for server in running:
        server.close()


def test_a_stream_that_stops_and_starts_again(
    start: Callable[..., Running], servers: list[Server], tmp_path: Path
) -> None:
    first = HttpServer(mjpeg(red))
    servers.append(first)
    options = ("--no-display", "--record", "out.mp4", "--report", "r.json")
    cam = start("cam", "--source", first.url, *options)
    cam.wait_for(lambda: plays(tmp_path / "out.mp4.partial"), "frames of the first life")
    first.close()
    cam.wait_for(lambda: "Trying again" in cam.err, "word that the stream is lost")
    servers[0] = HttpServer(mjpeg(lambda _: plain((64, 48), BLUE)), port=first.port)
    cam.wait_for(lambda: "is back" in cam.err, "word that the stream is back")
    recorded = (tmp_path / "out.mp4.partial").stat().st_size
    cam.wait_for(
        lambda: (tmp_path / "out.mp4.partial").stat().st_size > recorded,
        "frames of the second life",
    )
    cam.send(signal.SIGINT)
    ended = cam.ended()
    assert (ended.code, ended.out) == (130, ""), ended.err
    assert "Traceback" not in ended.err
    report = json.loads(Path("r.json").read_text())
    assert report["reconnects"] >= 1
    pictures = decoded(Path("out.mp4")).pictures
    # The style is the negative: what was red is painted without it.
    assert pictures[0][..., 0].mean() < 100 < pictures[0][..., 2].mean()
    assert pictures[-1][..., 2].mean() < 100 < pictures[-1][..., 0].mean()


def red(_: int) -> Picture:
    return plain((64, 48), RED)


@pytest.mark.parametrize(
    "serve",
    [lambda: HttpServer(mjpeg(red, frames=20)), lambda: RtspServer(red, frames=100)],
    ids=["mjpeg", "rtsp"],
)
def test_without_reconnecting_the_end_is_an_error(
    serve: Callable[[], HttpServer | RtspServer],
    livestyle: Callable[..., Ended],
    servers: list[Server],
) -> None:
    server = serve()
    servers.append(server)
    ended = livestyle(
        "cam", "--source", server.url, "--no-reconnect", "--no-display", "--record", "out.mp4",
        "--report", "r.json",
    )  # fmt: skip
    assert (ended.code, ended.out) == (3, "")
    assert ended.err.splitlines()[-1].startswith("livestyle: ") and "server" in ended.err
    shown = json.loads(Path("r.json").read_text())["frames"]["shown"]
    assert len(decoded(Path("out.mp4")).pictures) == shown > 0


def test_a_stream_that_is_not_there(livestyle: Callable[..., Ended], servers: list[Server]) -> None:
    gone = HttpServer(mjpeg(red))
    gone.close()
    ended = livestyle("cam", "--source", gone.url, "--no-display")
    assert (ended.code, ended.out) == (3, "")
    assert f"127.0.0.1:{gone.port}" in ended.err and "Traceback" not in ended.err


def test_a_page_is_not_a_stream(livestyle: Callable[..., Ended], servers: list[Server]) -> None:
    page = HttpServer(lambda _: [b"<html>"], content_type="text/html")
    servers.append(page)
    ended = livestyle("cam", "--source", page.url, "--no-display")
    assert ended.code == 3 and "text/html" in ended.err
