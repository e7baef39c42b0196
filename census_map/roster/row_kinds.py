"""Tell the rows of a sheet that are entries from those that are not: totals, notes, headings, unused lines, headers."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from census_map.roster.address import parse_address
from census_map.roster.headers import COUNTS
from census_map.roster.text import number_value, squeeze

TOTAL_WORDS = {"TOTAL", "SUBTOTAL", "GRANDTOTAL", "SUM", "TOTALS"}
_TOTALS = re.compile(
    r".{0,10}(?:合计|总计|小计|共计|累计)[户人\d]*|(?:以上|本[页表村组]|全[村镇]|\w{0,6}社区)?共\d+(?:户|人|条|家).*|"
    r"(?:[本全]\w{0,6})?(?:总户数|总人数|总人口|户数合计|人数合计|总数|户均人口|户均人数|平均每户|平均)\d*"
)
_NOTES = re.compile(
    r"制表|填表|审核|填报|负责人|单位负责|注|说明|备注|联系人|第\d+页|共\d+页|NOTES?(?![A-Z])|PAGE\d|签字|签名|盖章|打印|监督|举报|咨询电话|以下空白|以上为|报送"
    r"|统计人|经办|社区主任|村主任|书记|填写|请|抄送|日期|时间|截至|单位|社区盖|村委会盖|此表|本表|\d{4}年\d{1,2}月|空白|完毕|END$"
)
_NOTE_SIGNS = re.compile(
    r"[：:；;。！!？?※*◆●]|盖章|签字|签名|以下空白|以上为|\d+[、．.](?!\d)|^[（(][一二三四五六七八九十\d]+[）)]|[，,].*[，,]"
)
_TITLE = re.compile("底册|名册|花名册|名单|登记表|一览表|明细表|统计表|续表?[）)]?$")
_LONGEST_NAME = 16
_STRUCK_OUT = re.compile(r"[-—–_/／\\\s]*")
_SUSPECT = re.compile(r"[计总共合：:※章签]|^[-—–_/／\\\s]+$")
# Where somebody lives, without which such a column says nothing of a household: it may be filled in beforehand.
_WEAK = {"building", "estate", "road", "lane", "group", "village", "census_area", "mini_area", "entrance", "floor"}
_STEMS = set("甲乙丙丁戊己庚辛壬癸")
_COUNTED = (*COUNTS, "persons", "births", "deaths", "moved_in", "moved_out", "resident", "use")
_PREPARED = {*_WEAK, *_COUNTED, "serial", "number", "kind", "class", "presence", "remark", "other", "roster_sheet"}


class RowSorter:
    """
    Tells what the rows below a header are.

    Parameters
    ----------
    fields
        Index of the column of each field.
    header_keys
        Texts of the header, squeezed.
    words
        Every known text of a header, squeezed.
    telling
        A row that fills none of these fields is no entry.
    """

    def __init__(
        self, fields: Mapping[str, int], header_keys: set[str], words: Collection[str], telling: Collection[str]
    ) -> None:
        self._fields, self._header_keys, self._words = fields, header_keys, words
        self._known = set(fields.values())
        strong = set(telling) - _WEAK or set(telling)
        self._strong = {fields[name] for name in strong if name in fields}
        self._own = {index for name, index in fields.items() if name not in _PREPARED} - self._strong
        self._numbers = {fields[name] for name in ("identity", "phone") if name in fields}
        self._counts = [fields[name] for name in _COUNTED if name in fields]
        self.is_entry = self._quick_test(telling)

    def _quick_test(self, telling: Collection[str]) -> Callable[[list[Any]], bool]:
        """Make a test for the rows that are entries without a doubt: name and address, and no odd beginning."""
        head, address = self._fields.get("head"), self._fields.get("address")
        if head is None or address is None or not {"head", "address"} & set(telling):
            return lambda cells: False  # noqa: ARG005
        width = max(head, address)
        ordinary: dict[str, bool] = {}
        suspect, words = _SUSPECT.search, self._words

        def begins_as_usual(cells: list[Any]) -> bool:
            first = cells[0] if cells[0] != "" else next((cell for cell in cells if cell != ""), "")
            if type(first) is not str:
                return True
            if first not in ordinary:
                key = squeeze(first)
                odd = key in self._header_keys or key in words or is_total(key) or _NOTES.match(key)
                ordinary[first] = bool(key) and not odd
            return ordinary[first]

        def is_entry(cells: list[Any]) -> bool:
            if len(cells) <= width:
                return False
            name, place = cells[head], cells[address]
            return (
                type(name) is type(place) is str
                and name != ""
                and place != ""
                and not name.isspace()
                and not place.isspace()
                and name not in words
                and not suspect(name)
                and begins_as_usual(cells)
            )

        return is_entry

    def kind(self, cells: list[Any]) -> tuple[str | None, str]:
        """
        Tell why a row is no entry.

        Returns
        -------
        reason, heading
            `blank`, `totals`, `header`, `footer` (notes and signatures), `heading` with its text, or `incomplete`: it
            counts people and says neither who nor where. None for an entry.
        """
        filled = [index for index, cell in enumerate(cells) if cell != "" and not _STRUCK_OUT.fullmatch(str(cell))]
        if not filled:
            return "blank", ""
        texts = {index: squeeze(cells[index]) for index in filled if isinstance(cells[index], str)}
        reason = self._by_words(cells, filled, texts)
        if reason is not None:
            return reason
        if not any(self._says(cells, index) for index in self._strong & set(filled)):
            # Whatever else a list asks for (a day, an outcome) makes an entry, if one that lacks its household.
            own = any(self._says(cells, index) for index in self._own & set(filled))
            return (None, "") if own else (self._without_anybody(cells, filled), "")
        return (None, "") if self._known & set(filled) else ("footer", "")

    def _says(self, cells: list[Any], index: int) -> bool:
        """Tell whether a cell says something: a zero that a formula left is nobody's number."""
        return index not in self._numbers or _is_some(cells[index])

    def _by_words(  # noqa: PLR0911  one reason after the other
        self, cells: list[Any], filled: list[int], texts: Mapping[int, str]
    ) -> tuple[str, str] | None:
        head = self._fields.get("head", -1)
        if any(is_total(key) for key in texts.values()) and self._is_total(filled, texts):
            return "totals", ""
        first = filled[0]
        if len(filled) >= 2 and set(texts) == set(filled) and set(texts.values()) <= self._header_keys:
            return "header", ""
        if first in texts and first <= 1 and _NOTES.match(texts[first]) and self._is_footer(filled, texts):
            return "footer", ""
        if len(filled) == 1 and first in texts:
            if first <= 2 and self._is_heading(cells[first], first):
                return "heading", str(cells[first]).strip()
            if first in (head, self._fields.get("serial")) and is_note(str(cells[first])):
                return "footer", ""
        if head in texts and not self._strong & (set(filled) - {head}) and is_note(str(cells[head])):
            return "footer", ""
        return None

    def _is_total(self, filled: list[int], texts: Mapping[int, str]) -> bool:
        """Tell whether a row with a word such as 合计 names nobody: neither in another cell, nor by a number."""
        named = [self._fields.get(name) for name in ("identity", "phone")]
        head, address = self._fields.get("head", -1), self._fields.get("address", -1)
        if any(index in filled and not is_total(texts.get(index, "")) for index in named if index is not None):
            return False
        whole = head in texts and address in texts and not is_total(texts[head])
        return not (whole and self._begins_with_number(filled, texts))

    def _begins_with_number(self, filled: list[int], texts: Mapping[int, str]) -> bool:
        return filled[0] not in texts or texts[filled[0]].isdigit() or filled[0] == self._fields.get("head")

    def _without_anybody(self, cells: list[Any], filled: list[int]) -> str:
        """Say what a row is that names neither person nor place: unused, a total, a note, or half an entry."""
        counted = [index for index in self._counts if index in filled and _is_some(cells[index])]
        serial = self._fields.get("serial")
        others = [index for index in filled if index not in self._counts]
        if counted:
            numbered = [index for index in others if index in self._known]
            return "incomplete" if numbered and not any(_is_note_cell(cells[index]) for index in others) else "totals"
        texts = [index for index in others if isinstance(cells[index], str) and index != serial]
        unused = all(index in self._known for index in texts) or not texts
        if serial in others and isinstance(cells[serial], str) and number_value(cells[serial]) is None:
            unused = False
        numbers = any(isinstance(cells[index], (int, float)) for index in others if index != serial)
        if not texts and numbers and serial not in filled:
            return "totals"
        return "blank" if unused else "footer"

    def _is_footer(self, filled: list[int], texts: Mapping[int, str]) -> bool:
        """Tell whether a row is signed or explained (制表人：… 审核人：…) and names no household."""
        words = [index for index, key in texts.items() if _NOTES.match(key)]
        head, address = self._fields.get("head"), self._fields.get("address")
        named = head in filled and head not in words
        placed = address in filled and address not in words
        return filled[0] in words and not named and not (placed and head == filled[0])

    def _is_heading(self, text: str, index: int) -> bool:
        """
        Tell whether the only filled cell of a row names a place for the rows below (3号楼, 第二组).

        A row that holds a head of household alone, or an address alone, is a household.
        """
        if (
            index in (self._fields.get("address"), self._fields.get("room"))
            or _NOTE_SIGNS.search(text)
            or _TITLE.search(text)
        ):
            return False
        address = parse_address(text)
        return any(address.value(kind) for kind in ("building", "group", "estate", "number", "village", "road"))


