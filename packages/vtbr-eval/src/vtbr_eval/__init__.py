"""Scores for person re-identification from feature files."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .cameras import camera_pairs as camera_pairs
    from .captions.attribute_scores import score_attributes as score_attributes
    from .captions.caption_scores import score_captions as score_captions
    from .errors import InputError as InputError
    from .evaluation import Scores as Scores
    from .evaluation import evaluate as evaluate
    from .features import FeatureTable as FeatureTable
    from .features import read_features as read_features
    from .features import write_features as write_features
    from .protocol import PROTOCOLS as PROTOCOLS
    from .protocol import Draws as Draws
    from .protocol import Expansion as Expansion
    from .protocol import Protocol as Protocol
    from .protocol import Rerank as Rerank
    from .ranked import ranked_lists as ranked_lists
    from .ranking.verification import open_set as open_set
    from .statistics.comparison import Comparison as Comparison
    from .statistics.comparison import compare as compare
    from .statistics.comparison import compare_all as compare_all
    from .statistics.runs import evaluate_runs as evaluate_runs
    from .text_search import search as search

__version__ = "0.1.0"

# Looked up on first use: `vtbr-eval --help` must not wait for numpy.
_HOME = {
    "Comparison": "statistics.comparison",
    "Draws": "protocol",
    "Expansion": "protocol",
    "FeatureTable": "features",
    "InputError": "errors",
    "PROTOCOLS": "protocol",
    "Protocol": "protocol",
    "Rerank": "protocol",
    "Scores": "evaluation",
    "camera_pairs": "cameras",
    "compare": "statistics.comparison",
    "compare_all": "statistics.comparison",
    "evaluate": "evaluation",
    "evaluate_runs": "statistics.runs",
    "open_set": "ranking.verification",
    "ranked_lists": "ranked",
    "read_features": "features",
    "score_attributes": "captions.attribute_scores",
    "score_captions": "captions.caption_scores",
    "search": "text_search",
    "write_features": "features",
}


def __getattr__(name: str) -> object:
    """Import a public name from its module when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module 'vtbr_eval' has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)
