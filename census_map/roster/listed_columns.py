"""The texts by which headers are known: of the workspace's profile, with those of the shipped profile of its name."""

from collections.abc import Mapping

from census_map.profile import Profile, load_profile, shipped_profiles

_ENGLISH = "un-generic"


def roster_columns(profile: Profile) -> dict[str, tuple[str, ...]]:
    """
    Gather the synonyms of headers of a roster.

    A workspace keeps the profile it was made with; what later versions know is added, so that it reads as much. English
    headers are known everywhere.
    """
    own = {name: tuple(texts) for name, texts in profile.roster_columns.items()}
    if profile.name in shipped_profiles():
        own = _joined(own, load_profile(profile.name).roster_columns)
    return _joined(own, load_profile(_ENGLISH).roster_columns)


def list_columns(profile: Profile, kind: str) -> dict[str, tuple[str, ...]]:
    """
    Gather the synonyms of headers of a kind of list; what it does not name is called as on the roster.

    A workspace made before the profile knew lists takes them from the shipped profile of the same name.
    """
    lists = profile.lists
    if not lists and profile.name in shipped_profiles():
        lists = load_profile(profile.name).lists
    return {**roster_columns(profile), **lists.get(kind, {})}


def _joined(own: Mapping[str, tuple[str, ...]], more: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    taken = {text for texts in own.values() for text in texts}
    joined = dict(own)
    for name, texts in more.items():
        joined[name] = (*joined.get(name, ()), *(text for text in texts if text not in taken))
    return joined
