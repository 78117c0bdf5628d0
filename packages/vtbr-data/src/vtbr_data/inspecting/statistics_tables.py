"""The numbers of `statistics` as tables for people."""

from __future__ import annotations

from typing import Any


def print_tables(counted: dict[str, Any]) -> None:
    """Print counts, captions and attributes to stdout."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False, emoji=False)
    table = Table("split", *(_right(name) for name in ("images", "identities", "cameras")))
    for split, number in counted["splits"].items():
        table.add_row(split, *(f"{number[key]:,}" for key in ("images", "identities", "cameras")))
    table.add_row("all", *(f"{counted[key]:,}" for key in ("images", "identities", "cameras")), style="bold")
    console.print(table)
    captions = counted["captions"]
    if captions["number"]:
        words, varied = captions["words"], captions["diversity"]
        table = Table("captions", _right(""))
        table.add_row("captions", f"{captions['number']:,}")
        table.add_row("different captions", f"{captions['different']:,}")
        table.add_row("images without", f"{captions['images_without']:,}")
        table.add_row(
            "words: shortest, mean, longest", f"{words['shortest']}, {words['mean']}, {words['longest']}"
        )
        table.add_row("different words", f"{words['different']:,}")
        for length in (1, 2, 3, 4):
            table.add_row(f"different runs of {length} words, %", f"{100 * varied[f'distinct-{length}']:.2f}")
        console.print(table)
    if counted["attributes"]:
        table = Table("attribute", "values", title=None)
        for name, values in counted["attributes"].items():
            shown = sorted(values.items(), key=lambda item: (-item[1], item[0]))[:9]
            table.add_row(name, ", ".join(f"{value} {number:,}" for value, number in shown))
        console.print(table)


def _right(name: str) -> Any:
    from rich.table import Column

    return Column(name, justify="right")
