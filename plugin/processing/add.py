"""Add the base map to a township."""

from pathlib import Path

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputString,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
)

from census_map.i18n import N_, _
from census_map.schema import ADDABLE, TABLES
from census_map.task import Report

from .. import verbs
from .base import LibraryAlgorithm


class Add(LibraryAlgorithm):
    """`add` of the command line."""

    NAME = "add"
    TITLE = N_("Add buildings, roads and water")
    HELP = N_(
        "Adds the maps of some files to a township. What is a building, a road, a river is told by the name of the map "
        "and by its shapes; choose the kind where that is not enough."
    )
    ICON = "open"

    def initAlgorithm(self, _configuration: dict[str, object] | None = None) -> None:
        """Declare inputs and outputs."""
        self.add_township_parameter()
        self.addParameter(QgsProcessingParameterFile("FILE", _("Map file")))
        kinds = [_("find out by itself"), *(_(TABLES[kind].title) for kind in ADDABLE)]
        self.addParameter(QgsProcessingParameterEnum("KIND", _("Kind"), kinds, defaultValue=0))
        self.addOutput(QgsProcessingOutputString("RESULT", _("Result")))

    def work(
        self,
        parameters: dict[str, object],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
        report: Report,
    ) -> dict[str, object]:
        """Add all layers of the file."""
        kind = self.parameterAsEnum(parameters, "KIND", context)
        file = Path(self.parameterAsFile(parameters, "FILE", context))
        chosen = ADDABLE[kind - 1] if kind else None
        text = verbs.add_files(self.township(parameters, context), [file], report, kind=chosen)
        feedback.pushInfo(text)
        return {"RESULT": text}
