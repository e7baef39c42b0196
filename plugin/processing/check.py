"""Run the check rules over a township."""

from pathlib import Path

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterString,
)

from census_map.i18n import N_, _
from census_map.task import Report

from .. import verbs
from .base import LibraryAlgorithm


class Check(LibraryAlgorithm):
    """`check` of the command line."""

    NAME = "check"
    TITLE = N_("Check a township")
    HELP = N_("Runs the check rules over a township and writes a report for the browser. The report holds no names.")
    ICON = "check"

    def initAlgorithm(self, _configuration: dict[str, object] | None = None) -> None:
        """Declare inputs and outputs."""
        self.add_township_parameter()
        self.addParameter(
            QgsProcessingParameterString(
                "RULES", _("Rules, with commas, such as G*, B01; empty: all"), "", optional=True
            )
        )
        self.addParameter(QgsProcessingParameterFileDestination("REPORT", _("Report"), "HTML (*.html)", optional=True))
        self.addOutput(QgsProcessingOutputNumber("ERRORS", _("Errors")))
        self.addOutput(QgsProcessingOutputNumber("WARNINGS", _("Warnings")))

    def work(
        self,
        parameters: dict[str, object],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
        report: Report,
    ) -> dict[str, object]:
        """Check; wrong data is a result, not a failure."""
        path = self.township(parameters, context)
        rules = [rule.strip() for rule in self.parameterAsString(parameters, "RULES", context).split(",")]
        problems = verbs.check(path, [rule for rule in rules if rule] or None, report)
        for problem in problems:
            feedback.pushInfo(f"{problem.rule}  {problem.message}")
        result: dict[str, object] = {
            "ERRORS": sum(problem.severity == "error" for problem in problems),
            "WARNINGS": sum(problem.severity == "warning" for problem in problems),
        }
        if out := self.parameterAsFileOutput(parameters, "REPORT", context):
            verbs.write_report(path, problems, Path(out))
            result["REPORT"] = out
        return result
