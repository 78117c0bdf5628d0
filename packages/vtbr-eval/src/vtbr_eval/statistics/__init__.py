"""Intervals and tests that treat all queries of a person as one."""

from .bootstrap import difference_intervals as difference_intervals
from .bootstrap import identity_intervals as identity_intervals
from .bootstrap import score_intervals as score_intervals
from .proportion import clustered_rate as clustered_rate
from .randomisation import holm as holm
from .randomisation import p_values as p_values
from .randomisation import verdict as verdict
