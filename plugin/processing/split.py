"""Divide census areas of a township into mini-areas."""

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputString,
    QgsProcessingParameterString,
)

from census_map.i18n import N_, _
from census_map.task import Report

from .. import verbs
from .base import LibraryAlgorithm


class Split(LibraryAlgorithm):
    """`split` of the command line."""

    NAME = "split"
    TITLE = N_("Divide into mini-areas")
    HELP = N_(
        "Divides census areas into mini-areas of about equal size whose borders follow what can be seen; no building "
        "is cut. Drafts in these census areas are replaced; what is signed stays."
    )
    ICON = "split"

    def initAlgorithm(self, _configuration: dict[str, object] | None = None) -> None:
        """Declare inputs and outputs."""
        self.add_township_parameter()
        self.addParameter(
            QgsProcessingParameterString(
                "CODES", _("Codes of census areas, with commas; empty: all"), "", optional=True
            )
        )
        self.addOutput(QgsProcessingOutputString("RESULT", _("Result")))

    def work(
        self,
        parameters: dict[str, object],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
        report: Report,
    ) -> dict[str, object]:
        """Divide."""
        codes = [code.strip() for code in self.parameterAsString(parameters, "CODES", context).split(",")]
        text = verbs.split(self.township(parameters, context), [code for code in codes if code] or None, report)
        feedback.pushInfo(text)
        return {"RESULT": text}
