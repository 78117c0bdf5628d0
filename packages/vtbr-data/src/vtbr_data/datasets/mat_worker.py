"""`python -m vtbr_data.datasets.mat_worker FILE VARIABLE` prints a variable of a MATLAB file as JSON.

A struct is an object, a cell or an array the list of its elements, text is text.
"""

from __future__ import annotations

import json
import sys
from typing import Any

_MOST_BYTES = 4 << 30  # of address space, because a few damaged bytes may ask for any array


def plain(value: Any) -> Any:
    """Return an array of scipy's as lists, objects and text.

    >>> import numpy as np
    >>> plain(np.array([[1, 2], [3, 4]]))
    [1, 2, 3, 4]
    >>> plain(np.array(["text"]))
    'text'
    """
    if getattr(value, "dtype", None) is None:
        return value
    if value.dtype.names:
        records = [{name: plain(one[name]) for name in value.dtype.names} for one in value.ravel()]
        return records[0] if len(records) == 1 else records
    if value.dtype == object:
        return [plain(one) for one in value.ravel()]
    elements = value.ravel().tolist()
    return elements[0] if value.dtype.kind == "U" and len(elements) == 1 else elements


def main() -> None:
    """Print one variable."""
    from scipy.io import loadmat

    file, variable = sys.argv[1:]
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
    found = loadmat(file, variable_names=[variable])
    json.dump({name: plain(found[name]) for name in (variable,) if name in found}, sys.stdout)


if __name__ == "__main__":
    main()
