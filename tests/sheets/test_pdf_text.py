"""The text layer of a PDF: radicals become ordinary characters, everything else stays."""

import pytest

from census_map.errors import InputError
from census_map.sheets.pdf_text import RADICALS, mend_cmap, mend_text_layer

_CMAP = b"""begincmap
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
3 beginbfrange
<0000> <0000> <0000>
<0001> <0003> [<4E2D> <2F2D> <2FA5> ]
<0004> <0005> <2F2D>
<0006> <0008> <0031>
endbfrange
endcmap
"""


def test_radicals_become_the_characters_they_look_like():
    assert chr(RADICALS[ord("⼭")]) == "山"
    assert chr(RADICALS[ord("⾥")]) == "里"
    assert chr(RADICALS[ord("⻓")]) == "长"
    assert not set(RADICALS.values()) & set(RADICALS)


def test_lists_and_rising_ranges_of_a_glyph_table_are_mended_and_the_rest_is_kept():
    lines = mend_cmap(_CMAP).split(b"\n")
    assert lines[6].lower() == b"<0001> <0003> [<4e2d> <5c71> <91cc>]"
    assert lines[7].lower() == b"<0004> <0005> [<5c71> <5ddb>]"
    assert lines[8] == b"<0006> <0008> <0031>"
    assert lines[2] == b"<0000> <FFFF>"


def _pdf(cmap: bytes) -> bytes:
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [] /Count 0 >>",
        b"<< /Type /Font /ToUnicode 4 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(cmap), cmap),
    ]
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(body)
    body += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return body + b"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start


def test_a_file_grows_by_its_mended_tables_and_stays_readable(tmp_path):
    path = tmp_path / "sheet.pdf"
    before = _pdf(_CMAP)
    path.write_bytes(before)
    assert mend_text_layer(path) == 1
    after = path.read_bytes()
    assert after.startswith(before)
    assert b"/Prev" in after
    assert after.endswith(b"%%EOF\n")


def test_a_file_without_radicals_is_left_alone(tmp_path):
    path = tmp_path / "sheet.pdf"
    content = _pdf(_CMAP.replace(b"2F2D", b"5C71").replace(b"2FA5", b"91CC"))
    path.write_bytes(content)
    assert mend_text_layer(path) == 0
    assert path.read_bytes() == content


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "sheet.pdf"
    path.write_bytes(b"no pdf")
    with pytest.raises(InputError, match=r"sheet\.pdf"):
        mend_text_layer(path)
