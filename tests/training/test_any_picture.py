"""The training for any picture: artworks, painter, encoder, pieces, and the files that ship."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from livestyle.cli.main import run as run_command
from livestyle.cli.train_any import _finish, _related_networks
from livestyle.errors import TrainingError
from livestyle.images import read_picture, write_picture
from livestyle.nets.conditional import KERNELS, ConditionalLight
from livestyle.nets.light import Light
from livestyle.nets.style_predictor import COMPONENTS, STATISTICS_SIZE, StylePredictor
from livestyle.nets.vgg import LossNetwork
from livestyle.training.any_picture import artworks, checkpoint, known_styles
from livestyle.training.any_picture.config import AnyPictureConfig
from livestyle.training.any_picture.face_training import FaceTraining, with_plain_faces
from livestyle.training.any_picture.painter_training import PainterTraining, are_related
from livestyle.training.config import TrainConfig

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu4_2", "relu5_1")


@pytest.fixture
def run(config: TrainConfig, tmp_path: Path) -> AnyPictureConfig:
    """Two steps of two artworks on 64 px crops."""
    paintings = tmp_path / "paintings"
    paintings.mkdir()
    rng = np.random.default_rng(1)
    for number in range(4):
        colours = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
        write_picture(paintings / f"{number}.png", np.kron(colours, np.ones((20, 20, 1), np.uint8)))
    torch.manual_seed(0)
    weights = tmp_path / "deep.safetensors"
    save_file(LossNetwork("vgg16", LAYERS).state_dict(), weights)
    return AnyPictureConfig(
        photos=config.photos,
        paintings=paintings,
        out=tmp_path / "any",
        steps=2,
        face_steps=1,
        encoder_steps=1,
        pictures=2,
        crop_px=64,
        loss_network="vgg16",
        vgg_weights=weights,
        device="cpu",
        precision="fp32",
    )


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artworks, "SIDE_PX", 96)
    monkeypatch.setattr(artworks, "MIN_SIDE_PX", 64)


def never(_: PainterTraining) -> bool:
    return False


def test_a_step_moves_what_is_shared_the_kernels_and_the_predictor(run: AnyPictureConfig) -> None:
    networks = {"first": Light().state_dict()}
    training = PainterTraining(run, None, networks, 0)
    before = {name: value.clone() for name, value in training.networks.state_dict().items()}
    training.run(None, never)
    after = training.networks.state_dict()
    assert training.step == 2
    for name in ("painter.shared.up1_weight", "predictor.layers.3.weight"):
        assert not torch.equal(before[name], after[name]), name
    assert set(training.losses) >= {"content", "style", "colour", "detail"}


def test_the_parts_of_artworks_follow_from_their_number(run: AnyPictureConfig) -> None:
    one, other = (PainterTraining(run, None, {}, 0).artworks for _ in range(2))
    assert len(one) == 8
    assert np.array_equal(one.part(7), other.part(7))
    assert not np.array_equal(one.part(7), one.part(6))
    assert one.seen(7) is one.seen(7)
    assert one.seen(7).statistics.shape == (STATISTICS_SIZE,)


def test_a_run_goes_on_from_its_checkpoint(run: AnyPictureConfig) -> None:
    training = PainterTraining(run, None, {}, 0)
    training.run(None, lambda training: training.step == 1)
    run.out.mkdir()
    checkpoint.save(run, training.step, training.state)
    config, step, state = checkpoint.load(run.out)
    assert (config, step) == (run, 1)
    again = PainterTraining(config, state, {}, step)
    for name, value in again.state.items():
        assert torch.allclose(value, training.state[name], atol=2e-3, rtol=1e-3), name
    again.run(None, never)
    assert again.step == 2


def test_what_is_no_checkpoint_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="cannot be read as a checkpoint"):
        checkpoint.load(tmp_path)
    (tmp_path / checkpoint.FILE).write_bytes(b"nothing of the kind")
    with pytest.raises(TrainingError, match="cannot be read as a checkpoint"):
        checkpoint.load(tmp_path)


def test_the_command_writes_the_files_that_ship(
    run: AnyPictureConfig, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livestyle.cli.train_any._related_networks", dict)
    words = ["train-any", "--out", str(run.out), "--loss-network", "vgg16", "--vgg-weights",
             str(run.vgg_weights), "--steps", "1", "--face-steps", "1", "--encoder-steps",
             "1", "--pictures", "2", "--device", "cpu"]  # fmt: skip
    begin = [*words, "--photos", str(run.photos), "--paintings", str(run.paintings)]
    assert run_command(begin) == 0
    with np.load(run.out / "painter.npz", allow_pickle=False) as file:
        assert file["shared/up2.bias"].shape == (12,)
        assert file["kernels/up1.weight"].shape == (KERNELS, 16, 32, 3, 3)
    assert (run.out / "predictor.onnx").stat().st_size < 3_000_000
    assert capsys.readouterr().out.strip() == str(run.out)
    assert run_command(begin) == 2  # a run is never begun over another one
    assert "--resume" in capsys.readouterr().err
    known = [*words, "--resume", "--begin-with", str(run.paintings)]
    assert run_command(known) == 2  # nothing would come of it
    assert "new run" in capsys.readouterr().err


def test_without_steps_the_painter_stays_as_it_begins(
    run: AnyPictureConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    networks = {"first": Light().state_dict()}
    monkeypatch.setattr("livestyle.cli.train_any._related_networks", lambda: networks)
    words = ["train-any", "--out", str(run.out), "--loss-network", "vgg16", "--vgg-weights",
             str(run.vgg_weights), "--steps", "0", "--face-steps", "0", "--encoder-steps", "1",
             "--device", "cpu", "--photos", str(run.photos), "--paintings",
             str(run.paintings)]  # fmt: skip
    assert run_command(words) == 0
    with np.load(run.out / "painter.npz", allow_pickle=False) as file:
        wanted = networks["first"]["up1.weight"].numpy()
        assert np.allclose(file["shared/up1.weight"], wanted, atol=1e-3)


def test_faces_are_learned_by_what_all_styles_share(run: AnyPictureConfig) -> None:
    """From the painter alone; whatever weighs the artwork is as it was."""
    training = PainterTraining(run, None, {"first": Light().state_dict()}, 0)
    painter = training.networks.painter
    before = {name: value.clone() for name, value in training.networks.state_dict().items()}
    faces = FaceTraining(training)
    faces.run(lambda _: False)
    assert faces.step == 1 and faces.loss > 0
    after = training.networks.state_dict()
    changed = {name for name, value in before.items() if not torch.equal(value, after[name])}
    assert "painter.shared.up1_weight" in changed
    assert all(name.startswith("painter.") for name in changed)
    assert painter is training.networks.painter


def test_stopped_before_the_end_it_leaves_the_files_that_ship(
    run: AnyPictureConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    training = PainterTraining(run, None, {"first": Light().state_dict()}, 0)
    _finish(training, lambda: True)
    assert not (run.out / "painter.npz").exists()
    assert "--resume" in capsys.readouterr().err
    run.out.mkdir()
    _finish(training, lambda: False)
    assert (run.out / "painter.npz").exists()


def test_a_plain_face_has_the_photo_s_forms_in_the_painting_s_light_and_colours() -> None:
    rng = np.random.default_rng(0)
    luma = np.full((64, 64), 0.5, np.float32)
    luma[30:34, 20:44] = 0.1  # a mouth
    strokes = 0.1 * rng.standard_normal((64, 64, 3))
    painted = np.asarray(np.array([0.7, 0.2, -0.1]) + strokes, np.float32)
    faces = np.zeros((64, 64), np.float32)
    faces[:, :60] = 1
    found = with_plain_faces(painted, luma, faces)
    np.testing.assert_array_equal(found[:, 60:], painted[:, 60:])
    mouth, around = found[30:34, 20:44].mean((0, 1)), found[:20, :50].mean((0, 1))
    assert mouth[0] < around[0] - 0.12
    np.testing.assert_allclose(around, [0.7, 0.2, -0.1], atol=0.02)
    np.testing.assert_allclose(mouth[1:], [0.2, -0.1], atol=0.02)
    assert found[:, :50].std() < painted[:, :50].std()


def test_a_style_vector_of_zeros_is_what_styles_share() -> None:
    networks = [Light().state_dict() for _ in range(3)]
    painter = ConditionalLight()
    painter.span(networks)
    found = painter.weights(torch.zeros(painter.style_size))
    wanted = torch.stack([network["up1.weight"] for network in networks]).mean(0)
    assert torch.allclose(found["up1.weight"], wanted, atol=1e-6)
    assert set(found) == set(networks[0])


def test_the_kernels_reach_the_networks_that_they_come_from() -> None:
    networks = [Light().state_dict() for _ in range(3)]
    painter = ConditionalLight()
    painter.span(networks)
    basis = painter.bases()["up1.weight"].flatten(1)
    difference = (networks[0]["up1.weight"] - painter.shared_values()["up1.weight"]).flatten()
    factors = torch.linalg.lstsq(basis[:2].T, difference[:, None]).solution
    assert torch.allclose(basis[:2].T @ factors, difference[:, None], atol=1e-5)


def test_a_network_that_is_spanned_has_a_style_vector() -> None:
    networks = [Light().state_dict() for _ in range(3)]
    painter = ConditionalLight()
    painter.span(networks)
    found = painter.weights(painter.vector(networks[1]))
    assert torch.allclose(found["up1.weight"], networks[1]["up1.weight"], atol=1e-4)
    assert torch.allclose(found["norm3.weight"], networks[1]["norm3.weight"], atol=1e-4)


def test_the_predictor_begins_with_the_styles_whose_artworks_are_there(
    run: AnyPictureConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It tells three networks from their artworks; of one that is no style it says nothing."""
    monkeypatch.setattr(known_styles, "STEPS", 200)
    rng = np.random.default_rng(2)
    folder = tmp_path / "known"
    folder.mkdir()
    networks: dict[str, dict[str, torch.Tensor]] = {}
    for number, name in enumerate(("first", "second", "third")):
        colours = rng.integers(0, 256, (4, 4, 3)) // (1 + 3 * number)
        picture = np.kron(colours, np.ones((24, 24, 1))).astype(np.uint8)
        write_picture(folder / f"{name}.png", picture)
        networks[name] = Light().state_dict()
    write_picture(folder / "unknown.png", picture)
    training = PainterTraining(replace(run, begin_with=folder), None, networks, 0)
    predictor, painter = training.networks.predictor, training.networks.painter
    for name in networks:
        seen = training.artworks.look(read_picture(folder / f"{name}.png")).statistics
        style = predictor(predictor.components(seen[None]))[0]
        found = painter.weights(style)["up1.weight"]
        distances = {
            n: float((found.detach() - w["up1.weight"]).norm()) for n, w in networks.items()
        }
        assert min(distances, key=lambda n: distances[n]) == name, distances


