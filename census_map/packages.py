"""Packages that some offices' Python lacks: asked for when they are needed, with one clear message."""

import importlib
from typing import Any

from census_map.errors import InputError
from census_map.i18n import _


def require(module: str, package: str) -> Any:
    """
    Import a module that may be missing.

    Parameters
    ----------
    module, package
        Name to import; name to install.

    Raises
    ------
    InputError
        The package is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise InputError(
            _("This needs the Python package “{package}”: install it, or use the office edition of the plugin.").format(
                package=package
            )
        ) from error
