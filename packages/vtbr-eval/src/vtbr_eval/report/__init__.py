"""The HTML report."""

from .page import make_report as make_report
from .thumbnails import check_folder as check_folder
