"""Check any map of areas: every gap, overlap, spill and border that does not match."""

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputBoolean,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsWkbTypes,
)

from census_map.i18n import N_, _
from census_map.task import Report

from .base import COVERAGE, LibraryAlgorithm
from .containers import containers_within
from .styler import Styler


class CoverageCheck(LibraryAlgorithm):
    """`coverage check` of the command line."""

    NAME = "coveragecheck"
    TITLE = N_("Check for gaps and overlaps")
    HELP = N_(
        "Finds every place where areas are not an exact coverage: gaps (also at the border of the containers), "
        "overlaps, areas drawn twice, areas that reach outside, borders whose points do not match, broken outlines. "
        "Without containers the outline of the areas counts as the container."
    )
    GROUP = COVERAGE
    ICON = "check"

    def initAlgorithm(self, _configuration: dict[str, object] | None = None) -> None:
        """Declare inputs and outputs."""
        polygons = [QgsProcessing.SourceType.TypeVectorPolygon]
        self.addParameter(QgsProcessingParameterFeatureSource("AREAS", _("Areas"), polygons))
        self.addParameter(
            QgsProcessingParameterFeatureSource(
                "CONTAINERS", _("Containers that they must cover"), polygons, optional=True
            )
        )
        self.addParameter(
            QgsProcessingParameterField("ID", _("Field that names an area"), None, "AREAS", optional=True)
        )
        self.addParameter(
            QgsProcessingParameterFeatureSink("FAULTS", _("Faults"), QgsProcessing.SourceType.TypeVectorPolygon)
        )
        self.addParameter(
            QgsProcessingParameterFeatureSink(
                "PLACES", _("Places of the faults"), QgsProcessing.SourceType.TypeVectorPoint
            )
        )
        self.addOutput(QgsProcessingOutputNumber("COUNT", _("Number of faults")))
        self.addOutput(QgsProcessingOutputBoolean("EXACT", _("Exact coverage")))

    def work(
        self,
        parameters: dict[str, object],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
        report: Report,
    ) -> dict[str, object]:
        """Find the faults; areas of faults go to one layer, a point for every fault to the other."""
        from geopandas import GeoDataFrame  # noqa: PLC0415

        from census_map.coverage import find_faults  # noqa: PLC0415
        from census_map.exchange.fault_layers import fault_rows, fault_style  # noqa: PLC0415

        from ..bridge import fields_of, frame_of, polygons_of, write_rows  # noqa: PLC0415

        source = self.parameterAsSource(parameters, "AREAS", context)
        within = self.parameterAsSource(parameters, "CONTAINERS", context)
        field = next(iter(self.parameterAsStrings(parameters, "ID", context)), None) or None
        areas = frame_of(source, fields=[], index=field, broken=True)
        containers = containers_within(within, field, areas, feedback)
        faults = find_faults(areas, containers, report=report)
        rows = fault_rows(faults)
        layers = {
            "FAULTS": GeoDataFrame(rows, geometry=list(faults.geometry), crs=areas.crs),
            "PLACES": GeoDataFrame(rows, geometry=list(faults["point"]), crs=areas.crs),
        }
        solid = layers["FAULTS"].geometry.map(polygons_of).notna()
        layers["FAULTS"] = layers["FAULTS"][solid]
        result: dict[str, object] = {"COUNT": len(faults), "EXACT": faults.empty}
        for output, table in layers.items():
            places = output == "PLACES"
            kind = QgsWkbTypes.Type.Point if places else QgsWkbTypes.Type.MultiPolygon
            fields = fields_of(table)
            sink, name = self.parameterAsSink(parameters, output, context, fields, kind, source.sourceCrs())
            write_rows(sink, table, points=places)
            Styler.attach(context, name, fault_style(places=places), order=2 if places else 1, places=places)
            result[output] = name
        feedback.pushInfo(
            _("The areas are an exact coverage.") if faults.empty else _("{n} faults found.").format(n=len(faults))
        )
        return result
