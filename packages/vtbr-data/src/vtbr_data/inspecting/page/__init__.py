"""One self-contained HTML page about a manifest: no script, nothing loaded from anywhere."""

from .page import make_page as make_page
