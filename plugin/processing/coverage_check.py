"""Check any map of areas: every gap, overlap, spill and border that does not match."""

import shapely
from qgis.core import (
    QgsFeatureSink,
    QgsField,
    QgsFields,
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
from qgis.PyQt.QtCore import QMetaType

from census_map.i18n import N_, _
from census_map.task import Report

from .base import COVERAGE, LibraryAlgorithm


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
        from census_map.coverage import find_faults  # noqa: PLC0415

        from ..bridge import features_of, frame_of  # noqa: PLC0415

        source = self.parameterAsSource(parameters, "AREAS", context)
        within = self.parameterAsSource(parameters, "CONTAINERS", context)
        field = next(iter(self.parameterAsStrings(parameters, "ID", context)), None) or None
        areas = frame_of(source, fields=[], index=field)
        containers = None if within is None else frame_of(within, fields=[]).to_crs(areas.crs)
        faults = find_faults(areas, containers, report=report)
        fields = _fields()
        rows = [
            [str(index), fault.kind, ", ".join(map(str, fault.areas)), float(fault.area_m2), float(fault.width_m)]
            for index, fault in zip(faults.index, faults.itertuples(), strict=True)
        ]
        result: dict[str, object] = {"COUNT": len(faults), "EXACT": faults.empty}
        for output, kind, shapes in (
            ("FAULTS", QgsWkbTypes.Type.MultiPolygon, [_areal(shape) for shape in faults.geometry]),
            ("PLACES", QgsWkbTypes.Type.Point, list(faults["point"])),
        ):
            sink, name = self.parameterAsSink(parameters, output, context, fields, kind, source.sourceCrs())
            kept = [(shape, row) for shape, row in zip(shapes, rows, strict=True) if shape is not None]
            features = features_of([shape for shape, _row in kept], [row for _shape, row in kept], fields)
            sink.addFeatures(features, QgsFeatureSink.Flag.FastInsert)
            result[output] = name
        feedback.pushInfo(
            _("The areas are an exact coverage.") if faults.empty else _("{n} faults found.").format(n=len(faults))
        )
        return result


def _fields() -> QgsFields:
    fields = QgsFields()
    for name, kind in (
        ("id", QMetaType.Type.QString),
        ("kind", QMetaType.Type.QString),
        ("areas", QMetaType.Type.QString),
        ("area_m2", QMetaType.Type.Double),
        ("width_m", QMetaType.Type.Double),
    ):
        fields.append(QgsField(name, kind))
    return fields


def _areal(shape: shapely.Geometry | None) -> shapely.Geometry | None:
    """Keep the areas of a fault; a border that does not match has none."""
    if shape is None or shape.is_empty:
        return None
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return shapely.multipolygons(parts) if parts else None
