from __future__ import annotations

import importlib.util
import os

import pytest

MISSING = [name for name in ("numba", "anny") if importlib.util.find_spec(name) is None]
if MISSING:
    pytest.skip(f"rendering people needs {' and '.join(MISSING)}", allow_module_level=True)


@pytest.fixture(scope="session", autouse=True)
def bodies(tmp_path_factory):
    """Bake the bodies once a test run, for all its workers, away from the user's cache."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    patch = pytest.MonkeyPatch()
    patch.setenv("VTBR_CACHE", str(folder / "people"))
    yield
    patch.undo()
