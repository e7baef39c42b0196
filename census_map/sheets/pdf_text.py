"""
The text layer of a PDF, mended so that a search finds what the page shows.

Some Chinese fonts draw the character 山 and the Kangxi radical ⼭ with one glyph, and the PDF writer of Qt then records
the first of the two, so that searching for 中山里 fails. The tables that translate glyphs into characters
(ToUnicode) are rewritten with the ordinary characters and appended to the file as an incremental update.
"""

import re
import unicodedata
import zlib
from pathlib import Path

from census_map.errors import InputError
from census_map.i18n import _

# Radicals of the CJK Radicals Supplement with the ideographs they look like: Unicode's EquivalentUnifiedIdeograph.
# The Kangxi radicals proper have compatibility decompositions.
_SUPPLEMENT = (
    "2E81:5382 2E82:4E5B 2E83:4E5A 2E84:4E59 2E85:4EBB 2E86:5182 2E87:20628 2E88:5200 2E89:5202 2E8A:535C 2E8B:353E "
    "2E8C:5C0F 2E8D:5C0F 2E8E:5140 2E8F:5C23 2E90:5C22 2E91:21BC2 2E92:5DF3 2E93:5E7A 2E94:5F51 2E95:5F50 2E96:5FC4 "
    "2E97:5FC3 2E98:624C 2E99:6535 2E9B:65E1 2E9C:65E5 2E9D:6708 2E9E:6B7A 2E9F:6BCD 2EA0:6C11 2EA1:6C35 2EA2:6C3A "
    "2EA3:706C 2EA4:722B 2EA5:722B 2EA6:4E2C 2EA7:725B 2EA8:72AD 2EA9:738B 2EAA:24D14 2EAB:76EE 2EAC:793A 2EAD:793B "
    "2EAE:25AD7 2EAF:7CF9 2EB0:7E9F 2EB1:7F53 2EB2:7F52 2EB3:34C1 2EB4:5197 2EB5:2626B 2EB6:7F8A 2EB7:2634C 2EB8:2634B "
    "2EB9:8002 2EBA:8080 2EBB:807F 2EBC:8089 2EBD:26951 2EBE:8279 2EBF:8279 2EC0:8279 2EC1:864E 2EC2:8864 2EC3:8980 "
    "2EC4:897F 2EC5:89C1 2EC6:89D2 2EC7:278B2 2EC8:8BA0 2EC9:8D1D 2ECA:27FB7 2ECB:8F66 2ECC:8FB6 2ECD:8FB6 2ECE:8FB6 "
    "2ECF:9091 2ED0:9485 2ED1:9577 2ED2:9578 2ED3:957F 2ED4:95E8 2ED5:28E0F 2ED6:961D 2ED7:96E8 2ED8:9752 2ED9:97E6 "
    "2EDA:9875 2EDB:98CE 2EDC:98DE 2EDD:98DF 2EDE:2967F 2EDF:98E0 2EE0:9963 2EE1:29810 2EE2:9A6C 2EE3:9AA8 2EE4:9B3C "
    "2EE5:9C7C 2EE6:9E1F 2EE7:5364 2EE8:9EA6 2EE9:9EC4 2EEA:9EFE 2EEB:6589 2EEC:9F50 2EED:6B6F 2EEE:9F7F 2EEF:7ADC "
    "2EF0:9F99 2EF1:9F9C 2EF2:4E80 2EF3:9F9F "
)  # fmt: skip


def _radicals() -> dict[int, int]:
    table = {code: ord(unicodedata.normalize("NFKC", chr(code))) for code in range(0x2F00, 0x2FD6)}
    for pair in _SUPPLEMENT.split():
        radical, ideograph = pair.split(":")
        table[int(radical, 16)] = int(ideograph, 16)
    return table


RADICALS = _radicals()

_STREAM = re.compile(rb"\s*\d+\s+\d+\s+obj\b(.*?)stream\r?\n", re.DOTALL)
_TO_UNICODE = re.compile(rb"/ToUnicode\s+(\d+)\s+0\s+R")


