"""
Cut a department's list up by mini-area, so that each enumerator gets the rows of her own (切分).

A row goes where its household is linked, or where its address is on the map; the rest is listed with the reason. The
open version says where each row stands; names, numbers and addresses are written only when they are asked for.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from census_map.drafts import private_folder, told
from census_map.errors import InputError
from census_map.file_names import FileNames, told_names
from census_map.i18n import N_, _
from census_map.roster.headers import FIELDS
from census_map.roster.listing import Listing
from census_map.roster.workbook import SheetSpec, write_workbook
from census_map.schema import LINK_STATE
from census_map.targets import check_folder, check_outputs
from census_map.task import Report, silent
from census_map.workspace import Workspace

_HOW = {"roster": N_("household on the roster"), "address": N_("address on the map")}
_STATES = dict(LINK_STATE)
_MINI_AREA = "mini_area"  # column of the rows until they are parted
_LISTED = ("head", "identity", "birth", "phone", "address", "building", "entrance", "floor", "room", "remark")


@dataclass(frozen=True)
class Cut:
    """
    A list cut up by mini-area.

    Attributes
    ----------
    file
        Name of the list's file.
    parts
        Rows by code of the mini-area, as they are written.
    rest
        Rows without a mini-area, with the reason.
    """

    file: str
    parts: dict[str, pd.DataFrame]
    rest: pd.DataFrame

    def as_json(self) -> dict[str, object]:
        """Give the counts for `--json`."""
        return {
            "rows": sum(map(len, self.parts.values())) + len(self.rest),
            "rest": len(self.rest),
            "mini_areas": {code: len(rows) for code, rows in self.parts.items()},
        }


def require_mini_areas(workspace: Workspace) -> None:
    """
    Refuse a township that cannot be cut up by mini-area, before a long list is read.

    Raises
    ------
    InputError
        There are no mini-areas yet.
    """
    if workspace.read("mini_area", columns=["code"]).empty:
        raise InputError(
            _("“{name}” has no mini-areas yet, so no list can be cut up by them: split the census areas first.").format(
                name=workspace.path.name
            )
        )


def cut_listing(workspace: Workspace, listing: Listing, places: pd.DataFrame, *, names: bool = False) -> Cut:
    """
    Cut a list up.

    Parameters
    ----------
    workspace
        Open.
    listing, places
        As of `departments.read_department` and `departments.place_rows`.
    names
        Write what the list says, names and numbers among it; otherwise where its rows stand.
    """
    rows = _readable(workspace, listing, places, names=names)
    parts = {
        str(code): group.drop(columns=[_MINI_AREA, _("reason")]) for code, group in rows.groupby(_MINI_AREA, sort=True)
    }
    rest = rows[rows[_MINI_AREA].isna()]
    return Cut(listing.file, parts, rest.drop(columns=[_MINI_AREA, _("found by"), _("in the roster")]))


def _readable(workspace: Workspace, listing: Listing, places: pd.DataFrame, *, names: bool) -> pd.DataFrame:
    """Write the rows for people, in the order in which somebody walks: by building, then as listed."""
    building = workspace.read("building", columns=["code"])["code"]
    household = workspace.read("household", columns=["code", "number"])
    dwelling = workspace.read("dwelling", columns=["entrance", "room"])
    rows = pd.DataFrame({_MINI_AREA: places["mini_area"]}, index=listing.rows.index)
    rows[_("sheet of the list")], rows[_("row of the list")] = listing.rows["sheet"], listing.rows["row"]
    for name in _LISTED if names else ():
        if (listing.rows[name] != "").any():
            # The map's own columns of the dwelling stand beside the list's.
            rows[_("{column} on the list").format(column=_(FIELDS[name]))] = listing.rows[name]
    rows[_("building code")] = places["building_uid"].map(building).astype(object)
    rows[_("entrance")] = places["dwelling_uid"].map(dwelling["entrance"]).astype(object)
    rows[_("room")] = places["dwelling_uid"].map(dwelling["room"]).astype(object)
    rows[_("household number")] = places["household_uid"].map(household["number"]).astype(object)
    rows[_("in the roster")] = [_("yes") if isinstance(uid, str) else _("no") for uid in places["household_uid"]]
    rows[_("found by")] = [_(_HOW[how]) if isinstance(how, str) else "" for how in places["how"]]
    linked = places["state"].fillna("none")
    rows[_("reason")] = [
        _("its building is in no mini-area") if state == "linked" else _(_STATES[state]) for state in linked
    ]
    return rows.sort_values(_("building code"), kind="stable", na_position="last")


def write_cut(cut: Cut, folder: Path, *, names: bool = False, report: Report = silent) -> list[Path]:
    """
    Write one workbook a mini-area, one of the rest, and one with the counts.

    Parameters
    ----------
    cut
        As of `cut_listing`.
    folder
        Made if needed; files of the same names are replaced.
    names
        Whether the rows hold names: then only their user may read the workbooks, while they are drafts and later.

    Raises
    ------
    InputError
        A file cannot be written. What the folder held before is replaced only when all files are written.
    """
    note = _("With names: lock it away, destroy it after use") if names else _("Open version, without names")
    sheets = list(_workbooks(cut, note))
    files, _notices = name_workbooks(cut)
    check_folder(folder)
    if folder.is_dir():
        # Where the list itself lies is not known here: no file of its name is replaced.
        check_outputs(*(folder / file for file in files), read=(folder / cut.file,))
    is_new = not folder.exists()
    try:
        with told(folder):
            folder.mkdir(parents=True, exist_ok=True)
            with private_folder(folder, "cut") as drafts:
                for count, (file, (name, sheet)) in enumerate(zip(files, sheets, strict=True)):
                    report(count / len(sheets), name)
                    write_workbook(drafts / file, [sheet], names=names)
                report(1.0, "")
                made = [(drafts / file).replace(folder / file) for file in files]
    finally:
        if is_new:
            with suppress(OSError):  # it holds what was made
                folder.rmdir()
    return made


def name_workbooks(cut: Cut) -> tuple[list[str], list[str]]:
    """
    Name the workbooks of a cut.

    Returns
    -------
    files
        One for each mini-area, one for the rest, one for the counts.
    notices
        Lines about those that are called otherwise than their mini-area.
    """
    names, texts = FileNames(".xlsx"), (*cut.parts, _("rest"), _("counts"))
    files = [names.new(text) for text in texts]
    return files, told_names(zip(texts, files, strict=True))


def _workbooks(cut: Cut, note: str) -> Iterator[tuple[str, SheetSpec]]:
    for code, rows in cut.parts.items():
        title = _("Mini-area {code}: list of {file}").format(code=code, file=cut.file)
        yield code, SheetSpec(code, title, rows, note=note)
    title = _("Rows without a mini-area: list of {file}").format(file=cut.file)
    yield _("rest"), SheetSpec(_("rest"), title, cut.rest, note=note)
    counts = pd.DataFrame(
        {
            _("mini-area code"): [*cut.parts, _("rest")],
            _("rows"): [*map(len, cut.parts.values()), len(cut.rest)],
        }
    )
    title = _("How the list of {file} was cut up").format(file=cut.file)
    yield _("counts"), SheetSpec(_("counts"), title, counts, totals=(_("rows"),), note=note)
