"""
Census Map: draw census mini-areas, mark every building and dwelling, and prove that nobody is left out.

The library never imports QGIS or Qt; the plugin imports the library. Read the rooms in this order: the words of the
domain (`errors`, `i18n`, `codes`, `schema`, `profile`), geometry (`crs`, `coverage`), then `workspace`, `checks`,
`delineate`, `roster` and what goes out (`sheets`, `exchange`, `report`).
"""

__version__ = "0.1.0"
