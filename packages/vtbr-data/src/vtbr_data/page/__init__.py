"""One self-contained HTML page about a manifest: no script, nothing loaded from anywhere."""

from vtbr_data.page.page import make_page as make_page
