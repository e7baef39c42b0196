"""Assignments, and the load of instructors."""

import pandas as pd

from census_map.staff import assign_areas, instructor_loads
from tests.small_township import uid


def test_a_mini_area_goes_to_its_new_enumerator(township):
    people = pd.DataFrame({"name": ["甲", "乙"], "role": "enumerator"}, index=[uid("e1"), uid("e2")])
    with township.transaction("staff") as write:
        write.insert("staff", people)
    assign_areas(township, {uid("M00"): uid("e1"), uid("M01"): uid("e1")})
    assign_areas(township, {uid("M01"): uid("e2")})
    rows = township.read("assignment").set_index("mini_area_uid")["staff_uid"]
    assert rows.to_dict() == {uid("M00"): uid("e1"), uid("M01"): uid("e2")}


def test_instructors_lead_four_or_five(township):
    leaders = pd.DataFrame({"number": ["Z1", "Z2"], "role": "instructor"}, index=[uid("z1"), uid("z2")])
    led = pd.DataFrame({"role": ["enumerator"] * 5, "instructor_uid": [uid("z1")] * 4 + [uid("z2")]})
    with township.transaction("staff") as write:
        write.insert("staff", leaders)
        write.insert("staff", led)
    loads = instructor_loads(township)
    assert loads["enumerators"].tolist() == [4, 1]
    assert loads["fits"].tolist() == [True, False]
