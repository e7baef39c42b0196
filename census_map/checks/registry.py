"""
What a check rule is, and the list of all rules.

A rule is an entry: identifier, severity, title, offered fix, and a function from the facts of a workspace to
findings. Adding a rule is adding one decorated function in the module of its family; nothing else knows it by name.
Identifiers, conditions and severities are those of docs/domain.md section 8.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal

from shapely.geometry.base import BaseGeometry

from census_map.errors import InputError
from census_map.i18n import N_, _

if TYPE_CHECKING:
    from census_map.checks.facts import Facts

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
SEVERITY_TITLES: dict[Severity, str] = {"error": N_("error"), "warning": N_("warning"), "info": N_("notice")}


@dataclass(frozen=True)
class Finding:
    """
    One place where a rule is broken.

    Attributes
    ----------
    table
        Table of the features, see `census_map.schema`.
    features
        Identifiers (uid) of the rows concerned, in a fixed order.
    message
        Translated sentence: which thing, what is wrong, what to do.
    geometry
        The place in the workspace's CRS, or None when the finding has no place of its own.
    severity
        None: that of the rule. A few rules are graver in one case than in another (S05).
    """

    table: str
    features: tuple[str, ...]
    message: str
    geometry: BaseGeometry | None = None
    severity: Severity | None = None


@dataclass(frozen=True)
class Rule:
    """
    A check rule.

    Attributes
    ----------
    id
        Such as `G03`.
    severity
        `error` blocks locking and final hand-in; `warning` needs a written reason; `info` informs.
    title
        English title, to be translated with `_`.
    fix
        Name of the fix offered for its findings, or None.
    find
        The function that finds.
    """

    id: str
    severity: Severity
    title: str
    fix: str | None
    find: Callable[["Facts"], Iterable[Finding]]


@dataclass(frozen=True)
class Problem:
    """
    A finding with its rule, ready to be listed, shown and counted.

    Attributes
    ----------
    id
        Stable: the same problem has the same id on every run, so that a written reason stays attached to it.
    rule, severity, table, features, message, fix, geometry
        See `Rule` and `Finding`. A warning with a written reason is listed as `info`.
    state
        Digest of what the problem says in figures, whatever the language: a reason given for 412 persons does not
        hold for 500.
    """

    id: str
    rule: str
    severity: Severity
    table: str
    features: tuple[str, ...]
    message: str
    fix: str | None
    geometry: BaseGeometry | None
    state: str = ""

    def as_json(self) -> dict[str, Any]:
        """Give the problem as the JSON object of `census-map check --json`."""
        return {
            "id": self.id,
            "rule": self.rule,
            "severity": self.severity,
            "table": self.table,
            "features": list(self.features),
            "message": self.message,
            "fix": self.fix,
            "wkt": None if self.geometry is None else self.geometry.wkt,
        }


_FIGURES = re.compile(r"\d+(?:[.,]\d+)*")

RULES: dict[str, Rule] = {}

_Finder = Callable[["Facts"], Iterator[Finding]]


def rule(identifier: str, severity: Severity, title: str, *, fix: str | None = None) -> Callable[[_Finder], _Finder]:
    """Register a function as the finder of a rule; see `Rule` for the parameters."""

    def register(find: _Finder) -> _Finder:
        RULES[identifier] = Rule(identifier, severity, title, fix, find)
        return find

    return register


def select_rules(patterns: Iterable[str] | None = None) -> list[Rule]:
    """
    Choose rules by identifier.

    Parameters
    ----------
    patterns
        Identifiers or wildcards such as `G*`; None for all.

    Raises
    ------
    InputError
        A pattern fits no rule.
    """
    if patterns is None:
        return [RULES[name] for name in sorted(RULES)]
    chosen: set[str] = set()
    for pattern in patterns:
        fitting = {name for name in RULES if fnmatchcase(name, pattern.upper())}
        if not fitting:
            raise InputError(
                _("No check rule fits “{pattern}”: choose from {rules}.").format(
                    pattern=pattern, rules=", ".join(sorted(RULES))
                )
            )
        chosen |= fitting
    return [RULES[name] for name in sorted(chosen)]


def as_problem(finding: Finding, origin: Rule) -> Problem:
    """Join a finding with its rule; the id is a digest of rule, rows and place."""
    place = "" if finding.geometry is None else finding.geometry.normalize().wkb_hex
    digest = hashlib.sha256("|".join((origin.id, finding.table, *finding.features, place)).encode()).hexdigest()
    return Problem(
        id=f"{origin.id}-{digest[:12]}",
        rule=origin.id,
        severity=finding.severity or origin.severity,
        table=finding.table,
        features=finding.features,
        message=finding.message,
        fix=origin.fix,
        geometry=finding.geometry,
        state=hashlib.sha256("|".join((place, *_FIGURES.findall(finding.message))).encode()).hexdigest()[:12],
    )
