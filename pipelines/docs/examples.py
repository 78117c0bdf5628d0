"""Hold the pages to what they show: every command line is checked, and run where a sandbox has its inputs.

A line names a real command with real options and choices, or this fails. It is run if every file that it
reads exists in the sandbox: small rendered people, models that know nothing, and what earlier lines of the page
wrote. Python is compiled, and run where it can stand alone. Doctests of modules run with the tests.
"""

from __future__ import annotations

import ast
import doctest
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import click

from .sandbox import PRELUDE, fill

ROOT = Path(__file__).parents[2]
LONG = re.compile(
    r"vtbr-train (pretrain|finetune|resume)|--size|--identities (100|\d{4})"
    r"|\.onnx|\.pt2|nox|pip |torch\.hub|\.\.\.|\$\w"
)
"""What takes minutes, a network or a loop around it: checked, not run."""


MAY_REFUSE = re.compile(r"vtbr-data check .*--dataset")
"""What rightly ends with 1 in the sandbox: its sets have not the published counts."""


GONE = re.compile(r"vtbr-data draw\b")
"""Commands of earlier versions, which the lab notes show as they were run."""


class Block(NamedTuple):
    """A code block of a page."""

    page: str
    line: int
    text: str


def main() -> int:
    """Check and run all; 1 if anything fails."""
    pages = [Path(page).resolve() for page in sys.argv[1:]] or [
        *ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("packages/*/README.md")
    ]  # fmt: skip
    blocks = {page: list(blocks_of(page)) for page in sorted(pages)}
    faults = [fault for found in blocks.values() for block in found for fault in check(block)]
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder) / "filled")
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            done = list(pool.map(lambda item: run_page(*item, Path(folder)), blocks.items()))
    for _, page_faults in done:
        faults += page_faults
    checked = sum(len(list(statements(block))) for found in blocks.values() for block in found)
    ran = sum(len(statements_run) for statements_run, _ in done)
    print(
        f"{checked} command lines checked, {ran} statements of shell and Python run; not run:",
        file=sys.stderr,
    )
    ran_texts = {text for statements_run, _ in done for text in statements_run}
    for block in (block for found in blocks.values() for block in found):
        for statement in statements(block):
            if statement not in ran_texts:
                print(f"  {block.page}:{block.line}: {statement.splitlines()[0][:90]}", file=sys.stderr)
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def blocks_of(page: Path) -> Iterator[Block]:
    """Yield fenced and indented code, without the indentation."""
    name, fence, kept, start = str(page.relative_to(ROOT)), None, [], 0
    previous_blank = True
    for number, line in enumerate([*page.read_text(encoding="utf-8").splitlines(), ""], start=1):
        if fence is not None:
            if line.strip() == fence:
                yield Block(name, start, "\n".join(kept))
                fence, kept = None, []
            else:
                kept.append(line)
            continue
        if line.startswith("```") and not line.startswith("```{"):
            if kept:
                yield Block(name, start, "\n".join(kept).rstrip())
            fence, kept, start = "```", [], number
            continue
        if line.startswith("    ") and (kept or previous_blank):
            start = start if kept else number
            kept.append(line[4:])
        elif kept and line.strip():
            yield Block(name, start, "\n".join(kept).rstrip())
            kept = []
        elif kept:
            kept.append("")
        previous_blank = not line.strip()
    if kept:
        yield Block(name, start, "\n".join(kept).rstrip())


def statements(block: Block) -> Iterator[str]:
    """Yield whole lines of shell that hold a vtbr command or write a file, each with those that continue it."""
    if is_python(block):
        return
    kept: list[str] = []
    for line in block.text.splitlines():
        kept.append(line)
        if line.rstrip().endswith(("\\", "|")):
            continue
        text = "\n".join(kept)
        kept = []
        if re.search(r"(^|\s)vtbr-(models|data|train|eval) [a-z]|^(printf|echo) .* > ", text):
            yield text


def is_python(block: Block) -> bool:
    """Return whether a block is Python and more than a bare word."""
    try:
        tree = ast.parse(block.text)
    except SyntaxError:
        return False
    return any(
        isinstance(node, ast.Call | ast.Import | ast.ImportFrom | ast.Assign) for node in ast.walk(tree)
    )


