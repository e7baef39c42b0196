"""Number the mini-areas and buildings of a township."""

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputString,
)

from census_map.i18n import N_, _
from census_map.task import Report

from .. import verbs
from .base import LibraryAlgorithm


class Number(LibraryAlgorithm):
    """`number` of the command line."""

    NAME = "number"
    TITLE = N_("Number mini-areas and buildings")
    HELP = N_(
        "Gives every mini-area, building and dwelling its number and code, in serpentine order from the north-west. "
        "What was locked once keeps its number."
    )
    ICON = "number"

    def initAlgorithm(self, _configuration: dict[str, object] | None = None) -> None:
        """Declare inputs and outputs."""
        self.add_township_parameter()
        self.addOutput(QgsProcessingOutputString("RESULT", _("Result")))

    def work(
        self,
        parameters: dict[str, object],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
        report: Report,
    ) -> dict[str, object]:
        """Number."""
        text = verbs.number(self.township(parameters, context), report)
        feedback.pushInfo(text)
        return {"RESULT": text}
