"""Names that the system refuses, and profiles that are none: one line, which says what to do."""

import os
import shutil
import sys

import pytest

ODD = os.fsdecode(b"\xff\xfe.gpkg")
PROFILES = {
    b'name = "\xff"\n': "not in UTF-8 at line 1",
    b"# nothing\n": "lacks the key “name”",
    b'name = "x"\n': "lacks the key",
    b'extends = "cn-2020"\nlists = 3\n': "“lists” should be of type Mapping",
    b'extends = "cn-2020"\n[roster_columns]\nhead = "x"\n': "“roster_columns.head” should be of type tuple",
    b'extends = "cn-2020"\n[roster_columns]\nhead = [1]\n': "“roster_columns.head” should be of type str",
}


def _is_one_line(done, *words: str) -> None:
    assert done.status == 2, done.err
    assert len(done.err.splitlines()) == 1
    assert "That did not work" not in done.err
    assert "damaged" not in done.err
    assert all(word in done.err for word in words), done.err


@pytest.mark.parametrize("name", ["长" * 300, "x" * 5000])
def test_a_name_that_is_too_long_is_called_so(name, run, areas_file, workspace_file):
    file = areas_file.with_name(name + ".gpkg")
    for words in (
        ("new", file, "--areas", areas_file),
        ("new", areas_file.with_name("n.gpkg"), "--areas", file),
        ("new", areas_file.with_name("n.gpkg"), "--areas", areas_file, "--profile", name),
        ("add", workspace_file, "building", file),
        ("check", file),
        ("check", workspace_file, "--json", file.with_suffix(".json")),
        ("export", workspace_file, "--out", file),
        ("coverage", "check", file),
        ("coverage", "check", areas_file, "--out", file),
    ):
        done = run(*words)
        _is_one_line(done)
        assert "too long" in done.err or "There is no" in done.err, words
        assert len(done.err) < 400 or "--profile" in words


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_in_an_unknown_encoding_is_read_or_refused_in_one_line(run, areas_file, workspace_file):
    odd = areas_file.with_name(ODD)
    shutil.copy(workspace_file, odd)
    assert (
        run("check", odd, "--html", areas_file.with_name("h.html"), "--json", areas_file.with_name("j.json")).status < 2
    )
    shutil.copy(areas_file, odd.with_name(os.fsdecode(b"a\xff.gpkg")))
    _is_one_line(
        run("new", areas_file.with_name("n.gpkg"), "--areas", odd.with_name(os.fsdecode(b"a\xff.gpkg"))), "UTF-8"
    )
    assert not areas_file.with_name("n.gpkg").exists()


@pytest.mark.parametrize("text", list(PROFILES))
def test_a_profile_that_is_none_names_what_is_wrong(text, run, areas_file):
    own = areas_file.with_name("own.toml")
    own.write_bytes(text)
    _is_one_line(run("new", areas_file.with_name("n.gpkg"), "--areas", areas_file, "--profile", own), PROFILES[text])
    assert not areas_file.with_name("n.gpkg").exists()


def test_a_link_that_leads_in_a_circle_is_one_line(run, areas_file, workspace_file):
    loop = areas_file.with_name("loop.json")
    loop.symlink_to(loop)
    _is_one_line(run("check", loop))
    assert run("check", workspace_file, "--json", loop).status < 2
    assert not loop.is_symlink()
