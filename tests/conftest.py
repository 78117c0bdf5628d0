import os
from importlib.util import find_spec

import hypothesis
import pytest

os.environ.setdefault("NVIDIA_TF32_OVERRIDE", "0")  # float32 on a GPU as on a CPU; read when CUDA starts


def pytest_collection_modifyitems(items):
    """Tests with the mark `gpu` run wherever CUDA is present, before all others."""
    marked = [item for item in items if item.get_closest_marker("gpu")]
    if marked and not has_cuda():
        for item in marked:
            item.add_marker(pytest.mark.skip(reason="needs a CUDA device"))
    elif marked:
        items.sort(key=lambda item: item.get_closest_marker("gpu") is None)


def has_cuda():
    if find_spec("torch") is None:  # vtbr-eval is tested without it
        return False
    import torch

    return torch.cuda.is_available()


hypothesis.settings.register_profile("patient", deadline=None)  # machines are shared and noisy
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=2000)
hypothesis.settings.load_profile("patient")  # --hypothesis-profile=thorough takes minutes a test
