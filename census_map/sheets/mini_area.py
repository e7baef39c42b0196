"""The sheet of a mini-area (普查小区图) with its list of buildings: every text that stands on it."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from census_map.errors import InputError
from census_map.i18n import _, ngettext
from census_map.sheets.bounds import SIDE_WORDS, SIDES, four_sides
from census_map.sheets.building_list import PAPER as LIST_PAPER
from census_map.sheets.building_list import Row, list_pages, nobody_lives_in
from census_map.sheets.map_page import Draft, Subject, plan_maps
from census_map.sheets.panel import BODY_SIZES, boxes, text_box
from census_map.sheets.paper import Paper, scale_bar_segment
from census_map.sheets.sheet import ListPage, MapPage, Sheet, Text
from census_map.sheets.text import fit, fit_lines
from census_map.sheets.township import Township, count, words

_PLACE_SIZES = (11.0, 10.0, 9.0, 8.0, 7.0, 6.0)
_TITLE_SIZES = (17.0, 15.0, 13.0, 11.0)
_CODE_SIZES = (13.0, 12.0, 11.0, 10.0, 9.0)
_FOOT_SIZES = (8.0, 7.0, 6.0)
_LOCATOR_TOLERANCE = 5.0  # metres


@dataclass(frozen=True)
class Imprint:
    """
    What stands on every sheet of one printing.

    Attributes
    ----------
    day
        Date printed.
    drafter
        Name of who drew the map; a line to write on where empty.
    paper
        `A4` or `A3` to insist on; empty: A4 where that is enough.
    """

    day: dt.date
    drafter: str = ""
    paper: str = ""


def choose_mini_areas(township: Township, codes: Iterable[str] = ()) -> list[str]:
    """
    Choose the mini-areas to print.

    Parameters
    ----------
    township
        Where they are.
    codes
        Codes of mini-areas, census areas or the township; none for all.

    Returns
    -------
    uids
        In the order of their codes.

    Raises
    ------
    InputError
        A code names nothing, or a chosen mini-area or one of its buildings has no number yet.
    """
    known = {str(uid): words(code) for uid, code in township.mini_areas["code"].items()}
    wanted = [code.strip() for code in codes]
    for code in wanted:
        if not code or not any(own.startswith(code) for own in known.values()):
            raise InputError(
                _("There is no mini-area or census area “{code}” to print: look up its code in the list.").format(
                    code=code
                )
            )
    chosen = [uid for uid, own in known.items() if not wanted or any(own.startswith(code) for code in wanted)]
    for uid in chosen:
        _require_numbers(township, uid, known[uid])
    return sorted(chosen, key=lambda uid: known[uid])


def _require_numbers(township: Township, uid: str, code: str) -> None:
    if not code:
        name = township.area_name(township.mini_areas.loc[uid, "census_area_uid"])
        raise InputError(
            _("A mini-area in “{name}” has no code yet: number the mini-areas and buildings, then print.").format(
                name=name
            )
        )
    rows = township.buildings_of.get(uid, ())
    bare = sum(count(township.building_records[row]["number"]) is None for row in rows)
    if bare:
        raise InputError(
            ngettext(
                "Mini-area {code} has {n} building without a number: number the buildings, then print.",
                "Mini-area {code} has {n} buildings without a number: number the buildings, then print.",
                bare,
            ).format(code=code, n=bare)
        )


def mini_area_sheet(township: Township, uid: str, imprint: Imprint) -> Sheet:
    """
    Decide everything that stands on the sheet of one mini-area.

    Parameters
    ----------
    township
        Where it lies.
    uid
        Of the mini-area.
    imprint
        Date, drafter and paper.
    """
    record = next(record for record in township.mini_area_records if record["uid"] == uid)
    rows = np.asarray(township.buildings_of.get(uid, ()), dtype=np.intp)
    kinds = tuple(building_kind(township.building_records[row]) for row in rows)
    subject = Subject(uid, township.mini_areas.geometry.loc[uid], rows, kinds)
    drafts = plan_maps(township, subject, size=imprint.paper or None)
    lists = list_pages(township, uid, rows)
    version = _version(township, subject, imprint.day)
    writer = _Writer(
        township, record, subject, imprint, version, pages=len(drafts) + len(lists), details=len(drafts) - 1
    )
    bounds = writer.bounds()
    missing = tuple(_missing(township, subject, drafts))
    shapes = township.buildings.geometry.to_numpy()[rows]
    outline, tiling = _surroundings(township, record["census_area_uid"])
    return Sheet(
        uid=uid,
        code=words(record["code"]),
        census_area=words(township.census_areas["code"].get(record["census_area_uid"])),
        area=subject.area,
        outline=outline,
        tiling=tiling,
        # The largest first: a small one that stands on it must not vanish below it.
        buildings=tuple((shapes[i], kinds[i]) for i in np.argsort(-shapely.area(shapes), kind="stable")),
        maps=tuple(_map_page(writer, draft, number, bounds, missing) for number, draft in enumerate(drafts)),
        lists=tuple(_list_page(writer, page, len(drafts) + number) for number, page in enumerate(lists)),
        qr=f"{words(record['code'])};{version}",
        missing=missing,
    )


def building_kind(record: dict[str, Any]) -> str:
    """Tell how a building is drawn: by its state, by standing empty, otherwise by its use."""
    if record["state"] in {"construction", "demolished"}:
        return str(record["state"])
    if nobody_lives_in(record):
        return "vacant"
    return str(record["use"]) if record["use"] in {"residential", "mixed", "collective"} else "other"


def _missing(township: Township, subject: Subject, drafts: Sequence[Draft]) -> list[str]:
    """Numbers that no map shows."""
    whole, *details = drafts
    lost = set(whole.missing)
    for row in subject.rows.tolist():
        shown = [row not in detail.missing for detail in details if row in detail.rows]
        if shown and not any(shown):
            lost.add(row)
        elif any(shown):
            lost.discard(row)
    return [words(township.building_records[row]["number"]) for row in sorted(lost)]


def _version(township: Township, subject: Subject, day: dt.date) -> str:
    """Date and a mark of the content: the same map printed twice has the same mark, a changed one another."""
    content = hashlib.sha256(shapely.to_wkb(shapely.normalize(subject.area)))
    for row in subject.rows.tolist():
        record = township.building_records[row]
        content.update(repr([record[name] for name in ("uid", "number", "use", "floors", "dwellings")]).encode())
        content.update(shapely.to_wkb(township.buildings.geometry.iloc[row]))
    return f"{day:%Y%m%d}-{content.hexdigest()[:4].upper()}"


def _surroundings(township: Township, census_area: object) -> tuple[Any, tuple[Any, ...]]:
    """Census area and its mini-areas, simplified enough for a locator of a few centimetres."""
    tiles = township.mini_areas.geometry.to_numpy()[(township.mini_areas["census_area_uid"] == census_area).to_numpy()]
    tiling = tuple(shapely.simplify(tiles, _LOCATOR_TOLERANCE, preserve_topology=False))
    if census_area in township.census_areas.index:
        return township.census_areas.geometry.loc[census_area].simplify(_LOCATOR_TOLERANCE), tiling
    return shapely.union_all(tiles), tiling


class _Writer:
    """The words of one mini-area's sheet, for each of its papers."""

    def __init__(
        self,
        township: Township,
        record: dict[str, Any],
        subject: Subject,
        imprint: Imprint,
        version: str,
        *,
        pages: int,
        details: int,
    ) -> None:
        self.township, self.record, self.subject, self.imprint = township, record, subject, imprint
        self.version, self.pages, self.details = version, pages, details
        self.serial = township.serial(words(record["code"]))

    def heading(self, paper: Paper, title: str) -> dict[str, Text]:
        """Place names, title, code, and the line at the foot, but for the page number."""
        box = boxes(paper)
        place = " ".join([*self.township.place, self.township.area_name(self.record["census_area_uid"])])
        code = words(self.record["code"])
        texts = {
            "place": Text(*fit(place, box["place"].width, _PLACE_SIZES)),
            "title": Text(*fit(title, box["title"].width, _TITLE_SIZES)),
            "code": Text(*fit(code, box["code"].width, _CODE_SIZES)),
            "secret": Text(*fit(_("Internal, keep confidential"), box["secret"].width, _FOOT_SIZES)),
        }
        drafted = _("Drawn by {drafter}   Date {day}   Version {version}   {crs}").format(
            drafter=self.imprint.drafter or "__________",
            day=self.imprint.day.isoformat(),
            version=self.version,
            crs=self.township.crs.name,
        )
        texts["drafted"] = Text(*fit(drafted, box["drafted"].width, _FOOT_SIZES))
        return texts

    def page(self, paper: Paper, number: int) -> Text:
        """Page number from 0."""
        text = _("Page {page} of {pages}").format(page=number + 1, pages=self.pages)
        return Text(*fit(text, boxes(paper)["page"].width, _FOOT_SIZES))

    def map_title(self, detail: int) -> str:
        """Title of the map of the whole (0) or of a detail map."""
        if detail:
            return _("Map of mini-area {number}, detail {detail} of {details}").format(
                number=self.serial, detail=detail, details=self.details
            )
        return _("Map of mini-area {number}").format(number=self.serial)

    def bounds(self) -> list[str]:
        """Lines of the bounds on four sides: as entered, otherwise as found along the border."""
        given = {side: words(self.record[f"bound_{side}"]) for side in SIDES}
        found = {} if all(given.values()) else four_sides(self.township, self.subject.area, self.subject.uid)
        return [
            _("{side}: {text}").format(side=_(SIDE_WORDS[side]), text=given[side] or found.get(side, ""))
            for side in SIDES
        ]

    def totals(self) -> list[str]:
        """Lines of the figures."""
        row = self.township.totals.loc[self.subject.uid]
        dwellings, vacant, households = (count(row[column]) or 0 for column in ("dwellings", "vacant", "households"))
        return [
            _("Buildings: {buildings}, dwelling units: {dwellings}").format(
                buildings=len(self.subject.rows), dwellings=dwellings
            ),
            _("Vacant units: {vacant}, households: {households}").format(vacant=vacant, households=households),
        ]

    def people(self) -> list[str]:
        """Lines of enumerator, instructor and signatures."""
        enumerator, instructor = self._staff()
        blank = "____________"
        return [
            _("Enumerator: {name}, signature: {blank}").format(name=enumerator or blank, blank=blank),
            _("Instructor: {name}, signature: {blank}").format(name=instructor or blank, blank=blank),
            _("Date: {blank}").format(blank=blank),
        ]

    def _staff(self) -> tuple[str, str]:
        assigned = self.township.assignments
        staff = self.township.staff
        uids = assigned.loc[(assigned["mini_area_uid"] == self.subject.uid).to_numpy(dtype=bool), "staff_uid"]
        people = staff.loc[[uid for uid in uids if uid in staff.index]]
        enumerators = people[(people["role"] == "enumerator").to_numpy(dtype=bool)]
        instructors = people[(people["role"] == "instructor").to_numpy(dtype=bool)]
        if instructors.empty:
            above = [uid for uid in enumerators["instructor_uid"] if uid in staff.index]
            instructors = staff.loc[list(dict.fromkeys(above))]
        return tuple(_("、").join(words(name) for name in frame["name"]) for frame in (enumerators, instructors))  # type: ignore[return-value]