def check(block: Block) -> Iterator[str]:
    """Yield faults: commands, options and choices that do not exist."""
    for statement in statements(block):
        text = re.sub(r"#.*", "", statement.replace("\\\n", " "))
        for call in re.findall(r"vtbr-(?:models|data|train|eval) [a-z][^|;&><)\n]*", text):
            fault = fault_of(call)
            is_history = block.page == "docs/lab-notes.md" and GONE.match(call)
            if fault and not is_history:
                yield f"{block.page}:{block.line}: {call.strip()}: {fault}"


def fault_of(call: str) -> str | None:
    """Return why the command line `call` cannot be right, as far as names go."""
    try:
        words = shlex.split(call)
    except ValueError:
        words = call.split()
    command: click.Command = import_module(words[0].replace("-", "_") + ".cli").main
    rest = words[1:]
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), rest[0]) if rest else None
        if found is None:
            return f"there is no command {' '.join(words[:2])}"
        command, rest = found, rest[1:]
    options = {name: option for option in command.params for name in (*option.opts, *option.secondary_opts)}
    options |= dict.fromkeys(("--help", "-h", "--version"))
    for word, following in zip(rest, [*rest[1:], ""], strict=False):  # a command alone has no words
        name, _, value = word.partition("=")
        if not re.fullmatch(r"--?[a-z][\w-]*", name):
            continue
        if name not in options:
            return f"it has no option {name}"
        option = options[name]
        given = value or following
        choices = option.type.choices if option and isinstance(option.type, click.Choice) else ()
        is_bare = not value and option and option.flag_value  # `--resume` and `--resume=auto`
        if choices and given not in choices and not is_bare:
            return f"{name} cannot be {given}"
    return None


def run_page(page: Path, blocks: list[Block], folder: Path) -> tuple[list[str], list[str]]:
    """Run what can be run of a page; return what was run, and what failed."""
    place = folder / str(page.relative_to(ROOT)).replace("/", "_")
    shutil.copytree(folder / "filled", place, copy_function=os.link)
    for swap in place.glob(f"{place.name}+*"):  # files that mean something else on this page
        name = swap.name.partition("+")[2]
        swap.replace(place / name)
    ran, faults = [], []
    for block in blocks:
        for statement in statements(block):
            if runs(statement, place):
                ran.append(statement)
                done = subprocess.run(
                    ["bash", "-o", "pipefail", "-c", statement], cwd=place, capture_output=True, text=True
                )
                if done.returncode and not MAY_REFUSE.search(statement):
                    faults.append(f"{block.page}:{block.line}: {statement}\n{done.stderr[-600:]}")
    faults += run_python(blocks, place, ran)
    return ran, faults


def runs(statement: str, place: Path) -> bool:
    """Return whether all files that a line reads exist."""
    if LONG.search(statement) or GONE.search(statement):
        return False
    text = re.sub(r"#.*", "", statement.replace("\\\n", " "))
    writes = re.compile(r"(?:>|-o|--output|--ranked|--account|--map) *([\w./-]+)")
    written, text = writes.findall(text), writes.sub("", text)
    text = re.sub(r"'[^']*'|\"[^\"]*\"", "", text)  # programs for jq, sentences
    if re.search(r"vtbr-data render", text):
        return True
    words = [word for word in re.split(r"[\s|;&]+", text) if re.search(r"\w[./]\w|^[A-Z][\w-]+$", word)]
    needed = [word for word in words if word not in written and not re.fullmatch(r"[\d.,e-]+|\.\w+", word)]
    return all(any(place.glob(word)) for word in needed)


def run_python(blocks: list[Block], place: Path, ran: list[str]) -> list[str]:
    """Run a page's Python as one script, its doctests as such."""
    faults, script = [], []
    for block in blocks:
        if ">>>" in block.text:
            test = doctest.DocTestParser().get_doctest(block.text, {}, block.page, block.page, block.line)
            said: list[str] = []
            if doctest.DocTestRunner(verbose=False).run(test, out=said.append).failed:
                faults.append(f"{block.page}:{block.line}: {''.join(said)}")
            ran.append(block.text)
        elif is_python(block) and not LONG.search(block.text) and not list(statements(block)):
            script.append(block.text)
    prelude = PRELUDE.get(blocks[0].page) if blocks else None
    if script and prelude is not None:
        done = subprocess.run(
            [sys.executable, "-c", "\n".join([prelude, *script])], cwd=place, capture_output=True, text=True
        )
        ran += script
        if done.returncode:
            faults.append(f"{blocks[0].page}: its Python: {done.stderr[-800:]}")
    return faults


if __name__ == "__main__":
    sys.exit(main())
