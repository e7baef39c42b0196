"""The check report: works without internet, repeats every problem, and lets no text of the data act."""

import base64
import hashlib
import json
import re
from contextlib import closing

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from census_map.checks import RULES, run_checks
from census_map.i18n import set_language
from census_map.report.html import write_check_report
from census_map.report.workbook import write_check_workbook
from census_map.schema import TABLES
from census_map.workspace import Workspace, geopackage
from tests.small_township import uid

HOSTILE = "<script>alert(1)</script> {{ 1+1 }} {% x %} =1+1"


@pytest.fixture
def spoilt(township):
    with township.transaction("spoil") as write:
        values = {"name": [HOSTILE], "mini_area_uid": [uid("M01")]}
        write.update("building", pd.DataFrame(values, index=[uid("BM000")]))
        write.update("household", pd.DataFrame({"dwelling_uid": [None]}, index=[uid("HM110")]))
    return township


def test_report_lists_every_problem_with_its_rule(spoilt, tmp_path):
    problems = run_checks(spoilt)
    text = write_check_report(spoilt, problems, tmp_path / "check.html").read_text(encoding="utf-8")
    assert len(re.findall(r'<div class="problem ', text)) == len(problems) > 1
    assert {"B01", "H01"} <= {problem.rule for problem in problems}
    assert all(f"<h2>{problem.rule} " in text for problem in problems)


def test_report_loads_nothing_from_elsewhere(spoilt, tmp_path):
    text = write_check_report(spoilt, run_checks(spoilt), tmp_path / "check.html").read_text(encoding="utf-8")
    assert re.findall(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="', text) == []
    assert "url(http" not in text


def test_the_maps_own_buttons_are_named_in_the_language_in_force(township, tmp_path, monkeypatch):
    monkeypatch.setattr("census_map.i18n._current", None)
    monkeypatch.setattr("census_map.i18n._language", None)
    set_language("zh_CN")
    text = write_check_report(township, [], tmp_path / "check.html").read_text(encoding="utf-8")
    script = text[text.index("document.documentElement.lang") :]
    assert 'lang = "zh-CN";' in script
    assert all(json.dumps(word) in script for word in ("放大", "缩小"))


def test_hostile_name_is_shown_and_does_nothing(spoilt, tmp_path):
    text = write_check_report(spoilt, run_checks(spoilt), tmp_path / "check.html").read_text(encoding="utf-8")
    assert "alert(1)" in text
    assert "<script>alert" not in text
    assert "&#123;&#123; 1+1 &#125;&#125;" in text


def test_no_value_of_the_file_reaches_a_template(township, tmp_path):
    """Whoever made the file can write what he likes into every column of it, its identifiers among them."""
    mark = tmp_path / "run"
    attack = f"{{{{ cycler.__init__.__globals__.os.system('touch {mark}') }}}}"
    township.close()
    with closing(geopackage.connect(str(township.path))) as file:
        triggers = file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name NOT LIKE 'rtree%'")
        for (name,) in triggers.fetchall():
            file.execute(f'DROP TRIGGER "{name}"')
        for table in ("township", "census_area", "mini_area", "building"):
            texts = [column.name for column in TABLES[table].columns if column.type == "text"]
            for column in dict.fromkeys(("uid", *texts)):
                file.execute(f'UPDATE "{table}" SET "{column}" = ? || fid', (attack,))
    with Workspace.open(township.path) as opened:
        problems = run_checks(opened)
        text = write_check_report(opened, problems, tmp_path / "check.html").read_text(encoding="utf-8")
    assert problems
    assert attack in text
    assert not mark.exists()


def test_only_the_programs_own_scripts_may_run(spoilt, tmp_path):
    text = write_check_report(spoilt, run_checks(spoilt), tmp_path / "check.html").read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    allowed = set(re.findall(r"'sha256-([^']+)'", policy[1]))
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert {base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts} == allowed
    assert policy[1].startswith("default-src 'none'; ")


def test_report_of_a_clean_township_says_so(township, tmp_path):
    text = write_check_report(township, [], tmp_path / "check.html").read_text(encoding="utf-8")
    assert 'class="none"' in text


def test_workbook_repeats_every_problem_and_counts_every_rule(spoilt, tmp_path):
    problems = run_checks(spoilt)
    path = write_check_workbook(spoilt, problems, tmp_path / "check.xlsx")
    book = CalamineWorkbook.from_path(str(path))
    rules, listed, summary = (book.get_sheet_by_name(name).to_python() for name in book.sheet_names)
    assert len(rules) == len(RULES) + 1
    assert sum(sum(row[2:5]) for row in rules[1:]) == len(problems)
    assert [row[2] for row in listed[1:]] == [problem.message for problem in problems]
    assert len(summary) == 1 + 2
