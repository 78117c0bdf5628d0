"""All known datasets by name."""

from __future__ import annotations

from collections.abc import Mapping

from .caption_lists import CUHK_PEDES, ICFG_PEDES, RSTPREID
from .coco import COCO
from .cuhk01 import CUHK01
from .cuhk02 import CUHK02
from .cuhk03_classic import CUHK03_CLASSIC_DETECTED, CUHK03_CLASSIC_LABELED
from .dataset import Dataset
from .files import FILES
from .finegpr import FINEGPR
from .flat_sets import CUHK_SYSU, PKU_REID, RANDPERSON, SENSEREID
from .folders import FOLDERS
from .grid import GRID
from .ilids import ILIDS
from .layumi import LAYUMI
from .market_like import CUHK03_DETECTED, CUHK03_LABELED, DUKEMTMC, MARKET1501, PERSONX
from .msmt17 import MSMT17
from .prid2011 import PRID2011
from .table import TABLE
from .unrealperson import UNREALPERSON
from .video import VIDEO
from .viper import VIPER

DATASETS: Mapping[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        MARKET1501,
        DUKEMTMC,
        LAYUMI,
        MSMT17,
        CUHK03_LABELED,
        CUHK03_DETECTED,
        CUHK03_CLASSIC_LABELED,
        CUHK03_CLASSIC_DETECTED,
        CUHK01,
        CUHK02,
        VIPER,
        GRID,
        PRID2011,
        ILIDS,
        CUHK_SYSU,
        SENSEREID,
        PKU_REID,
        RANDPERSON,
        PERSONX,
        UNREALPERSON,
        FINEGPR,
        CUHK_PEDES,
        ICFG_PEDES,
        RSTPREID,
        COCO,
        TABLE,
        FOLDERS,
        FILES,
        VIDEO,
    )
}
