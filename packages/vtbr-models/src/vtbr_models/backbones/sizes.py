"""What each backbone costs, so that listing them needs no torch; a test counts again."""

from __future__ import annotations

from typing import NamedTuple

SIZED_FOR = (256, 128)
"""Height and width of the picture that multiply-adds are counted for, in pixels."""


class Size(NamedTuple):
    """Of one backbone, as it is built by name alone."""

    width: int
    """Channels of its feature map."""
    parameters: int
    gflop: float
    """Thousand millions of multiply-adds for one picture, as papers count."""


SIZES: dict[str, Size] = {
    "resnet10": Size(512, 4_905_792, 0.58),
    "resnet18": Size(512, 11_176_512, 1.184),
    "resnet34": Size(512, 21_284_672, 2.392),
    "resnet50": Size(2048, 23_508_032, 2.669),
    "resnet101": Size(2048, 42_500_160, 5.093),
    "resnet152": Size(2048, 58_143_808, 7.518),
    "resnext50_32x4d": Size(2048, 22_979_904, 2.761),
    "resnext101_32x8d": Size(2048, 86_742_336, 10.718),
    "resnext101_64x4d": Size(2048, 81_406_272, 10.095),
    "wide_resnet50_2": Size(2048, 66_834_240, 7.442),
    "wide_resnet101_2": Size(2048, 124_837_696, 14.858),
    "resnet18_ibn_a": Size(512, 11_176_512, 1.184),
    "resnet34_ibn_a": Size(512, 21_284_672, 2.392),
    "resnet50_ibn_a": Size(2048, 23_508_032, 2.669),
    "resnet101_ibn_a": Size(2048, 42_500_160, 5.093),
    "resnet50_ibn_b": Size(2048, 23_509_568, 2.669),
    "resnet101_ibn_b": Size(2048, 42_501_696, 5.093),
    "resnet10_light": Size(256, 1_227_936, 0.523),
    "resnet10_light_ibn_a": Size(256, 1_227_936, 0.523),
    "resnet10_unpooled_ibn_a": Size(512, 4_901_184, 2.053),
    "convnext_tiny": Size(768, 27_818_592, 2.909),
    "convnext_small": Size(768, 49_453_152, 5.67),
    "convnext_base": Size(1024, 87_564_416, 10.027),
    "mobilenet_v2": Size(1280, 2_223_872, 0.196),
    "osnet_x1_0": Size(512, 1_905_828, 0.979),
    "osnet_x0_75": Size(384, 1_087_610, 0.572),
    "osnet_x0_5": Size(256, 497_426, 0.273),
    "osnet_x0_25": Size(128, 134_792, 0.082),
    "osnet_ibn_x1_0": Size(512, 1_906_852, 0.979),
    "osnet_ain_x1_0": Size(512, 1_905_828, 0.979),
    "osnet_ain_x0_75": Size(384, 1_087_610, 0.572),
    "osnet_ain_x0_5": Size(256, 497_426, 0.273),
    "osnet_ain_x0_25": Size(128, 134_792, 0.082),
    "swin_t": Size(768, 27_519_354, 3.99),
    "swin_s": Size(768, 48_837_258, 8.015),
    "swin_b": Size(1024, 86_743_224, 14.118),
    "vit_ti_16": Size(192, 5_524_416, 0.78),
    "vit_s_16": Size(384, 21_665_664, 2.93),
    "vit_b_16": Size(768, 85_798_656, 11.339),
}
