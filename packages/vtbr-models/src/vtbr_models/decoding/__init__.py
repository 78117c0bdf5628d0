"""Captions written and scored by a captioner."""

from .beam_search import BeamSearch as BeamSearch
from .generation import generate as generate
from .hypotheses import Caption as Caption
from .packed_linear import pack_decoders as pack_decoders
from .sampling import Sampling as Sampling
from .scoring import num_predicted as num_predicted
from .scoring import score as score
from .scoring import score_each as score_each
from .scoring import score_memory as score_memory
