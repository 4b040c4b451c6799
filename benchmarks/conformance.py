"""Whether video files come through whole: what is in each file before and after `livestyle video`.

    python benchmarks/conformance.py [--only WORD] [--clips FOLDER] [--keep FOLDER] [--markdown]

With `--clips` every video of a folder is put into the table, too; their sync is how long after the
first picture their sound is loud.

Makes some 70 small files with ffmpeg, one for each kind of file that has gone wrong somewhere, and
repaints each with `--strength 0`, which must give back what was there. Most show a moving picture
that turns white, with a beep, one second after it begins. What ffmpeg and ffprobe then find in
both files is compared:

- frames, and the largest difference of their time stamps and of the length of the video, in ms;
- sync: how long after the white picture the beep is heard, in ms, before and after;
- colour: mean difference at 64x48 of the first second, in levels of 255;
- colour tags, sample aspect ratio, streams with languages, chapters, title.

The verdict names what is not as it should be. Takes about three minutes on two cores.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

SOURCE = (
    "testsrc2=s={size}:r={rate}:d={length},hue=s=0.4,gblur=3,"
    "drawbox=c=white:t=fill:enable='between(t,0.99,1.19)'"
)
SOUND = "sine=1000:r={hertz}:d={length},volume=0:eval=frame:enable='not(between(t,1,1.2))'"

MOST_COLOUR = 1.5
"""Levels of 255."""

FLAGS = "flags=area+accurate_rnd+full_chroma_int"
"""Of ffmpeg's scale, which would round down otherwise."""

MOST_STAMP_MS = 1.5
"""Matroska counts whole milliseconds."""


def flash(*, size: str = "160x120", rate: str = "25", length: float = 3, hertz: int = 48000) -> str:
    """ffmpeg's inputs for a clip with beep and flash: video is 0:v, sound 1:a."""
    values = {"size": size, "rate": rate, "length": length, "hertz": hertz}
    return (
        f"-f lavfi -i {shlex.quote(SOURCE.format(**values))} "
        f"-f lavfi -i {shlex.quote(SOUND.format(**values))}"
    )


def hdr(transfer: str) -> str:
    """A filter that stores the picture as HDR: BT.2020 with a transfer curve."""
    return (
        "-vf zscale=tin=bt709:min=bt709:pin=bt709:rin=tv:"
        f"t={transfer}:m=bt2020nc:p=bt2020:r=tv:npl=203,format=yuv420p10le "
        f"-color_trc {transfer} -colorspace bt2020nc -color_primaries bt2020 -color_range tv"
    )


@dataclass(frozen=True)
class Case:
    """One file, and how it is repainted.

    Attributes:
        name: for the table.
        make: commands that make the input, whose last word is its name; or a file.
        output: suffix.
        options: of `livestyle video`.
        reference: ffmpeg filter that shows the input's true colours where ffmpeg itself does not.
        frames, length_s: what must come out, where ffmpeg itself reads less in the input.
        most_colour: levels.
        most_stamp_ms: where the output counts no finer.
        picks: of its sound, e.g. "a:1"; "" when it has none to compare.
        refused: the run must end with a sentence and no file.
    """

    name: str
    make: tuple[str, ...] | Path
    output: str = ".mp4"
    options: str = ""
    reference: str = "null"
    frames: int | None = None
    length_s: float | None = None
    most_colour: float = MOST_COLOUR
    most_stamp_ms: float = MOST_STAMP_MS
    picks: str = "a:0"
    start_s: float = 0.0
    refused: bool = False


SDR = (
    "zscale=t=linear:npl=203,format=gbrpf32le,zscale=p=bt709,"
    "tonemap=mobius:param=0.5:desat=0:peak=4.926,zscale=t=bt709:m=bt709:r=tv"
)
"""A filter that shows HDR on an ordinary screen."""

X264 = "-c:v libx264 -preset ultrafast -crf 8 -pix_fmt yuv420p"
FF = "ffmpeg -v error -y"


def made(name: str, encoding: str, file: str, source: str = "", **more: Any) -> Case:
    """A case whose input is made from the flash clip."""
    return Case(name, (f"{FF} {source or flash()} {encoding} {file}",), **more)


def tagged(name: str, tags: str, filters: str = "", **more: Any) -> Case:
    """A case of colours: no sound."""
    return made(name, f"-map 0:v {filters} {X264} {tags}", "in.mp4", **more)


