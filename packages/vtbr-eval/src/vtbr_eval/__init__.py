"""Scores for person re-identification from feature files."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .cameras import camera_pairs as camera_pairs
    from .captions import score_attributes as score_attributes
    from .captions import score_captions as score_captions
    from .comparison import Comparison as Comparison
    from .comparison import compare as compare
    from .comparison import compare_all as compare_all
    from .comparison import evaluate_runs as evaluate_runs
    from .decisions import Decider as Decider
    from .decisions import Thresholds as Thresholds
    from .decisions import calibrate as calibrate
    from .decisions import read_thresholds as read_thresholds
    from .errors import InputError as InputError
    from .evaluation import Scores as Scores
    from .evaluation import evaluate as evaluate
    from .features import FeatureTable as FeatureTable
    from .files import read_features as read_features
    from .files import write_features as write_features
    from .protocol import PROTOCOLS as PROTOCOLS
    from .protocol import Expansion as Expansion
    from .protocol import Protocol as Protocol
    from .protocol import RandomTestSets as RandomTestSets
    from .protocol import Rerank as Rerank
    from .ranked import ranked_lists as ranked_lists
    from .ranking import open_set as open_set
    from .text_search import search as search

__version__ = "0.1.0"

# Looked up on first use: `vtbr-eval --help` must not wait for numpy.
_HOME = {
    "Comparison": "comparison",
    "RandomTestSets": "protocol",
    "Decider": "decisions",
    "Expansion": "protocol",
    "FeatureTable": "features",
    "InputError": "errors",
    "PROTOCOLS": "protocol",
    "Protocol": "protocol",
    "Rerank": "protocol",
    "Scores": "evaluation",
    "Thresholds": "decisions",
    "calibrate": "decisions",
    "camera_pairs": "cameras",
    "compare": "comparison",
    "compare_all": "comparison",
    "evaluate": "evaluation",
    "evaluate_runs": "comparison",
    "open_set": "ranking",
    "ranked_lists": "ranked",
    "read_features": "files",
    "read_thresholds": "decisions",
    "score_attributes": "captions",
    "score_captions": "captions",
    "search": "text_search",
    "write_features": "files",
}


def __getattr__(name: str) -> object:
    """Import a public name from its module when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module 'vtbr_eval' has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)
