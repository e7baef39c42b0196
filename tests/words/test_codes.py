"""Codes and citizen identity numbers."""

import random

import pytest

from census_map.codes import (
    Division,
    child_code,
    identity_check_character,
    identity_number_fault,
    is_code_below,
    is_virtual_number,
    is_virtual_village,
    parse_division,
    serial_number,
    township_code,
    township_kind,
)
from census_map.errors import InputError


def test_a_division_code_comes_apart():
    assert parse_division("320981001203") == Division("32", "09", "81", "001", "203")
    assert township_code("320981001203005") == "320981001"


@pytest.mark.parametrize("code", ["", "32098100120", "3209810012031", "32098100120a", "３２０９８１００１２０３"])
def test_other_texts_are_no_division_codes(code):
    with pytest.raises(InputError, match="12 digits"):
        parse_division(code)


@pytest.mark.parametrize(
    ("digits", "kind"),
    [("001", "subdistrict"), ("100", "town"), ("399", "township"), ("400", "similar"), ("600", "unknown"),
     ("000", "unknown")],
)  # fmt: skip
def test_kind_of_township(digits, kind):
    assert township_kind(f"320981{digits}001") == kind


def test_virtual_villages_and_numbers():
    assert is_virtual_village("320981001498")
    assert not is_virtual_village("320981001001")
    assert (is_virtual_number(899), is_virtual_number(900)) == (False, True)


def test_children():
    assert child_code("320981001203", 7, 3) == "320981001203007"
    assert serial_number("320981001203007", 3) == 7
    assert serial_number("32098100120300x", 3) is None
    assert is_code_below("320981001203007", "320981001203", 3)
    assert not is_code_below("3209810012030070", "320981001203", 3)
    for number in (0, 1000):
        with pytest.raises(InputError, match="too long"):
            child_code("320981001203", number, 3)


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("11010519491231002X", None),
        ("11010519491231002x", None),
        ("110105194912310021", "checksum"),
        ("11010519491331002X", "date"),
        ("1101051949123100", "length"),
        ("11010519491231002Y", "length"),
    ],
)
def test_identity_numbers(number, fault):
    assert identity_number_fault(number) == fault
    assert identity_check_character("11010519491231002") == "X"


def test_the_check_character_is_the_weighted_sum_modulo_11():
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    rng = random.Random(5)
    for digits in ([rng.randrange(10) for _ in weights] for _ in range(200)):
        rest = sum(digit * weight for digit, weight in zip(digits, weights, strict=True)) % 11
        assert identity_check_character("".join(map(str, digits))) == "10X98765432"[rest]
