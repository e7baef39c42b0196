"""
Rules on what is about to leave the office (docs/rules.md P01 to P03).

They look at the rows to be handed in, not at the workspace, so they are run by the export and not by `run_checks`.
"""

import re
from collections.abc import Iterator

from geopandas import GeoDataFrame

from census_map.checks.facts import Facts
from census_map.checks.registry import Finding, Rule
from census_map.codes import identity_number_fault
from census_map.i18n import N_, _
from census_map.schema import Table

_IDENTITY = re.compile(r"(?<![0-9A-Za-z])[0-9]{17}[0-9Xx](?![0-9A-Za-z])")
_MOBILE = re.compile(r"(?<![0-9A-Za-z])1[3-9][0-9]{9}(?![0-9A-Za-z])")
# Labels that the program makes itself; a building code may well look like an identity number.
_LABELS = frozenset({"uid", "code", "source", "source_id"})


def _nothing(_facts: Facts) -> Iterator[Finding]:
    return iter(())


PACKAGE_RULES = {
    rule.id: rule
    for rule in (
        Rule("P01", "error", N_("Names, phones or identity numbers in the package"), "strip", _nothing),
        Rule("P02", "error", N_("Characters that the encoding would lose"), "encoding", _nothing),
        Rule("P03", "error", N_("Texts that a field would cut"), "shorten", _nothing),
    )
}


def find_personal_text(frame: GeoDataFrame, table: Table) -> Iterator[Finding]:
    """
    Find texts that hold a mobile phone or identity number (P01).

    Parameters
    ----------
    frame
        Rows of the table, indexed by uid.
    table
        Its description; only columns that are handed in are searched.

    Yields
    ------
    finding
        Names the column and row, never the text.
    """
    for column in table.columns:
        if column.type != "text" or not column.shp or column.name in _LABELS:
            continue
        for uid, value in frame[column.name].dropna().items():
            text = str(value)
            identity = any(identity_number_fault(number) is None for number in _IDENTITY.findall(text))
            if identity or _MOBILE.search(text):
                message = _("{table}, {column}: the text holds a phone or identity number: remove it.")
                yield Finding(
                    table.name,
                    (str(uid),),
                    message.format(table=_(table.title), column=_(column.title)),
                )
