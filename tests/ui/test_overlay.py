import math

import numpy as np
import pytest
from live_fakes import SetClock

from livestyle.frame import Pixels
from livestyle.ui.controls import HELP
from livestyle.ui.overlay import LEAST_TABLE_PX, Overlay, Words
from livestyle.ui.sprites import blend, ends_within, text_size, text_sprite, wrapped

FIGURES = (("fps", "29.8"), ("engine", "openvino CPU int8"))
EVERYTHING = Words("mosaic", "camera 0 is lost; trying again", FIGURES, HELP, 61.0)


def picture(kind: str, size: tuple[int, int] = (640, 480)) -> Pixels:
    width, height = size
    if kind == "busy":
        return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    return np.full((height, width, 3), {"white": 255, "black": 0}[kind], np.uint8)


@pytest.mark.parametrize("size", [(1, 1), (17, 5), (320, 240), (640, 480), (480, 640)])
def test_the_input_is_never_written_to(size: tuple[int, int]) -> None:
    pixels = picture("busy", size)
    before = pixels.copy()
    pixels.flags.writeable = False
    overlay = Overlay()
    overlay.say("saved")
    drawn = overlay.draw(pixels, EVERYTHING)
    assert (pixels == before).all()
    assert drawn.shape == pixels.shape
    assert drawn.dtype == np.uint8


def test_nothing_to_say_costs_nothing() -> None:
    pixels = picture("busy")
    assert Overlay().draw(pixels, Words()) is pixels


@pytest.mark.parametrize("kind", ["white", "black", "busy"])
@pytest.mark.parametrize("size", [(320, 240), (640, 480), (1920, 1080)])
def test_words_stand_out_on_any_picture(kind: str, size: tuple[int, int]) -> None:
    drawn = Overlay().draw(picture(kind, size), Words(help=HELP))
    height, width = drawn.shape[:2]
    middle = drawn[height // 4 : -height // 4, width // 2 : width // 2 + width // 10].max(axis=2)
    assert middle.max() > 215, "letters are bright"
    assert np.percentile(middle, 25) < 110, "what is behind them is dark"


def test_the_help_fits_into_small_frames() -> None:
    drawn = Overlay().draw(picture("white", (320, 240)), Words(help=HELP))
    assert (drawn[0] == 255).all()
    assert (drawn[-1] == 255).all()


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (Words(figures=FIGURES), np.s_[:240, :320]),
        (Words(recording_s=5.0), np.s_[:240, 320:]),
        (Words(style="mosaic"), np.s_[240:, :320]),
        (Words(status="camera 0 is lost"), np.s_[240:, 160:480]),
    ],
)
def test_each_has_its_place(words: Words, where: tuple[slice, slice]) -> None:
    changed = (Overlay().draw(picture("white"), words) != 255).any(axis=2)
    assert changed[where].sum() == changed.sum() > 400


def test_style_and_notice_fade() -> None:
    clock = SetClock()
    overlay, white = Overlay(clock), picture("white")
    words = Words(style="mosaic")

    def darkness() -> int:
        return int((255 - overlay.draw(white, words)).astype(np.int64).sum())

    first = darkness()
    clock.now_s += 1.0
    assert darkness() == first
    clock.now_s += 0.8
    assert 0 < darkness() < first
    clock.now_s += 0.3
    assert darkness() == 0
    overlay.say("saved")
    assert darkness() > 0
    clock.now_s += 2.1
    assert darkness() == 0
    words = Words(style="wave")
    assert darkness() > 0, "a new style is named again"


def test_the_timer_counts() -> None:
    at_5, at_65 = (Overlay().draw(picture("black"), Words(recording_s=s)) for s in (5.2, 65.0))
    assert (at_5 == Overlay().draw(picture("black"), Words(recording_s=5.9))).all()
    assert (at_5 != at_65).any()
    red = (at_5[:, :, 0] > 200) & (at_5[:, :, 1] < 120)
    assert red.sum() > 50


