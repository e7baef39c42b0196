"""Explain a warning: a written reason with author and time, which ends when what it was given for changes."""

from datetime import UTC, datetime
from uuid import uuid4

import pandas as pd

from census_map.checks import Problem, run_checks
from census_map.errors import InputError
from census_map.i18n import _
from census_map.workspace import Workspace


def waive_problem(workspace: Workspace, problem: str, *, reason: str, author: str) -> Problem:
    """
    Write down why a warning may stand.

    Parameters
    ----------
    workspace
        Open.
    problem
        Id of the warning, as the check lists it (`S01-0123456789ab`).
    reason, author
        Why, and who says so.

    Returns
    -------
    problem
        The warning that was explained.

    Raises
    ------
    InputError
        No reason or author; the check finds no such problem; or it is an error, which has to be mended.
    """
    if not reason.strip():
        raise InputError(_("A warning needs a written reason: give it with --reason."))
    if not author.strip():
        raise InputError(_("A reason needs somebody who gives it: name the author with --author."))
    rule = problem.split("-", 1)[0].upper()
    found = {each.id: each for each in run_checks(workspace, [rule])}
    chosen = found.get(f"{rule}-{problem.partition('-')[2].lower()}")
    if chosen is None:
        raise InputError(
            _("The check finds no problem {problem}: it may be mended; take the id from the newest check.").format(
                problem=problem
            )
        )
    if chosen.severity == "error":
        raise InputError(_("{problem} is an error and cannot be explained: mend it.").format(problem=chosen.id))
    row = pd.DataFrame(
        {
            "rule": [chosen.rule],
            "problem": [chosen.id],
            "reason": [reason.strip()],
            "author": [author.strip()],
            "time": [datetime.now(UTC)],
            "state": [chosen.state],
        },
        index=[str(uuid4())],
    )
    with workspace.transaction(reason.strip()) as write:
        write.insert("waiver", row)
    return chosen
