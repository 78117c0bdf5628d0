"""Scores for person re-identification from feature files."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .comparison import Comparison as Comparison
    from .comparison import compare as compare
    from .errors import InputError as InputError
    from .evaluation import Scores as Scores
    from .evaluation import evaluate as evaluate
    from .features import FeatureTable as FeatureTable
    from .features import read_features as read_features
    from .features import write_features as write_features
    from .protocol import Protocol as Protocol
    from .protocol import Rerank as Rerank

__version__ = "0.1.0"

# Looked up on first use: `vtbr-eval --help` must not wait for numpy.
_HOME = {
    "Comparison": "comparison",
    "FeatureTable": "features",
    "InputError": "errors",
    "Protocol": "protocol",
    "Rerank": "protocol",
    "Scores": "evaluation",
    "compare": "comparison",
    "evaluate": "evaluation",
    "read_features": "features",
    "write_features": "features",
}


def __getattr__(name: str) -> object:
    """Import a public name from its module when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module 'vtbr_eval' has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)