# fmt: off
CASES = (
    # Sound
    made("MP3 in AVI", "-c:v mpeg4 -q:v 2 -c:a mp3", "in.avi"),
    made("MP3 in AVI", "-c:v mpeg4 -q:v 2 -c:a mp3", "in.avi", output=".mov"),
    made("MP3 in AVI", "-c:v mpeg4 -q:v 2 -c:a mp3", "in.avi", output=".webm"),
    made("MP3 in MKV", f"{X264} -c:a mp3", "in.mkv"),
    made("AAC in TS", f"{X264} -c:a aac", "in.ts"),
    made("AAC in TS", f"{X264} -c:a aac", "in.ts", output=".mov"),
    made("AAC in TS", f"{X264} -c:a aac", "in.ts", output=".mkv"),
    made("AAC in TS", f"{X264} -c:a aac", "in.ts", output=".ts"),
    made("AAC in MP4", f"{X264} -c:a aac", "in.mp4", output=".ts"),
    made("PCM 6 kHz", f"{X264} -ar 6000 -c:a pcm_s16le", "in.mkv"),
    made("PCM 22222 Hz", f"{X264} -ar 22222 -c:a pcm_s16le", "in.mkv"),
    made("PCM 96 kHz 24 bit", f"{X264} -ar 96000 -c:a pcm_s24le", "in.mkv"),
    made("Opus in WebM", "-c:v libvpx -b:v 4M -deadline realtime -c:a libopus", "in.webm"),
    made("Vorbis in OGV", "-c:v libtheora -q:v 9 -c:a libvorbis", "in.ogv"),
    made("WMA in ASF", "-c:v wmv2 -q:v 2 -c:a wmav2", "in.wmv"),
    made("AMR in 3GP", "-c:v mpeg4 -q:v 2 -ar 8000 -ac 1 -c:a aac", "in.3gp"),
    Case(
        "sound 1.5 s late in TS",
        (f"{FF} {flash(length=4)} -map 0:v -map 1:a {X264} -af atrim=1.5,asetpts=PTS "
         "-c:a aac -copyts in.ts",),
        picks="",
    ),
    Case(
        "sound 8 s late in TS",
        (f"{FF} {flash(length=9)} -map 0:v -map 1:a {X264} -af atrim=8,asetpts=PTS "
         "-c:a aac -copyts in.ts",),
        picks="",
    ),
    *(
        Case(
            "sound with a gap",
            (f"{FF} {flash(length=4)} -af aselect=\"not(between(t\\,2\\,3))\" {X264} "
             "-c:a pcm_s16le in.mkv",),
            output=output,
        )
        for output in (".mp4", ".avi")
    ),
    Case(
        "sound steps back 1 ms",
        (f"{FF} {flash()} -map 0:v {X264} v.mkv",
         f"{FF} {flash()} -map 1:a -c:a mp2 -bsf:a "
         "setts=pts=\"PTS-mod(N\\,2)*25\":dts=\"DTS-mod(N\\,2)*25\" a.mkv",
         f"{FF} -i v.mkv -i a.mkv -c copy -copyts in.mkv"),
    ),
    made("5.1 AC-3", f"-af pan=5.1|c0=c0|c1=c0 {X264} -c:a ac3", "in.mkv"),
    made("5.1 FLAC", f"-af pan=5.1|c0=c0|c1=c0 {X264} -c:a flac", "in.mkv", output=".mov"),
    made("5.1 FLAC", f"-af pan=5.1|c0=c0|c1=c0 {X264} -c:a flac", "in.mkv", output=".webm"),
    made("two sound tracks", f"-map 0:v -map 1:a -map 1:a {X264} -c:a aac "
         "-metadata:s:a:0 language=fra -metadata:s:a:1 language=deu "
         "-disposition:a:0 0 -disposition:a:1 default", "in.mkv"),
    # Time
    Case(
        "two TS joined with cat",
        (f"{FF} {flash(length=2)} {X264} -c:a aac a.ts", "cp a.ts b.ts",
         "sh -c 'cat a.ts b.ts > joined.ts'", "cp joined.ts in.ts"),
        frames=100, length_s=4.0,
    ),
    Case(
        "two VOBs joined with cat",
        (f"{FF} {flash(length=2)} -c:v mpeg2video -q:v 2 -c:a ac3 a.vob",
         "sh -c 'cat a.vob a.vob > joined.vob'", "cp joined.vob in.vob"),
        frames=100, length_s=4.0,
    ),
    made("--start 0 of MPEG PS", "-c:v mpeg2video -q:v 2 -c:a mp2", "in.mpg", options="--start 0"),
    made("--start 0.6 of TS", f"{X264} -c:a mp2", "in.ts", options="--start 0.6",
         start_s=0.6, frames=60, length_s=2.4),
    made("--start 0.6 of MP4", f"{X264} -c:a aac", "in.mp4", options="--start 0.6",
         start_s=0.6, frames=60, length_s=2.4),
    made("TS that begins below zero", f"{X264} -c:a aac -output_ts_offset -3", "in.ts"),
    made("raw H.264", f"-map 0:v {X264}", "in.h264", frames=75, length_s=3.0),
    made("raw H.265", "-map 0:v -c:v libx265 -preset ultrafast -crf 8 -pix_fmt yuv420p "
         "-x265-params log-level=error", "in.hevc", frames=75, length_s=3.0),
    made("MKV that starts at 1.47 s", f"{X264} -c:a aac -output_ts_offset 1.47", "in.mkv"),
    made("MKV that starts at -0.5 s", f"{X264} -c:a aac -output_ts_offset -0.5 "
         "-avoid_negative_ts disabled", "in.mkv"),
    made("variable rate", "-map 0:v -map 1:a "
         "-vf select='not(mod(n\\,3))+lt(n\\,30)' -fps_mode vfr "
         f"{X264} -c:a aac", "in.mkv"),
    made("variable rate to AVI", "-map 0:v -map 1:a -vf select='not(mod(n\\,3))+lt(n\\,30)' "
         f"-fps_mode vfr {X264} -c:a aac", "in.mkv", output=".avi", most_stamp_ms=21),
    Case(
        "late sound to AVI",
        (f"{FF} {flash(length=4)} -map 0:v -map 1:a {X264} -af atrim=0.8,asetpts=PTS "
         "-c:a mp3 in.mkv",),
        output=".avi",
    ),
    made("GIF, last delay 1 s", "-map 0:v -t 1 -vf fps=10 -final_delay 100", "in.gif",
         length_s=1.9, most_colour=2.5),
    *(
        made("GIF, last delay 1 s", "-map 0:v -t 1 -vf fps=10 -final_delay 100", "in.gif",
             output=output, frames=11, length_s=1.9, most_colour=2.5)  # the last is repeated
        for output in (".avi", ".ts")
    ),
    Case(
        "raw DV",
        (f"{FF} {flash(size='720x576', length=2)} -target pal-dv -aspect 4:3 in.dv",),
        length_s=2.0,
    ),
    Case(
        "hour.mkv (0 s and 3600 s)",
        (f"{FF} -f lavfi -i testsrc2=s=160x120:r=25:d=0.08 {X264} "
         "-vf hue=s=0.4,gblur=3,setpts=N*3600/TB "
         "-fps_mode passthrough in.mkv",),
    ),
    Case(
        "hour.mkv (0 s and 3600 s)",
        (f"{FF} -f lavfi -i testsrc2=s=160x120:r=25:d=0.08 {X264} "
         "-vf hue=s=0.4,gblur=3,setpts=N*3600/TB "
         "-fps_mode passthrough in.mkv",),
        output=".avi", frames=3, most_colour=3,  # AVI cannot leave so much out
    ),
    made("50 fps with B-frames", f"{X264} -preset medium -bf 3 -c:a aac", "in.mp4",
         source=flash(rate="50")),
    made("29.97 fps", f"{X264} -c:a aac", "in.mp4", source=flash(rate="30000/1001")),
    made("FLV", "-c:v flv -q:v 2 -ar 44100 -c:a mp3", "in.flv"),
    # Shape and colour
    made("SAR 64:45", f"-map 0:v -vf setsar=64/45 {X264}", "in.mp4"),
    made("SAR 64:45", f"-map 0:v -vf setsar=64/45 {X264}", "in.mp4", output=".mkv"),
    made("SAR 64:45", f"-map 0:v -vf setsar=64/45 {X264}", "in.mp4", output=".webm"),
    tagged("untagged SD", ""),
    tagged("untagged HD", "-t 1", "-vf scale=out_color_matrix=bt709,format=yuv420p",
           source=flash(size="1280x720"), reference="setparams=colorspace=bt709"),
    tagged("BT.601 tagged", "-colorspace smpte170m -color_primaries smpte170m -color_trc smpte170m",
           "-vf scale=out_color_matrix=bt601"),
    tagged("BT.709 tagged, HD", "-t 1 -colorspace bt709 -color_primaries bt709 -color_trc bt709",
           "-vf scale=out_color_matrix=bt709", source=flash(size="1280x720")),
    tagged("full range", "-color_range pc -pix_fmt yuvj420p"),
    tagged("4:4:4", "-pix_fmt yuv444p"),
    tagged("10 bit", "-pix_fmt yuv420p10le"),
    tagged("RGB (GBRP)", "-c:v libx264rgb -pix_fmt rgb24"),
    tagged("grey", "-pix_fmt gray"),
    tagged("HDR PQ", "-t 1 -pix_fmt yuv420p10le", hdr("smpte2084"), most_colour=12,
           reference=SDR),
    tagged("HDR HLG", "-t 1 -pix_fmt yuv420p10le", hdr("arib-std-b67"), most_colour=20,
           reference=SDR),
    made("MJPEG", "-map 0:v -c:v mjpeg -q:v 2", "in.avi"),
    made("VP8 with alpha", "-map 0:v -vf format=yuva420p -c:v libvpx -b:v 4M -auto-alt-ref 0 "
         "-deadline realtime", "in.webm"),
    made("ProRes", "-map 0:v -c:v prores_ks -profile:v 1", "in.mov"),
    made("FFV1", "-map 0:v -c:v ffv1", "in.mkv"),
    made("odd size 63x47", "-map 0:v -vf scale=63:47 -c:v ffv1", "in.mkv"),
    made("interlaced MPEG-2", "-map 0:v -vf tinterlace=interleave_top,fieldorder=tff "
         "-c:v mpeg2video "
         "-q:v 2 -flags +ildct+ilme", "in.mpg", source=flash(rate="50"), most_colour=4),
    # Streams and tags
    made("title in Shift-JIS", "-c:v mpeg4 -q:v 2 -c:a mp3 -metadata title=XXTITLEXX", "in.avi"),
    Case(
        "EXIF in MJPEG frames",
        (f"{FF} -f lavfi -i testsrc2=s=160x120:r=25:d=0.04 -vf hue=s=0.4,gblur=3 -q:v 2 one.jpg",
         f"{sys.executable} -c \"from PIL import Image; e=Image.Exif(); e[271]='Maker'; "
         "Image.open('one.jpg').save('exif.jpg', exif=e, quality=95)\"",
         f"{FF} -loop 1 -framerate 25 -i exif.jpg -c copy -t 1 in.avi"),
    ),
    Case(
        "titles, chapters, subtitles, cover",
        ("sh -c 'printf \";FFMETADATA1\\ntitle=A title\\nartist=Somebody\\ndate=2024\\n[CHAPTER]\\n"
         "TIMEBASE=1/1000\\nSTART=0\\nEND=1500\\ntitle=One\\n[CHAPTER]\\nTIMEBASE=1/1000\\n"
         "START=1500\\nEND=3000\\ntitle=Two\\n\" > meta.txt'",
         "sh -c 'printf \"1\\n00:00:00,500 --> 00:00:01,500\\nHello\\n\" > in.srt'",
         f"{FF} -f lavfi -i testsrc2=s=64x64 -frames:v 1 cover.png",
         f"{FF} {flash()} -i in.srt -i meta.txt -i cover.png -map 0:v -map 1:a -map 2:s -map 4:v "
         f"-map_metadata 3 -c:v:0 libx264 -preset ultrafast -crf 8 -pix_fmt yuv420p -c:v:1 copy "
         "-disposition:v:1 attached_pic -c:a aac -c:s mov_text "
         "-metadata:s:s:0 language=fra in.mp4"),
    ),
    made("subtitles in MKV", f"-i ../sub.srt -map 0:v -map 1:a -map 2:s {X264} -c:a aac -c:s srt "
         "-metadata:s:s:0 language=fra", "in.mkv"),
)
# fmt: on


