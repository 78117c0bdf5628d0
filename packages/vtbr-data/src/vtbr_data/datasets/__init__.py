"""Known datasets: each module has its grammar, published counts and source."""

from .dataset import Dataset, IndexOptions
from .finegpr import CODES as FINEGPR_CODES
from .finegpr import EXTRA_CODES as FINEGPR_EXTRA_CODES
from .index import AUTO, index_dataset
from .registry import DATASETS

__all__ = [
    "AUTO",
    "DATASETS",
    "FINEGPR_CODES",
    "FINEGPR_EXTRA_CODES",
    "Dataset",
    "IndexOptions",
    "index_dataset",
]