def _map_page(writer: _Writer, draft: Draft, number: int, bounds: list[str], missing: tuple[str, ...]) -> MapPage:
    box = boxes(draft.paper)
    texts = writer.heading(draft.paper, writer.map_title(number))
    texts["page"] = writer.page(draft.paper, number)
    for name, lines in (("bounds", bounds), ("totals", writer.totals()), ("people", writer.people())):
        room = text_box(box[name])
        texts[name] = Text(*fit_lines(lines, room.width, room.height, BODY_SIZES))
    for name, title in (
        ("locator_title", _("Position in the census area")),
        ("legend_title", _("Legend")),
        ("bounds_title", _("Bounds on four sides")),
        ("totals_title", _("Figures")),
        ("people_title", _("Staff")),
        ("corrections_title", _("Corrections in the field")),
    ):
        texts[name] = Text(title)
    texts["scale"] = Text(_("Scale 1:{scale}").format(scale=draft.scale))
    texts["number_key"] = Text(_("12 = building number, 6/24 = floors/dwelling units"))
    if missing and not number:
        notice = _("No room on the map for building {numbers}: see the list of buildings.").format(
            numbers=_("、").join(missing)
        )
        texts["notice"] = Text(
            "\n".join(fit_lines([notice], box["map"].width * 0.6, 30, (8.0, 7.0))[0].split("\n")), 8.0
        )
    return MapPage(
        paper=draft.paper,
        scale=draft.scale,
        extent=draft.extent,
        labels=draft.labels,
        leaders=draft.leaders,
        details=draft.details,
        corner=draft.corner,
        segment=scale_bar_segment(draft.scale),
        legend=draft.legend,
        texts=texts,
    )


def _list_page(writer: _Writer, rows: list[Row], number: int) -> ListPage:
    title = _("List of buildings of mini-area {number}").format(number=writer.serial)
    texts = writer.heading(LIST_PAPER, title)
    texts["page"] = writer.page(LIST_PAPER, number)
    return ListPage(tuple(row.cells for row in rows), tuple(row.height for row in rows), texts)
