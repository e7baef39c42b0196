"""The room's public names, each loaded when it is first asked for."""

import subprocess
import sys
from types import ModuleType

import pytest

import census_map.coverage
from census_map.coverage import edits


def test_every_public_name_is_what_it_says_and_no_module():
    for name in census_map.coverage.__all__:
        assert not isinstance(getattr(census_map.coverage, name), ModuleType), name
    assert census_map.coverage.cut is edits.cut
    assert census_map.coverage.claim is edits.claim
    with pytest.raises(AttributeError, match="nothing"):
        census_map.coverage.nothing  # noqa: B018


def test_a_check_does_not_load_the_editor():
    code = "import sys; from census_map.coverage import find_faults; print('census_map.coverage.editor' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"
