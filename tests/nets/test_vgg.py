"""Loss networks: layers by name, no deeper than needed, and errors that help."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from livestyle.errors import TrainingError
from livestyle.nets.vgg import LossNetwork, layer_names, load_loss_network


def save_weights(path: Path, kind: str, layers: tuple[str, ...]) -> Path:
    save_file(LossNetwork(kind, layers).state_dict(), path)
    return path


def test_layers_have_their_names() -> None:
    assert layer_names("vgg16")[-1] == "relu5_3"
    assert layer_names("vgg19")[-1] == "relu5_4"
    assert len(layer_names("vgg19")) == 16


def test_features_have_the_shapes_of_vgg() -> None:
    network = LossNetwork("vgg16", ("relu1_2", "relu3_3"))
    features = network(torch.rand(1, 3, 32, 32))
    assert {name: tuple(f.shape) for name, f in features.items()} == {
        "relu1_2": (1, 64, 32, 32),
        "relu3_3": (1, 256, 8, 8),
    }
    assert list(network(torch.rand(1, 3, 32, 32), until="relu1_2")) == ["relu1_2"]


def test_it_is_built_only_as_deep_as_needed_with_torchvisions_keys() -> None:
    keys = set(LossNetwork("vgg16", ("relu2_1",)).state_dict())
    assert keys == {f"features.{n}.{kind}" for n in (0, 2, 5) for kind in ("weight", "bias")}


def test_it_agrees_with_torchvision() -> None:
    torchvision = pytest.importorskip("torchvision")
    reference = torchvision.models.vgg16(weights=None).features[:9].eval()
    network = LossNetwork("vgg16", ("relu2_2",))
    state = {f"features.{key}": value for key, value in reference.state_dict().items()}
    network.load_state_dict(state)
    picture = torch.rand(1, 3, 32, 32)
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
    torch.testing.assert_close(network(picture)["relu2_2"], reference((picture - mean) / std))


def test_weights_come_from_a_file(tmp_path: Path) -> None:
    path = save_weights(tmp_path / "vgg.safetensors", "vgg16", ("relu3_3",))
    network = load_loss_network("vgg16", ("relu2_2",), path)
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_a_state_dict_of_torch_is_read_and_a_pickle_is_not(tmp_path: Path) -> None:
    state = LossNetwork("vgg16", ("relu1_1",)).state_dict()
    torch.save(state, tmp_path / "good.pth")
    load_loss_network("vgg16", ("relu1_1",), tmp_path / "good.pth")
    torch.save(Path("anything but tensors"), tmp_path / "bad.pth")
    with pytest.raises(TrainingError, match="not loaded"):
        load_loss_network("vgg16", ("relu1_1",), tmp_path / "bad.pth")


def test_errors_name_the_file_and_the_key(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"no weights file at .*none\.pth"):
        load_loss_network("vgg16", ("relu1_1",), tmp_path / "none.pth")
    shallow = save_weights(tmp_path / "shallow.safetensors", "vgg16", ("relu1_1",))
    with pytest.raises(TrainingError, match=r"shallow.*'features\.2\.weight'"):
        load_loss_network("vgg16", ("relu2_2",), shallow)
    other = save_weights(tmp_path / "other.safetensors", "vgg16", ("relu5_1",))
    with pytest.raises(TrainingError, match=r"is not vgg19|lacks"):
        load_loss_network("vgg19", ("relu5_1",), other)
    (tmp_path / "text.safetensors").write_text("hello")
    with pytest.raises(TrainingError, match="cannot be read as weights"):
        load_loss_network("vgg16", ("relu1_1",), tmp_path / "text.safetensors")
    with pytest.raises(TrainingError, match=r"no layer 'relu9_9'"):
        LossNetwork("vgg16", ("relu9_9",))


def test_without_a_network_connection_the_message_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    models = pytest.importorskip("torchvision.models")

    def refuse(self: object, *args: object, **options: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(models.VGG19_Weights, "get_state_dict", refuse)
    with pytest.raises(TrainingError, match="--vgg-weights FILE"):
        load_loss_network("vgg19", ("relu1_1",))
