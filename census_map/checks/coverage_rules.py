"""
Rules on the coverage: mini-areas inside census areas, census areas inside the township (docs/rules.md G01 to G06).

All of them read the faults of the boundary chain; none decides by an area tolerance.
"""

from collections.abc import Iterator
from typing import Any

from census_map.checks.facts import Facts
from census_map.checks.registry import Finding, rule
from census_map.i18n import N_, _
from census_map.workspace.locating import find_holders


def _amount(fault: Any) -> str:
    area, width = float(fault.area_m2), float(fault.width_m)
    if area < 0.005:
        return _("less than 0.01 m²")
    if area < 1000:
        return _("{area} m², {width} m wide").format(area=f"{area:,.2f}", width=f"{width:,.2f}")
    return _("{area} hectares").format(area=f"{area / 10_000:,.2f}")


def fault_finding(
    fault: Any, owners: tuple[str, ...], names: str, container: str, *, container_uid: str = "", undivided: bool = False
) -> Finding:
    """
    Say what a fault of the mini-areas means, as the rule of its kind does (`coverage.proposal.KINDS_BY_RULE`).

    Parameters
    ----------
    fault
        A `coverage.faults.Fault`, or a row of `find_faults`.
    owners
        Identifiers of the mini-areas concerned.
    names
        Their names, joined.
    container, container_uid
        Name of the census area whose ground it is, and its identifier where it is known.
    undivided
        Whether that census area has no mini-area yet.
    """
    texts = {
        "duplicate": _("Mini-areas {areas} lie exactly on each other: remove one of them."),
        "invalid": _("The border of mini-area {areas} crosses or touches itself: redraw it at the marked place."),
        "overlap": _("Mini-areas {areas} overlap ({amount}): give the ground to one of them."),
        "contained": _("Mini-areas {areas} overlap ({amount}): give the ground to one of them."),
        "spill": _("Mini-area {areas} reaches outside its census area ({amount}): cut the piece off."),
        "unmatched": _("The borders of {areas} do not meet point by point here: let the program insert the points."),
        "gap": _("A piece of {area} beside {areas} is in no mini-area ({amount}): give it to a neighbour."),
    }
    text = texts[fault.kind]
    if fault.kind == "gap" and undivided:
        text = _("Census area {area} is not divided into mini-areas yet: divide it.")
    elif fault.kind == "gap" and not names:
        text = _("A piece of {area} is in no mini-area ({amount}): draw a mini-area there.")
    message = text.format(area=container, areas=names or container, amount=_amount(fault))
    if fault.kind == "gap" and not owners:
        return Finding("census_area", (container_uid,) if container_uid else (), message, fault.geometry)
    return Finding("mini_area", owners, message, fault.geometry)


def _mini_area_findings(facts: Facts, kinds: set[str]) -> Iterator[Finding]:
    faults = facts.mini_area_faults
    undivided = set(facts.census_areas.index) - set(facts.drawn["census_area_uid"])
    for fault in faults[faults["kind"].isin(kinds)].itertuples():
        owners = tuple(str(uid) for uid in fault.areas)
        names = _(", ").join(facts.mini_area_name(uid) for uid in owners)
        known = isinstance(fault.container, str) and fault.container in facts.census_areas.index
        yield fault_finding(
            fault,
            owners,
            names,
            facts.census_area_name(fault.container) if known else _("the township"),
            container_uid=str(fault.container) if isinstance(fault.container, str) else "",
            undivided=fault.container in undivided,
        )


@rule("G01", "error", N_("Drawing that is broken, empty or there twice"), fix="repair")
def find_broken_geometry(facts: Facts) -> Iterator[Finding]:
    """Find invalid, empty and duplicate geometries of mini-areas, census areas and buildings (G01)."""
    yield from _mini_area_findings(facts, {"invalid", "duplicate"})
    empty = facts.drawn[facts.drawn.geometry.isna() | facts.drawn.geometry.is_empty]
    for uid in empty.index:
        name = facts.mini_area_name(uid)
        yield Finding("mini_area", (uid,), _("Mini-area {areas} has no ground: draw or delete it.").format(areas=name))
    faults = facts.census_area_faults
    for fault in faults[faults["kind"].isin({"invalid", "duplicate"})].itertuples():
        owners = tuple(str(uid) for uid in fault.areas)
        names = _(", ").join(facts.census_area_name(uid) for uid in owners)
        text = _("The border of census area {areas} is broken or there twice: get it again from its owner.")
        yield Finding("census_area", owners, text.format(areas=names), fault.geometry)
    yield from _broken_buildings(facts)


