from __future__ import annotations

import doctest
import pkgutil
from pathlib import Path

import pytest

import vtbr_eval

README = Path(__file__).parents[2] / "packages" / "vtbr-eval" / "README.md"


@pytest.mark.parametrize("name", vtbr_eval._HOME)
def test_a_public_name_is_no_module_which_would_hide_it(name):
    assert name not in {module.name for module in pkgutil.iter_modules(vtbr_eval.__path__)}
    assert getattr(vtbr_eval, name).__doc__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'evaluat'"):
        _ = vtbr_eval.evaluat


def test_the_examples_of_the_readme_run():
    if not README.is_file():
        pytest.skip("the package's README is not here")
    assert doctest.testfile(str(README), module_relative=False).failed == 0
