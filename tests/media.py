"""Tiny clips and pictures, made on the spot."""

import io
import shlex
import subprocess
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

_CODECS = {
    ".mp4": "libx264", ".mov": "libx264", ".ts": "libx264",
    ".mkv": "libx264", ".avi": "mjpeg",
    ".webm": "libvpx-vp9", ".gif": "gif",
}  # fmt: skip
_PIXEL_FORMATS = {"mjpeg": "yuvj420p", "gif": "rgb8"}
_QUALITY = {"libx264": {"crf": "12", "preset": "ultrafast"}, "libvpx-vp9": {"deadline": "realtime"}}
_TKHD_MATRIX_AT = 44
_MATRICES = {
    0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0),
}  # fmt: skip


def plain(size: tuple[int, int], color: tuple[int, int, int]) -> Picture:
    """One colour: RGB uint8, (H, W, 3)."""
    return np.full((size[1], size[0], 3), color, np.uint8)


def moving_bar(index: int, size: tuple[int, int]) -> Picture:
    """A white bar on blue that stands at column 2 * index: tells one frame from the next."""
    picture = plain(size, (20, 30, 160))
    left = 2 * index % size[0]
    picture[:, left : left + max(1, size[0] // 8)] = 250
    return picture


def noise(index: int, size: tuple[int, int]) -> Picture:
    """What no codec can shrink much."""
    return np.random.default_rng(index).integers(0, 256, (size[1], size[0], 3), np.uint8)


def make_clip(
    path: Path,
    frames: int = 10,
    size: tuple[int, int] = (64, 48),
    fps: int = 30,
    times_s: Sequence[float] | None = None,
    picture: Callable[[int, tuple[int, int]], Picture] = moving_bar,
    codec: str | None = None,
    audio_s: float = 0.0,
    rotation: int = 0,
    options: dict[str, str] | None = None,
) -> Path:
    """Writes a clip; container and codec follow the suffix.

    Args:
        path: .mp4, .mov, .mkv, .avi, .webm or .gif.
        frames: how many; 0 with `audio_s` makes a file of sound alone.
        size: (width, height); odd ones are stored in 4:4:4.
        fps: nominal rate.
        times_s: when each frame is shown, to the millisecond; evenly when None.
        picture: the RGB picture of an index.
        codec: PyAV's name, instead of the suffix's own.
        audio_s: seconds of a 440 Hz tone beside the picture.
        rotation: clockwise degrees that a player must turn the stored picture by (.mp4, .mov).
        options: of the container, such as {"movflags": "faststart"}.
    """
    codec = codec or _CODECS[path.suffix]
    if times_s is not None:
        frames = len(times_s)
    with av.open(str(path), "w", options=options or {}) as container:
        if frames:
            stream = container.add_stream(codec, rate=fps, options=_QUALITY.get(codec, {}))
            assert isinstance(stream, av.VideoStream)
            video = stream
            video.width, video.height = size
            odd = size[0] % 2 or size[1] % 2
            video.pix_fmt = _PIXEL_FORMATS.get(codec, "yuv444p" if odd else "yuv420p")
            if times_s is not None:
                video.codec_context.time_base = Fraction(1, 1000)
        if audio_s:
            audio = container.add_stream("libopus" if path.suffix == ".webm" else "aac", 48000)
            audio.layout = "mono"
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(picture(index, size), format="rgb24")
            if times_s is not None:
                frame.time_base = Fraction(1, 1000)
                frame.pts = round(times_s[index] * 1000)
            container.mux(video.encode(frame))
        if frames:
            container.mux(video.encode())
        if audio_s:
            tone = np.sin(2 * np.pi * 440 / 48000 * np.arange(int(48000 * audio_s))) / 4
            sound = av.AudioFrame.from_ndarray(tone[None].astype(np.float32), "fltp", "mono")
            sound.sample_rate, sound.pts = 48000, 0
            container.mux(audio.encode(sound))
            container.mux(audio.encode())
    if rotation:
        _turn(path, rotation)
    return path


def cut_short(path: Path, part: float) -> Path:
    """Keeps only the first `part` (0 to 1) of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    return path


def jpeg(picture: Picture, quality: int = 90) -> bytes:
    """An RGB picture as JPEG."""
    done, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return data.tobytes()


def _turn(path: Path, rotation: int) -> None:
    """Writes the display matrix into the first track header of an MP4 or QuickTime file."""
    data = io.BytesIO(path.read_bytes())
    at = data.getvalue().index(b"tkhd") + _TKHD_MATRIX_AT
    a, b, c, d = (n << 16 for n in _MATRICES[rotation])
    data.seek(at)
    for number in (a, b, 0, c, d, 0, 0, 0, 1 << 30):
        data.write(number.to_bytes(4, "big", signed=True))
    path.write_bytes(data.getvalue())


def ffmpeg(command: str, folder: Path) -> None:
    """Runs ffmpeg, another program, in a folder; SOURCE and TONE are two seconds long."""
    command = command.replace("SOURCE", "-f lavfi -i testsrc2=s=64x48:r=25:d=2")
    command = command.replace("TONE", "-f lavfi -i sine=r=48000:d=2")
    words = ["ffmpeg", "-v", "error", "-y", *shlex.split(command)]
    subprocess.run(words, cwd=folder, check=True, stdin=subprocess.DEVNULL)
