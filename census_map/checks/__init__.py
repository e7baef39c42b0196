"""
The check rules of docs/domain.md section 8, run over a workspace.

`run_checks` reads the workspace once (`facts`), runs the chosen rules (one module a family) and returns all problems
in a fixed order. It never changes anything and never raises for wrong data.
"""

from collections.abc import Iterable
from dataclasses import replace

from census_map.checks import (
    area_rules,
    building_rules,
    code_rules,
    coverage_rules,
    household_rules,
    lock_rules,
    place_rules,
)
from census_map.checks.facts import Facts
from census_map.checks.registry import (
    RULES,
    SEVERITIES,
    SEVERITY_TITLES,
    Finding,
    Problem,
    Rule,
    Severity,
    as_problem,
    select_rules,
)
from census_map.i18n import _
from census_map.task import Report, portion, silent
from census_map.workspace import Workspace
from census_map.workspace.seals import Sign

__all__ = [
    "RULES",
    "SEVERITIES",
    "SEVERITY_TITLES",
    "Finding",
    "Problem",
    "Rule",
    "Severity",
    "area_rules",
    "building_rules",
    "code_rules",
    "count_by_severity",
    "coverage_rules",
    "household_rules",
    "lock_rules",
    "place_rules",
    "problem_report",
    "run_checks",
]


def run_checks(
    workspace: Workspace,
    rules: Iterable[str] | None = None,
    *,
    report: Report = silent,
    sign: Sign | None = None,
) -> list[Problem]:
    """
    Run the check rules over a workspace.

    Parameters
    ----------
    workspace
        An open workspace; it is only read.
    rules
        Identifiers or wildcards (`G*`); None for all.
    report
        Told which rule runs.
    sign
        Signs with the key of the vault (`Vault.sign`), against which keyed seals are held; None where it is not at
        hand.

    Returns
    -------
    problems
        Errors first, then warnings, then notices; by rule and id. A warning whose reason is written down in the
        workspace (table `waiver`) comes as a notice with that reason.

    Raises
    ------
    InputError
        A pattern fits no rule.
    """
    chosen = select_rules(rules)
    facts = Facts(workspace, sign=sign)
    problems: dict[str, Problem] = {}
    for done, rule in enumerate(chosen):
        step = portion(report, done / len(chosen), (done + 1) / len(chosen))
        step(0.0, f"{rule.id} {_(rule.title)}")
        for finding in rule.find(facts):
            problem = _waived(as_problem(finding, rule), facts)
            problems.setdefault(problem.id, problem)
    report(1.0, "")
    return sorted(problems.values(), key=lambda p: (SEVERITIES.index(p.severity), p.rule, p.id))


def _waived(problem: Problem, facts: Facts) -> Problem:
    if problem.severity != "warning":
        return problem
    reasons = facts.waivers
    # Reasons written by earlier versions say nothing of what they were given for.
    same = (reasons["state"] == problem.state) | (reasons["state"] == "")
    fitting = reasons[(reasons["rule"] == problem.rule) & (reasons["problem"] == problem.id) & same]
    if fitting.empty:
        return problem
    explained = _("{message} Explained: {reason}").format(message=problem.message, reason=fitting["reason"].iloc[-1])
    return replace(problem, severity="info", message=explained)


def count_by_severity(problems: Iterable[Problem]) -> dict[Severity, int]:
    """Count problems by severity, zeros included."""
    counts: dict[Severity, int] = dict.fromkeys(SEVERITIES, 0)
    for problem in problems:
        counts[problem.severity] += 1
    return counts


def problem_report(problems: list[Problem]) -> dict[str, object]:
    """Give the JSON object of `census-map check --json`."""
    counts = count_by_severity(problems)
    return {
        "errors": counts["error"],
        "warnings": counts["warning"],
        "infos": counts["info"],
        "problems": [problem.as_json() for problem in problems],
    }
