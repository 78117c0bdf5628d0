from __future__ import annotations

import re
import subprocess
import sys

import pytest
import torch
import torchvision
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models.convnext import CNBlockConfig

from vtbr_models.backbones import BACKBONES, SIZED_FOR, SIZES, build_backbone
from vtbr_models.backbones.convnext import ConvNextBackbone
from vtbr_models.backbones.resnet import ResNetBackbone
from vtbr_models.backbones.vit import ViTBackbone, position_embedding
from vtbr_models.errors import InputError
from vtbr_models.inference.network import fold_batch_norms

OURS = ("resnet10", "resnet10_light", "vit_ti_16", "vit_s_16")  # torchvision has no networks of these sizes
THEIRS = [name for name in BACKBONES if name not in OURS and "ibn" not in name and "osnet" not in name]


@pytest.mark.parametrize("name", THEIRS)
def test_each_backbone_has_torchvisions_tensors_without_the_classifier(name):
    with torch.device("meta"):
        ours = build_backbone(name)
        theirs = getattr(torchvision.models, name)().state_dict()
    expected = {
        key: tensor.shape for key, tensor in theirs.items() if not key.startswith(ours.classifier_prefix)
    }
    assert {key: tensor.shape for key, tensor in ours.state_dict().items()} == expected


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


@pytest.mark.parametrize(("last_stride", "grid"), [(2, (4, 2)), (1, (8, 4))])
def test_the_light_resnet_keeps_on_half_the_picture_the_places_that_resnet10_keeps(last_stride, grid):
    light = build_backbone("resnet10_light", last_stride=last_stride).eval()
    whole = build_backbone("resnet10", last_stride=last_stride).eval()
    assert light(torch.zeros(1, 3, 64, 32)).shape == (1, 256, *grid)
    assert whole(torch.zeros(1, 3, 128, 64)).shape == (1, 512, *grid)


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(InputError, match=r"no backbone is called 'resnet51': choose resnet50, .*"):
        build_backbone("resnet51")


def test_a_last_stride_of_three_is_refused():
    with pytest.raises(InputError, match="last_stride must be 1 or 2, not 3"):
        build_backbone("resnet10", last_stride=3)


CONVNEXT = ConvNextBackbone("tiny", last_stride=2, depths=(1, 1, 1, 1), first_width=8, drop=0.1)


@pytest.mark.parametrize(("last_stride", "grid"), [(2, (2, 1)), (1, (4, 2))])
def test_a_convnext_has_a_last_stride_and_takes_the_weights_of_either(last_stride, grid):
    sizes = {"depths": (1, 1, 1, 1), "first_width": 8, "drop": 0.1}
    backbone = ConvNextBackbone("tiny", last_stride=last_stride, **sizes).eval()
    backbone.load_state_dict(CONVNEXT.state_dict())
    assert backbone(torch.zeros(1, 3, 64, 32)).shape == (1, 64, *grid)


def test_a_convnexts_feature_map_is_torchvisions():
    images = torch.randn(2, 3, 64, 64)
    CONVNEXT.eval()
    theirs = torchvision.models.ConvNeXt(
        [
            CNBlockConfig(8, 16, 1),
            CNBlockConfig(16, 32, 1),
            CNBlockConfig(32, 64, 1),
            CNBlockConfig(64, None, 1),
        ]
    ).eval()
    theirs.load_state_dict(CONVNEXT.state_dict(), strict=False)
    theirs.classifier = torch.nn.Flatten()
    torch.testing.assert_close(CONVNEXT(images).mean(dim=(2, 3)), theirs(images))


@pytest.fixture
def vit():
    torch.manual_seed(0)
    return ViTBackbone("tiny", last_stride=1, num_layers=2, num_heads=2, width=16).eval()


