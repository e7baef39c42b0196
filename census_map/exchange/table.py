"""Tables without a map: workbooks and text tables, with or without title rows above the header."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from census_map.errors import InputError
from census_map.exchange.spec import split_spec
from census_map.i18n import _
from census_map.roster.grid import TEXTS, WORKBOOKS, read_grids

_LOOK_AT = 30  # rows in which the header is looked for


def is_table(spec: str) -> bool:
    """Tell whether a FILE[:sheet] names a workbook or text table."""
    return split_spec(spec)[0].suffix.lower() in {*WORKBOOKS, *TEXTS}


def read_table(spec: str) -> pd.DataFrame:
    """
    Read one sheet as a table of its fields.

    Parameters
    ----------
    spec
        FILE or FILE:sheet; xlsx, xls, ods or csv (UTF-8, UTF-16 or GB18030). Without a sheet the first filled one.

    Returns
    -------
    table
        One row a filled row below the header, indexed by the row's number in the sheet (from 1). The header is the
        first row nearly as full as the fullest; title rows above it are passed over. Empty cells are None.

    Raises
    ------
    InputError
        No such file or sheet, no header, or a field name given twice.
    """
    path, sheet = split_spec(spec)
    grid = next(grid for grid in read_grids(path, sheet=sheet) if any(_filled(row) for row in grid.rows))
    head = _header(grid.rows)
    names = [str(cell).strip() for cell in grid.rows[head]]
    fields = [place for place, name in enumerate(names) if name]
    twice = {names[place] for place in fields if names.count(names[place]) > 1}
    if twice:
        raise InputError(
            _("“{file}” has the field “{field}” twice: rename one of them.").format(file=path.name, field=min(twice))
        )
    rows = [(number, row) for number, row in enumerate(grid.rows, start=1) if number > head + 1 and _filled(row)]
    data = {names[place]: [_cell(row, place) for _number, row in rows] for place in fields}
    return pd.DataFrame(data, index=[number for number, _row in rows], dtype=object)


def _filled(row: Sequence[Any]) -> int:
    return sum(1 for cell in row if str(cell).strip())


def _header(rows: Sequence[Sequence[Any]]) -> int:
    counts = [_filled(row) for row in rows[:_LOOK_AT]]
    return next(place for place, count in enumerate(counts) if count and count >= 0.6 * max(counts))


def _cell(row: Sequence[Any], place: int) -> Any:
    value = row[place] if place < len(row) else None
    return None if value is None or (isinstance(value, str) and not value.strip()) else value
