"""
The rule on what is locked: whether it is as it was sealed (DOMAIN.md H03).

The domain names the household's number, which is changed or removed after locking. All other rows that a lock fixes
come under the same rule, since what went wrong, and what mends it, is the same.
"""

from collections.abc import Iterator

from census_map.checks.facts import Facts
from census_map.checks.registry import Finding, rule
from census_map.i18n import N_, _
from census_map.schema import TABLES
from census_map.workspace.seals import SealFault

_SAID = {
    "changed": N_("{row} was changed after it was locked: compare with the last good copy and restore it, or unlock."),
    "gone": N_("{row} was removed after it was locked: take it from the last good copy, or unlock."),
    "added": N_("{row} was added to a locked mini-area: remove it, or unlock."),
    "unsealed": N_("{row} was locked by another program, without a seal: unlock it, check it, and lock it again."),
    "outline": N_("The outline of {row} was changed while it holds locked mini-areas: restore the last good copy."),
    "history": N_("The history before the seal of {row} was changed: compare with the last good copy."),
    "forged": N_("The seal of {row} was not written by this program: compare with the last good copy."),
    "unkeyed": N_("{row} was sealed without the key of the roster vault: only an accident would show, not a forgery."),
}
_SEVERITY = {"unsealed": "warning", "unkeyed": "info"}


def _row(facts: Facts, fault: SealFault) -> str:
    """Name a row by table and code, or by its identifier where it is gone or has none."""
    table = facts.rows_of(fault.table)
    code = table.at[fault.uid, "code"] if fault.uid in table.index and "code" in table.columns else ""
    return _("{table}, {code}").format(table=_(TABLES[fault.table].title), code=code or fault.uid)


def _finding(facts: Facts, fault: SealFault) -> Finding:
    minis = facts.mini_areas
    place = minis.at[fault.area, "geometry"] if fault.area in minis.index else None
    message = _(_SAID[fault.fault]).format(row=_row(facts, fault))
    return Finding(fault.table, (fault.uid,), message, place, _SEVERITY.get(fault.fault))  # type: ignore[arg-type]


@rule("H03", "error", N_("Changed or removed after locking"), fix="restore")
def find_broken_seals(facts: Facts) -> Iterator[Finding]:
    """Find rows that are not as they were sealed, locks without a seal, and a history that was changed (H03)."""
    return (_finding(facts, fault) for fault in facts.seal_faults)
