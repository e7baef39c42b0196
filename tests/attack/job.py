"""The whole job of a township, small: files as an office has them, and the commands one after another."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
from shapely import LineString, Point, box

from tests.roster.conftest import write_xlsx
from tests.small_township import CRS, EAST, NORTH

Word = Callable[[str], str]
AREA_CODES = ("320999001001", "320999001002")
PEOPLE = (("李秀兰", "320999197001014522", "13900000001"), ("王建国", "320999196502124516", "13900000002"))


def plain(word: str) -> str:
    """Leave a word of the data as it is."""
    return word


def write_inputs(folder: Path, word: Word = plain) -> None:
    """
    Write the files of a township of two census areas.

    Parameters
    ----------
    folder
        An empty folder.
    word
        What stands in the files in place of a word.
    """
    folder.mkdir(parents=True, exist_ok=True)

    def layer(file: str, shapes: list[object], **fields: list[object]) -> None:
        gpd.GeoDataFrame(fields, geometry=shapes, crs=CRS).to_file(folder / f"{file}.gpkg", layer=file)

    squares = [box(EAST + 400 * i, NORTH, EAST + 400 * (i + 1), NORTH + 200) for i in range(2)]
    layer("areas", squares, code=list(AREA_CODES), name=[word("东方花园社区"), word("王家村委会")])
    houses = [
        box(EAST + 400 * i + 20 + 60 * k, NORTH + 40 * row + 20, EAST + 400 * i + 50 + 60 * k, NORTH + 40 * row + 40)
        for i in range(2)
        for row in range(2)
        for k in range(6)
    ]
    names = [word("自建房") for _house in houses]
    addresses = [word(f"人民路{n + 1}号") for n in range(len(houses))]
    numbers = {"persons": [60] * len(houses), "households": [20] * len(houses)}
    layer("buildings", houses, name=names, address=addresses, **numbers)
    more = [box(EAST + 20 + 60 * k, NORTH + 140, EAST + 50 + 60 * k, NORTH + 160) for k in range(6)]
    layer("more", more, name=[word("附房")] * len(more))
    layer("roads", [LineString([(EAST, NORTH + 110), (EAST + 800, NORTH + 110)])], name=[word("人民路")])
    layer("landmarks", [Point(EAST + 200, NORTH + 150)], name=[word("文庙")])
    header = ["户主姓名", "身份证号", "联系电话", "住址", "居住人数"]
    rows = [[word(name), number, phone, word(f"人民路{n + 1}号"), 3] for n, (name, number, phone) in enumerate(PEOPLE)]
    write_xlsx(folder / "roster.xlsx", [header, *rows])
    listed = [[word(name), number, word(f"人民路{n + 1}号")] for n, (name, number, _phone) in enumerate(PEOPLE)]
    write_xlsx(folder / "list.xlsx", [["姓名", "公民身份号码", "户籍地址"], *listed])


def first_steps(folder: Path) -> dict[str, list[str]]:
    """Give the commands that make the township, by name, in their order."""
    town = str(folder / "town.gpkg")
    steps = {"new": ["new", town, "--areas", str(folder / "areas.gpkg"), "--crs", CRS]}
    for kind, file in (("building", "buildings"), ("road", "roads"), ("landmark", "landmarks")):
        steps[f"add {kind}"] = ["add", town, kind, str(folder / f"{file}.gpkg")]
    steps["split"] = ["split", town, "--target", "360", "--min", "100", "--max", "700"]
    steps["number"] = ["number", town]
    steps["import"] = ["roster", "import", town, str(folder / "roster.xlsx")]
    steps["link"] = ["roster", "link", town]
    return steps


def later_steps(folder: Path, out: Path) -> dict[str, list[str]]:
    """Give the commands that write results into a folder, by name, and those that change the township once more."""
    town, listed, areas = (str(folder / name) for name in ("town.gpkg", "list.xlsx", "areas.gpkg"))
    results = {
        "check html": ["check", town, "--html", str(out / "check.html")],
        "check xlsx": ["check", town, "--xlsx", str(out / "check.xlsx")],
        "check json": ["check", town, "--json", str(out / "check.json")],
        "tables": ["roster", "tables", town, "--xlsx", str(out / "tables.xlsx")],
        "lists": ["roster", "lists", town, "--xlsx", str(out / "lists.xlsx"), "--json", str(out / "lists.json")],
        "unlinked": ["roster", "unlinked", town, "--json", str(out / "unlinked.json")],
        "compare": ["roster", "compare", town, listed, "--csv", str(out / "c.csv"), "--xlsx", str(out / "c.xlsx")],
        "cut": ["roster", "cut", town, listed, "--out", str(out / "cut"), "--names"],
        "export": ["export", town, "--out", str(out / "export"), "--draft"],
        "coverage check": ["coverage", "check", areas, "--out", str(out / "f.gpkg"), "--json", str(out / "f.json")],
        "coverage repair": ["coverage", "repair", areas, "--out", str(out / "r.gpkg"), "--json", str(out / "r.json")],
    }
    split = ["coverage", "split", areas, "--buildings", str(folder / "buildings.gpkg"), "--target", "360"]
    results["coverage split"] = [*split, "--out", str(out / "s.gpkg"), "--json", str(out / "s.json")]
    return results


def changing_steps(folder: Path) -> dict[str, list[str]]:
    """Give commands that change a township that is made already."""
    town = str(folder / "town.gpkg")
    first = first_steps(folder)
    return {
        "new": ["new", str(folder / "second.gpkg"), *first["new"][2:]],
        "add building": ["add", town, "building", str(folder / "more.gpkg")],
        "split": [*first["split"][:3], "300", *first["split"][4:]],
        "number": first["number"],
        "sign": ["sign", town, "--level", "self"],
        "import": ["roster", "import", town, str(folder / "roster2.xlsx")],
        "vault": ["roster", "vault", "passphrase", town],
    }
