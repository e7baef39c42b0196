"""
The names that a map knows, found inside an address before anything else in it is read.

鱼市巷 holds 市 and 古镇路 holds 镇: what is a name and what a word for its kind is decided by the map's own names.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

# What may follow a name without making it another one. The first say that a village or a committee is meant.
_COMMITTEE = re.compile(
    r"社区?居民委员会|社区居委会|居民委员会|社区居委|村?居委会|村?村民委员会|村?村委会?|社区|行政村|自然村|生产大队|大队|村(?![路街巷道口])"
)
_ESTATE = re.compile(r"住宅小区|住宅区|生活区|小区|家属[院区楼]|宿舍区?|村(?![路街巷道口])")
_TITLE = re.compile(r"街道办事处|地区办事处|办事处|街道|省|市|区|县|镇|乡")
_OFFICE = re.compile(r"办事处")
_TITLE_END = re.compile(r"(街道办事处|街道|省|市|区|县|镇|乡)$")
_LANE = re.compile(r"\d+(?:支?弄|巷|胡同)$")
_DIGITS = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class KnownName:
    """
    A name of the map found in a text.

    Attributes
    ----------
    key
        As `NameBook` knows it; empty for the title of a township, county, prefecture or province.
    kinds
        Of `road`, `site`, `village`, `title`.
    end
        Where it ends, with the words that say its kind.
    explicit
        Whether such a word follows: what comes next is not part of the name.
    """

    key: str
    kinds: frozenset[str]
    end: int
    explicit: bool


class Lexicon:
    """
    The names of a map, looked up at a position of a text.

    Parameters
    ----------
    names
        Kinds by name, of `road`, `site` and `village`.
    titles
        Names of the township and of what it lies in.
    areas
        Keys of census areas by their names without the words for a committee, where those differ: 花园新村社区 has the
        key 花园新, and is not the estate 花园新村.
    """

    def __init__(
        self,
        names: Mapping[str, Iterable[str]],
        titles: Iterable[str] = (),
        areas: Mapping[str, str] | None = None,
    ) -> None:
        self._areas = dict(areas or {})
        # 灯笼巷4弄 is lane 4 of 灯笼巷.
        lanes = {name for name in names if _LANE.search(name) and _LANE.sub("", name) in names}
        self._kinds = {name: frozenset(kinds) for name, kinds in names.items() if name not in lanes}
        for name in self._areas:
            self._kinds[name] = self._kinds.get(name, frozenset()) | {"village"}
        for title in titles:
            for form in {title, _TITLE_END.sub("", title)}:
                if len(form) >= 2:
                    self._kinds[form] = self._kinds.get(form, frozenset()) | {"title"}
        self._starts: dict[str, list[str]] = {}
        for name in sorted(self._kinds, key=len, reverse=True):
            if len(name) >= 2:
                self._starts.setdefault(name[:2], []).append(name)

        self._with_digits = [name for name in self._kinds if _DIGITS.search(name)]

    def names_digits(self, text: str) -> bool:
        """Tell whether a text holds a name that holds digits."""
        return any(name in text for name in self._with_digits)

    def find(self, text: str, at: int) -> KnownName | None:
        """Find the longest name that begins at a position; None where there is none."""
        return next(self.found(text, at), None)

    def found(self, text: str, at: int) -> Iterator[KnownName]:
        """Find the names that begin at a position, the longest first."""
        for name in self._starts.get(text[at : at + 2], ()):
            if text.startswith(name, at):
                known = self._known(name, text, at + len(name))
                if known is not None:
                    yield known

    def _known(self, name: str, text: str, end: int) -> KnownName | None:
        kinds = self._kinds[name]
        if "title" in kinds and (title := self._word(_OFFICE if _TITLE_END.search(name) else _TITLE, text, end)):
            return KnownName("", frozenset({"title"}), title, explicit=True)
        if "village" in kinds and (committee := self._word(_COMMITTEE, text, end)):
            return KnownName(self._areas.get(name, name), frozenset({"village"}), committee, explicit=True)
        if "site" in kinds and (estate := self._word(_ESTATE, text, end)):
            return KnownName(name, frozenset({"site"}), estate, explicit=True)
        if kinds == {"title"}:
            return KnownName("", kinds, end, explicit=_TITLE_END.search(name) is not None)
        if name in self._areas:
            kinds = kinds - {"village"} or kinds
        return KnownName(
            self._areas.get(name, name) if kinds == {"village"} else name, kinds - {"title"}, end, explicit=False
        )

    def _word(self, pattern: re.Pattern[str], text: str, end: int) -> int | None:
        """Find the end of a word for the kind of a name, unless another name begins with it: 兴阳 before 县前街."""
        match = pattern.match(text, end)
        if match is not None and self.find(text, end) is None:
            return match.end()
        # 路家村路家村: what looks like 村路 is not.
        return end + 1 if pattern is _COMMITTEE and text.startswith("村", end) and self.find(text, end + 1) else None
