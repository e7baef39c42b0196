"""Divide any areas into balanced parts that cut no building."""

from qgis.core import (
    QgsFeatureSink,
    QgsField,
    QgsFields,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterNumber,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QMetaType

from census_map.errors import InputError
from census_map.i18n import N_, _
from census_map.task import Report

from .base import COVERAGE, LibraryAlgorithm


class CoverageSplit(LibraryAlgorithm):
    """`coverage split` of the command line."""

    NAME = "coveragesplit"
    TITLE = N_("Divide areas into balanced parts")
    HELP = N_(
        "Divides every area into contiguous parts of about equal weight. No building is cut; borders follow the lines "
        "(roads, water) where they can. The parts of an area cover it exactly."
    )
    GROUP = COVERAGE
    ICON = "split"

    def initAlgorithm(self, _configuration: dict[str, object] | None = None) -> None:
        """Declare inputs and outputs."""
        kinds = QgsProcessing.SourceType
        self.addParameter(QgsProcessingParameterFeatureSource("AREAS", _("Areas"), [kinds.TypeVectorPolygon]))
        self.addParameter(
            QgsProcessingParameterField("ID", _("Field that names an area"), None, "AREAS", optional=True)
        )
        buildings = [kinds.TypeVectorPolygon, kinds.TypeVectorPoint]
        self.addParameter(QgsProcessingParameterFeatureSource("BUILDINGS", _("Buildings"), buildings))
        self.addParameter(QgsProcessingParameterField("WEIGHT", _("Field with the people"), None, "BUILDINGS"))
        lines = [kinds.TypeVectorLine]
        self.addParameter(QgsProcessingParameterFeatureSource("LINES", _("Roads and water"), lines, optional=True))
        for name, title, default in (
            ("TARGET", _("Size of a part"), 300),
            ("MINIMUM", _("Smallest size; 0: two thirds"), 0),
            ("MAXIMUM", _("Largest size; 0: four thirds"), 0),
        ):
            number = QgsProcessingParameterNumber(name, title, QgsProcessingParameterNumber.Type.Double, default)
            number.setMinimum(0)
            self.addParameter(number)
        count = QgsProcessingParameterNumber(
            "NUMBER",
            _("Exactly so many parts of each area; 0: as the size asks for"),
            QgsProcessingParameterNumber.Type.Integer,
            0,
        )
        count.setMinimum(0)
        self.addParameter(count)
        self.addParameter(QgsProcessingParameterFeatureSink("PARTS", _("Parts"), kinds.TypeVectorPolygon))
        self.addOutput(QgsProcessingOutputNumber("COUNT", _("Number of parts")))

    def work(
        self,
        parameters: dict[str, object],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
        report: Report,
    ) -> dict[str, object]:
        """Divide; every part is one row with area, part and weight."""
        from census_map.crs import grid_size  # noqa: PLC0415
        from census_map.delineate import split_areas  # noqa: PLC0415

        from ..bridge import features_of, frame_of  # noqa: PLC0415

        source = self.parameterAsSource(parameters, "AREAS", context)
        identifier = next(iter(self.parameterAsStrings(parameters, "ID", context)), None) or None
        weight = next(iter(self.parameterAsStrings(parameters, "WEIGHT", context)), "")
        if not weight:
            raise InputError(_("Choose the field of the buildings that holds the people."))
        areas = frame_of(source, fields=[], index=identifier)
        buildings = frame_of(self.parameterAsSource(parameters, "BUILDINGS", context), fields=[weight])
        lines = self.parameterAsSource(parameters, "LINES", context)
        target, least, most = (
            self.parameterAsDouble(parameters, name, context) for name in ("TARGET", "MINIMUM", "MAXIMUM")
        )
        result = split_areas(
            areas,
            buildings.to_crs(areas.crs),
            lines=None if lines is None else frame_of(lines).to_crs(areas.crs),
            weight=weight,
            target=target,
            minimum=least or None,
            maximum=most or None,
            count=self.parameterAsInt(parameters, "NUMBER", context) or None,
            grid=grid_size(areas.crs),
            report=report,
        )
        fields = QgsFields()
        fields.append(QgsField("area", QMetaType.Type.QString))
        fields.append(QgsField("part", QMetaType.Type.Int))
        fields.append(QgsField("weight", QMetaType.Type.Double))
        parts = result.parts
        rows = [
            [str(area), int(part), float(weight)]
            for area, part, weight in zip(parts["area"], parts["part"], parts["weight"], strict=True)
        ]
        kind = QgsWkbTypes.Type.MultiPolygon
        sink, name = self.parameterAsSink(parameters, "PARTS", context, fields, kind, source.sourceCrs())
        sink.addFeatures(features_of(parts.geometry, rows, fields), QgsFeatureSink.Flag.FastInsert)
        feedback.pushInfo(_("{n} parts.").format(n=len(parts)))
        return {"PARTS": name, "COUNT": len(parts)}
