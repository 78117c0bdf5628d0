"""What is in a manifest and what is wrong with it."""

from .check import Report, check_manifest
from .page import make_page
from .statistics import draw_sheet, manifest_statistics
from .statistics_tables import print_tables

__all__ = ["Report", "check_manifest", "draw_sheet", "make_page", "manifest_statistics", "print_tables"]
