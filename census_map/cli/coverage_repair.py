"""`census-map coverage repair`: mend the faults of a layer of areas, on request and by rule."""

from pathlib import Path
from typing import Annotated, Any

import typer
from geopandas import GeoDataFrame

from census_map.cli.coverage import CrsOption, coverage_app
from census_map.cli.coverage_input import read_areas, read_beside, read_containers, say_overlapping
from census_map.cli.output import JsonFile, write_json
from census_map.cli.progress import progress_bar
from census_map.cli.saying import say
from census_map.cli.wording import Verb
from census_map.coverage.edits import weigh_points
from census_map.coverage.faults import find_faults
from census_map.coverage.patch import Weigh
from census_map.coverage.proposal import KINDS_BY_RULE, Proposal, choose
from census_map.coverage.repair import Repair, apply_proposals
from census_map.coverage.weighing import propose
from census_map.errors import InputError
from census_map.exchange.exact import require_distinct_fields
from census_map.exchange.reading import source_of
from census_map.exchange.repairs import layer_name, repair_report, write_repair
from census_map.exchange.targets import require_targets
from census_map.i18n import _, ngettext
from census_map.task import portion


@coverage_app.command(
    cls=Verb, help=_("Propose repairs for the faults of a layer, apply those chosen, and list what was done.")
)
def repair(
    areas: Annotated[str, typer.Argument(metavar=_("AREAS[:layer]"), help=_("The areas."))],
    *,
    within: Annotated[
        str | None, typer.Option("--within", metavar=_("CONTAINERS[:layer]"), help=_("The census areas around them."))
    ] = None,
    id_field: Annotated[
        str | None, typer.Option("--id", metavar=_("FIELD"), help=_("Field that identifies an area."))
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar=_("FIXED.gpkg"), help=_("Where to write."))] = None,
    rule: Annotated[
        list[str] | None, typer.Option("--rule", metavar="G03", help=_("Only faults of this check rule."))
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", metavar=_("KIND"), help=_("Only faults of this kind."))
    ] = None,
    fault: Annotated[list[str] | None, typer.Option("--fault", metavar="ID", help=_("Only this fault."))] = None,
    owner: Annotated[
        list[str] | None,
        typer.Option("--owner", metavar=_("FAULT=AREA"), help=_("Give the ground of a fault to this area.")),
    ] = None,
    prefer: Annotated[
        str, typer.Option("--prefer", metavar=_("WHAT"), help=_("What decides: evidence, border or population."))
    ] = "evidence",
    missing: Annotated[
        str,
        typer.Option(
            "--missing", metavar=_("WHAT"), help=_("A gap that looks like a missing area: new, neighbour or leave.")
        ),
    ] = "new",
    points: Annotated[
        str | None, typer.Option("--points", metavar=_("FILE[:layer]"), help=_("Buildings or points with people."))
    ] = None,
    weight: Annotated[str, typer.Option("--weight", metavar=_("FIELD"), help=_("Field with the people."))] = "persons",
    empty: Annotated[
        bool,
        typer.Option("--empty", help=_("Let a doubled record stay without geometry where nothing else mends it.")),
    ] = False,
    crs: CrsOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("Only say what would be done."))] = False,
    as_json: JsonFile = None,
) -> int:
    """Propose, choose, apply, write; 0 when nothing is left, 1 when faults are left."""
    if out is None and not dry_run:
        raise InputError(_("Say where to write with --out FIXED.gpkg, or only look with --dry-run."))
    if missing not in {"new", "neighbour", "leave"}:
        raise InputError(_("--missing takes new, neighbour or leave."))
    require_targets(out, as_json, areas, within, points)
    frame = read_areas(areas, id_field, crs)
    require_distinct_fields(frame)
    around = read_containers(within, id_field, crs, frame)
    overlapping = say_overlapping(around)
    weigh = None if points is None else _weigh(points, weight, frame)
    with progress_bar(_("Mending")) as report:
        faults = find_faults(frame, around, report=portion(report, 0.0, 0.2))
        _require_known(faults, [*(fault or ()), *_owners(owner)])
        proposals = propose(
            frame, faults, around, weigh=weigh, prefer=prefer, missing=missing, report=portion(report, 0.2, 0.4)
        )
        chosen = choose(proposals, kinds=_kinds(rule, kind), faults=fault, owners=_owners(owner), allow_empty=empty)
        if missing == "leave":
            chosen = tuple(proposal for proposal in chosen if proposal.reason != "missing")
        done = apply_proposals(
            frame, chosen, around, faults=faults, allow_empty=empty, report=portion(report, 0.4, 1.0)
        )
    done = _with_unchosen(done, proposals)
    if out is not None and not dry_run:
        source = source_of(areas)
        layer = layer_name(source)
        write_repair(
            done,
            out,
            layer=layer,
            field=id_field,
            source=source,
            around=None if within is None else source_of(within),
        )
        if as_json != "-":
            say(_("The areas are in layer “{layer}” of “{file}”.").format(layer=layer, file=out.name))
    _tell(done, repair_report(done, proposals), as_json)
    return 0 if done.faults.empty and not overlapping else 1


