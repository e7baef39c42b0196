"""Profiles: shipped ones load, an office's own is checked word by word."""

import pytest

from census_map.errors import InputError
from census_map.profile import load_profile, parse_profile, profile_text, shipped_profiles


def test_shipped_profiles():
    assert shipped_profiles() == ("cn-2010", "cn-2020", "ph-2026", "un-generic")
    for name in shipped_profiles():
        profile = load_profile(name)
        assert profile.name == name
        assert profile.size.minimum < profile.size.target < profile.size.maximum
        assert parse_profile(profile_text(name), name=name) == profile


def test_an_extending_profile_gives_only_what_differs(tmp_path):
    own = tmp_path / "office.toml"
    own.write_text('extends = "cn-2020"\nname = "office"\n[size]\ntarget = 250\n', encoding="utf-8")
    profile = load_profile(str(own))
    assert (profile.size.target, profile.size.maximum, profile.name) == (250, 400, "office")
    assert profile.roster_columns == load_profile("cn-2020").roster_columns


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("target = 3", "unknown key “target”"),
        ("[size]\ntraget = 3", "unknown key “traget”"),
        ('name = "x"\ntitle = "x"\n[size]\ntarget = "many"', "of type int"),
        ('name = "x"\ntitle = "x"\n[size]\ntarget = true', "of type int"),
        ('extends = "mars"', "not shipped"),
        ("name = ", "not valid TOML at line 1"),
    ],
)
def test_misspelt_profiles_are_refused(tmp_path, text, message):
    own = tmp_path / "office.toml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        load_profile(str(own))


def test_unknown_profiles_are_refused():
    with pytest.raises(InputError, match="choose one of"):
        load_profile("mars")
