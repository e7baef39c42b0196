"""Find the census area of a household: by code, by name, by the name's beginning, or where it is linked to."""

import re

import pandas as pd

from census_map.roster.address import parse_address
from census_map.roster.text import normalise, squeeze
from census_map.workspace import Workspace

_ENDINGS = re.compile(r"(社区居民委员会|居民委员会|社区居委会|居委会|村民委员会|村委会|行政村|社区|普查区|村|居)$")


def area_name_key(name: str) -> str:
    """Bring the name of a census area into the form in which names are compared: without its legal ending."""
    key = squeeze(name)
    short = _ENDINGS.sub("", key)
    while len(short) >= 2 and short != key:
        key, short = short, _ENDINGS.sub("", short)
    return key


def committee_free(name: str) -> str:
    """Cut the words for the committee off the name of a census area, and nothing else."""
    return _ENDINGS.sub("", squeeze(name))


def areas_of_households(workspace: Workspace, households: pd.DataFrame) -> pd.Series:
    """
    Give the census area of each household: the one that its roster row named, else that of its building.

    Parameters
    ----------
    workspace
        Open.
    households
        Rows of the table `household` with `census_area_uid` and `building_uid`.

    Returns
    -------
    areas
        Same index: uid of the census area; missing where neither is known.
    """
    minis = workspace.read("mini_area", columns=["census_area_uid"])["census_area_uid"]
    buildings = workspace.read("building", columns=["mini_area_uid"])["mini_area_uid"]
    named = households["census_area_uid"].astype(object)
    return named.where(named.notna(), households["building_uid"].map(buildings).map(minis).astype(object))


class AreaFinder:
    """
    Finds census areas by what clerks write.

    Parameters
    ----------
    areas
        Table `census_area`, indexed by uid, with `code` and `name`.
    mini_areas
        Table `mini_area`, indexed by uid, with `code` and `census_area_uid`.
    """

    def __init__(self, areas: pd.DataFrame, mini_areas: pd.DataFrame) -> None:
        self._by_code: dict[str, str] = {}
        self._by_name: dict[str, str | None] = {}
        for uid, code, name in zip(areas.index, areas["code"], areas["name"], strict=True):
            if isinstance(code, str):
                self._by_code[code] = str(uid)
            if isinstance(name, str):
                for key in (area_name_key(name), squeeze(name)):
                    # A name that two census areas bear decides nothing.
                    self._by_name[key] = None if self._by_name.get(key, uid) != uid else str(uid)
        for code, uid in zip(mini_areas["code"], mini_areas["census_area_uid"], strict=True):
            if isinstance(code, str) and isinstance(uid, str):
                self._by_code[code] = uid
        self._known: dict[str, str | None] = {}
        names = sorted({area_name_key(name) for name in areas["name"] if isinstance(name, str)}, key=len, reverse=True)
        # Most addresses name no census area; those need not be taken apart here.
        self._named = re.compile(f"(?:{'|'.join(map(re.escape, names))})[社村居行委]") if names else None

    def find(self, text: str) -> str | None:
        """Find the census area that a text names; None when it names none, or two."""
        if not text:
            return None
        if text not in self._known:
            self._known[text] = self._find(text)
        return self._known[text]

    def _find(self, text: str) -> str | None:
        key = squeeze(text)
        for code in (key, key[:12]):
            if code in self._by_code:
                return self._by_code[code]
        for name in (key, area_name_key(text)):
            if name in self._by_name:
                return self._by_name[name]
        short = area_name_key(text)
        longer = {uid for name, uid in self._by_name.items() if len(short) >= 2 and (short in name or name in short)}
        return longer.pop() if len(longer) == 1 else None

    def find_in_address(self, text: str) -> str | None:
        """Find the census area that the prefix of an address names (…东华街道东方花园社区…)."""
        if not text or self._named is None or not self._named.search(normalise(text)):
            return None
        for name in parse_address(text).values("village"):
            uid = self.find(name)
            if uid is not None:
                return uid
        return None
