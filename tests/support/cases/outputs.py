"""Outputs that would lose a file, and mistyped command lines."""

from __future__ import annotations

import os

from .making import (
    INDEX,
    REID,
    Case,
    arrays,
    both,
    labels,
    text,
)

OUTPUTS = [
    Case("output over input", text("path\na.jpg\n"), INDEX + " -o t.csv", ("--output would overwrite FOLDER",), 2),
    Case("the same by ./", text("path\na.jpg\n"), INDEX + " -o ./t.csv", ("--output would overwrite FOLDER",), 2),
    Case("the same by a link", both(text("path\na.jpg\n"), lambda folder: (folder / "l.csv").symlink_to("t.csv")),
         INDEX + " -o l.csv", ("--output would overwrite FOLDER",), 2),
    Case("the same by a hard link", both(text("path\na.jpg\n"),
         lambda folder: os.link(folder / "t.csv", folder / "l.csv")),
         INDEX + " -o l.csv", ("--output would overwrite FOLDER",), 2),
    Case("features over themselves", arrays(), REID + " -o x.npz",
         ("x.npz: is an input of this command and would be lost",), 1),
    Case("by a hard link", both(arrays(), lambda folder: os.link(folder / "x.npz", folder / "l.npz")),
         REID + " -o l.npz",
         ("l.npz: is an input of this command and would be lost",), 1),
    Case("two outputs of one name", arrays(), REID + " -o o.json --ranked o.json", ("is named for two outputs",), 1),
    Case("two outputs to stdout", arrays(), REID + " --ranked -", ("would both write to standard output",), 1),
    Case("labels over themselves", labels("path,pid,camid,split"), "vtbr-eval reid x.npy -o x.csv",
         ("would be lost",), 1),
    Case("--k2 without --rerank", arrays(), REID + " --k2 3", ("--k2 has no effect without --rerank",), 2),
    Case("--pattern of a table", text("path\na.jpg\n"), INDEX + " --pattern x",
         ("--pattern needs `index files`",), 2),
    Case("mistyped command", text("path\n"), "vtbr-data selects", ("Did you mean 'select'?",), 2),
    Case("mistyped command of vtbr-eval", text("path\n"), "vtbr-eval ried", ("Did you mean",), 2),
    Case("mistyped option", text("path\na.jpg\n"), INDEX + " --colum a=b", ("Did you mean '--column'?",), 2),
    Case("mistyped dataset", text("path\n"), "vtbr-data index market .", ("did you mean",), 2),
]  # fmt: skip
