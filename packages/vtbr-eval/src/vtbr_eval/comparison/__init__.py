"""Several systems, or several runs of one, side by side."""

from .runs import Runs as Runs
from .runs import evaluate_runs as evaluate_runs
from .score_table import Row as Row
from .score_table import Style as Style
from .score_table import read_row as read_row
from .score_table import table_of as table_of
from .systems import RANDOMISATIONS as RANDOMISATIONS
from .systems import Comparison as Comparison
from .systems import Tournament as Tournament
from .systems import check_same_images as check_same_images
from .systems import compare as compare
from .systems import compare_all as compare_all