def test_every_known_style_gets_an_equal_part_of_the_artworks() -> None:
    torch.manual_seed(0)
    scores = torch.randn(300, 4) * 5 + torch.tensor([9.0, 0.0, 0.0, -9.0])
    shares = known_styles._balanced(scores)
    assert torch.allclose(shares.sum(1), torch.ones(300), atol=1e-5)
    assert float(shares.mean(0).min()) > 0.2


def test_a_folder_without_artworks_of_styles_is_one_sentence(
    run: AnyPictureConfig, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match="named like a style"):
        PainterTraining(replace(run, begin_with=tmp_path), None, {}, 0)


def test_relatives_are_told_from_strangers() -> None:
    first, second = Light().state_dict(), Light().state_dict()
    child = {name: value + 0.01 * torch.randn_like(value) for name, value in first.items()}
    assert are_related(first, child)
    assert not are_related(first, second)


def test_the_box_has_related_networks_to_begin_with_without_patterns_and_surfaces() -> None:
    found = _related_networks()
    assert {"mosaic", "churches", "starry_night", "water_lilies"} <= found.keys()
    assert not {"great_wave", "udnie"} & found.keys()
    assert all(network.keys() == Light().state_dict().keys() for network in found.values())


def test_components_are_centred_and_largest_first() -> None:
    statistics = torch.randn(COMPONENTS + 50, STATISTICS_SIZE) * torch.linspace(
        1, 3, STATISTICS_SIZE
    )
    predictor = StylePredictor(20)
    predictor.fit(statistics)
    found = predictor.components(statistics)
    spread = found.std(0)
    assert found.mean(0).abs().max() < 1e-3
    assert bool((spread[:-1] - spread[1:] > -1e-3).all())
    assert float(found.square().mean()) == pytest.approx(1, rel=0.05)
