"""Places of numbers and names: inside, beside, or reported as missing; never on one another."""

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, box

from census_map.sheets.labels import Canvas, Wish, text_box_mm


def _place(boxes, *, size=(180, 150)):
    canvas = Canvas(*size)
    shapes = [box(*corners) for corners in boxes]
    canvas.cover(shapes)
    missing = canvas.place_numbers([Wish(i, shape, str(i + 1), "6/24") for i, shape in enumerate(shapes)])
    return canvas, missing


def _rectangles(canvas):
    made = []
    for label in canvas.labels:
        width, height = text_box_mm(label.text, label.size)
        # Cells are half a millimetre: boxes may share that much.
        inset = 0.5
        made.append(
            box(
                label.x - width / 2 + inset,
                label.y - height / 2 + inset,
                label.x + width / 2 - inset,
                label.y + height / 2 - inset,
            )
        )
    return made


def test_a_number_stands_in_a_house_that_is_large_enough_with_floors_and_units_below():
    canvas, missing = _place([(20, 20, 40, 40)])
    assert missing == []
    number, detail = canvas.labels
    assert (number.text, number.size, detail.text) == ("1", 8.0, "6/24")
    assert box(20, 20, 40, 40).contains(shapely.points([number.x, detail.x], [number.y, detail.y])).all()
    assert number.y > detail.y


def test_a_small_house_has_its_number_beside_it_and_a_line_where_that_is_far():
    row = [(20 + 1.2 * i, 20, 21 + 1.2 * i, 26) for i in range(12)]
    canvas, missing = _place(row)
    assert missing == []
    assert sorted(label.text for label in canvas.labels) == sorted(str(i + 1) for i in range(12))
    assert canvas.leaders
    for line in canvas.leaders:
        assert any(box(*corners).buffer(0.01).contains(shapely.Point(line.x2, line.y2)) for corners in row)


def test_a_house_without_any_room_is_reported():
    crowd = [(0.6 * i, 0.6 * j, 0.6 * i + 0.5, 0.6 * j + 0.5) for i in range(18) for j in range(18)]
    canvas, missing = _place(crowd, size=(11, 11))
    assert missing
    assert len(missing) + len(canvas.labels) == len(crowd)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(st.floats(0, 90), st.floats(0, 70), st.floats(0.3, 15), st.floats(0.3, 15)), min_size=1, max_size=40
    )
)
def test_every_number_is_placed_or_reported_and_none_covers_another(houses):
    canvas, missing = _place([(x, y, x + w, y + h) for x, y, w, h in houses], size=(100, 80))
    placed = [int(label.text) - 1 for label in canvas.labels if label.kind == "number"]
    assert sorted([*placed, *missing]) == list(range(len(houses)))
    rectangles = _rectangles(canvas)
    pairs = shapely.STRtree(rectangles).query(rectangles, predicate="overlaps")
    assert pairs.size == 0
    assert all(0 <= label.x <= 100 and 0 <= label.y <= 80 for label in canvas.labels)


def test_furniture_is_never_covered():
    canvas = Canvas(60, 40)
    canvas.block(0, 0, 60, 30)
    canvas.cover([box(10, 5, 50, 25)])
    canvas.place_numbers([Wish("a", box(10, 5, 50, 25), "1")])
    assert all(label.y > 30 for label in canvas.labels)


@pytest.mark.parametrize(
    ("line", "angle"),
    [
        (LineString([(10, 50), (90, 50)]), 0),
        (LineString([(90, 50), (10, 50)]), 0),
        (LineString([(50, 90), (50, 10)]), 90),
    ],
    ids=["east", "west", "south"],
)
def test_a_street_name_lies_along_its_street_and_never_upside_down(line, angle):
    canvas = Canvas(100, 100)
    assert canvas.place_along("road", "人民路", line, 8.0)
    assert canvas.labels[0].angle == pytest.approx(angle)


def test_a_street_name_keeps_off_bends_and_short_streets():
    canvas = Canvas(100, 100)
    assert not canvas.place_along("road", "人民路", LineString([(10, 10), (12, 10)]), 8.0)
    zigzag = LineString([(10 + 2 * i, 10 + 6 * (i % 2)) for i in range(20)])
    assert not canvas.place_along("road", "人民路", zigzag, 8.0)


def test_an_area_is_named_in_its_middle():
    canvas = Canvas(100, 100)
    assert canvas.place_within("neighbour", "004", box(20, 20, 80, 60), 12.0)
    assert (canvas.labels[0].x, canvas.labels[0].y) == pytest.approx((50, 40), abs=3)
    assert not canvas.place_within("neighbour", "004", box(90, 90, 91, 91), 12.0)
