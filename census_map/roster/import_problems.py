"""What an import finds wrong between rows, and between the roster and what is known already."""

import pandas as pd

from census_map.i18n import _
from census_map.roster.headers import FIELDS
from census_map.roster.read import Roster
from census_map.roster.sheet_view import RosterProblem


def area_problems(roster: Roster, areas: pd.Series) -> list[RosterProblem]:
    """Report the rows whose census area the workspace does not know."""
    return [
        _row_problem(
            roster, row, "census-area-unknown", "warning", "census_area",
            _("The census area is not in the workspace."),
            _("Correct its name or code; until then the household is looked for in the whole township."),
        )
        for row in areas.index[areas.isna() & (roster.rows["census_area"] != "")]
    ]  # fmt: skip


def _row_problem(
    roster: Roster, row: int, kind: str, severity: str, field: str, message: str, fix: str
) -> RosterProblem:
    cells = roster.rows.loc[row]
    return RosterProblem(kind, severity, str(cells["sheet"]), int(cells["row"]), _(FIELDS[field]), message, fix)


def doubled_problems(roster: Roster, doubled: pd.Series) -> list[RosterProblem]:
    """Report the rows that repeat an earlier one; see `matching.doubled_rows`."""
    return [
        _row_problem(
            roster, row, "repeated", "warning", "head",
            _("The same head of household at the same address as in row {row}; this row was left out.").format(
                row=int(roster.rows.loc[first, "row"])
            ),
            _("Delete the row, or correct it if it is another household."),
        )
        for row, first in doubled.items()
    ]  # fmt: skip


def number_problems(roster: Roster, rows: pd.DataFrame) -> list[RosterProblem]:
    """Household numbers are unique in a mini-area; without its column they are compared in the census area."""
    keyed = rows[rows["number"].notna()]
    keys = pd.DataFrame(
        {
            "area": keyed["census_area_uid"].fillna(""),
            "mini": roster.rows.loc[keyed.index, "mini_area"],
            "number": keyed["number"],
        }
    )
    keys = keys[keys["mini"] != ""]
    return [
        _row_problem(
            roster, row, "number-doubled", "error", "number",
            _("The household number occurs twice in this mini-area."),
            _("Give the household the largest number plus one."),
        )
        for row in keys.index[keys.duplicated()]
    ]  # fmt: skip


def gone_problems(roster: Roster, known: pd.DataFrame, gone: list[str], *, remove_gone: bool) -> list[RosterProblem]:
    """Report the households that the file no longer holds, where they are kept."""
    if remove_gone:
        return []
    return [
        RosterProblem(
            "gone", "warning", roster.file if pd.isna(source) else str(source), 0 if pd.isna(row) else int(row), "",
            _("A household of the earlier version of the roster is not in this one; it was kept."),
            _("If it really is gone, import again and have such households removed."),
        )
        for source, row in zip(known.loc[gone, "source"], known.loc[gone, "source_row"], strict=True)
    ]  # fmt: skip


def in_order(problems: list[RosterProblem], roster: Roster) -> list[RosterProblem]:
    """Sort problems by sheet and row."""
    sheets = {view.sheet: number for number, view in enumerate(roster.sheets)}
    return sorted(problems, key=lambda p: (sheets.get(p.sheet, len(sheets)), p.row, p.kind))
