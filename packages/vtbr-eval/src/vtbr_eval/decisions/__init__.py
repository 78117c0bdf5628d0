"""Same person, another, or unknown: thresholds with their error rates, and decisions by them."""

from .calibration import calibrate as calibrate
from .calibration import measured_rate as measured_rate
from .deciding import Decider as Decider
from .deciding import Decision as Decision
from .deciding import decide_all as decide_all
from .deciding import summarised as summarised
from .thresholds import Thresholds as Thresholds
from .thresholds import read_thresholds as read_thresholds
