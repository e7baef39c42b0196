"""The containers of a check or repair, and what is said about them before it begins."""

from typing import TYPE_CHECKING

from qgis.core import QgsProcessingFeatureSource, QgsProcessingFeedback

from census_map.i18n import _

if TYPE_CHECKING:
    from geopandas import GeoDataFrame


def containers_within(
    source: QgsProcessingFeatureSource | None,
    field: str | None,
    areas: "GeoDataFrame",
    feedback: QgsProcessingFeedback,
) -> "GeoDataFrame | None":
    """
    Copy the layer of containers into the coordinate system of the areas; warn where containers overlap.

    Raises
    ------
    InputError
        Areas or containers lie at no place on earth.
    """
    from census_map.coverage.containers import find_overlapping_containers  # noqa: PLC0415
    from census_map.crs import reprojected, require_places  # noqa: PLC0415

    from ..bridge import containers_of  # noqa: PLC0415

    require_places(areas)
    if source is None:
        return None
    containers = containers_of(source, field)
    require_places(containers)
    containers = reprojected(containers, areas.crs)
    for fault in find_overlapping_containers(containers).itertuples():
        text = _("Containers {names} overlap by {area} m²: mend them first, their ground cannot be judged.")
        names = ", ".join(map(str, fault.areas))
        feedback.pushWarning(text.format(names=names, area=f"{fault.area_m2:,.4g}"))
    return containers
