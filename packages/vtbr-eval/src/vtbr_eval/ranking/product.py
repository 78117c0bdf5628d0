"""Where matrix products are computed: by numpy, or on a device of torch.

Only the products move. What float32 cannot decide is decided in double precision by numpy (see
ranking.py), so scores are equal on every device.

m and n rows, D width.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

Product = Callable[[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]], None]
"""Called with `a` (m, D), `b` (n, D) and `out` (m, n), which takes a b^T; from several threads at a time."""

CPU = "cpu"


def product_on(device: str) -> Product:
    """Returns the product on this device: `cpu` (numpy), or what torch calls one: `cuda`, `cuda:1`, `mps`.

    torch is loaded here and nowhere else, and only for devices other than `cpu`. Raises
    `InputError` where it is not installed or does not find the device.
    """
    if device == CPU:
        return _on_cpu
    try:
        from .torch_product import TorchProduct
    except ImportError:
        raise InputError(
            f"the device {device} needs torch: type `pip install 'vtbr-eval[gpu]'` or leave out --device"
        ) from None
    return TorchProduct(device)


def _on_cpu(a: NDArray[np.float32], b: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    np.matmul(a, b.T, out=out)
