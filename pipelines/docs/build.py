"""Build the site: the pages of docs/, one page a command, one page a public class or function.

The pages are laid out in build/docs/source as they lie in the repository, so that their links hold there, and
Sphinx makes build/docs/html of them. Every warning is an error: a link into nothing is one.
"""

from __future__ import annotations

import argparse
import inspect
import re
import shutil
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import click
from sphinx.cmd.build import main as sphinx

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build/docs"
SOURCE = BUILD / "source"
PACKAGES = ("models", "data", "train", "eval")
ZOO = ROOT / "packages/vtbr-models/src/vtbr_models/zoo"


def main() -> int:
    """Lay out and build; the exit code is Sphinx's."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--external", action="store_true", help="ask for every page that is linked to, by network"
    )
    options = parser.parse_args()
    shutil.rmtree(BUILD, ignore_errors=True)
    lay_out_pages()
    lay_out_commands()
    lay_out_api()
    code = sphinx(["-q", "-W", "--keep-going", "-b", "html", str(SOURCE), str(BUILD / "html")])
    if options.external and not code:
        code = sphinx(["-q", "-b", "linkcheck", str(SOURCE), str(BUILD / "links")])
    print(BUILD / "html/index.html")
    return int(code)


def lay_out_pages() -> None:
    """Copy what is written by hand; a link to a folder becomes one to its README."""
    shutil.copytree(Path(__file__).with_name("site"), SOURCE)
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("packages/*/README.md")]
    for page in pages:
        target = SOURCE / page.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = page.read_text(encoding="utf-8")
        target.write_text(
            re.sub(r"\]\(((?:\.\./)?packages/vtbr-\w+)\)", r"](\1/README.md)", text), encoding="utf-8"
        )
    for picture in [*ROOT.glob("docs/*.png"), *ROOT.glob("docs/*.svg"), *ROOT.glob("docs/study/*.svg")]:
        target = SOURCE / picture.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(picture, target)
    write_index("zoo", "Model zoo", [path.stem for path in sorted(ZOO.glob("*.md"))])
    for model_card in ZOO.glob("*.md"):
        shutil.copy(model_card, SOURCE / "zoo")


def lay_out_commands() -> None:
    """Write one page for each command, from its help."""
    names = []
    # In memory, for Sphinx in this process: `.. click::` wants a module, and some groups have none a command.
    commands = sys.modules["vtbr_commands"] = ModuleType("vtbr_commands")
    for package in PACKAGES:
        group = import_module(f"vtbr_{package}.cli").main
        context = click.Context(group)  # some groups import a command when it is asked for
        for name in sorted(group.list_commands(context)):
            command = group.get_command(context, name)
            variable = f"{package}_{name}".replace("-", "_")
            setattr(commands, variable, command)
            nested = "full" if isinstance(command, click.Group) else "none"
            title = f"vtbr-{package} {name}"
            body = f".. click:: vtbr_commands:{variable}\n   :prog: {title}\n   :nested: {nested}\n"
            write_page(f"commands/vtbr-{package}-{name}", None, body)
            names.append(f"vtbr-{package}-{name}")
    write_index("commands", "Commands", names)


def lay_out_api() -> None:
    """Write one page for each public name of each package, from its docstring."""
    names = []
    for package in PACKAGES:
        module = import_module(f"vtbr_{package}")
        homes: dict[str, str] = getattr(module, "_HOMES", None) or module._HOME
        for name in sorted(homes, key=str.lower):
            value = getattr(module, name)
            home = f"vtbr_{package}.{homes[name]}.{name}"
            if inspect.isclass(value):
                body = f".. autoclass:: {home}\n   :members:\n"
            elif callable(value):
                body = f".. autofunction:: {home}\n"
            else:
                body = f".. autodata:: {home}\n   :no-value:\n"
            write_page(f"api/vtbr_{package}.{name}", f"vtbr_{package}.{name}", body)
            names.append(f"vtbr_{package}.{name}")
    write_index("api", "Python", names)


def write_page(path: str, title: str | None, body: str) -> None:
    """Write one generated page; `title` is None where the body has its own."""
    target = SOURCE / f"{path}.rst"
    target.parent.mkdir(parents=True, exist_ok=True)
    heading = f"{title}\n{'=' * len(title)}\n\n" if title else ""
    target.write_text(heading + body, encoding="utf-8")


def write_index(folder: str, title: str, names: list[str]) -> None:
    """Write the list of a folder's pages."""
    listed = ".. toctree::\n\n" + "".join(f"   {name}\n" for name in names)
    write_page(f"{folder}/index", title, listed if names else "None yet.\n")


if __name__ == "__main__":
    sys.exit(main())
