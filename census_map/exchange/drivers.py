"""
GDAL held to what a map file is: no driver that follows links in a file to other files or to the network, no network.

GDAL chooses a driver by what a file holds, not by its name: a text that calls itself .gpkg may describe a virtual layer
of any other file of this machine, or a server to be asked. `files` refuses such files by their first bytes; here the
drivers are left out as well, in the program's own process and in those that it starts. Inside QGIS, whose GDAL may be
the same library, drivers stay as they are.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

# Everything that reads more than the one file, or asks a server, or runs a program. Names that a GDAL does not know
# are passed over.
_LEFT_OUT = (
    "ADBC AIVector AmigoCloud AVCBin AVCE00 CAD Carto Cloudant CouchDB CSW DGN DODS EDIGEO EEDA Elasticsearch ESRIJSON "
    "GDALG GeoRSS GMLAS GPSBabel GTFS HANA HTTP Idrisi Interlis LVBAG MBTiles MiraMonVector MongoDB MongoDBv3 "
    "MSSQLSpatial MVT MySQL NAS netCDF NGW OAPIF OCI ODBC OGCAPI OGR_GMT OGR_OGDI OGR_PDS OGR_VRT OSM PCIDSK PDF PDS4 "
    "PGDUMP PGeo PLSCENES PMTiles PostgreSQL S57 Selafin SOSI SXF TopoJSON UK_NTF VDV VFK VICAR Walk WAsP WFS "
    "JSONFG STACTA STACIT XLS"
)
_OFFLINE = {
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "GDAL_HTTP_PROXY": "http://127.0.0.1:0",  # whatever is asked for goes nowhere
    "GDAL_HTTP_MAX_RETRY": "0",
    "GML_DOWNLOAD_SCHEMA": "NO",
    "GML_SKIP_RESOLVE_ELEMS": "ALL",
    "OGR_SQLITE_ALLOW_EXTERNAL_ACCESS": "NO",
    "OGR_GPKG_ALLOW_EXTERNAL_ACCESS": "NO",
}


def hold_process() -> None:
    """
    Leave the drivers out, and the network, in this process and those that it starts.

    To be called before GDAL is loaded, in a process that is the program's own.
    """
    os.environ["GDAL_SKIP"] = _LEFT_OUT.replace(" ", ",")
    os.environ.setdefault("CPL_LOG", os.devnull)  # GDAL says on stderr which of them it never had
    os.environ["PROJ_NETWORK"] = "OFF"
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = ""  # no address goes past the proxy that is none
    os.environ.update(_OFFLINE)


@contextmanager
def offline() -> Iterator[None]:
    """Keep GDAL from the network while a file is read, wherever this runs."""
    import pyogrio  # noqa: PLC0415  `hold_process` comes before it

    before = {name: pyogrio.get_gdal_config_option(name) for name in _OFFLINE}
    pyogrio.set_gdal_config_options(_OFFLINE)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)
