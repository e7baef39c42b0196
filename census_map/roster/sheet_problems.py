"""What is odd about a sheet as a whole, in words: what was not read of it, and why."""

from collections.abc import Collection, Mapping, Sequence

from census_map.i18n import _, ngettext
from census_map.roster.header_words import NOT_NEEDED
from census_map.roster.headers import LOCATING, column_letter
from census_map.roster.row_kinds import rows_in_words
from census_map.roster.sheet_view import RosterProblem, SheetView
from census_map.roster.text import squeeze


def no_header(sheet: str) -> RosterProblem:
    """Say that a sheet has no header."""
    return RosterProblem(
        "no-header", "info", sheet, 0, "", _("This sheet has no header row, so it was not read."),
        _("If it holds households, give it a header row."),
    )  # fmt: skip


def unfit(sheet: str, kind: str) -> RosterProblem:
    """Say that a sheet is no list, see `sheet_kinds.why_no_list`; or `hidden`."""
    severity, message, fix = {
        "form": (
            "error",
            _("This sheet is a form of one household, not a list, so it was not read."),
            _("Enter its household as a row of the list: a header row, and below it one row a household."),
        ),
        "summary": (
            "warning",
            _("This sheet counts households instead of listing them, so it was not read."),
            _("If it lists households, name the column of the head of household with --map."),
        ),
        "hidden": (
            "warning",
            _("This sheet is hidden, so it was not read."),
            _("If it belongs to the roster, show it in the spreadsheet program, or choose it by its name."),
        ),
    }[kind]
    return RosterProblem(f"sheet-{kind}", severity, sheet, 0, "", message, fix)


def without_address(view: SheetView) -> list[RosterProblem]:
    """Say that a list of households has no column for where they live."""
    assert view.header_rows is not None
    if {column.field for column in view.columns} & LOCATING:
        return []
    message, fix = _("No column holds the address."), _("Name the column that holds it.")
    return [RosterProblem("no-address-column", "error", view.sheet, view.header_rows[1], "", message, fix)]


def sheet_problems(
    view: SheetView, titles: Mapping[str, str], *, without: Collection[str] = (), columns_matter: bool = True
) -> list[RosterProblem]:
    """
    Point out what is odd about a sheet: columns that are alike or not read, rows that are hidden or not taken.

    Parameters
    ----------
    view
        As understood, with a header.
    titles
        Of its fields.
    without
        Fields that need not be pointed out.
    columns_matter
        Whether a column that is not read calls for a look; a department's list has many that nobody needs.
    """
    assert view.header_rows is not None
    row = view.header_rows[1]
    problems = [
        RosterProblem(
            "column-alike", "info", view.sheet, row, column.header,
            _("Column {letter} was taken for “{field}”, because its header is alike.").format(
                letter=column_letter(column.index), field=_(titles[column.field])
            ),
            _("If that is wrong, name the right column."),
        )
        for column in view.columns
        if column.how == "alike" and column.field and column.field not in without
    ]  # fmt: skip
    beside = [column for column in view.columns if column.field in ("owner", "registered_address")]
    problems += [
        RosterProblem(
            "column-beside", "info", view.sheet, row, f"{column_letter(column.index)} {column.header}",
            _("“{field}” is kept beside the household; it says neither who lives there nor where.").format(
                field=_(titles[str(column.field)])
            ),
            _("If that is wrong, name the right column."),
        )
        for column in beside
    ]  # fmt: skip
    problems += _unread_columns(view, row, alarm=columns_matter)
    problems += _odd_rows(view)
    if not view.households:
        message, fix = _("There is no row below the header."), _("Choose the file that is filled in.")
        problems.append(RosterProblem("no-rows", "warning", view.sheet, row, "", message, fix))
    return problems


def _unread_columns(view: SheetView, row: int, *, alarm: bool) -> list[RosterProblem]:
    headers = {column.index: column.header for column in view.columns}
    problems = []
    for index in view.unread:
        if index not in headers:
            continue
        known = NOT_NEEDED.search(squeeze(headers[index])) is not None
        problems.append(
            RosterProblem(
                "column-unread", "warning" if alarm and not known else "info", view.sheet, row,
                f"{column_letter(index)} {headers[index]}", _("This column holds cells and was not read."),
                _("If it matters, say what it is: --map field=COLUMN."),
            )
        )  # fmt: skip
    bare = [index for index in view.unread if index not in headers]
    if bare:
        problems.append(
            RosterProblem(
                "column-without-header", "error" if view.crowded and alarm else "warning" if alarm else "info",
                view.sheet, row, _letters(bare),
                _("Cells stand in columns without a header, and were not read."),
                _("Give these columns a header, or delete what is in them."),
            )
        )  # fmt: skip
    return problems


def _letters(columns: Sequence[int]) -> str:
    if len(columns) > 2 and columns[-1] - columns[0] == len(columns) - 1:
        return f"{column_letter(columns[0])}–{column_letter(columns[-1])}"
    return ", ".join(column_letter(index) for index in columns)


def _odd_rows(view: SheetView) -> list[RosterProblem]:
    found: list[RosterProblem] = []

    def add(kind: str, severity: str, rows: Sequence[int], message: str, fix: str) -> None:
        if rows:
            text = f"{message} ({rows_in_words(rows)})"
            found.append(RosterProblem(kind, severity, view.sheet, rows[0], "", text, fix))

    add(
        "row-incomplete", "error", view.skipped.get("incomplete", ()),
        _("These rows count people and say neither who they are nor where they live, so they were not taken."),
        _("Fill in the head of household or the address."),
    )  # fmt: skip
    add(
        "table-below", "error", view.skipped.get("table", ()),
        _("Another table stands here that lists no households; its rows were not taken."),
        _("If they are households, give the table the same header as the first."),
    )  # fmt: skip
    add(
        "notes", "info", view.skipped.get("footer", ()),
        _("These rows were taken for notes and signatures."), _("If one is a household, fill in its columns."),
    )  # fmt: skip
    add(
        "members", "warning", view.skipped.get("members", ()),
        _("These rows are members of the households above them; the heads alone were taken into the roster."),
        _("Take the persons in with “census-map roster persons” as well."),
    )  # fmt: skip
    add(
        "rows-hidden", "warning", view.hidden_rows,
        _("These rows are hidden in the file, by hand or by a filter; they were read."),
        _("If they were to be left out, delete them and import again."),
    )  # fmt: skip
    add(
        "quote-open", "warning", view.opened,
        _("A quotation mark is opened in this row and never closed; the row was read without it."),
        _("Look at the row, and take the mark out."),
    )  # fmt: skip
    for first, last in view.counts:
        found.append(
            RosterProblem(
                "count-merged", "warning", view.sheet, first, "",
                ngettext(
                    "The number of persons stands once for {n} row; the first has it.",
                    "The number of persons stands once for {n} rows; the first has it, the others none.",
                    last - first + 1,
                ).format(n=last - first + 1),
                _("Write the persons of each household into its own row."),
            )
        )  # fmt: skip
    return found


def headless(sheet: str, rows: Sequence[int]) -> list[RosterProblem]:
    """Say which persons of a list stand below no head of household."""
    if not rows:
        return []
    message = _("No head of household stands above these persons, so their household was not taken.")
    fix = _("Write who is the head, and import again.")
    return [RosterProblem("headless", "error", sheet, rows[0], "", f"{message} ({rows_in_words(rows)})", fix)]
