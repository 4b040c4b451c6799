"""Network streams: those that stall, break, close and come back, and what is no stream."""

import base64
import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from media import Picture, jpeg, make_clip, moving_bar, plain
from opened import Opened, read_one
from servers import HttpServer, RtspServer, Server, mjpeg, part

from livestyle.errors import SourceError
from livestyle.protocols import FrameSource
from livestyle.sources import SourceOptions, open_source
from livestyle.sources.stream import NetworkStream

SIZE = (64, 48)
PICTURE = jpeg(moving_bar(0, SIZE))


def bar(index: int) -> Picture:
    return moving_bar(index, SIZE)


def read_until_lost(source: FrameSource, at_most: int = 10_000) -> str:
    with pytest.raises(SourceError) as caught:
        for _ in range(at_most):
            source.read()
    return str(caught.value)


def test_a_stream_that_stalls_is_lost(opened: Opened) -> None:
    def script(server: Server) -> Iterator[bytes]:
        yield part(PICTURE) * 2
        server.closing.wait()

    source = opened.source(
        NetworkStream(opened.server(HttpServer(script)).url, stall_timeout_s=0.3)
    )
    assert "no new picture for 0.3 s" in read_until_lost(source)


def test_a_stream_that_trickles_without_a_picture_is_lost(opened: Opened) -> None:
    def script(server: Server) -> Iterator[bytes]:
        yield part(PICTURE) * 2
        while not server.closing.wait(0.02):
            yield b"x"

    source = opened.source(
        NetworkStream(opened.server(HttpServer(script)).url, stall_timeout_s=0.3)
    )
    assert "no new picture" in read_until_lost(source)


def test_a_stream_that_closes_is_lost(opened: Opened) -> None:
    server = opened.server(HttpServer(mjpeg(bar, frames=5)))
    assert "closed by the server" in read_until_lost(opened.source(NetworkStream(server.url)))


