"""Profiles: shipped ones load, an office's own is checked word by word."""

import re

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


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b'title = "x"', "lacks the key “name”"),
        ('extends = "cn-2020"\nname = "\u4e2d"'.encode("gbk"), "is not in UTF-8 at line 2"),
        (b"\xff\xfe", "is not in UTF-8 at line 1"),
        (b'extends = 3\nname = "x"', "which is not shipped"),
        (b'extends = "cn-2020"\nroster_columns = 3', "“roster_columns” should be of type"),
        (b'extends = "cn-2020"\n[roster_columns]\naddress = "x"', "“roster_columns.address” should be of type"),
        (b'extends = "cn-2020"\n[roster_columns]\naddress = [3]', "“roster_columns.address” should be of type str"),
        (b'extends = "cn-2020"\nsize = 3', "“size” should be of type"),
        (b'extends = "cn-2020"\n[size]\ntarget = nan', "“target” should be of type int"),
        (b'extends = "cn-2020"\n[checks]\nsliver_width_m = inf', "“sliver_width_m” should be of type float"),
        (b'extends = "cn-2020"\n[objective]\nshape = "x"', "“objective.shape” should be of type float"),
        (b"a = " + b"[" * 3000, "is not valid TOML"),
    ],
)
def test_a_profile_of_ones_own_is_checked_down_to_its_values(tmp_path, raw, told):
    path = tmp_path / "own.toml"
    path.write_bytes(raw)

    with pytest.raises(InputError, match=re.escape(told)):
        load_profile(str(path))


def test_a_profile_saved_by_notepad_is_read(tmp_path):
    path = tmp_path / "own.toml"
    path.write_bytes('\ufeffextends = "cn-2020"\r\nname = "own"\r\ntitle = "\u6211\u4eec"\r\n'.encode())

    assert load_profile(str(path)).title == "我们"