def mend_text_layer(path: Path) -> int:
    """
    Replace radicals by ordinary characters in the text layer of a PDF written by Qt.

    Parameters
    ----------
    path
        A PDF with a classic cross-reference table; changed in place by appending.

    Returns
    -------
    tables
        How many glyph tables were rewritten; 0 leaves the file as it was.

    Raises
    ------
    InputError
        The file is not such a PDF.
    """
    data = path.read_bytes()
    start, size, trailer = _trailer(data, path.name)
    offsets = _offsets(data, start)
    changed: dict[int, bytes] = {}
    for number in sorted({int(match) for match in _TO_UNICODE.findall(data)}):
        table = _stream(data, offsets[number])
        mended = mend_cmap(table)
        if mended != table:
            body = zlib.compress(mended)
            head = b"%d 0 obj\n<< /Length %d /Filter /FlateDecode >>\nstream\n" % (number, len(body))
            changed[number] = head + body + b"\nendstream\nendobj\n"
    if changed:
        with path.open("ab") as file:
            file.write(_update(changed, len(data), size, trailer, start))
    return len(changed)


def mend_cmap(cmap: bytes) -> bytes:
    """
    Replace the radicals among the targets of a ToUnicode table.

    Parameters
    ----------
    cmap
        Entries of `bfrange`, one a line: `<first> <last> <target>` (rising from the target on) or
        `<first> <last> [<target> ...]`.
    """
    return b"\n".join(_mend_range(line) for line in cmap.split(b"\n"))


def _mend_range(line: bytes) -> bytes:
    entry = re.match(rb"\s*<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]{4})>\s*(\[?)((?:\s*<[0-9A-Fa-f]{4}>)+)", line)
    if entry is None:
        return line
    first, last = int(entry.group(1), 16), int(entry.group(2), 16)
    targets = [int(code, 16) for code in re.findall(rb"[0-9A-Fa-f]{4}", entry.group(4))]
    if not entry.group(3):
        targets = list(range(targets[0], targets[0] + last - first + 1))
    if not any(target in RADICALS for target in targets):
        return line
    texts = [chr(RADICALS.get(target, target)).encode("utf-16-be").hex().encode() for target in targets]
    return b"<%04x> <%04x> [" % (first, last) + b" ".join(b"<" + text + b">" for text in texts) + b"]"


def _trailer(data: bytes, name: str) -> tuple[int, int, bytes]:
    where = data.rfind(b"startxref")
    begin = data.rfind(b"trailer")
    start = re.match(rb"startxref\s+(\d+)", data[where:]) if where >= 0 else None
    trailer = re.match(rb"trailer\s*<<(.*?)>>\s*startxref", data[begin:], re.DOTALL) if begin >= 0 else None
    size = re.search(rb"/Size\s+(\d+)", trailer.group(1)) if trailer else None
    if start is None or trailer is None or size is None:
        raise InputError(_("“{name}” is not a PDF as the print engine writes it: print it again.").format(name=name))
    return int(start.group(1)), int(size.group(1)), trailer.group(1)


def _offsets(data: bytes, start: int) -> dict[int, int]:
    offsets: dict[int, int] = {}
    at = data.index(b"\n", start) + 1
    while head := re.match(rb"(\d+) (\d+)\s*\n", data[at : at + 40]):
        first, count = int(head.group(1)), int(head.group(2))
        at += head.end()
        for number in range(first, first + count):
            offsets[number] = int(data[at : at + 10])
            at += 20
    return offsets


def _stream(data: bytes, offset: int) -> bytes:
    match = _STREAM.match(data, offset)
    if match is None:
        return b""
    body = data[match.end() : data.index(b"endstream", match.end())]
    return zlib.decompressobj().decompress(body) if b"FlateDecode" in match.group(1) else body


def _update(changed: dict[int, bytes], length: int, size: int, trailer: bytes, previous: int) -> bytes:
    parts, table, at = [b"\n"], [b"xref\n"], length + 1
    for number, body in changed.items():
        table.append(b"%d 1\n%010d 00000 n \n" % (number, at))
        parts.append(body)
        at += len(body)
    kept = re.sub(rb"/(Size\s+\d+|Prev\s+\d+)", b"", trailer).strip()
    parts += [*table, b"trailer\n<<\n%s\n/Size %d\n/Prev %d\n>>\nstartxref\n%d\n%%%%EOF\n" % (kept, size, previous, at)]
    return b"".join(parts)
