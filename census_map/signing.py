"""
Signing mini-areas off, level by level; locking and unlocking them (docs/domain.md section 6, step 7).

The file itself refuses a change of a locked mini-area and every skipped level (`census_map.workspace.guards`); here
is the way that it accepts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from census_map.checks import Problem, run_checks
from census_map.errors import InputError
from census_map.gate import find_obstacles
from census_map.i18n import _
from census_map.schema import DRAFT, INSTRUCTOR, LOCKED, SELF_CHECKED, STATUS, SUBMITTED, TOWNSHIP
from census_map.task import Report, silent
from census_map.workspace import Workspace
from census_map.workspace.seals import Sign

LEVELS = {
    "draft": DRAFT,
    "self": SELF_CHECKED,
    "instructor": INSTRUCTOR,
    "township": TOWNSHIP,
    "submitted": SUBMITTED,
}


@dataclass(frozen=True)
class SignReport:
    """
    What became of the chosen mini-areas.

    Attributes
    ----------
    changed
        How many got the new status.
    already
        How many had it, or a higher one.
    behind
        Codes of those that lack the level before.
    obstacles
        Errors and unexplained warnings of the check that stand in the way; nothing was changed.
    """

    changed: int
    already: int
    behind: tuple[str, ...] = ()
    obstacles: tuple[Problem, ...] = ()


def sign_areas(
    workspace: Workspace,
    level: str,
    *,
    areas: Sequence[str] | None = None,
    reason: str = "",
    report: Report = silent,
) -> SignReport:
    """
    Sign mini-areas off at a level, or take the sign-off of those above it back.

    Parameters
    ----------
    workspace
        Open.
    level
        A key of `LEVELS`; locking is `lock_areas`, and what is locked goes down by `unlock_areas`.
    areas
        Codes of mini-areas or census areas; None: all.
    reason
        Why mini-areas above the level go down to it; "": they stay where they are.
    report
        Told how far the check is.

    Returns
    -------
    report
        Nothing goes up while the check finds an error or an unexplained warning in one of those that would
        (docs/domain.md section 8); those that lack the level before stay as they are.

    Raises
    ------
    InputError
        No such level or area; a way down without a reason.
    """
    if level not in LEVELS:
        raise InputError(
            _("There is no level “{level}”: choose one of {levels}.").format(level=level, levels=", ".join(LEVELS))
        )
    chosen = chosen_areas(workspace, areas)
    if reason.strip() or level == "draft":
        return _lower(workspace, LEVELS[level], chosen, reason)
    return _pass(workspace, LEVELS[level], chosen, report)


def lock_areas(
    workspace: Workspace,
    *,
    areas: Sequence[str] | None = None,
    report: Report = silent,
    sign: Sign | None = None,
) -> SignReport:
    """
    Lock mini-areas that the township has checked, and seal them (`census_map.workspace.seals`).

    Parameters
    ----------
    areas
        Codes of mini-areas or census areas; None: all.
    sign
        Signs the seals with the key of the vault (`Vault.sign`); None where it is not at hand.

    Returns
    -------
    report
        As of `sign_areas`.
    """
    return _pass(workspace, LOCKED, chosen_areas(workspace, areas), report, sign)


def unlock_areas(workspace: Workspace, reason: str, *, areas: Sequence[str] | None = None) -> SignReport:
    """
    Make locked mini-areas drafts again; they must be signed off anew. Their numbers stay fixed.

    Parameters
    ----------
    reason
        Why; it stands in the mini-area and in the history.

    Raises
    ------
    InputError
        No reason, or no such area.
    """
    if not reason.strip():
        raise InputError(_("Unlocking needs a reason: give it with --reason."))
    chosen = chosen_areas(workspace, areas)
    locked = chosen.index[chosen["status"] >= LOCKED]
    change = pd.DataFrame({"status": DRAFT, "status_reason": reason.strip()}, index=locked)
    with workspace.transaction(reason.strip()) as write:
        write.update("mini_area", change)
    return SignReport(len(locked), len(chosen) - len(locked))


def chosen_areas(workspace: Workspace, codes: Sequence[str] | None) -> pd.DataFrame:
    """
    Find mini-areas by their own code or their census area's.

    Returns
    -------
    areas
        `code`, `status`, `census_area_uid`; indexed by uid.

    Raises
    ------
    InputError
        A code fits neither a mini-area nor a census area.
    """
    areas = workspace.read("mini_area", columns=["code", "status", "census_area_uid"])
    areas["status"] = areas["status"].fillna(DRAFT).astype("int64")
    if codes is None:
        return areas
    parents = areas["census_area_uid"].map(workspace.read("census_area", columns=["code"])["code"])
    for code in codes:
        if code not in set(areas["code"]) | set(parents):
            raise InputError(
                _("There is no mini-area or census area {code}: check the code, or number the map first.").format(
                    code=code
                )
            )
    return areas[areas["code"].isin(codes) | parents.isin(codes)]


def _pass(
    workspace: Workspace, level: int, chosen: pd.DataFrame, report: Report, sign: Sign | None = None
) -> SignReport:
    """Raise what nothing stands in the way of; the check runs only where something would go up."""
    ready = chosen.index[chosen["status"] == level - 1]
    if len(ready):
        obstacles = find_obstacles(workspace, ready, run_checks(workspace, report=report, sign=sign))
        if obstacles:
            return SignReport(0, int((chosen["status"] >= level).sum()), (), tuple(obstacles))
    return _raise(workspace, level, chosen, sign)


def _lower(workspace: Workspace, level: int, chosen: pd.DataFrame, reason: str) -> SignReport:
    if not reason.strip():
        raise InputError(_("A step down needs a reason: give it with --reason."))
    above = chosen.index[(chosen["status"] > level) & (chosen["status"] < LOCKED)]
    change = pd.DataFrame({"status": level, "status_reason": reason.strip()}, index=above)
    with workspace.transaction(reason.strip()) as write:
        write.update("mini_area", change)
    return SignReport(len(above), len(chosen) - len(above))


def _raise(workspace: Workspace, level: int, chosen: pd.DataFrame, sign: Sign | None = None) -> SignReport:
    ready = chosen.index[chosen["status"] == level - 1]
    behind = chosen[chosen["status"] < level - 1]
    change = pd.DataFrame({"status": level, "status_reason": None}, index=ready).astype({"status_reason": object})
    with workspace.transaction(_(dict(STATUS)[level])) as write:
        write.update("mini_area", change)
        if level == LOCKED:
            write.seal(ready, sign)
    names = behind["code"].where(behind["code"].notna(), _("without code"))
    return SignReport(len(ready), int((chosen["status"] >= level).sum()), tuple(names))
