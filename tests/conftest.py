"""Fixtures that every room's tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from census_map.workspace import Workspace
from tests.small_township import CRS, fill

_SHARED = Path(__file__).resolve().parents[2] / "shared"


def _shared_folder(name: str) -> Path:
    folder = _SHARED / name
    if not folder.is_dir():
        pytest.skip(f"the folder shared/{name} is not beside the project")
    return folder


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data for tests, beside the project; never part of the repository."""
    return _shared_folder("data")


@pytest.fixture(scope="session")
def shared_tools() -> Path:
    """The scorers and the fault injector beside the project."""
    return _shared_folder("tools")


@pytest.fixture
def township(tmp_path: Path) -> Iterator[Workspace]:
    """A small township in metres, without any fault."""
    with Workspace.create(tmp_path / "township.gpkg", crs=CRS) as workspace:
        fill(workspace)
        yield workspace
