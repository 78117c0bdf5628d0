"""Sets of one or two folders of crops: CUHK-SYSU, SenseReID, PKU-Reid, RandPerson."""

from __future__ import annotations

import re

from .dataset import Dataset
from .named_folders import NamedFolders

_SYSU = NamedFolders(
    title="CUHK-SYSU",
    folders={"cropped_images": "train"},
    pattern=re.compile(r"p(?P<identity>\d+)_s(?P<scene>\d+)_\d+\.\w+"),
    example="p11422_s16929_1.jpg (person, scene)",
)
_SENSE = NamedFolders(
    title="SenseReID",
    folders={"test_probe": "query", "test_gallery": "gallery"},
    pattern=re.compile(r"(?P<identity>\d+)_(?P<camera>\d+)\.\w+"),
    example="00001_0.jpg (identity, camera)",
    first_identity=0,
    first_camera=0,
)
_PKU = NamedFolders(
    title="PKU-Reid",
    folders={"PKUv1a_128x48": "train"},
    pattern=re.compile(r"(?P<identity>\d+)_(?P<camera>\d+)(_\d+)*\.png"),
    example="001_1_1.png (identity, camera, ...)",
)
_RANDPERSON = NamedFolders(
    title="RandPerson",
    folders={".": "train"},
    pattern=re.compile(r"(?P<identity>\d+)_c(?P<camera>\d+)_s(?P<scene>\d+)_f(?P<frame>\d+)\.\w+"),
    example="000000_c00_s00_f000264.jpg (identity, camera, scene, frame)",
    first_identity=0,
    first_camera=0,
)

CUHK_SYSU = Dataset(
    name="cuhk-sysu",
    title="CUHK-SYSU",
    layout="cropped_images with p11422_s16929_1.jpg; all for training, cameras unknown",
    source="Xiao et al., Joint Detection and Identification Feature Learning for Person Search, CVPR 2017",
    rows=_SYSU.rows,
    recognise=_SYSU.recognise,
    counts={"train": {"images": 34_574, "identities": 11_934}},
)
SENSEREID = Dataset(
    name="sensereid",
    title="SenseReID",
    layout="test_probe, test_gallery with 00001_0.jpg; test only",
    source="Zhao et al., Spindle Net, CVPR 2017",
    rows=_SENSE.rows,
    recognise=_SENSE.recognise,
    counts={
        "query": {"images": 1_040, "identities": 522},
        "gallery": {"images": 3_388, "identities": 1_717},
    },
)
PKU_REID = Dataset(
    name="pku-reid",
    title="PKU-Reid",
    layout="PKUv1a_128x48 with 001_1_1.png; all for training",
    source="Ma et al., Orientation Driven Bag of Appearances, Neurocomputing 2016",
    rows=_PKU.rows,
    recognise=_PKU.recognise,
    counts={"train": {"images": 1_824, "identities": 114}},
)
RANDPERSON = Dataset(
    name="randperson",
    title="RandPerson",
    layout="000000_c00_s00_f000264.jpg in one folder (randperson_subset); all for training",
    source="Wang, Liao, Shao, Surpassing Real-World Source Training Data, ACM MM 2020",
    rows=_RANDPERSON.rows,
    recognise=_RANDPERSON.recognise,
    counts={"train": {"images": 1_801_816, "identities": 8_000}},
    note="the subset that is handed out has 132,145 images, so its count is not the published one of the set",
)