def _broken_buildings(facts: Facts) -> Iterator[Finding]:
    shapes = facts.buildings.geometry
    for uid in facts.buildings.index[shapes.isna() | shapes.is_empty]:
        text = _("Building {name} has no outline: draw it.").format(name=facts.building_name(uid))
        yield Finding("building", (uid,), text)
    present = facts.buildings[shapes.notna() & ~shapes.is_empty]
    for uid, shape in present.geometry[~present.geometry.is_valid].items():
        text = _("The outline of building {name} crosses itself: redraw it.").format(name=facts.building_name(uid))
        yield Finding("building", (uid,), text, shape)


@rule("G02", "error", N_("Mini-areas overlap"), fix="give")
def find_overlaps(facts: Facts) -> Iterator[Finding]:
    """Find ground that two or more mini-areas claim (G02)."""
    yield from _mini_area_findings(facts, {"overlap", "contained"})


@rule("G03", "error", N_("Ground in no mini-area"), fix="give")
def find_gaps(facts: Facts) -> Iterator[Finding]:
    """Find ground of a census area that no mini-area covers, inside or at its border (G03)."""
    yield from _mini_area_findings(facts, {"gap"})


@rule("G04", "error", N_("Mini-area reaches outside its census area"), fix="clip")
def find_spills(facts: Facts) -> Iterator[Finding]:
    """Find ground of mini-areas outside every census area, or inside another one's (G04)."""
    yield from _mini_area_findings(facts, {"spill"})
    places = facts.drawn.geometry.dropna()
    holder = find_holders(facts.drawn, facts.census_areas)
    for uid in places.index:
        parent = facts.mini_areas.at[uid, "census_area_uid"]
        if holder[uid] and parent in facts.census_areas.index and holder[uid] != parent:
            text = _("Mini-area {mini_area} belongs to {parent} but lies in {other}: correct its census area.").format(
                mini_area=facts.mini_area_name(uid),
                parent=facts.census_area_name(parent),
                other=facts.census_area_name(holder[uid]),
            )
            yield Finding("mini_area", (uid,), text, places[uid])


@rule("G05", "error", N_("Census areas overlap, leave a gap, or reach outside the township"), fix="refer")
def find_census_area_faults(facts: Facts) -> Iterator[Finding]:
    """Find overlaps and gaps of census areas inside the township, and ground of theirs outside it (G05)."""
    overlap = N_("Census areas {areas} overlap ({amount}): settle it with the neighbours.")
    texts = {
        "overlap": overlap,
        "contained": overlap,
        "gap": N_("There is ground in no census area beside {areas} ({amount}): settle it with the neighbours."),
        "spill": N_(
            "Census area {areas} reaches outside the township ({amount}): settle it with the township beside, and take "
            "over the right border."
        ),
    }
    faults = facts.census_area_faults
    for fault in faults[faults["kind"].isin(texts)].itertuples():
        owners = tuple(str(uid) for uid in fault.areas)
        names = _(", ").join(facts.census_area_name(uid) for uid in owners) or _("the township")
        message = _(texts[fault.kind]).format(areas=names, amount=_amount(fault))
        yield Finding("census_area", owners, message, fault.geometry)


@rule("G06", "error", N_("Corner points of a shared border do not match"), fix="insert")
def find_unmatched_vertices(facts: Facts) -> Iterator[Finding]:
    """Find shared borders on which one side has a vertex that the other lacks (G06)."""
    yield from _mini_area_findings(facts, {"unmatched"})
