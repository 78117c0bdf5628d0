"""Nearness of images: ranks, lists, rates and re-ranked distances."""

from .expansion import prepared as prepared
from .judged_pairs import JudgedPairs as JudgedPairs
from .judged_pairs import KeptPairs as KeptPairs
from .lists import NearestLists as NearestLists
from .lists import nearest_images as nearest_images
from .product import CPU as CPU
from .ranks import match_ranks as match_ranks
from .ranks import ranks_in_row as ranks_in_row
from .rerank import Taken as Taken
from .rerank import taken_from_reranked as taken_from_reranked
from .scan import Batch as Batch
from .scan import Marked as Marked
from .scan import Tile as Tile
from .scan import scan_pairs as scan_pairs
from .space import Space as Space
from .verification import distance_between as distance_between
from .verification import open_set as open_set
from .workers import chunks as chunks
