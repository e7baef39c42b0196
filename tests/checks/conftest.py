"""A way to spoil the small township and see what the check says."""

from collections.abc import Callable

import pandas as pd
import pytest

from census_map.checks import Problem, run_checks
from census_map.workspace import Workspace
from tests.small_township import uid


@pytest.fixture
def problems_after(township: Workspace) -> Callable[..., list[Problem]]:
    """Change rows of a table, then check: `problems_after("mini_area", "M00", code="1")`."""

    def change(table: str, row: str, **values: object) -> list[Problem]:
        frame = township.read(table, where="uid = ?", parameters=(uid(row),))[list(values)].copy()
        for name, value in values.items():
            frame[name] = pd.Series([value], index=frame.index, dtype=object) if name != "geometry" else [value]
        with township.transaction("spoil") as write:
            write.update(table, frame)
        return run_checks(township)

    return change
