"""Values of an edit buffer as Python knows them: what is missing or not set yet is nothing."""

from typing import Any

from qgis.core import NULL, QgsUnsetAttributeValue


def is_missing(value: Any) -> bool:
    """Tell whether a cell holds nothing, or what the file will only decide on saving."""
    return value is None or value == NULL or isinstance(value, QgsUnsetAttributeValue)


def text(value: Any) -> str:
    """Give a text, empty where there is none."""
    return "" if is_missing(value) else str(value)


def number(value: Any) -> int:
    """Give a whole number, 0 where there is none."""
    return 0 if is_missing(value) else int(value)


def plain(value: Any) -> bool | int | float | str | None:
    """Give a value as JSON and SQLite know it."""
    if is_missing(value):
        return None
    return value if isinstance(value, bool | int | float | str) else str(value)