def test_a_vits_feature_map_is_torchvisions_patches_at_their_size(vit):
    theirs = torchvision.models.VisionTransformer(224, 16, 2, 2, 16, 64).eval()
    theirs.load_state_dict(vit.state_dict(), strict=False)
    images = torch.randn(2, 3, 224, 224)
    patches = theirs.encoder(
        torch.cat((theirs.class_token.expand(2, -1, -1), theirs._process_input(images)), 1)
    )
    torch.testing.assert_close(vit(images).flatten(2), patches[:, 1:].mT)


def test_a_vit_takes_images_of_a_pedestrians_shape_whatever_the_last_stride(vit):
    assert vit(torch.randn(1, 3, 256, 128)).shape == (1, 16, 16, 8)
    assert vit.architecture == {"name": "tiny"}


def test_a_vit_refuses_pixels_that_fill_no_patch(vit):
    with pytest.raises(ValueError, match="images of 100 x 32 pixels: both must be multiples of 16 for a ViT"):
        vit(torch.zeros(1, 3, 100, 32))


def test_position_embeddings_are_interpolated_row_by_row_and_the_class_tokens_stays():
    rows = torch.linspace(0, 1, 14).reshape(14, 1, 1).expand(14, 14, 1).reshape(1, 196, 1)
    trained = torch.cat((torch.full((1, 1, 1), 7.0), rows), dim=1)
    found = position_embedding(trained, 16, 8)
    assert found.shape == (1, 1 + 16 * 8, 1)
    assert found[0, 0] == 7
    grid = found[0, 1:].reshape(16, 8)
    torch.testing.assert_close(grid, grid[:, :1].expand(16, 8))  # all columns alike
    assert (grid[1:, 0] > grid[:-1, 0]).all()  # from the head down, as before
    assert position_embedding(trained, 14, 14) is trained


