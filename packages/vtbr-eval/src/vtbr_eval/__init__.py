"""Scores for person re-identification from feature files."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .attribute_scores import score_attributes as score_attributes
    from .cameras import camera_pairs as camera_pairs
    from .caption_scores import score_captions as score_captions
    from .comparison import Comparison as Comparison
    from .comparison import compare as compare
    from .comparison import compare_all as compare_all
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
    from .runs import evaluate_runs as evaluate_runs
    from .text_search import search as search
    from .verification import open_set as open_set

__version__ = "0.1.0"

# Looked up on first use: `vtbr-eval --help` must not wait for numpy.
_HOME = {
    "Comparison": "comparison",
    "Draws": "protocol",
    "Expansion": "protocol",
    "FeatureTable": "features",
    "InputError": "errors",
    "PROTOCOLS": "protocol",
    "Protocol": "protocol",
    "Rerank": "protocol",
    "Scores": "evaluation",
    "camera_pairs": "cameras",
    "compare": "comparison",
    "compare_all": "comparison",
    "evaluate": "evaluation",
    "evaluate_runs": "runs",
    "open_set": "verification",
    "ranked_lists": "ranked",
    "read_features": "features",
    "score_attributes": "attribute_scores",
    "score_captions": "caption_scores",
    "search": "text_search",
    "write_features": "features",
}


def __getattr__(name: str) -> object:
    """Import a public name from its module when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module 'vtbr_eval' has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)
