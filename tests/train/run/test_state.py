import pytest
import torch

from vtbr_train.errors import InputError
from vtbr_train.optimizer.optimizer import match_layout
from vtbr_train.run.state import load_state, read_about, save_state, snapshot


def trained(steps):
    torch.manual_seed(0)
    model = torch.nn.Conv2d(4, 4, 3).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters())
    train(model, optimizer, range(steps))
    return model, optimizer


def train(model, optimizer, steps):
    for step in steps:
        torch.manual_seed(step)
        model(torch.randn(2, 4, 5, 5)).square().sum().backward()
        optimizer.step()
        optimizer.zero_grad()


def test_what_is_restored_goes_on_as_if_nothing_had_happened(tmp_path):
    path = tmp_path / "state.safetensors"
    model, optimizer = trained(3)
    save_state(path, snapshot({"model": model, "optimizer": optimizer}), {"step": 3, "names": ["a"]})
    other, other_optimizer = trained(0)
    load_state(path, {"model": other, "optimizer": other_optimizer})
    match_layout(other_optimizer)
    train(model, optimizer, range(3, 6))
    train(other, other_optimizer, range(3, 6))
    assert torch.equal(model.weight, other.weight)
    assert read_about(path) == {"step": 3, "names": ["a"]}


def test_the_same_state_gives_the_same_bytes(tmp_path):
    model, optimizer = trained(2)
    for name in ("one", "two"):
        save_state(tmp_path / name, snapshot({"model": model, "optimizer": optimizer}), {"step": 2})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_cut_state_is_refused(tmp_path):
    path = tmp_path / "state.safetensors"
    model, optimizer = trained(1)
    save_state(path, snapshot({"model": model, "optimizer": optimizer}), {"step": 1})
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(InputError, match="is cut off"):
        read_about(path)


def test_a_failed_save_leaves_the_old_state(tmp_path):
    class Broken:
        def state_dict(self):
            return {"value": object()}

        def load_state_dict(self, state_dict):
            pass

    path = tmp_path / "state.safetensors"
    path.write_bytes(b"old")
    with pytest.raises(TypeError):
        save_state(path, snapshot({"broken": Broken()}), {})
    assert [entry.name for entry in tmp_path.iterdir()] == ["state.safetensors"]
    assert path.read_bytes() == b"old"


def test_a_snapshot_stays_as_it_was_while_training_goes_on(tmp_path):
    model, optimizer = trained(1)
    taken = snapshot({"model": model})
    before = model.weight.detach().clone()
    train(model, optimizer, range(2))
    assert torch.equal(taken.tensors["model.weight"], before)
    assert not torch.equal(model.weight, before)
