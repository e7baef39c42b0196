"""The list of buildings (建筑物一览表) that goes with a mini-area's map: rows, wrapped and paged."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from census_map.i18n import N_, _, ngettext
from census_map.schema import BUILDING_STATE, BUILDING_USE
from census_map.sheets.legend import legend_title
from census_map.sheets.paper import A4_PORTRAIT, FOOTER, TITLE
from census_map.sheets.text import line_mm, wrap
from census_map.sheets.township import Township, count, words

PAPER = A4_PORTRAIT
SIZE = 7.5
LEAST_ROW = 6.5  # room to write by hand, millimetres
PAGE_HEIGHT = PAPER.content.height - TITLE - FOOTER - 2
CELL_MARGIN = 0.9

# Title and width in millimetres; together the width of the page's content.
COLUMNS: tuple[tuple[str, float], ...] = (
    (N_("No."), 10),
    (N_("name"), 27),
    (N_("address"), 34),
    (N_("use"), 18),
    (N_("floors"), 10.5),
    (N_("doors"), 10.5),
    (N_("units"), 10),
    (N_("vacant"), 11.5),
    (N_("house-holds"), 11.5),
    (N_("remarks"), 17),
)
_CENTRED_FROM = 4


@dataclass(frozen=True)
class Row:
    """Cells with their lines already broken, and the height they need in millimetres."""

    cells: tuple[str, ...]
    height: float


def list_pages(township: Township, uid: str, rows: NDArray[np.intp]) -> list[list[Row]]:
    """
    Lay out the buildings of a mini-area.

    Parameters
    ----------
    township, uid
        Where to look; the mini-area.
    rows
        Its buildings' rows in the township's frame.

    Returns
    -------
    pages
        Rows by page, the heading first on each, a line of totals at the end. No pages for no buildings.
    """
    if not len(rows):
        return []
    records = [township.building_records[row] for row in rows]
    records.sort(key=lambda record: (count(record["number"]) or 0, str(record["uid"])))
    body = [_row(cells) for record in records for cells in _building(township, uid, record)]
    body.append(_row(_totals(township, uid, len(rows))))
    heading = _row(tuple(_(title) for title, _width in COLUMNS))
    return paged(heading, body, PAGE_HEIGHT)


def paged(heading: Row, body: list[Row], height: float) -> list[list[Row]]:
    """Break rows into pages of a height, each beginning with the heading."""
    pages, page, used = [], [heading], heading.height
    for row in body:
        if used + row.height > height and len(page) > 1:
            pages.append(page)
            page, used = [heading], heading.height
        page.append(row)
        used += row.height
    return [*pages, page]


def _row(cells: tuple[str, ...]) -> Row:
    broken = [wrap(text, width - 2 * CELL_MARGIN, SIZE) for text, (_title, width) in zip(cells, COLUMNS, strict=True)]
    lines = max(len(parts) for parts in broken)
    return Row(tuple("\n".join(parts) for parts in broken), max(LEAST_ROW, lines * line_mm(SIZE) + 2 * CELL_MARGIN))


def _building(township: Township, uid: str, record: dict[str, Any]) -> list[tuple[str, ...]]:
    hidden = count(record["sensitive"])  # drawn without names, docs/domain.md section 2
    name, address = ("", "") if hidden else (words(record["name"]), words(record["address"]))
    use = legend_title(record["use"]) if record["use"] in dict(BUILDING_USE) else ""
    state = dict(BUILDING_STATE).get(record["state"], "") if record["state"] in {"construction", "demolished"} else ""
    empty = not state and nobody_lives_in(record)
    remark = _(state) if state else (_("nobody lives here") if empty else "")
    figures = [count(record[column]) for column in ("floors", "entrances", "dwellings")]
    vacant = count(record["vacant"]) or None
    cells = [
        (
            words(record["number"]),
            name,
            address,
            use,
            *(words(figure) for figure in figures),
            words(vacant),
            words(count(record["households"])),
            remark,
        )
    ]
    for part in township.parts_of.get(record["uid"], ()):
        if part["mini_area_uid"] != uid:
            continue
        which = _("entrances {entrances}, floors {floors}").format(
            entrances=words(part["entrances"]) or "-", floors=words(part["floors"]) or "-"
        )
        cells.append(("", words(part["name"]), which, "", "", "", "", "", words(count(part["households"])), _("part")))
    return cells


def nobody_lives_in(record: dict[str, Any]) -> bool:
    """Tell whether a building for living stands empty: marked so, and nobody counted in it."""
    use, inhabited = record["use"], record["inhabited"]
    if use == "other" or count(record["households"]) or count(record["persons"]):
        return False
    return count(inhabited) == 0


def _totals(township: Township, uid: str, buildings: int) -> tuple[str, ...]:
    figures = [words(count(township.totals.loc[uid, column])) for column in ("dwellings", "vacant", "households")]
    return (
        _("Total"),
        ngettext("{n} building", "{n} buildings", buildings).format(n=buildings),
        "",
        "",
        "",
        "",
        *figures,
        "",
    )


def column_widths() -> list[float]:
    """Give the widths of the columns in millimetres."""
    return [width for _title, width in COLUMNS]


def is_centred(column: int) -> bool:
    """Tell whether a column holds figures, which stand in the middle."""
    return column == 0 or _CENTRED_FROM <= column < len(COLUMNS) - 1