def numbers_columns(cells: Sequence[Any]) -> bool:
    """Tell whether a row numbers the columns, as statistical tables do below their header: 甲, 乙, 1, 2, 3."""
    filled = [squeeze(_whole(cell)) for cell in cells if cell != "" and str(cell).strip()]
    plain = [text for text in filled if text not in _STEMS]
    return len(filled) > 2 and plain == [str(n) for n in range(1, len(plain) + 1)]


def _whole(cell: Any) -> str:
    """Write a cell with a whole number as clerks type it."""
    return str(int(cell)) if isinstance(cell, (int, float)) and not isinstance(cell, bool) else str(cell)


def is_total(key: str) -> bool:
    """Tell whether a text, squeezed, stands before a total."""
    return bool(key) and (key in TOTAL_WORDS or _TOTALS.fullmatch(key) is not None)


def is_note(text: str) -> bool:
    """Tell whether a text alone in its row is a note, a signature or a date, and no name."""
    key = squeeze(text)
    return bool(_NOTE_SIGNS.search(text) or _NOTES.match(key)) or (len(key) > _LONGEST_NAME and not key.isascii())


def _is_note_cell(cell: Any) -> bool:
    return isinstance(cell, str) and is_note(cell)


def _is_some(cell: Any) -> bool:
    if isinstance(cell, str):
        return number_value(cell) != 0
    return bool(cell)


def rows_in_words(numbers: Sequence[int]) -> str:
    """Write row numbers shortly: 8–12, 15."""
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in spans)
