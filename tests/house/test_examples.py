"""The examples in the docstrings of the geometry's public functions are run."""

import doctest
import inspect

import pytest

from census_map import coverage, delineate

FUNCTIONS = [
    pytest.param(getattr(room, name), id=f"{room.__name__}.{name}")
    for room in (coverage, delineate)
    for name in room.__all__
    if inspect.isfunction(getattr(room, name))
]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_public_function_has_an_example_that_holds(function):
    (found,) = doctest.DocTestFinder(recurse=False).find(function, function.__name__, globs={})
    assert found.examples, "its docstring has no example"
    said = []
    failed, _tried = doctest.DocTestRunner(optionflags=doctest.REPORT_NDIFF).run(found, out=said.append)
    assert not failed, "".join(said)
