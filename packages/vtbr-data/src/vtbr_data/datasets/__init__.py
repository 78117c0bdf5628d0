"""Known datasets: each module has its grammar, published counts and source."""

from vtbr_data.datasets.caption_lists import CUHK_PEDES, ICFG_PEDES, RSTPREID
from vtbr_data.datasets.coco import COCO
from vtbr_data.datasets.cuhk01 import CUHK01
from vtbr_data.datasets.cuhk02 import CUHK02
from vtbr_data.datasets.cuhk03_classic import CUHK03_CLASSIC_DETECTED, CUHK03_CLASSIC_LABELED
from vtbr_data.datasets.dataset import Dataset as Dataset
from vtbr_data.datasets.dataset import IndexOptions as IndexOptions
from vtbr_data.datasets.files import FILES
from vtbr_data.datasets.finegpr import FINEGPR
from vtbr_data.datasets.flat_sets import CUHK_SYSU, PKU_REID, RANDPERSON, SENSEREID
from vtbr_data.datasets.folders import FOLDERS
from vtbr_data.datasets.grid import GRID
from vtbr_data.datasets.ilids import ILIDS
from vtbr_data.datasets.market1501 import CUHK03_DETECTED, CUHK03_LABELED, DUKEMTMC, MARKET1501, PERSONX
from vtbr_data.datasets.msmt17 import MSMT17
from vtbr_data.datasets.prid2011 import PRID2011
from vtbr_data.datasets.table import TABLE
from vtbr_data.datasets.unrealperson import UNREALPERSON
from vtbr_data.datasets.viper import VIPER

DATASETS = {
    dataset.name: dataset
    for dataset in (
        MARKET1501,
        DUKEMTMC,
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
    )
}
