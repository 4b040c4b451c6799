"""A performance painted again: what was on the screen, at the same moments."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from live_fakes import ValueStylizer, loaded, wait_until
from models import change_card, invert_model, save_onnx, save_style

from livestyle.errors import StyleError
from livestyle.frame import Frame
from livestyle.live.metrics import Metrics
from livestyle.live.player import Player, PlayerOptions
from livestyle.render.compositing import Look
from livestyle.render.scene import Scene
from livestyle.sessions.replay import Replay
from livestyle.sessions.style_reference import StyleReference, find_referenced, reference_to
from livestyle.sessions.timeline import SessionSettings, Timeline
from livestyle.styles.card import StyleCard
from livestyle.styles.library import find_style

pytestmark = pytest.mark.timeout(20)
VALUES = {"a": 200, "b": 100}


def frame(index: int, fps: float = 25.0) -> Frame:
    """The frame at `index / fps` seconds: left half as bright as its index, right black."""
    pixels = np.zeros((6, 8, 3), np.uint8)
    pixels[:, :4] = index % 256
    return Frame(pixels, index, 7.0 + index / fps, 0.0)


class Styles:
    """Loads styles that paint in one value, and remembers which."""

    def __init__(self) -> None:
        self.made: list[tuple[str, ValueStylizer]] = []

    def load(self, name: str) -> ValueStylizer:
        self.made.append((name, ValueStylizer(VALUES[name])))
        return self.made[-1][1]


def painted(
    scenes: list[tuple[float, Scene]],
    count: int,
    playing: SessionSettings | None = None,
    done: int = 0,
) -> list[Frame]:
    styles = Styles()
    replay = Replay(Timeline(playing or SessionSettings(), {}, scenes), styles.load)
    replay.begin(7.0, done)
    frames = [shown for index in range(count) for shown in replay(frame(index))]
    replay.close()
    assert all(style.closed == 1 for _, style in styles.made)
    return frames


def test_styles_swap_at_their_frames() -> None:
    scenes = [(0.0, Scene("a", Look())), (3 / 25, Scene("b", Look())), (5 / 25, Scene("a", Look()))]
    frames = painted(scenes, 7)
    assert [f.style for f in frames] == ["a", "a", "a", "b", "b", "a", "a"]
    assert [int(f.pixels[0, 0, 0]) for f in frames] == [200, 200, 200, 100, 100, 200, 200]
    assert [f.pts_s for f in frames] == [frame(index).pts_s for index in range(7)]


def test_it_goes_on_as_if_it_had_never_stopped() -> None:
    """Within a crossfade, a frozen picture and what is smoothed."""
    scenes = [
        (0.0, Scene("a", Look())),
        (40 / 25, Scene("b", Look(strength=0.5), frozen=True)),
        (210 / 25, Scene("a", Look(strength=0.5))),
        (255 / 25, Scene("b", Look(strength=0.5))),
    ]
    playing = SessionSettings(steady=1.0, crossfade_s=0.5)
    whole = painted(scenes, 300, playing)
    for done in (60, 200, 260):
        rest = painted(scenes, 300, playing, done)
        assert [shown.index for shown in rest] == [*range(done, 300)]
        for one, other in zip(rest, whole[done:], strict=True):
            assert one.style == other.style
            assert np.abs(one.pixels.astype(int) - other.pixels).max() <= 1


def test_one_style_is_loaded_at_a_time() -> None:
    styles = Styles()
    scenes = [(n / 25, Scene("ab"[n % 2], Look())) for n in range(4)]
    replay = Replay(Timeline(SessionSettings(), {}, scenes), styles.load)
    for index in range(4):
        replay(frame(index))
        assert [style.closed for _, style in styles.made] == [1] * index + [0]
    replay.close()
    assert [name for name, _ in styles.made] == ["a", "b", "a", "b"]


@pytest.mark.parametrize(("stroke_lock", "painted_at"), [(False, (8, 6)), (True, (640, 480))])
def test_strokes_are_as_large_as_they_were(stroke_lock: bool, painted_at: tuple[int, int]) -> None:
    styles = Styles()
    playing = SessionSettings(stroke_lock=stroke_lock)
    replay = Replay(Timeline(playing, {}, [(0.0, Scene("a", Look()))]), styles.load)
    assert [shown.size for shown in replay(frame(0))] == [(8, 6)]
    assert styles.made[0][1].sizes == [painted_at]
    replay.close()


def test_looks() -> None:
    looks = [Look(), Look(strength=0.0), Look(strength=0.5), Look(split=True, mirror=True)]
    frames = painted([(n / 25, Scene("a", look)) for n, look in enumerate(looks)], 4)
    left, right = ([int(f.pixels[0, x, 0]) for f in frames] for x in (0, 7))
    assert left == [200, 1, 101, 0], "mirrored, the black half is on the left"
    assert right == [200, 0, 100, 200]
    assert [f.is_mirrored for f in frames] == [False, False, False, True]


def test_the_first_frame_of_a_frozen_scene_is_held() -> None:
    plain = Look(strength=0.0)
    scenes = [
        (0.0, Scene("a", plain)),
        (2 / 25, Scene("a", plain, frozen=True)),
        (4 / 25, Scene("b", plain, frozen=True)),
        (6 / 25, Scene("b", plain)),
        (7 / 25, Scene("b", plain, frozen=True)),
    ]
    shown = [int(f.pixels[0, 0, 0]) for f in painted(scenes, 9)]
    assert shown == [0, 1, 2, 2, 2, 2, 6, 7, 7]


def test_a_crossfade_lasts_as_long_as_it_did() -> None:
    scenes = [(0.0, Scene("a", Look())), (2 / 25, Scene("b", Look()))]
    shown = [int(f.pixels[0, 0, 0]) for f in painted(scenes, 9, SessionSettings(crossfade_s=0.2))]
    assert shown[:2] == [200, 200] and shown[7:] == [100, 100]
    assert all(200 > one > other >= 100 for one, other in pairwise(shown[2:7]))


def test_it_is_what_a_player_showed() -> None:
    """The same keys on a player that paints every frame, and the replay of its notes."""
    noted: dict[Scene, float] = {}

    def note(pts_s: float, scene: Scene) -> None:
        noted.setdefault(scene, pts_s - 7.0)

    player = Player(
        list(VALUES),
        Styles().load,
        first="a",
        size=(8, 6),
        look=Look(),
        metrics=Metrics(),
        options=PlayerOptions(crossfade_s=0.1, steady=0.5),
        note=note,
    )
    wait_until(lambda: len(loaded(player)) == 2)
    keys: dict[int, Callable[[], object]] = {
        3: lambda: player.select("b"),
        5: lambda: setattr(player, "look", Look(strength=0.4, mirror=True)),
        8: lambda: setattr(player, "frozen", True),
        11: lambda: player.select("a"),
        14: lambda: setattr(player, "frozen", False),
    }
    shown = []
    for index in range(20):
        keys.get(index, lambda: None)()
        shown.append(player(frame(index)))
    player.close()
    again = painted(
        [(at_s, scene) for scene, at_s in noted.items()],
        20,
        SessionSettings(steady=0.5, crossfade_s=0.1),
    )
    for one, other in zip(shown, again, strict=True):
        assert np.array_equal(one.pixels, other.pixels), one.index


@pytest.fixture
def styles_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIVESTYLE_STYLES", str(tmp_path / "styles"))
    save_style(tmp_path / "styles" / "tiny", "tiny")
    return tmp_path / "styles"


def test_a_style_is_found_where_it_was_and_else_by_name(
    styles_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    save_style(tmp_path / "mine", "tiny")
    then = {"tiny": reference_to(find_style(str(tmp_path / "mine")))}
    assert find_referenced(then)["tiny"].folder == tmp_path / "mine"
    (tmp_path / "mine").rename(tmp_path / "moved")
    assert find_referenced(then)["tiny"].folder == styles_folder / "tiny"
    assert find_referenced({"tiny": None})["tiny"].folder == styles_folder / "tiny"
    assert not caplog.records


def test_a_single_file_is_found_again(styles_folder: Path, tmp_path: Path) -> None:
    """Also beside the card of another style."""
    save_style(tmp_path / "other", "other")
    card = StyleCard.load(styles_folder / "tiny")
    alone = tmp_path / "other" / "alone.onnx"
    save_onnx(invert_model(), alone, card)
    style = find_style(str(alone))
    assert reference_to(style).path == str(alone)
    assert find_referenced({"tiny": reference_to(style)})["tiny"].folder == alone.parent


def test_a_style_that_has_changed_is_taken_with_a_warning(
    styles_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    then = StyleReference(str(styles_folder / "tiny"), ("another",))
    assert find_referenced({"tiny": then})["tiny"].folder == styles_folder / "tiny"
    assert "tiny has changed since the session" in caplog.text


def test_all_styles_that_are_gone_are_named(styles_folder: Path) -> None:
    gone = StyleReference("/nowhere/lost", ())
    with pytest.raises(StyleError, match=r"lost \(it was in /nowhere/lost\), gone\. Put"):
        find_referenced({"lost": gone, "tiny": None, "gone": None})
    change_card(styles_folder / "tiny", name="renamed")
    with pytest.raises(StyleError, match=r"tiny \(it was in"):
        find_referenced({"tiny": StyleReference(str(styles_folder / "tiny"), ())})
