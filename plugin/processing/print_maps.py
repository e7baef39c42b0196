"""Print the maps of all mini-areas."""

from pathlib import Path

from qgis.core import (
    Qgis,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFolderDestination,
)

from census_map.file_names import told_names
from census_map.i18n import N_, _
from census_map.task import Report, portion

from .. import verbs
from .base import LibraryAlgorithm


class PrintMaps(LibraryAlgorithm):
    """`print` of the command line."""

    NAME = "print"
    TITLE = N_("Print the maps")
    HELP = N_("Prints a PDF map of every mini-area, with its list of buildings.")
    ICON = "print"

    def flags(self) -> Qgis.ProcessingAlgorithmFlags:
        """Run in the window's own thread: print layouts may be drawn nowhere else."""
        return super().flags() | Qgis.ProcessingAlgorithmFlag.NoThreading

    def initAlgorithm(self, _configuration: dict[str, object] | None = None) -> None:
        """Declare inputs and outputs."""
        self.add_township_parameter()
        self.addParameter(QgsProcessingParameterFolderDestination("FOLDER", _("Folder for the maps")))
        self.addOutput(QgsProcessingOutputNumber("COUNT", _("Number of maps")))

    def work(
        self,
        parameters: dict[str, object],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
        report: Report,
    ) -> dict[str, object]:
        """Compose and draw."""
        from ..layouts import printing  # noqa: PLC0415  brings geopandas along

        path = self.township(parameters, context)
        folder = Path(self.parameterAsString(parameters, "FOLDER", context))
        book = verbs.compose_maps(path, "", portion(report, 0.0, 0.3))
        draw = portion(report, 0.3, 1.0)
        sheets = printing(book.township, book.sheets, len(book.sheets), folder)
        files: list[tuple[str, str]] = []
        try:
            for printed in sheets:
                files.append((printed.title, printed.file.name))
                draw(printed.done / printed.total, "")
        finally:
            sheets.close()
        verbs.remember_printed(path, len(book.sheets))
        for notice in told_names(files):
            feedback.pushWarning(notice)
        feedback.pushInfo(_("The maps are printed."))
        return {"FOLDER": str(folder), "COUNT": len(book.sheets)}
