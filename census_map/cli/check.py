"""`census-map check`: run the check rules over a workspace."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from census_map.checks import SEVERITY_TITLES, count_by_severity, problem_report, run_checks
from census_map.cli.opening import open_workspace
from census_map.cli.output import JsonFile, write_json
from census_map.cli.passphrase import PassphraseFile, vault_signature
from census_map.cli.progress import progress_bar
from census_map.cli.saying import say
from census_map.errors import WorkspaceError
from census_map.i18n import _
from census_map.progress import remember
from census_map.report.html import write_check_report
from census_map.report.workbook import write_check_workbook
from census_map.targets import check_outputs


def check(
    workspace: Annotated[Path, typer.Argument(metavar=_("WS.gpkg"), help=_("The workspace."))],
    *,
    rule: Annotated[
        list[str] | None, typer.Option("--rule", metavar="G*", help=_("Run only these rules; G* stands for a family."))
    ] = None,
    json_file: JsonFile = None,
    html_file: Annotated[
        Path | None, typer.Option("--html", metavar=_("FILE"), help=_("Write a report for the browser."))
    ] = None,
    xlsx_file: Annotated[
        Path | None, typer.Option("--xlsx", metavar=_("FILE"), help=_("Write a report for Excel."))
    ] = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Run the check rules; exit status 1 when errors were found."""
    check_outputs(json_file, html_file, xlsx_file, read=(workspace,))
    with open_workspace(workspace) as opened, vault_signature(workspace, passphrase_file) as signature:
        with progress_bar(_("Checking")) as report:
            problems = run_checks(opened, rule, report=report, sign=signature)
        if html_file:
            write_check_report(opened, problems, html_file)
        if xlsx_file:
            write_check_workbook(opened, problems, xlsx_file)
        counts = count_by_severity(problems)
        if rule is None:
            with suppress(WorkspaceError):  # a workspace that may only be read is checked all the same
                remember(opened, "check", errors=counts["error"], warnings=counts["warning"], infos=counts["info"])
    write_json(problem_report(problems), json_file)
    if json_file != "-":
        for problem in problems:
            if problem.severity != "info":
                say(f"{problem.id}  {problem.message}")
        say(", ".join(f"{_(SEVERITY_TITLES[severity])}: {count}" for severity, count in counts.items()))
    if counts["error"]:
        raise typer.Exit(1)
