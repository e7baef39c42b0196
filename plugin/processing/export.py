"""Make the package for the county."""

from pathlib import Path

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFolderDestination,
)

from census_map.i18n import N_, _
from census_map.task import Report

from .. import verbs
from .base import LibraryAlgorithm


class Export(LibraryAlgorithm):
    """`export` of the command line."""

    NAME = "export"
    TITLE = N_("Make the package for the county")
    HELP = N_(
        "Writes the package for the county office: shapefiles, lists, printed maps, check report. It holds no names."
    )
    ICON = "export"

    def initAlgorithm(self, _configuration: dict[str, object] | None = None) -> None:
        """Declare inputs and outputs."""
        self.add_township_parameter()
        self.addParameter(QgsProcessingParameterFolderDestination("FOLDER", _("Folder for the package")))
        draft = _("Make a draft, whatever errors are left")
        self.addParameter(QgsProcessingParameterBoolean("DRAFT", draft, defaultValue=False))

    def work(
        self,
        parameters: dict[str, object],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
        report: Report,
    ) -> dict[str, object]:
        """Make it."""
        folder = Path(self.parameterAsString(parameters, "FOLDER", context))
        draft = self.parameterAsBool(parameters, "DRAFT", context)
        made = verbs.export(self.township(parameters, context), folder, None, report, draft=draft)
        feedback.pushInfo(made.text)
        return {"FOLDER": str(made.folder)}