@pytest.mark.parametrize(
    "name", ["resnet10_light_ibn_a", "resnet18_ibn_a", "resnet34_ibn_a", "resnet50_ibn_a", "resnet101_ibn_a"]
)
def test_ibn_a_halves_the_first_norm_of_every_block_but_the_last_stages(name):
    with torch.device("meta"):
        ours = build_backbone(name).state_dict()
        plain = build_backbone(name.removesuffix("_ibn_a")).state_dict()
    changed = {key for key in plain if re.fullmatch(r"layer[123]\.\d+\.bn1\..*", key)}
    kinds = ("IN.weight", "IN.bias", "BN.weight", "BN.bias", "BN.running_mean", "BN.running_var",
             "BN.num_batches_tracked")  # fmt: skip
    blocks = {key.rpartition(".")[0] for key in changed}
    assert ours.keys() == (plain.keys() - changed) | {f"{block}.{kind}" for block in blocks for kind in kinds}
    assert all(ours[f"{block}.{part}.weight"].shape == (plain[f"{block}.weight"].numel() // 2,)
               for block in blocks for part in ("IN", "BN"))  # fmt: skip


def test_ibn_b_normalises_the_stem_and_the_end_of_two_stages_by_instance():
    with torch.device("meta"):
        ours = build_backbone("resnet50_ibn_b").state_dict()
        plain = build_backbone("resnet50").state_dict()
    added = {f"{block}.IN.{kind}" for block in ("layer1.2", "layer2.3") for kind in ("weight", "bias")}
    gone = {f"bn1.{kind}" for kind in ("running_mean", "running_var", "num_batches_tracked")}
    assert ours.keys() == (plain.keys() - gone) | added
    assert ours["layer1.2.IN.weight"].shape == (256,)


@pytest.mark.parametrize("kind", ["a", "b"])
def test_instance_norms_forget_an_images_contrast(kind):
    torch.manual_seed(0)
    network = ResNetBackbone("x", last_stride=2, block="bottleneck", depths=(1, 1, 1, 1), ibn=kind).eval()
    grid = torch.randn(2, 64, 4, 4)
    layer = network.layer1[0].bn1 if kind == "a" else network.bn1
    num_instance = 32 if kind == "a" else 64
    torch.testing.assert_close(
        layer(3 * grid)[:, :num_instance], layer(grid)[:, :num_instance], rtol=1e-3, atol=1e-4
    )
    if kind == "b":  # the block's own sum is what its end normalises
        seen = network.layer1[0](grid)
        assert seen.min() >= 0
        torch.testing.assert_close(
            network.layer1[0].IN(grid.repeat(1, 4, 1, 1)).mean(dim=(2, 3)),
            torch.zeros(2, 256),
            atol=1e-5,
            rtol=0,
        )


def test_building_a_resnet_imports_no_vision_transformer():
    code = (
        "import sys; from vtbr_models.backbones import build_backbone; "
        "before = 'torchvision' in sys.modules; build_backbone('resnet10'); "
        "sys.exit(before or 'vtbr_models.backbones.vit' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("name", "published"), [("osnet_x1_0", 2.2e6), ("osnet_x0_5", 0.6e6), ("osnet_x0_25", 0.2e6)]
)
def test_an_osnet_and_its_linear_layer_have_the_published_number_of_parameters(name, published):
    with torch.device("meta"):
        backbone = build_backbone(name)
    linear = 512 * backbone.width + 3 * 512  # bias and batch norm
    total = sum(parameter.numel() for parameter in backbone.parameters()) + linear
    assert round(total, -5) == published


@pytest.mark.parametrize("name", ["mobilenet_v2", "osnet_x0_25", "osnet_ain_x0_25", "swin_t"])
def test_a_backbones_grid_has_the_shape_that_its_stride_says(name):
    backbone = build_backbone(name, last_stride=1).eval()
    cells = 32 if name == "swin_t" else 16
    with torch.inference_mode():
        assert backbone(torch.zeros(1, 3, 128, 64)).shape == (1, backbone.width, 128 // cells, 64 // cells)


def test_a_swins_feature_map_is_torchvisions():
    theirs = torchvision.models.swin_t().eval()
    ours = build_backbone("swin_t").eval()
    theirs.load_state_dict(ours.state_dict(), strict=False)
    theirs.head = torch.nn.Identity()
    images = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        torch.testing.assert_close(ours(images).mean(dim=(2, 3)), theirs(images))


def test_folding_finds_every_batch_norm_of_an_osnet():
    torch.manual_seed(0)
    backbone = build_backbone("osnet_x0_25").eval()
    images = torch.randn(1, 3, 64, 32)
    with torch.inference_mode():
        before = backbone(images)
        num_norms = sum(isinstance(module, torch.nn.BatchNorm2d) for module in backbone.modules())
        assert fold_batch_norms(backbone) == num_norms
        torch.testing.assert_close(backbone(images), before, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "variant", "message"),
    [
        ("resnet10", {"grid": [16, 8]}, "resnet10 cannot have grid"),
        ("vit_ti_16", {"grid": [16]}, r"architecture.visual.grid cannot be \[16\]"),
        ("vit_ti_16", {"output": "all"}, "architecture.visual.output cannot be 'all'"),
        ("resnet10", {"non_local": [0, 1]}, "architecture.visual.non_local cannot be"),
        ("osnet_x1_0", {"stem": "pool-ceil"}, "osnet_x1_0 cannot have the stem 'pool-ceil'"),
    ],
)
def test_a_variant_that_a_backbone_cannot_have_is_refused(name, variant, message):
    with pytest.raises(InputError, match=message):
        build_backbone(name, **variant)


@pytest.mark.parametrize("name", BACKBONES)
def test_the_size_that_is_listed_is_the_size_that_it_has(name):
    with torch.device("meta"):
        backbone, picture = build_backbone(name).eval(), torch.empty(1, 3, *SIZED_FOR)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        backbone(picture)
    parameters = sum(parameter.numel() for parameter in backbone.parameters())
    assert SIZES[name][:2] == (backbone.width, parameters)
    assert SIZES[name].gflop == pytest.approx(counter.get_total_flops() / 2e9, abs=6e-4)