def _weigh(spec: str, field: str, areas: GeoDataFrame) -> Weigh:
    layer = read_beside(spec, areas)
    if field not in layer.columns:
        raise InputError(_("The layer has no field “{field}”: choose one of its fields.").format(field=field))
    return weigh_points(layer, field)


def _kinds(rules: list[str] | None, kinds: list[str] | None) -> set[str] | None:
    if not rules and not kinds:
        return None
    known = {kind for several in KINDS_BY_RULE.values() for kind in several}
    for name in kinds or ():
        if name not in known:
            raise InputError(
                _("There is no fault of kind “{kind}”: use {kinds}.").format(kind=name, kinds=", ".join(sorted(known)))
            )
    for name in rules or ():
        if name not in KINDS_BY_RULE:
            raise InputError(
                _("Rule {rule} is not one of the coverage: use {rules}.").format(
                    rule=name, rules=", ".join(KINDS_BY_RULE)
                )
            )
    return {*(kinds or ()), *(kind for name in rules or () for kind in KINDS_BY_RULE[name])}


def _require_known(faults: GeoDataFrame, wanted: list[str]) -> None:
    """Refuse names of faults that are not there, such as those of another file."""
    for name in wanted:
        if name not in faults.index:
            raise InputError(
                _("There is no fault “{fault}” here: take its name from “coverage check”.").format(fault=name)
            )


def _owners(pairs: list[str] | None) -> dict[str, str]:
    owners = {}
    for pair in pairs or ():
        fault, equals, area = pair.partition("=")
        if not equals:
            raise InputError(_("Write --owner as FAULT=AREA, not “{text}”.").format(text=pair))
        owners[fault] = area
    return owners


def _with_unchosen(done: Repair, proposals: tuple[Proposal, ...]) -> Repair:
    """List the faults that only a loss could mend, though nobody chose that."""
    told = {proposal.fault for proposal in (*done.applied, *(proposal for proposal, _why in done.refused))}
    lossy = [p for p in proposals if p.rank == 1 and not p.lossless and p.fault not in told]
    why = _("cannot be mended without loss: a record would stay without geometry")
    return Repair(
        done.areas,
        done.containers,
        done.applied,
        (*done.refused, *((proposal, why) for proposal in lossy)),
        done.changes,
        done.before,
        done.faults,
    )


def _tell(done: Repair, summary: dict[str, Any], as_json: str | None) -> None:
    write_json(summary, as_json)
    if as_json == "-":
        return
    for proposal in done.applied:
        say(f"{proposal.fault}: {proposal.text}")
    for proposal, why in done.refused:
        say(f"! {proposal.fault}: {why}")
    n = len(done.applied)
    say(ngettext("{n} fault mended", "{n} faults mended", n).format(n=n))
    left = len(done.faults)
    say(ngettext("{n} fault left", "{n} faults left", left).format(n=left))
