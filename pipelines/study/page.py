"""Write the study up: `study.md`, one self-contained HTML page, figures and the analysis as JSON.

`python -m pipelines.study.page study/results.jsonl` does it again from the results alone.
No number is typed here.
"""

from __future__ import annotations

import argparse
import html
import json
import re
import textwrap
from collections.abc import Sequence
from pathlib import Path

from .work.runner import write_whole
from .writing.ablation_report import ablations_written
from .writing.analysis import Study
from .writing.attributes import read_slots, read_unlabelled
from .writing.figures import draw_all
from .writing.report import Report, written

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1c1c1c }
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0; font-size: 0.85rem; display: block; overflow-x: auto }
th, td { border-bottom: 1px solid #ddd; padding: 0.25rem 0.6rem; text-align: left; white-space: nowrap }
figure { margin: 1.5rem 0 } figure svg { max-width: 100%; height: auto }
figcaption { color: #555; font-size: 0.85rem }
pre { background: #f4f4f2; padding: 0.6rem; overflow-x: auto }
"""


def main() -> None:
    """Write everything beside the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("results", type=Path)
    parser.add_argument(
        "--docs", type=Path, metavar="FOLDER", help="write study.md and its figures there, too"
    )
    options = parser.parse_args()
    if not options.results.is_file():
        parser.error(f"{options.results}: no such file; `nox -s study` makes it")
    for path in write_all(options.results, options.docs):
        print(path)


def write_all(results: Path, docs: Path | None) -> list[Path]:
    """Write everything beside the results and into `docs`; return the paths."""
    study = Study(results)
    slots = read_slots(study.pretrained, study.about.get("commonest", {}))
    unlabelled = read_unlabelled(study.pretrained)
    folder = results.parent
    name = "ablations" if study.about["name"] == "ablations" else "study"
    if name == "ablations":
        figures, report = {}, ablations_written(study, unlabelled)
    else:
        figures = draw_all(study, slots, unlabelled, folder / "figures")
        report = written(study, slots, unlabelled, figures)
    paths = {
        folder / "analysis.json": json.dumps(report.analysis, indent=1) + "\n",
        folder / f"{name}.md": markdown(report, "figures"),
        folder / "page.html": page(report, folder),
    }
    if docs:
        (docs / "study").mkdir(parents=True, exist_ok=True)
        for drawn in figures:
            text = (folder / f"figures/{drawn}.svg").read_text(encoding="utf-8")
            write_whole(docs / f"study/{drawn}.svg", text)
        paths[docs / f"{name}.md"] = markdown(report, "study")
    for path, text in paths.items():
        write_whole(path, text)
    return list(paths)


def markdown(report: Report, figures: str) -> str:
    """Return the page for reading on its own; `figures` is the folder that the pictures are in."""
    lines = [f"# {report.title}", ""]
    for kind, content in report.parts:
        if kind == "heading":
            lines += [f"## {content}", ""]
        elif kind == "list":
            lines += [*(wrapped(f"- {one}", "  ") for one in content), ""]
        elif kind == "code":
            lines += [*(f"    {line}" for line in content), ""]
        elif kind == "table":
            head, *rows = content
            lines += [row_of(head), row_of(["---"] * len(head)), *map(row_of, rows), ""]
        elif kind == "figure":
            lines += [f"![{content[1]}]({figures}/{content[0]}.svg)", "", wrapped(f"*{content[1]}*"), ""]
        elif kind == "reports":
            lines += [f"- `{path}`" for _, path in content] + [""]
        else:
            lines += [wrapped(content), ""]
    return "\n".join(lines).rstrip() + "\n"


def wrapped(text: str, indent: str = "") -> str:
    """Wrap prose in lines of at most 120 characters, `indent` before all but the first."""
    return textwrap.fill(text, 120, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def page(report: Report, folder: Path) -> str:
    """Return the same as one HTML file that needs nothing else; the reports it links to lie beside it."""
    parts = [f"<h1>{html.escape(report.title)}</h1>"]
    for kind, content in report.parts:
        if kind == "heading":
            parts.append(f"<h2>{html.escape(content)}</h2>")
        elif kind == "list":
            parts.append(f"<ul>{''.join(f'<li>{prose(one)}</li>' for one in content)}</ul>")
        elif kind == "code":
            parts.append(f"<pre>{html.escape(chr(10).join(content))}</pre>")
        elif kind == "table":
            head, *rows = content
            body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
            parts.append(f"<table><thead><tr>{cells(head, 'th')}</tr></thead><tbody>{body}</tbody></table>")
        elif kind == "figure":
            drawing = (folder / f"figures/{content[0]}.svg").read_text(encoding="utf-8")
            drawing = own_ids(drawing[drawing.index("<svg") :], content[0])
            caption = html.escape(content[1])
            parts.append(f"<figure>{drawing}<figcaption>{caption}</figcaption></figure>")
        elif kind == "reports":
            links = "".join(f'<li><a href="{path}">{html.escape(arm)}</a></li>' for arm, path in content)
            parts.append(f"<ul>{links}</ul>")
        else:
            parts.append(f"<p>{prose(content)}</p>")
    head = f'<meta charset="utf-8"><title>{html.escape(report.title)}</title><style>{STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>\n'


def prose(text: str) -> str:
    """Return a sentence of Markdown as HTML: only code is marked up in ours.

    >>> prose("`--quick` takes < 20 minutes")
    '<code>--quick</code> takes &lt; 20 minutes'
    """
    return re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(text))


def own_ids(drawing: str, name: str) -> str:
    """Return names within a drawing, so that two drawings on a page do not take each other's."""
    for before, after in (
        ('id="', f'id="{name}-'),
        ('href="#', f'href="#{name}-'),
        ("url(#", f"url(#{name}-"),
    ):
        drawing = drawing.replace(before, after)
    return drawing


def cells(row: Sequence[str], tag: str) -> str:
    """Return the cells of a table."""
    return "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row)


def row_of(cells_: Sequence[str]) -> str:
    """Return a line of a Markdown table."""
    return f"| {' | '.join(cells_)} |"


if __name__ == "__main__":
    main()
