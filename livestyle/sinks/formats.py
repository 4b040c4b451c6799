"""What a recording is made of: containers by suffix, encoders by name."""

import os
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from livestyle.errors import SinkError
from livestyle.sinks.hardware_encoders import is_hardware, running_encoders, why_not

CLOCK = Fraction(1, 90_000)
"""Seconds per tick when nobody asks for others."""


@dataclass(frozen=True, slots=True)
class RecordOptions:
    """How a recording is encoded.

    Attributes:
        codec: "auto" (H.264; VP9 in .webm, MPEG-4 in .avi), "h264", "hevc", "av1", "vp9", "vp8",
            "mpeg4", or the name of another video encoder in PyAV, such as "h264_nvenc", which then
            runs with its own defaults. One of hardware is tried first.
        crf: quality, 0 (best) to 51, on the scale of H.264.
        preset: of x264 and x265, from "ultrafast" to "veryslow". The default leaves
            painting its time: 60% of what "veryfast" takes for a painted picture, a tenth larger.
        audio: whether the sound of `audio_from` is kept.
        audio_track: the one that is kept, counted from 1; None: all.
        subtitles: whether its subtitles are kept.
        pix_fmt: FFmpeg's name of how pixels are stored, such as "yuv420p10le"; "auto": what every
            player shows.
        bit_rate: bits per second of the picture, instead of `crf`.
    """

    codec: str = "auto"
    crf: int = 20
    preset: str = "superfast"
    audio: bool = True
    audio_track: int | None = None
    subtitles: bool = True
    pix_fmt: str = "auto"
    bit_rate: int | None = None


@dataclass(frozen=True, slots=True)
class Container:
    """What a file suffix stands for.

    Attributes:
        name: FFmpeg's, of the format.
        codec: what "auto" stands for.
        sound_copied: codecs whose sound is taken as it is.
        sound_encoder: FFmpeg's encoder for all other sound.
        subtitles_copied: codecs whose subtitles are taken as they are.
        subtitles_encoder: FFmpeg's encoder for other subtitles of text; "": it takes none.
        pix_fmt: how pixels are stored if nobody asks for another way.
        is_picture: an animated picture, which has no sound.
    """

    name: str
    codec: str
    sound_copied: frozenset[str] = frozenset()
    sound_encoder: str = ""
    subtitles_copied: frozenset[str] = frozenset()
    subtitles_encoder: str = ""
    pix_fmt: str = "yuv420p"
    is_picture: bool = False

    @property
    def has_edit_list(self) -> bool:
        """Whether it can hold sound from before zero, which players decode and do not play."""
        return self.name in ("mp4", "mov")

    @property
    def has_titles(self) -> bool:
        """Whether it says what it is called, and by whom it is."""
        return not self.is_picture and self.name != "mpegts"

    @property
    def has_chapters(self) -> bool:
        """Whether it can hold chapters."""
        return self.name in ("mp4", "mov", "matroska", "webm")

    @property
    def has_times(self) -> bool:
        """Whether it stores when a picture is shown, not only how many are shown in a second."""
        return self.name != "avi"

    @property
    def has_lengths(self) -> bool:
        """Whether it stores how long a picture is shown, where none comes after it."""
        return self.name not in ("apng", "avi", "mpegts", "webp")


TS_BEGINS_S = 1.4
"""Where the clock of a transport stream begins, as FFmpeg has it: decoding begins before zero."""

_FFMPEG_8_1 = (62, 12, 0)
"""Its libavformat."""

