"""
What a repair is called: its effect, its reason, and how one is chosen for each fault.

| action | what it does | for |
|---|---|---|
| give | the ground goes to one owner and is taken from all others | gap, overlap, contained |
| add | the ground becomes a new area without attributes | gap that looks like a missing area |
| clip | the ground outside the container is taken away | spill |
| match | the vertex is inserted where it is missing | unmatched |
| redraw | the border is drawn again along the neighbours' | invalid; many negligible faults around one area |
| empty | one area keeps the ground, the other records stay without geometry | duplicate, contained |

Only `empty` loses something, a geometry; it is chosen and applied only with `allow_empty`.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from census_map.coverage.patch import Label
from census_map.errors import InputError
from census_map.i18n import N_, _

REASONS = {
    "moved": N_("its border moved here"),
    "only": N_("the only neighbour"),
    "border": N_("the longest common border"),
    "population": N_("the smallest change of population"),
    "missing": N_("no neighbour's border moved: an area seems to be missing"),
    "inner": N_("the inner area is cut out of the outer one"),
    "first": N_("the earlier record"),
    "outside": N_("outside the container"),
    "vertex": N_("the neighbour has a corner here"),
    "tangled": N_("the border crosses or touches itself"),
    "beside": N_("its whole border runs a hair's breadth beside its neighbours'"),
    "other": N_("another possible owner"),
}
# The check rules of docs/domain.md section 8 and the kinds of faults they speak of.
KINDS_BY_RULE = {
    "G01": ("invalid", "duplicate"),
    "G02": ("overlap", "contained"),
    "G03": ("gap",),
    "G04": ("spill",),
    "G06": ("unmatched",),
}


@dataclass(frozen=True)
class Effect:
    """
    What a proposal does.

    Attributes
    ----------
    gains, loses
        Square metres by area.
    population
        Change of the weight by area; empty when no weights were given.
    """

    gains: Mapping[Label, float] = field(default_factory=dict)
    loses: Mapping[Label, float] = field(default_factory=dict)
    population: Mapping[Label, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Proposal:
    """
    One way to repair one fault.

    Attributes
    ----------
    fault, kind
        Id and kind of the fault.
    rank
        1 for the likeliest.
    action
        `give`, `add`, `clip`, `match`, `redraw` or `empty`; see the module.
    owner
        Who gets or keeps the ground; None for `add` and `clip`.
    reason
        A key of `REASONS`.
    effect
        Who gains and who loses what.
    score
        Evidence as a log-likelihood ratio; 0 when there is none.
    """

    fault: str
    kind: str
    rank: int
    action: str
    owner: Hashable | None
    reason: str
    effect: Effect = field(default_factory=Effect)
    score: float = 0.0

    @property
    def lossless(self) -> bool:
        """Tell whether every area keeps a geometry."""
        return self.action != "empty"

    @property
    def text(self) -> str:
        """Say what the proposal does and why, in the user's language."""
        what = {
            "give": _("give the ground to {area}"),
            "add": _("make a new area of the ground"),
            "clip": _("cut off what lies outside"),
            "match": _("insert the missing corner"),
            "redraw": _("draw the border of {area} again along its neighbours"),
            "empty": _("{area} keeps the ground, the other record stays without geometry"),
        }[self.action]
        return f"{what.format(area=self.owner)} ({_(REASONS[self.reason])})"


def choose(
    proposals: Iterable[Proposal],
    *,
    kinds: Iterable[str] | None = None,
    faults: Iterable[str] | None = None,
    owners: Mapping[str, Hashable] | None = None,
    allow_empty: bool = False,
) -> tuple[Proposal, ...]:
    """
    Choose one proposal a fault: by rule, on a selection, or with a named owner.

    Parameters
    ----------
    proposals
        From `propose`.
    kinds
        Only faults of these kinds.
    faults
        Only these faults.
    owners
        Fault id and the owner chosen for it; the others take their first proposal.
    allow_empty
        Choose proposals that leave a record without geometry where there is no other.

    Raises
    ------
    InputError
        A chosen owner is not among a fault's proposals.

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> from shapely import box
    >>> shapes = [box(0, 0, 50, 100), box(49, 0, 100, 100)]
    >>> areas = GeoDataFrame(geometry=shapes, index=["001", "002"], crs="EPSG:4549")
    >>> from census_map.coverage import choose, find_faults, propose
    >>> proposals = propose(areas, find_faults(areas))
    >>> len(choose(proposals)), len(choose(proposals, kinds=["gap"]))
    (1, 0)
    """
    wanted_kinds, wanted, named = _set(kinds), _set(faults), dict(owners or {})
    first: dict[str, Proposal] = {}
    for proposal in proposals:
        if proposal.fault in named:
            if str(proposal.owner) == str(named[proposal.fault]):
                first.setdefault(proposal.fault, proposal)
            continue
        selected = (wanted_kinds is None or proposal.kind in wanted_kinds) and (
            wanted is None or proposal.fault in wanted
        )
        if selected and (proposal.lossless or allow_empty):
            first.setdefault(proposal.fault, proposal)
    for fault, owner in named.items():
        if fault not in first:
            raise InputError(
                _("Area {area} cannot get the ground of fault {fault}: choose one of its neighbours.").format(
                    area=owner, fault=fault
                )
            )
    return tuple(first.values())


def _set(values: Iterable[str] | None) -> set[str] | None:
    return None if values is None else set(values)
