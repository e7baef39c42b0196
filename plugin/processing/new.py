"""Make a township of a map of census areas."""

from pathlib import Path

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterString,
)

from census_map.i18n import N_, _
from census_map.task import Report

from .. import verbs
from .base import LibraryAlgorithm


class New(LibraryAlgorithm):
    """`new` of the command line."""

    NAME = "new"
    TITLE = N_("New township")
    HELP = N_("Makes the file of a township from the map of its census areas. Codes and names are found by themselves.")
    ICON = "new"

    def initAlgorithm(self, _configuration: dict[str, object] | None = None) -> None:
        """Declare inputs and outputs."""
        self.addParameter(QgsProcessingParameterFile("AREAS", _("Map of the census areas")))
        self.addParameter(QgsProcessingParameterString("TITLE", _("Name of the township"), "", optional=True))
        self.addParameter(QgsProcessingParameterFileDestination("TOWNSHIP", _("Township file"), "GeoPackage (*.gpkg)"))

    def work(
        self,
        parameters: dict[str, object],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
        report: Report,
    ) -> dict[str, object]:
        """Make it; an existing file is refused."""
        areas = Path(self.parameterAsFile(parameters, "AREAS", context))
        path = Path(self.parameterAsFileOutput(parameters, "TOWNSHIP", context))
        title = self.parameterAsString(parameters, "TITLE", context)
        verbs.new_township(verbs.NewTownship(areas, path, title), report)
        feedback.pushInfo(_("The township is made."))
        return {"TOWNSHIP": str(path)}