_CONTAINERS = {
    ".mp4": Container(
        name="mp4",
        codec="h264",
        sound_copied=frozenset({"aac", "ac3", "alac", "eac3", "flac", "mp3", "opus"}),
        sound_encoder="aac",
        subtitles_copied=frozenset({"mov_text"}),
        subtitles_encoder="mov_text",
    ),
    ".mov": Container(
        name="mov",
        codec="h264",
        sound_copied=frozenset({"aac", "ac3", "alac", "mp3", "pcm_s16le"}),
        sound_encoder="aac",
        subtitles_copied=frozenset({"mov_text"}),
        subtitles_encoder="mov_text",
    ),
    ".mkv": Container(
        name="matroska",
        codec="h264",
        sound_copied=frozenset({"aac", "ac3", "eac3", "flac", "mp3", "opus", "vorbis"}),
        sound_encoder="aac",
        subtitles_encoder="subrip",
        subtitles_copied=frozenset(
            {"ass", "dvb_subtitle", "dvd_subtitle", "hdmv_pgs_subtitle", "subrip", "webvtt"}
        ),
    ),
    ".webm": Container(
        name="webm",
        codec="vp9",
        sound_copied=frozenset({"opus", "vorbis"}),
        sound_encoder="libopus",
        subtitles_copied=frozenset({"webvtt"}),
        subtitles_encoder="webvtt",
    ),
    ".avi": Container(
        name="avi",
        codec="mpeg4",
        sound_copied=frozenset(),  # it has no time stamps: gaps have to be filled
        sound_encoder="pcm_s16le",
    ),
    ".gif": Container(name="gif", codec="gif", pix_fmt="pal8", is_picture=True),
    ".webp": Container(name="webp", codec="libwebp_anim", is_picture=True),
    ".apng": Container(name="apng", codec="apng", pix_fmt="rgb24", is_picture=True),
}
_CONTAINERS[".ts"] = Container(
    name="mpegts",
    codec="h264",
    sound_copied=frozenset({"aac", "ac3", "eac3", "mp2", "mp3"}),
    sound_encoder="aac",
    subtitles_copied=frozenset({"dvb_subtitle"}),
)
_CONTAINERS[".m4v"] = _CONTAINERS[".mp4"]
_ENCODERS = {
    "h264": "libx264",
    "hevc": "libx265",
    "av1": "libsvtav1",
    "vp9": "libvpx-vp9",
    "vp8": "libvpx",
    "mpeg4": "mpeg4",
}
_WEBM_CODECS = ("av1", "vp8", "vp9")


def container_for(path: Path) -> Container:
    """The container that a path's suffix stands for.

    Raises:
        SinkError: none.
    """
    try:
        return _CONTAINERS[path.suffix.lower()]
    except KeyError:
        raise SinkError(
            f"Cannot record to {path}: videos end in {', '.join(_CONTAINERS)}."
        ) from None


def encoder_for(codec: str, container: Container) -> str:
    """The name of FFmpeg's encoder for a codec of `RecordOptions`.

    Raises:
        SinkError: there is none, or the container does not take what it makes.
    """
    import av

    wanted = container.codec if codec == "auto" else codec
    name = _ENCODERS.get(wanted, wanted)
    try:
        encoder = av.Codec(name, "w")
    except (av.FFmpegError, ValueError):
        encoder = None
    if encoder is None or encoder.type != "video":
        raise SinkError(
            f"There is no video encoder {codec!r} here. Try one of {', '.join(_ENCODERS)}."
        )
    if is_hardware(name) and (reason := why_not(name)):
        others = ", ".join(running_encoders())
        raise SinkError(
            f"The encoder {name} does not run here ({reason}). "
            + (f"These of hardware do: {others}." if others else "No other of hardware does.")
            + " Leave --codec out to encode on the processor."
        )
    if container.is_picture and name != container.codec:
        raise SinkError(f"A .{container.name} file takes no --codec; leave it out.")
    if container.name == "webm" and encoder.canonical_name not in _WEBM_CODECS:
        raise SinkError(f"A .webm file takes no {codec}. Use vp9, or record to .mp4 or .mkv.")
    return name


def encoder_options(encoder: str, options: RecordOptions) -> dict[str, str]:
    """Quality and speed, in each encoder's own words."""
    chosen = _quality(encoder, options)
    if options.bit_rate:
        for word in ("crf", "cq", "b", "rc", "global_quality", "qmin", "qmax"):
            chosen.pop(word, None)
        if chosen.get("flags") == "+qscale":
            del chosen["flags"]
    return chosen


