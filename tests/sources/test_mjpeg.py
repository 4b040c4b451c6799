"""Cutting a byte stream into JPEGs."""

import pytest
from media import jpeg, moving_bar, noise

from livestyle.errors import SourceError
from livestyle.sources import mjpeg
from livestyle.sources.http_client import without_password
from livestyle.sources.mjpeg import JpegSplitter

JPEGS = [jpeg(noise(index, (40, 30))) for index in range(4)]


def with_thumbnail(data: bytes, inner: bytes) -> bytes:
    """A JPEG that carries another whole one in an APP1 segment, as cameras write it."""
    return data[:2] + b"\xff\xe1" + (len(inner) + 2).to_bytes(2, "big") + inner + data[2:]


@pytest.mark.parametrize("chunk", [1, 7, 1000, 10**6])
@pytest.mark.parametrize(
    "between", [b"", b"\r\n--b\r\nContent-Length: 5\r\n\r\n", b"\xff\xff\xd9\xd8"]
)
def test_whole_jpegs_come_out_as_they_went_in(chunk: int, between: bytes) -> None:
    stream = between.join([b"", *JPEGS])
    splitter = JpegSplitter()
    out = [
        found
        for at in range(0, len(stream), chunk)
        for found in splitter.feed(stream[at : at + chunk])
    ]
    assert out == JPEGS
    assert splitter.broken == 0


def test_a_thumbnail_inside_does_not_end_the_picture() -> None:
    whole = with_thumbnail(JPEGS[0], jpeg(moving_bar(0, (16, 12))))
    assert list(JpegSplitter().feed(whole + JPEGS[1])) == [whole, JPEGS[1]]


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("between", [b"", b"\r\n--b\r\n\r\n"])
def test_half_a_jpeg_is_left_out_and_counted(kept: float, between: bytes) -> None:
    half = JPEGS[0][: int(len(JPEGS[0]) * kept)]
    splitter = JpegSplitter()
    out = list(splitter.feed(between.join([JPEGS[1], half, *JPEGS[2:], b""])))
    # Cut inside its header, half a picture can take the next one with it, but not a third.
    assert out[0] == JPEGS[1]
    assert out[-1] == JPEGS[3]
    assert half not in out
    assert splitter.broken >= 1


def test_noise_is_passed_over_without_being_kept() -> None:
    splitter = JpegSplitter()
    for _ in range(50):
        assert list(splitter.feed(b"no picture " * 1000)) == []
    assert len(splitter._buffer) < 10
    assert list(splitter.feed(JPEGS[0])) == [JPEGS[0]]


def test_a_jpeg_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mjpeg, "MAX_JPEG_BYTES", 10_000)
    splitter = JpegSplitter()
    with pytest.raises(SourceError, match="a picture of more than"):
        for _ in range(100):
            list(splitter.feed(JPEGS[0][:-2] if _ == 0 else bytes(1000)))


def test_a_jpeg_that_claims_to_be_gigantic_is_left_out() -> None:
    data = bytearray(JPEGS[0])
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = b"\xff\xff\xff\xff"
    splitter = JpegSplitter()
    assert list(splitter.feed(bytes(data) + JPEGS[1])) == [JPEGS[1]]
    assert splitter.broken == 1


def test_passwords_are_not_shown() -> None:
    assert without_password("http://me:secret@cam:81/v?x=1") == "http://cam:81/v?x=1"
    assert without_password("rtsp://cam/1") == "rtsp://cam/1"
