"""Names, phones and numbers that are planted into the roster's windows, and the search for them in all that is left."""

import json
import zipfile
from pathlib import Path

from qgis.core import QgsApplication, QgsProject, QgsSettings
from qgis.PyQt.QtCore import QCoreApplication

from census_map.workspace import Workspace

from .roster_windows import PASSPHRASE

NAMES = ["司马青衫", "慕容白露", "西门吹雪"]
PHONES = ["13798765432", "13687654321"]
IDENTITIES = ["11010519491231002X", "440524188001010014"]
REMARKS = ["租客王五代收"]
WRONG, NEW = "not this one 钥匙", "another one 锁头"
PLANTED = [*NAMES, *PHONES, *IDENTITIES, *REMARKS, PASSPHRASE, WRONG, NEW]


def shapes(text: str) -> set[bytes]:
    return {
        *(text.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be", "gb18030")),
        json.dumps(text).strip('"').encode(),
        # As QSettings writes what is not ASCII.
        "".join(sign if sign.isascii() else f"\\x{ord(sign):x}" for sign in text).encode(),
    }


def contents(path: Path):
    yield path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name) for name in archive.namelist())


def find_planted(folder: Path, *, but: tuple[Path, ...] = ()) -> list[tuple[str, str]]:
    return [
        (str(path.relative_to(folder)), text)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path not in but
        for raw in contents(path)
        for text in PLANTED
        if any(shape in raw for shape in shapes(text))
    ]


def left_behind(folder, workspace, said, capfd) -> list[tuple[str, str]]:
    """Search the project and the settings as well, while the workspace is open and has its journal beside it."""
    project = QgsProject.instance()
    assert project.write(str(folder / "project.qgz"))
    assert project.write(str(folder / "project.qgs"))
    QgsSettings().sync()
    QCoreApplication.processEvents()
    with Workspace.open(workspace) as opened:
        assert len(opened.read("household")) >= 3
        assert (workspace.with_name(workspace.name + "-wal")).exists()
        found = find_planted(folder)
    found += find_planted(Path(QgsApplication.qgisSettingsDirPath()))
    console = capfd.readouterr()
    everything = said() + console.out + console.err
    assert everything
    return found + [("said", text) for text in PLANTED if text in everything]


def planted_rows(places):
    return [
        ["", NAMES[0], PHONES[0], IDENTITIES[0], places[0], 3, REMARKS[0]],
        ["", NAMES[1], PHONES[1], IDENTITIES[1], "莫须有花园宿舍1号楼101", 2, ""],
        # A clerk who slipped by one column.
        [NAMES[0], PHONES[0], IDENTITIES[0], places[1], NAMES[0], PHONES[1], ""],
        ["", "", "", "", "", 1, ""],
    ]