@pytest.mark.parametrize("boundary_says_length", [True, False])
def test_half_a_picture_is_left_out(
    boundary_says_length: bool, opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    whole, half = PICTURE, PICTURE[: len(PICTURE) // 2]
    wrap = part if boundary_says_length else (lambda data: b"--frame\r\n\r\n" + data)

    def script(server: Server) -> Iterator[bytes]:
        for index in itertools.count():
            yield wrap(half if index % 3 == 1 else whole)
            if server.closing.wait(0.01):
                return

    source = opened.source(NetworkStream(opened.server(HttpServer(script)).url))
    for _ in range(10):
        pixels = read_one(source).pixels
        assert pixels.shape == (48, 64, 3)
        assert pixels[-1, 40, 2] > 120  # the lower half is there
    assert "broken pictures left out" in caplog.text


def test_only_broken_pictures_are_an_error(opened: Opened) -> None:
    rubbish = PICTURE[:20] + b"\xff\xda\x00\x02" + bytes(50) + b"\xff\xd9"

    def script(server: Server) -> Iterator[bytes]:
        while not server.closing.wait(0.01):
            yield part(rubbish)

    server = opened.server(HttpServer(script))
    with pytest.raises(SourceError, match="only broken pictures"):
        NetworkStream(server.url, open_timeout_s=0.4)


def test_a_size_that_changes_is_passed_on(opened: Opened) -> None:
    def script(server: Server) -> Iterator[bytes]:
        for index in itertools.count():
            yield part(jpeg(moving_bar(0, (64, 48) if index < 30 else (80, 60))))
            if server.closing.wait(0.01):
                return

    source = opened.source(NetworkStream(opened.server(HttpServer(script)).url))
    sizes = {read_one(source).size for _ in range(40)}
    assert sizes == {(64, 48), (80, 60)}


@pytest.mark.parametrize("size", [(1, 1), (33, 21), (200, 100)])
def test_pictures_are_scaled_to_the_size_asked_for(size: tuple[int, int], opened: Opened) -> None:
    server = opened.server(HttpServer(mjpeg(bar)))
    source = opened.source(open_source(server.url, SourceOptions(size=size)))
    assert source.size == size
    assert read_one(source).size == size


def test_the_newest_picture_is_given(opened: Opened) -> None:
    def numbered(server: Server) -> Iterator[bytes]:
        for level in range(0, 250, 5):
            yield part(jpeg(plain(SIZE, (level, level, level))))
            if server.closing.wait(0.02):
                return
        server.closing.wait()

    source = opened.source(NetworkStream(opened.server(HttpServer(numbered)).url))
    source.read()
    time.sleep(0.5)
    assert read_one(source).pixels.mean() > 60


def test_a_stream_that_comes_back_goes_on(opened: Opened) -> None:
    first = HttpServer(mjpeg(bar))
    source = opened.source(open_source(first.url))
    frames = [read_one(source) for _ in range(5)]
    first.close()
    opened.server(HttpServer(mjpeg(bar), port=first.port))
    frames += [read_one(source) for _ in range(20)]
    assert source.reconnects == 1
    assert source.status == ""
    assert [frame.index for frame in frames] == list(range(25))
    assert all(a.pts_s < b.pts_s for a, b in itertools.pairwise(frames))


def test_without_reconnect_a_lost_stream_ends_the_source(opened: Opened) -> None:
    server = opened.server(HttpServer(mjpeg(bar, frames=3)))
    source = opened.source(open_source(server.url, SourceOptions(reconnect=False)))
    assert "closed" in read_until_lost(source)


def nothing(server: Server) -> Iterator[bytes]:
    server.closing.wait()
    yield b""


def test_what_is_no_stream_is_refused_in_words(opened: Opened) -> None:
    page = opened.server(HttpServer(lambda _: [b"<html>"], "text/html"))
    gone = opened.server(HttpServer(lambda _: [b""], status=404))
    rubbish = opened.server(HttpServer(lambda _: [b"rubbish" * 99], "video/mp4"))
    silent = opened.server(HttpServer(nothing))
    closed = HttpServer(lambda _: [])
    closed.close()
    expected = {
        page.url: "sends text/html, which is not a video stream",
        gone.url: "answers 404",
        rubbish.url: "cannot be read",
        silent.url: "no new picture for 0.5 s",
        closed.url: "cannot be reached: .*refused",
        f"rtsp://127.0.0.1:{closed.port}/": "cannot be read over TCP: .*refused",
    }
    for url, words in expected.items():
        with pytest.raises(SourceError, match=words):
            open_source(url, SourceOptions(open_timeout_s=0.5))


def test_a_redirect_to_another_scheme_is_not_followed(opened: Opened, tmp_path: Path) -> None:
    secret = tmp_path / "secret.mp4"
    make_clip(secret)
    server = opened.server(
        HttpServer(lambda _: [b""], status=302, headers={"Location": f"file://{secret}"})
    )
    with pytest.raises(SourceError, match="answers 302"):
        open_source(server.url)


def test_user_and_password_are_sent_when_asked_for_and_never_shown(opened: Opened) -> None:
    asks = {"WWW-Authenticate": 'Basic realm="camera"'}
    locked = opened.server(HttpServer(mjpeg(bar), status=401, headers=asks))
    address = locked.url.replace("http://", "http://me:se%20cret@")
    with pytest.raises(SourceError, match="answers 401") as caught:
        open_source(address)
    assert "cret" not in str(caught.value)
    sent = base64.b64decode(locked.asked_with["Authorization"].split()[1])
    assert sent == b"me:se cret"


def test_a_finished_video_over_http_plays_at_its_pace_and_ends(
    opened: Opened, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", frames=16, fps=40, options={"movflags": "faststart"})
    data = clip.read_bytes()
    length = {"Content-Length": str(len(data))}
    server = opened.server(HttpServer(lambda _: [data], "video/mp4", headers=length))
    source = opened.source(NetworkStream(server.url))
    frames = list(iter(source.read, None))
    assert len(frames) > 5
    assert frames[-1].captured_s - frames[0].captured_s > 0.2


def test_rtsp_stalls_and_comes_back(opened: Opened) -> None:
    first = RtspServer(bar)
    source = opened.source(open_source(first.url, SourceOptions(stall_timeout_s=1.0)))
    source.read()
    first.close()
    opened.server(RtspServer(bar, port=first.port))
    indexes = [read_one(source).index for _ in range(10 + 50)]
    assert indexes == list(range(1, 61))
    assert source.reconnects == 1


@pytest.mark.parametrize("busy", [0, 1])
def test_what_is_served_by_udp_alone_is_read_by_udp(busy: int, opened: Opened) -> None:
    server = opened.server(RtspServer(bar, udp_only=True, busy=busy))
    source = opened.source(NetworkStream(server.url))
    assert source.size == SIZE and source.read() is not None
    assert server.requests == 2 + busy


def test_what_both_transports_say_is_named(opened: Opened) -> None:
    server = opened.server(RtspServer(bar, udp_only=True, busy=9))
    with pytest.raises(SourceError, match=r"over TCP: Protocol not supported; over UDP: .*5XX"):
        NetworkStream(server.url)