def test_a_sprite_is_blended_as_worked_by_hand() -> None:
    small = text_sprite((("i",),), 12)
    on = picture("white", (200, 100))
    blend(small, on, (20, 30))
    width, height = small.size
    x, y = 20 + width - 3, 30 + height // 2  # ground without letters
    assert on[y, x].tolist() == pytest.approx(
        [(14 * 208 + 255 * 47) // 255] * 2 + [(18 * 208 + 255 * 47) // 255], abs=3
    )
    assert (on[:30] == 255).all()
    assert (on[30 + height :] == 255).all()


@pytest.mark.parametrize("at", [(-1000, 0), (0, 1000), (-5, -5), (195, 95)])
def test_a_sprite_over_the_edge_is_cut(at: tuple[int, int]) -> None:
    on = picture("white", (200, 100))
    blend(text_sprite((("text",),), 12), on, at)
    assert (on != 255).any() == (abs(at[0]) < 1000 and abs(at[1]) < 1000)


def test_long_sentences_are_broken_into_rows() -> None:
    rows = wrapped("camera 0 is lost; trying again", 12, 90)
    assert len(rows) > 1
    assert " ".join(row[0] for row in rows) == "camera 0 is lost; trying again"


def covered(words: Words, notice: str = "", size: tuple[int, int] = (640, 480)) -> Pixels:
    """Where words are on the picture: bool (H, W)."""
    overlay = Overlay()
    if notice:
        overlay.say(notice)
    white = picture("white", size)
    changed = overlay.draw(white, words) != white
    return np.asarray(changed.any(axis=2))


@pytest.mark.parametrize("size", [(640, 480), (1280, 720), (1920, 1080)])
@pytest.mark.parametrize("styles", [(), ("a", "b", "c")], ids=["bare", "with thumbnails"])
def test_words_do_not_stand_on_each_other(size: tuple[int, int], styles: tuple[str, ...]) -> None:
    together = covered(
        Words("mosaic", "camera 0 is lost", FIGURES, (), 61.0, styles=styles), "saved", size
    )
    alone = [
        covered(Words("mosaic", styles=styles), "saved", size),
        covered(Words(figures=FIGURES), size=size),
        covered(Words(recording_s=61.0), size=size),
    ]
    for one in alone:
        assert (together | one).sum() == together.sum(), "each is where it is alone"
    status = covered(Words(status="camera 0 is lost"), size=size).sum()
    assert together.sum() == sum(one.sum() for one in alone) + status


@pytest.mark.parametrize("size", [(640, 480), (1280, 720), (1920, 1080)])
def test_the_help_stands_beside_figures_and_timer(size: tuple[int, int]) -> None:
    def area(**words: object) -> int:
        return int(covered(Words(**words), size=size).sum())  # type: ignore[arg-type]

    alone = area(help=HELP) + area(figures=FIGURES) + area(recording_s=61.0)
    assert area(help=HELP, figures=FIGURES, recording_s=61.0) == alone


MANY_FIGURES = (
    ("fps", "29.8"), ("capture", "3.1 ms"), ("style", "21.4 ms"), ("show", "4.0 ms"),
    ("latency", "61.0 ms"), ("dropped", "12"), ("scale", "75%"),
    ("engine", "onnxruntime TENSORRT fp16"),
)  # fmt: skip
STYLES = tuple(f"style_{number}" for number in range(1, 27))
SAVED = "saved /home/ada/pictures/an_evening_with_a_long_name/livestyle-mosaic-20261129.png"


@pytest.mark.parametrize("size", [(320, 240), (640, 480), (480, 640), (1280, 720), (1920, 1080)])
@pytest.mark.parametrize(
    "words",
    [
        Words(help=HELP),
        Words(help=HELP, styles=STYLES, recording_s=61.0, frozen=True),
        Words(figures=MANY_FIGURES, styles=STYLES, recording_s=61.0, frozen=True),
        Words(style="composition_vii", number=12, status="the stream is lost; trying again"),
        Words(search=(("style", "mos_"), ("Enter", "mosaic")), status="camera 0 is lost"),
    ],
)
def test_nothing_is_cut_in_a_window_of_any_size(size: tuple[int, int], words: Words) -> None:
    touched = covered(words, SAVED, size)
    edges = (touched[:5], touched[-5:], touched[:, :5], touched[:, -5:])
    assert touched.any() and not any(edge.any() for edge in edges)


@pytest.mark.parametrize("size", [(320, 240), (640, 480), (1280, 720), (1920, 1080)])
def test_where_there_is_no_room_for_help_and_figures_the_figures_give_way(
    size: tuple[int, int],
) -> None:
    clear = covered(Words(styles=STYLES, recording_s=61.0, frozen=True), size=size)
    both = Words(help=HELP, figures=MANY_FIGURES, styles=STYLES, recording_s=61.0, frozen=True)
    added = int(covered(both, size=size).sum() - clear.sum())
    areas = [
        math.prod(text_size(HELP, font_px, columns=columns)) - 0.86 * (font_px * 0.55) ** 2
        for font_px in range(LEAST_TABLE_PX, 40)
        for columns in (1, 2)
    ]  # without the round corners
    figures = int(covered(Words(figures=MANY_FIGURES), size=size).sum())
    assert any(abs(added - extra - area) < 40 for area in areas for extra in (0, figures))


def test_frozen_stays_marked_and_beside_the_timer() -> None:
    clock = SetClock()
    overlay, white = Overlay(clock), picture("white")
    first = overlay.draw(white, Words(frozen=True))
    clock.now_s += 3600
    assert (overlay.draw(white, Words(frozen=True)) == first).all()
    both = covered(Words(frozen=True, recording_s=61.0)).sum()
    assert both == covered(Words(frozen=True)).sum() + covered(Words(recording_s=61.0)).sum()


def test_the_hint_goes_after_its_time_and_for_whatever_else_was_asked_for() -> None:
    clock = SetClock()
    overlay, white = Overlay(clock), picture("white")
    overlay.hint("press h for the keys", 6.0)
    assert (overlay.draw(white, Words()) != white).any()
    for words in (Words(help=HELP), Words(figures=FIGURES), Words(styles=STYLES)):
        alone = Overlay().draw(white, words)
        assert (overlay.draw(white, words) == alone).all()
    clock.now_s += 6.5
    assert overlay.draw(white, Words()) is white


def test_a_long_notice_stays_long_enough_to_be_read() -> None:
    clock = SetClock()
    overlay, white = Overlay(clock), picture("white")
    overlay.say(SAVED)
    clock.now_s += 4.0
    assert (overlay.draw(white, Words()) != white).any()
    clock.now_s += 1.0
    assert overlay.draw(white, Words()) is white


def test_hint_notice_and_name_stand_one_above_the_other() -> None:
    overlay = Overlay()
    overlay.hint("press h for the keys", 6.0)
    white = picture("white")
    alone = int((overlay.draw(white, Words()) != white).any(axis=2).sum())
    overlay.say("saved")
    together = int((overlay.draw(white, Words("mosaic", number=1)) != white).any(axis=2).sum())
    assert together == alone + covered(Words("mosaic", number=1), "saved").sum()


def test_long_paths_are_broken_after_slashes_and_longer_words_anywhere() -> None:
    rows = [row[0] for row in wrapped("saved /home/ada/pictures/mosaic-001.png", 12, 120)]
    assert "".join(rows).replace(" ", "") == "saved/home/ada/pictures/mosaic-001.png"
    assert all(row.endswith("/") for row in rows[:-1])
    rows = [row[0] for row in wrapped("x" * 100, 12, 120)]
    assert "".join(rows) == "x" * 100
    assert all(text_sprite(((row,),), 12).size[0] < 150 for row in rows)


def test_of_a_long_path_the_end_is_shown() -> None:
    path = "/home/ada/" + "pictures/" * 30 + "wave.jpg_"
    (typed, found) = ends_within((("picture", path), ("", "wave.jpg")), 17, 320)
    assert typed[0] == "picture" and typed[1].startswith("…") and typed[1].endswith("wave.jpg_")
    assert found == ("", "wave.jpg")
    assert text_size((typed, found), 17)[0] <= 320
    assert not covered(Words(search=((("picture", path)),)), size=(320, 240))[:, :8].any()
