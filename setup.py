"""Compiles the catalogue of messages whenever the package is built; everything else stands in pyproject.toml."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from setuptools import setup
from setuptools.command.build_py import build_py

CATALOGUE = Path("census_map/locale/zh_CN/LC_MESSAGES/census_map.po")


class BuildWithCatalogue(build_py):
    """Copies the packages, and puts the compiled catalogue beside them."""

    def run(self) -> None:
        """Build; an editable install gets its catalogue in the source, where it is read from."""
        super().run()
        folder = Path() if self.editable_mode else Path(self.build_lib)
        target = (folder / CATALOGUE).with_suffix(".mo")
        target.parent.mkdir(parents=True, exist_ok=True)
        with CATALOGUE.open("rb") as source, target.open("wb") as compiled:
            write_mo(compiled, read_po(source, locale="zh_CN"))


setup(cmdclass={"build_py": BuildWithCatalogue})