def _quality(encoder: str, options: RecordOptions) -> dict[str, str]:
    quality = {"crf": str(options.crf), "preset": options.preset}
    crf_of_63 = str(min(63, options.crf + 11))  # VP8, VP9 and AV1 count to 63
    if encoder == "libx264":
        return quality
    if encoder == "libx265":
        # It prints to the terminal unless told not to. With B-frames, a recording of one or two
        # frames gets decoding times out of nowhere, which no MP4 takes.
        return {**quality, "x265-params": "log-level=error:bframes=0"}
    if encoder == "libvpx-vp9":
        # Without a lag: frames that the encoder holds back are lost when the program is killed.
        return {
            "crf": crf_of_63,
            "b": "0",
            "deadline": "realtime",
            "cpu-used": "6",
            "row-mt": "1",
            "lag-in-frames": "0",
        }
    if encoder == "libwebp_anim":
        return {"quality": str(100 - options.crf), "loop": "0"}
    if encoder == "libvpx":
        # VP8's own scale of quality hardly matters without a limit, so the quantiser is fixed.
        quantiser = {"qmin": crf_of_63, "qmax": crf_of_63, "b": "200M"}
        return {**quantiser, "deadline": "realtime", "cpu-used": "4"}
    if encoder == "libsvtav1":
        os.environ.setdefault("SVT_LOG", "1")  # it prints to the terminal unless told not to
        return {"crf": crf_of_63, "preset": "9"}
    if encoder.endswith("_nvenc"):
        return {"rc": "vbr", "cq": str(max(1, options.crf)), "b": "0"}
    if encoder.endswith("_qsv"):
        return {"global_quality": str(max(1, options.crf))}
    if encoder == "mpeg4":
        step = min(31, max(2, options.crf // 6))
        return {"flags": "+qscale", "global_quality": str(step * 118)}  # 118: FFmpeg's lambda
    return {}


def muxer_options(container: Container, *, subtitles: bool = False) -> dict[str, str]:
    """What keeps a file playable at any moment: everything at once, and MP4 in fragments."""
    import av

    if container.is_picture:
        return {"plays": "0"} if container.name == "apng" else {"loop": "0"}
    options = {"flush_packets": "1"}
    if container.name in ("matroska", "webm"):
        options["cluster_time_limit"] = "500"  # ms that wait in memory; 5 s otherwise
    if container.name == "mpegts":
        options["output_ts_offset"] = str(TS_BEGINS_S)
    if container.has_edit_list:
        # A hybrid turns into an ordinary MP4 when it is closed; FFmpeg before 8.1 breaks it if
        # the header waits. It has to (delay_moov): without an edit list everything starts late.
        is_new = av.library_versions["libavformat"] >= _FFMPEG_8_1
        kind = "hybrid_fragmented" if is_new else "frag_keyframe+default_base_moof"
        if subtitles:
            # A fragment that ends with a subtitle leaves a seam in the sound (FFmpeg 8.1): one that
            # ends with a key frame does not.
            options |= {"movflags": f"{kind}+delay_moov+frag_keyframe"}
        else:
            options |= {"movflags": f"{kind}+delay_moov", "frag_duration": "500000"}
    return options


def tick_for(container: Container, encoder: str, wanted: Fraction, fps: Fraction) -> Fraction:
    """Seconds per tick: as wanted, or the nearest that container and encoder can do."""
    if not container.has_times:
        return 1 / fps
    if container.name == "gif":
        return Fraction(1, 100)
    if container.name == "mpegts":
        return max(wanted, CLOCK)
    if container.name in ("matroska", "webm", "webp"):
        return max(wanted, Fraction(1, 1000))
    if encoder == "mpeg4" and wanted.denominator > 0xFFFF:
        return Fraction(1, 60_000)
    return wanted
