"""Matrix products on a device of torch: the only module that imports torch (see product.py)."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import InputError


class TorchProduct:
    """`a b^T` of float32 arrays, computed in full float32 on `device`.

    Each time two blocks go there and one is returned: the device needs memory for three blocks
    a thread, whatever the size of the gallery. Raises `InputError` for a device that is not there.
    """

    def __init__(self, device: str) -> None:
        try:
            self.device = torch.device(device)
            torch.ones(1, device=self.device).cpu()
        except (RuntimeError, AssertionError) as error:  # torch built without CUDA asserts
            reason = str(error).strip().splitlines()[0]
            raise InputError(
                f"torch cannot use the device {device!r} ({reason}): leave out --device to compute on the CPU"
            ) from None
        # Shortened (TF32) products would be off by more than is taken into account.
        torch.set_float32_matmul_precision("highest")

    def __call__(self, a: NDArray[np.float32], b: NDArray[np.float32], out: NDArray[np.float32]) -> None:
        """Puts the product of a (m, D) and b (n, D) into out (m, n)."""
        with torch.inference_mode():
            there = [torch.from_numpy(np.ascontiguousarray(side)).to(self.device) for side in (a, b)]
            torch.from_numpy(out).copy_(there[0] @ there[1].T)
