"""
The check report as an Excel workbook.

Texts from the data are written as texts: a name that begins with `=` must not become a formula.
"""

from pathlib import Path
from typing import Any

from census_map.checks import RULES, SEVERITIES, SEVERITY_TITLES, Problem
from census_map.i18n import _
from census_map.schema import TABLES, VIEWS
from census_map.spreadsheet import new_workbook
from census_map.workspace import Workspace


def write_check_workbook(workspace: Workspace, problems: list[Problem], path: str | Path) -> Path:
    """
    Write problems and the summary of the township as one Excel workbook.

    Parameters
    ----------
    workspace
        The workspace that was checked.
    problems
        As `census_map.checks.run_checks` gives them.
    path
        File to write; an existing one is replaced.

    Returns
    -------
    path
        The file written.
    """
    path = Path(path)
    with new_workbook(path) as book:
        _write_rules(book, problems)
        _write_problems(book, problems)
        _write_summary(book, workspace)
    return path


def _sheet(book: Any, title: str, headers: list[str], widths: list[int]) -> Any:
    sheet = book.add_worksheet(title[:31])
    bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    for column, (header, width) in enumerate(zip(headers, widths, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, header, bold)
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    return sheet


def _write_rules(book: Any, problems: list[Problem]) -> None:
    headers = [_("rule"), _("what is checked"), *(_(SEVERITY_TITLES[severity]) for severity in SEVERITIES)]
    sheet = _sheet(book, _("Rules"), headers, [8, 60, 10, 10, 10])
    for row, rule in enumerate(sorted(RULES), start=1):
        sheet.write_string(row, 0, rule)
        sheet.write_string(row, 1, _(RULES[rule].title))
        for column, severity in enumerate(SEVERITIES, start=2):
            sheet.write_number(row, column, sum(p.rule == rule and p.severity == severity for p in problems))


def _write_problems(book: Any, problems: list[Problem]) -> None:
    headers = [_("severity"), _("rule"), _("problem"), _("table"), _("number")]
    sheet = _sheet(book, _("Problems"), headers, [10, 8, 90, 16, 22])
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    for row, problem in enumerate(problems, start=1):
        sheet.write_string(row, 0, _(SEVERITY_TITLES[problem.severity]), wrap)
        sheet.write_string(row, 1, problem.rule, wrap)
        sheet.write_string(row, 2, problem.message, wrap)
        sheet.write_string(row, 3, _(TABLES[problem.table].title), wrap)
        sheet.write_string(row, 4, problem.id, wrap)
    if problems:
        sheet.autofilter(0, 0, len(problems), len(headers) - 1)


def _write_summary(book: Any, workspace: Workspace) -> None:
    view = VIEWS["census_area_summary"]
    columns = [column for column in view.columns if column.name != "uid"]
    frame = workspace.read(view.name, columns=[column.name for column in columns])
    headers = [_(column.title) for column in columns]
    sheet = _sheet(book, _(view.title), headers, [18 if c.type == "text" else 11 for c in columns])
    for row, values in enumerate(frame[[c.name for c in columns]].itertuples(index=False), start=1):
        for column, value in enumerate(values):
            if columns[column].type == "text":
                sheet.write_string(row, column, str(value or ""))
            else:
                sheet.write_number(row, column, 0 if value is None or value != value else int(value))  # noqa: PLR0124
