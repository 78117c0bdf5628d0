"""Sphinx settings of the site that pipelines/docs/build.py lays out."""

import re

project, author, copyright = "vtbr", "the vtbr authors", "the vtbr authors"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_click"]
html_theme, html_title = "furo", "vtbr"
html_copy_source = False
html_static_path = ["static"]
html_css_files = ["site.css"]
exclude_patterns = ["README.md"]  # the front page includes it
myst_heading_anchors = 4
smartquotes = False  # they would change commands
autodoc_typehints = "description"
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
# Pages of one package hold names that others have too (`InputError`), and types are named, not linked.
nitpicky = False


def setup(app):
    """Connect the hook that turns docstrings and help texts from Markdown's backticks into reStructuredText."""
    app.connect("autodoc-process-docstring", lambda app, what, name, obj, options, lines: to_rst(lines))
    for event in ("description", "epilog"):
        app.connect(f"sphinx-click-process-{event}", lambda app, ctx, lines: to_rst(lines))


def to_rst(lines: list[str]) -> None:
    """Rewrite in place: `code` as code, no other markup, indented paragraphs unchanged."""
    rewritten: list[str] = []
    for paragraph in re.split(r"\n\s*\n", "\n".join(lines)):
        rows = paragraph.split("\n")
        if rows[0].startswith("| "):  # a part of a help text that is not wrapped: an example, mostly
            kept = [row.removeprefix("| ") for row in rows]
            title = f"{kept.pop(0)}:" if kept[0].endswith(":") else "::"
            rewritten += [title, "", *(f"  {row}" for row in kept), ""]
        elif rows[0].lstrip().startswith((">>>", ".. ")):
            rewritten += [*rows, ""]
        elif rows[0].startswith(" "):
            rewritten += ["::", "", *rows, ""]
        else:
            is_list = any(row.startswith("- ") for row in rows)
            whole = rows if is_list else ["\n".join(rows)]  # code may run over the end of a line
            rewritten += [line for text in whole for line in _inline(text).split("\n")] + [""]
    lines[:] = rewritten


def _inline(row: str) -> str:
    parts = re.split(r"(`+[^`]+`+)", row)
    for number, part in enumerate(parts):
        if part.startswith("`"):
            parts[number] = f"``{part.strip('`')}``"
        else:
            parts[number] = re.sub(r"([*|_\\])", r"\\\1", part) if not part.startswith("- ") else part
    return "".join(parts)
