"""
The table of check rules, made from the rules themselves.

Identifier, severity, title and offered fix stand in `census_map.checks`; what a broken rule looks like and what mends
it is told in `rules.toml`, for every rule. Rules of the domain that no check watches are told there too, with who does.
"""

import tomllib
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from census_map.checks import run_checks  # noqa: F401  loads every family of rules
from census_map.checks.package_rules import PACKAGE_RULES
from census_map.checks.registry import RULES, Rule

TOLD = Path(__file__).parent / "rules.toml"
FAMILIES = {
    "G": "Ground and borders",
    "C": "Codes and names",
    "S": "Sizes and staff",
    "B": "Buildings and dwelling units",
    "H": "Households",
    "P": "Packages",
}


def all_rules() -> dict[str, Rule]:
    """Give every rule that is checked, in order: those of a workspace, and those of what leaves the office."""
    return dict(sorted({**RULES, **PACKAGE_RULES}.items()))


def told() -> dict[str, dict[str, dict[str, str]]]:
    """Read what is told of the rules: `rule.G03.example` and `rule.G03.mend`, `elsewhere.H03.by`."""
    return tomllib.loads(TOLD.read_text(encoding="utf-8"))


def rules_text() -> str:
    """Write the page of rules in MyST."""
    texts = told()
    lines: list[str] = []
    for family, title in FAMILIES.items():
        lines += ["", f"## {title}", "", "| rule | severity | what is checked | example | what mends it |"]
        lines += ["|---|---|---|---|---|"]
        for name, rule in all_rules().items():
            if name.startswith(family):
                text = texts["rule"].get(name, {"example": "", "mend": ""})
                mend = f"{text['mend']} (`{rule.fix}`)" if rule.fix else text["mend"]
                lines.append(f"| {name} | {rule.severity} | {rule.title} | {text['example']} | {mend} |")
    lines += ["", "## Watched elsewhere", "", "| rule | what it asks | who watches |", "|---|---|---|"]
    lines += [f"| {name} | {text['asks']} | {text['by']} |" for name, text in sorted(texts["elsewhere"].items())]
    return "\n".join(lines)


class RulesTable(SphinxDirective):
    """The directive `{rules}`."""

    def run(self) -> list[nodes.Node]:
        """Put the tables where the directive stands."""
        self.env.note_dependency(str(TOLD))
        return self.parse_text_to_nodes(rules_text(), allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the directive known to Sphinx."""
    app.add_directive("rules", RulesTable)
    return {"parallel_read_safe": True}
