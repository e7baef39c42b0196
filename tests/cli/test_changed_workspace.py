"""A workspace whose tables, columns or texts another program has changed: every verb says so in one line."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from census_map.sheets.render import has_qgis

NOT_TEXT = "CAST(X'FFB0A1' AS TEXT)"
CHANGES = {
    "no table": ("DROP TABLE building", "lost its table “Buildings”"),
    "no table of households": ("DROP TABLE household", "lost its table “Households”"),
    "no column": ("ALTER TABLE building RENAME COLUMN name TO other", "name"),
    "a code that is no text": ("UPDATE mini_area SET code = {not_text}", "changed its tables or texts"),
    "bytes for a code": ("UPDATE mini_area SET code = X'FFB0A100'", "holds no text in 2 rows (first the 1th)"),
    "bytes for a shape": ("UPDATE mini_area SET geometry = X'FFB0A100'", "Row 1 of “Mini-areas” holds no shape"),
    "a cut shape": ("UPDATE mini_area SET geometry = substr(geometry, 1, 60)", "Row 1 of “Mini-areas” holds no shape"),
}
VERBS = {
    "check": ("check", "{town}"),
    "export": ("export", "{town}", "--out", "{out}", "--draft"),
    "split": ("split", "{town}", "--target", "360"),
    "number": ("number", "{town}"),
}
if has_qgis():  # printing draws with it
    VERBS["print"] = ("print", "{town}", "--out", "{out}")


@pytest.fixture
def changed(workspace_file, run):
    """Change the workspace as a program does that knows nothing of its guards, and give its path."""
    assert run("split", workspace_file, "--target", 400, "--max", 900).status == 0

    def by(statement):
        with closing(sqlite3.connect(workspace_file, isolation_level=None)) as file:
            guards = file.execute("SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'view')")
            for kind, name, _sql in guards.fetchall():
                file.execute(f'DROP {kind} "{name}"')
            file.execute(statement.format(not_text=NOT_TEXT))
        return workspace_file

    return by


@pytest.mark.parametrize("change", CHANGES)
def test_every_verb_says_what_is_wrong_in_one_line(run, changed, tmp_path, change):
    statement, told = CHANGES[change]
    town = changed(statement)
    for verb, words in VERBS.items():
        copy = shutil.copy(town, tmp_path / f"{verb}.gpkg")
        done = run(*(word.format(town=copy, out=tmp_path / "out") for word in words))
        errors = [line for line in done.err.splitlines() if not line.startswith("! ")]  # guards made anew are said
        assert (done.status, done.out, len(errors)) == (2, "", 1), (verb, done)
        assert told in errors[0], (verb, done.err)
    assert not (tmp_path / "out").exists()
