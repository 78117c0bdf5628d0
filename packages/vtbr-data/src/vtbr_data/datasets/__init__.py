"""Known datasets: each module has its grammar, published counts and source."""

from vtbr_data.datasets.dataset import Dataset as Dataset
from vtbr_data.datasets.dataset import HalfOf as HalfOf
from vtbr_data.datasets.finegpr import FINEGPR
from vtbr_data.datasets.market1501 import CUHK03_DETECTED, CUHK03_LABELED, DUKEMTMC, MARKET1501
from vtbr_data.datasets.table import TABLE
from vtbr_data.datasets.viper import VIPER

DATASETS = {
    dataset.name: dataset
    for dataset in (FINEGPR, MARKET1501, DUKEMTMC, CUHK03_LABELED, CUHK03_DETECTED, VIPER, TABLE)
}
