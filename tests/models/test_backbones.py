from __future__ import annotations

import pytest
import torch
import torchvision

from vtbr_models.backbones import BACKBONES, build_backbone
from vtbr_models.errors import InputError


@pytest.mark.parametrize("name", [name for name in BACKBONES if name != "resnet10"])
def test_each_backbone_has_torchvisions_tensors_without_the_classifier(name):
    with torch.device("meta"):
        ours = build_backbone(name).state_dict()
        theirs = getattr(torchvision.models, name)().state_dict()
    expected = {key: tensor.shape for key, tensor in theirs.items() if not key.startswith("fc.")}
    assert {key: tensor.shape for key, tensor in ours.items()} == expected


def test_the_resnet50_trunk_has_the_published_number_of_parameters():
    with torch.device("meta"):
        backbone = build_backbone("resnet50")
    assert sum(parameter.numel() for parameter in backbone.parameters()) == 23_508_032


def test_the_feature_map_equals_torchvisions_for_the_same_weights():
    backbone = build_backbone("resnet18").eval()
    theirs = torchvision.models.resnet18().eval()
    theirs.load_state_dict(backbone.state_dict(), strict=False)
    theirs.fc = torch.nn.Identity()
    images = torch.randn(2, 3, 64, 32)
    torch.testing.assert_close(backbone(images).mean(dim=(2, 3)), theirs(images))


@pytest.mark.parametrize("name", ["resnet10", "resnet50"])
@pytest.mark.parametrize(("last_stride", "grid"), [(2, (2, 1)), (1, (4, 2))])
def test_last_stride_1_keeps_twice_as_many_cells_a_side(name, last_stride, grid):
    backbone = build_backbone(name, last_stride=last_stride).eval()
    assert backbone(torch.zeros(1, 3, 64, 32)).shape == (1, backbone.width, *grid)


def test_both_last_strides_have_the_same_tensors():
    shapes = [
        {
            key: tensor.shape
            for key, tensor in build_backbone("resnet10", last_stride=stride).state_dict().items()
        }
        for stride in (1, 2)
    ]
    assert shapes[0] == shapes[1]


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(InputError, match=r"no backbone is called 'resnet51': choose resnet50, .*"):
        build_backbone("resnet51")


def test_a_last_stride_of_three_is_refused():
    with pytest.raises(InputError, match="last_stride must be 1 or 2, not 3"):
        build_backbone("resnet10", last_stride=3)
