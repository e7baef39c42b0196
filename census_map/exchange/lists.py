"""The lists and notes of the package: areas, counts, old and new codes, and what the fields mean."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from pandas import DataFrame

from census_map.exchange.shapefile import handed_in
from census_map.i18n import _
from census_map.schema import TABLES, VIEWS, Table
from census_map.spreadsheet import csv_text, new_workbook
from census_map.workspace import Workspace


def write_lists(workspace: Workspace, folder: Path) -> None:
    """
    Write the lists of census areas and mini-areas with their counts, as CSV with BOM and as one Excel workbook.

    Parameters
    ----------
    workspace
        An open workspace; it is only read.
    folder
        An existing folder.
    """
    frames = {}
    for name in ("census_area_summary", "mini_area_summary"):
        view = VIEWS[name]
        columns = [column for column in view.columns if column.name != "uid"]
        frame = workspace.read(name, columns=[column.name for column in columns])[[c.name for c in columns]]
        for column in columns:
            if column.choices:
                titles = {value: _(title) for value, title in column.choices}
                frame[column.name] = frame[column.name].map(titles)
        frames[_(view.title)] = frame.rename(columns={column.name: _(column.title) for column in columns})
    frames[_("Buildings")] = _buildings(workspace)
    for title, frame in frames.items():
        safe_frame(frame).to_csv(folder / f"{title}.csv", index=False, encoding="utf-8-sig")
    _write_workbook(frames, folder / (_("Lists") + ".xlsx"))


def _buildings(workspace: Workspace) -> DataFrame:
    table = TABLES["building"]
    names = ["code", "number", "name", "address", "use", "state", "floors", "entrances", "dwellings"]
    frame = workspace.read("building", columns=names)[names].sort_values("code")
    for name in ("use", "state"):
        frame[name] = frame[name].map({value: _(title) for value, title in table.column(name).choices})
    return frame.rename(columns={name: table.title_of(name) for name in names})


def safe_frame(frame: DataFrame) -> DataFrame:
    """Put an apostrophe before texts that a spreadsheet would run as a formula when it opens the CSV."""
    out = frame.copy()
    for name in out.columns:
        out[name] = [csv_text(value) for value in out[name]]
    return out


def _write_workbook(frames: Mapping[str, DataFrame], path: Path) -> None:
    with new_workbook(path) as book:
        bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        for title, frame in frames.items():
            sheet = book.add_worksheet(title[:31])
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, len(frame.columns) - 1, 16)
            for column, name in enumerate(frame.columns):
                sheet.write_string(0, column, name, bold)
                for row, value in enumerate(frame[name], start=1):
                    if isinstance(value, str):
                        sheet.write_string(row, column, value)
                    elif not pd.isna(value):
                        sheet.write_number(row, column, float(value))


def write_field_guide(folder: Path, layers: Mapping[str, Table]) -> None:
    """
    Write what the fields of the shapefiles mean.

    Parameters
    ----------
    folder
        An existing folder.
    layers
        Tables by the prefix of their shapefile.
    """
    lines = [_("Fields of the map files"), ""]
    for prefix, table in layers.items():
        lines.append(f"{prefix}  {_(table.title)}")
        for column in handed_in(table):
            choices = "; ".join(f"{value} = {_(title)}" for value, title in column.choices)
            lines.append(f"  {column.shp:<12}{_(column.title)}" + (f"  ({choices})" if choices else ""))
        lines.append("")
    (folder / (_("Fields") + ".txt")).write_text("\n".join(lines), encoding="utf-8-sig")