@dataclass
class Facts:
    """What ffprobe and ffmpeg find in a file."""

    stamps_s: list[float] = field(default_factory=list)
    length_s: float = 0.0
    sync_ms: float | None = None
    tags: str = ""
    streams: list[str] = field(default_factory=list)
    title: str = ""
    chapters: int = 0
    colours: Any = None
    size: tuple[int, int] = (0, 0)


def ran(command: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(shlex.split(command), cwd=folder, capture_output=True, check=False)


def probe(path: Path, *what: str) -> dict[str, Any]:
    searching = ["-analyzeduration", "60M", "-probesize", "100M"]  # for sound that begins late
    command = ["ffprobe", "-v", "quiet", *searching, "-of", "json", *what, str(path)]
    done = subprocess.run(command, capture_output=True, check=False)
    return dict(json.loads(done.stdout.decode(errors="replace") or "{}"))


def facts(path: Path, reference: str, picks: str, start_s: float) -> Facts:
    """Looks into a file; times count from its start, or from `start_s` after it."""
    whole = probe(path, "-show_format", "-show_streams", "-show_chapters")
    streams, form = whole.get("streams", []), whole.get("format", {})
    found = Facts()
    several = sum(s.get("codec_type") == "audio" for s in streams) > 1
    covers = [s for s in streams if s.get("disposition", {}).get("attached_pic")]
    for stream in streams:
        kind = "cover" if stream in covers else stream.get("codec_type", "?")
        if kind == "data":
            continue
        language = stream.get("tags", {}).get("language", "")
        default = "*" if kind == "audio" and several and stream["disposition"]["default"] else ""
        layout = f" {stream.get('channels')}ch" if kind == "audio" else ""
        found.streams.append(
            f"{kind}{layout}{default}{f' {language}' if language != 'und' else ''}".strip()
        )
    video = next((s for s in streams if s["codec_type"] == "video" and s not in covers), {})
    shown = [video.get(k, "-") for k in ("color_space", "color_transfer", "color_range")]
    found.tags = "/".join(map(str, shown)) + f" {display_aspect(video):.3f}"
    found.size = video.get("width", 0), video.get("height", 0)
    found.title = form.get("tags", {}).get("title", "")
    found.chapters = len(whole.get("chapters", []))
    begin_s = float(form.get("start_time", 0) or 0) + start_s
    stamps_s, last_s = picture_times(path, video)
    found.stamps_s = [s - begin_s for s in stamps_s if s - begin_s > -1e-3]
    found.length_s = found.stamps_s[-1] + last_s if found.stamps_s else 0.0
    found.colours, white = small_frames(path, reference, start_s)
    sounds = [s for s in streams if s["codec_type"] == "audio"]
    # Real clips have no white picture: how long after the first one is their sound loud?
    white = white or 0
    if sounds and picks and white < len(found.stamps_s):
        beep_s = onset(path, picks)
        if beep_s is not None:
            found.sync_ms = (beep_s - begin_s - found.stamps_s[white]) * 1e3
    return found


def picture_times(path: Path, video: dict[str, Any]) -> tuple[list[float], float]:
    """When each picture is shown, by the file's own clock, and how long the last one is."""
    entries = "frame=best_effort_timestamp_time,pkt_duration_time"
    rows = probe(path, "-select_streams", "v:0", "-show_entries", entries).get("frames", [])
    times = [row.get("best_effort_timestamp_time") for row in rows]
    # Raw streams have no times at all, and Matroska has none below zero.
    first = next((i for i, time in enumerate(times) if time is not None), None)
    zero_s = 0.0 if first is None else float(times[first]) - first / 25
    stamps_s = [zero_s + i / 25 if time is None else float(time) for i, time in enumerate(times)]
    last_s = float(rows[-1].get("pkt_duration_time") or 0) if rows else 0.0
    if rows and path.suffix != ".wmv":
        # Not every picture says its own, but every stream does; in ASF, from the file's beginning.
        ends_s = float(video.get("start_time", 0)) + float(video.get("duration", 0))
        last_s = max(last_s, ends_s - stamps_s[-1])
    return stamps_s, last_s or 1 / 25


def display_aspect(video: dict[str, Any]) -> float:
    """Width by height as shown."""
    across, _, down = video.get("sample_aspect_ratio", "1:1").partition(":")
    shape = float(video["width"]) / float(video["height"])
    sides = video.get("side_data_list", [])
    shape *= (float(across) or 1) / (float(down) or 1)
    return 1 / shape if any(abs(s.get("rotation", 0)) == 90 for s in sides) else shape


def small_frames(path: Path, reference: str, start_s: float) -> tuple[Any, int | None]:
    """The pictures at 64x48, (N, 48, 64, 3), and the index of the white one."""
    skip = ["-ss", str(start_s)] if start_s else []
    command = [
        "ffmpeg", "-v", "error", "-i", str(path), *skip, "-map", "0:v:0", "-vf",
        f"{reference},scale={FLAGS}:w=iw:h=ih,format=gbrp,scale=64:48:flags=area,format=rgb24",
        "-fps_mode", "passthrough", "-f", "rawvideo", "-",
    ]  # fmt: skip
    raw = subprocess.run(command, capture_output=True, check=False).stdout
    pictures = np.frombuffer(raw[: len(raw) // 9216 * 9216], np.uint8).reshape(-1, 48, 64, 3)
    bright = np.flatnonzero(pictures.mean((1, 2, 3)) > 235)
    return pictures, int(bright[0]) if len(bright) else None


def onset(path: Path, picks: str) -> float | None:
    """When the beep is heard, by the file's own clock.

    Samples are counted from the time stamp of the frame that they are in. (A filter that fills gaps
    would do, but FFmpeg 5.1's takes the blocks of changing length of Vorbis for gaps.)
    """
    entries = "frame=best_effort_timestamp_time,nb_samples"
    rows = probe(path, "-select_streams", picks, "-show_entries", entries).get("frames", [])
    streams = probe(path, "-select_streams", picks, "-show_streams").get("streams", [])
    command = [
        "ffmpeg", "-v", "error", "-i", str(path), "-map", f"0:{picks}", "-af", "pan=mono|c0=c0",
        "-f", "s16le", "-",
    ]  # fmt: skip
    raw = subprocess.run(command, capture_output=True, check=False).stdout
    samples = np.abs(np.frombuffer(raw[: len(raw) // 2 * 2], np.int16).astype(float))
    if not len(samples) or samples.max() < 500:
        return None
    at = int(np.argmax(samples > samples.max() * 0.3))
    for row in rows:
        if at < row["nb_samples"]:
            return float(row["best_effort_timestamp_time"]) + at / int(streams[0]["sample_rate"])
        at -= row["nb_samples"]
    return None


def verdict(case: Case, before: Facts, after: Facts) -> list[str]:
    """What is not as it should be."""
    wrong = []
    if len(after.stamps_s) != (case.frames or len(before.stamps_s)):
        wrong.append("frames")
    elif case.frames is None and stamp_error_ms(before, after) > case.most_stamp_ms:
        wrong.append("time stamps")
    if abs(after.length_s - (case.length_s or before.length_s)) > 0.05:
        wrong.append("duration")
    if before.sync_ms is not None and (
        after.sync_ms is None or abs(after.sync_ms - before.sync_ms) > 40
    ):
        wrong.append("sync")
    if colour_error(before, after) > case.most_colour:
        wrong.append("colour")
    if abs(float(before.tags.split()[-1]) / float(after.tags.split()[-1]) - 1) > 0.02:
        wrong.append("aspect")
    if sorted(before.streams) != sorted(after.streams):
        wrong.append("streams")
    if before.title and not after.title:
        wrong.append("title")
    if before.chapters != after.chapters:
        wrong.append("chapters")
    return wrong


def stamp_error_ms(before: Facts, after: Facts) -> float:
    """How far they are apart, counted from the first picture on; sync has the rest."""
    if not before.stamps_s or not after.stamps_s:
        return 0.0
    shift_s = after.stamps_s[0] - before.stamps_s[0]
    pairs = zip(before.stamps_s, after.stamps_s, strict=False)
    return max(abs(b - a - shift_s) * 1e3 for a, b in pairs)


def colour_error(before: Facts, after: Facts) -> float:
    count = min(len(before.colours), len(after.colours), 25)
    if not count:
        return 255.0
    one, other = before.colours[:count].astype(int), after.colours[:count].astype(int)
    return float(np.abs(one - other).mean())


HEADINGS = (
    "file", "to", "frames", "stamps", "length s", "sync ms", "colour", "tags", "streams", "verdict"
)  # fmt: skip


def examined(case: Case, folder: Path) -> list[str]:
    """Makes the file, repaints it, compares; a row of the table."""
    if isinstance(case.make, Path):
        origin = case.make
    else:
        for command in case.make:
            done = ran(command, folder)
            if done.returncode:
                return [
                    case.name,
                    case.output,
                    *[""] * 7,
                    f"not made: {done.stderr.decode()[-200:]}",
                ]
        origin = folder / shlex.split(case.make[-1])[-1]
        if "Shift-JIS" in case.name:
            data = origin.read_bytes().replace(b"XXTITLEXX", b"\x83\x65\x83\x58\x83\x67ABC")
            origin.write_bytes(data)
    target = folder / f"out{case.output}"
    command = (
        f"{sys.executable} -m livestyle video {shlex.quote(str(origin))} {target.name} "
        f"--strength 0 --crf 6 --overwrite {case.options}"
    )
    done = ran(command, folder)
    said = done.stderr.decode(errors="replace").replace("\r", "\n").strip().splitlines()
    if done.returncode:
        return [
            case.name,
            case.output,
            *[""] * 7,
            f"exit {done.returncode}: {said[-1] if said else ''}",
        ]
    before = facts(origin, case.reference, case.picks, case.start_s)
    width, height = before.size
    padded = "null"
    if width % 2 or height % 2:  # Encoders pad odd sizes; cutting subsampled colours moves them.
        padded = f"scale={FLAGS}:w=iw:h=ih,format=gbrp,crop={width}:{height}:0:0:exact=1"
    after = facts(target, padded, case.picks, 0.0)
    notes = [line for line in said if line.startswith("livestyle:")]
    wrong = verdict(case, before, after)
    return [
        case.name,
        case.output,
        f"{case.frames or len(before.stamps_s)} {len(after.stamps_s)}",
        f"{stamp_error_ms(before, after):.1f}",
        f"{case.length_s or before.length_s:.2f} {after.length_s:.2f}",
        " ".join("-" if f.sync_ms is None else f"{f.sync_ms:.0f}" for f in (before, after)),
        f"{colour_error(before, after):.2f}",
        f"{before.tags} > {after.tags}",
        f"{', '.join(before.streams)} > {', '.join(after.streams)}",
        (", ".join(wrong) or "ok") + "".join(f" [{note[11:]}]" for note in notes),
    ]


def printed(row: list[str], markdown: bool) -> None:
    if markdown:
        print("| " + " | ".join(row) + " |", flush=True)
        return
    widths = (32, 5, 9, 8, 13, 9, 7, 62, 0, 0)
    cells = zip(row, widths, strict=True)
    print(
        " ".join(f"{cell:{width}}" if width else cell + " ;" for cell, width in cells), flush=True
    )


def main() -> None:
    """Runs the cases and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--clips", type=Path, help="a folder of further videos")
    parser.add_argument("--keep", type=Path, help="keep what is made in this folder")
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    clips = sorted(options.clips.iterdir()) if options.clips else []
    cases = [*CASES, *(Case(p.name, p) for p in clips if p.suffix not in (".csv", ".txt"))]
    cases = [case for case in cases if options.only in case.name]
    os.environ["PYTHONWARNINGS"] = "ignore"
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ["PYTHONPATH"] = str(Path(__file__).parents[1].resolve())
    printed(list(HEADINGS), options.markdown)
    if options.markdown:
        printed(["---"] * len(HEADINGS), True)
    good = 0
    with tempfile.TemporaryDirectory() as temporary:
        for number, case in enumerate(cases):
            folder = options.keep.resolve() / f"{number:02d}" if options.keep else Path(temporary)
            folder.mkdir(parents=True, exist_ok=True)
            (folder.parent / "sub.srt").write_text("1\n00:00:00,500 --> 00:00:01,500\nHello\n")
            for old in folder.glob("out.*"):
                old.unlink()
            row = examined(case, folder)
            good += row[-1].startswith("ok")
            printed(row, options.markdown)
    print(f"\n{good} of {len(cases)} come through as they should.")


if __name__ == "__main__":
    main()
