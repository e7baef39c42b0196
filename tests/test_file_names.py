"""Names of files made from the data."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from census_map.file_names import FileNames, file_name, told_names

_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
ODD = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=300),
    st.sampled_from(
        ("../../evil", "/etc/passwd", "C:\\x", "\\\\host\\share\\x", "CON", "nul.txt", "com1 ", "a. ", "..", "-rf")
    ),
    st.text("./\\:\u202e\0\n -", max_size=12),
)


@given(ODD)
def test_a_name_is_a_name_on_every_system(text):
    name = file_name(text, ".xlsx")
    stem = name.removesuffix(".xlsx")
    assert name.endswith(".xlsx")
    assert stem
    assert not set(name) & set('/\\:*?"<>|')
    assert all(unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in name)
    assert len(name.encode()) <= 160
    assert not stem.startswith((".", "-", " "))
    assert not stem.endswith((".", " "))
    assert stem.partition(".")[0].strip().lower() not in _RESERVED


@given(st.lists(ODD, max_size=12))
def test_no_two_files_of_a_run_share_a_name(texts):
    names = FileNames(".pdf")
    given_names = [names.new(text) for text in texts]
    assert len({unicodedata.normalize("NFKC", name).casefold() for name in given_names}) == len(texts)


@pytest.mark.parametrize("code", ["320999001001", "东方花园（一）", "A-1_b"])
def test_a_plain_code_is_its_own_name(code):
    assert file_name(code, ".pdf") == f"{code}.pdf"


def test_names_that_differ_from_what_they_are_of_are_told():
    names = FileNames(".pdf")
    texts = ["001", "a/b", "a_b", "a_b"]
    files = [(text, names.new(text)) for text in texts]
    assert [name for _text, name in files] == ["001.pdf", "a_b.pdf", "a_b (2).pdf", "a_b (3).pdf"]
    assert len(told_names(files)) == 3
    assert "“a/b”" in told_names(files)[0]
    assert "“a_b.pdf”" in told_names(files)[0]
