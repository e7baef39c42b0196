"""
Names on the roster and names on the map: the same, misspelt, shortened, or another name.

A misspelling is told from another name by how often it occurs: a clerk misspells a name once or twice, while an estate
that is missing on the map is written the same way by all its households.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from census_map.packages import require

# Two names that differ in one of these are two places: 人民东路 and 人民西路, 花园一村 and 花园二村, 大桥 and 小桥.
_TELLING = frozenset("路街巷弄道支东南西北中上下前后内外左右新老旧大小一二三四五六七八九十甲乙丙丁0123456789ABCDEFGH")
_ROAD_ENDS = re.compile(r"(大道|大街|公路|马路|胡同|路|街|巷|弄|道|里)$")
MISSPELT, SHORTENED, PREFIXED, RATHER_OTHER = 0.96, 0.94, 0.97, 0.8
_FEW = 3
_RARE = 0.1
_CANDIDATES = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What a name on the roster may mean on the map.

    Attributes
    ----------
    name
        Key of the name on the map.
    factor
        1 for the same name; less the less sure.
    reason
        `same`, `alias`, `misspelt`, `shortened`, `prefixed`, `alike`.
    """

    name: str
    factor: float
    reason: str


@dataclass
class NameBook:
    """
    The names of a map, and how often the roster uses each.

    Attributes
    ----------
    by_area
        Names used in each census area.
    uses
        How often a name occurs on the roster.
    aliases
        Learned: name on the roster → name on the map.
    prefixes
        Names of township, county and census areas, which clerks put before other names.
    """

    by_area: Mapping[str, frozenset[str]]
    uses: Counter[str]
    aliases: Mapping[str, str] = field(default_factory=dict)
    prefixes: frozenset[str] = frozenset()
    known: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.known = frozenset().union(*self.by_area.values()) if self.by_area else frozenset()
        self._read: dict[tuple[str, str | None], tuple[Reading, ...]] = {}

    def readings(self, name: str, area: str | None) -> tuple[Reading, ...]:
        """
        Say what a name on the roster may mean, best first; empty when the map has nothing like it.

        Parameters
        ----------
        name
            Key of the name.
        area
            Census area of the row, or None.
        """
        key = (name, area)
        if key not in self._read:
            self._read[key] = self._find(name, area)
        return self._read[key]

    def _find(self, name: str, area: str | None) -> tuple[Reading, ...]:
        if name in self.aliases:
            return (Reading(self.aliases[name], 1.0, "alias"),)
        if name in self.known:
            return (Reading(name, 1.0, "same"),)
        for names in ([self.by_area[area]] if area is not None and area in self.by_area else []) + [self.known]:
            found = self._parts(name, names) or self._alike(name, names)
            if found:
                return found
        return ()

    def _parts(self, name: str, names: Iterable[str]) -> tuple[Reading, ...]:
        """Find names with an administrative name before them, and names cut short."""
        ends = [known for known in names if len(known) >= 2 and name.endswith(known) and name != known]
        for known in sorted(ends, key=len, reverse=True):
            before = name[: -len(known)]
            if any(prefix.startswith(before) or before.endswith(prefix) for prefix in self.prefixes):
                return (Reading(known, PREFIXED, "prefixed"),)
        longer = [
            known for known in names if len(name) >= 2 and known.startswith(name) and not _ROAD_ENDS.search(known)
        ]
        if len(longer) == 1:
            return (Reading(longer[0], SHORTENED, "shortened"),)
        return tuple(Reading(known, RATHER_OTHER, "alike") for known in longer[:_CANDIDATES])

    def _alike(self, name: str, names: Iterable[str]) -> tuple[Reading, ...]:
        if len(name) < 2:
            return ()
        distance = require("rapidfuzz.distance", "rapidfuzz").OSA.distance
        limit = 1 if len(name) <= 5 else 2
        found = sorted(
            (d, known)
            for known in names
            if abs(len(known) - len(name)) <= limit
            and (len(name) > 2 or name[-1:] == known[-1:])
            and len(known) > 1
            and (d := distance(name, known, score_cutoff=limit)) <= limit
        )
        # 东方花园别墅 is no slip for 东方花园.
        found = [(d, known) for d, known in found if not (_told_apart(name, known) or (d > 1 and known in name))]
        if not found:
            return ()
        nearest = [known for d, known in found if d == found[0][0]]
        typo = len(nearest) == 1 and len(name) > 2 and self._is_rare(name, nearest[0])
        factor, reason = (MISSPELT, "misspelt") if typo else (RATHER_OTHER, "alike")
        return tuple(Reading(known, factor, reason) for known in nearest[:_CANDIDATES])

    def _is_rare(self, name: str, known: str) -> bool:
        return self.uses[name] <= max(_FEW, _RARE * self.uses[known])


def _told_apart(left: str, right: str) -> bool:
    """Tell whether what two names do not share says that they are two places."""
    gone, come = list((Counter(left) - Counter(right)).elements()), list((Counter(right) - Counter(left)).elements())
    if len(gone) == len(come) == 1:
        # 石板巷 and 右板巷: only one of the two tells places apart, so it is a slip.
        return gone[0] in _TELLING and come[0] in _TELLING
    return any(character in _TELLING for character in gone + come)
