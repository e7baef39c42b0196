"""Widths of text, lines, papers, round scales and scale bars."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from census_map.sheets.panel import boxes
from census_map.sheets.paper import (
    A4_LANDSCAPE,
    A4_PORTRAIT,
    PAPERS,
    SCALES,
    round_scale,
    scale_bar_segment,
)
from census_map.sheets.text import fit, fit_lines, line_mm, shorten, width_em, width_mm, wrap


def test_a_chinese_character_is_as_wide_as_high_and_a_digit_about_half():
    assert width_em("普查小区") == 4
    assert 0.5 <= width_em("0") <= 0.62


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("东方花园社区居民委员会", 16, ["东方花园社区", "居民委员会"]),
        ("bound by the river", 14, ["bound by", "the river"]),
        ("北：人民路，东华河", 14, ["北：人民路，", "东华河"]),
        ("", 10, [""]),
    ],
    ids=["chinese", "words", "no line begins with a comma", "empty"],
)
def test_lines_break_where_a_reader_expects_it(text, width, lines):
    size = 7.0
    broken = wrap(text, width, size)
    assert "".join(broken).replace(" ", "") == text.replace(" ", "")
    assert broken == lines
    assert not any(line.startswith("，") for line in broken)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.text(alphabet="普查小区 abcdefgh12、。", max_size=60), st.floats(5, 60))
def test_wrapping_loses_no_character_and_no_line_is_much_too_wide(text, width):
    lines = wrap(text, width, 8.0)
    assert "".join("".join(lines).split()) == "".join(text.split())
    # A closing mark may hang over by its own width.
    assert all(width_mm(line, 8.0) <= width + 4 * 8.0 * 25.4 / 72 for line in lines)


def test_a_text_too_long_for_its_smallest_size_ends_in_an_ellipsis():
    name = "阿" * 60
    text, size = fit(name, 100, (11, 8, 6))
    assert size == 6
    assert text.endswith("…")
    assert width_mm(text, 6) <= 100
    assert shorten("短", 100, 8) == "短"


def test_lines_that_do_not_fit_their_box_shrink_and_then_say_that_something_is_left_out():
    text, size = fit_lines(["北：" + "人民路、" * 30], 57, 19, (8, 7, 6.5))
    assert size == 6.5
    assert text.endswith("…")
    assert len(text.split("\n")) * line_mm(6.5) <= 19


@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
def test_nothing_stands_in_the_margins_and_no_two_boxes_overlap(paper):
    placed = boxes(paper)
    for box in placed.values():
        assert box.x >= 35
        assert min(box.y, paper.width - box.right, paper.height - box.bottom) >= 15 - 1e-9
    names = sorted(placed)
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            a, b = placed[first], placed[second]
            apart = a.right <= b.x + 1e-9 or b.right <= a.x + 1e-9 or a.bottom <= b.y + 1e-9 or b.bottom <= a.y + 1e-9
            assert apart, (first, second)


@pytest.mark.parametrize(
    ("width", "height", "scale"),
    [(100, 60, 750), (165, 60, 1000), (1700, 900, 10000), (1, 1, 200), (9e6, 9e6, 100_000_000)],
)
def test_scales_are_round_and_the_largest_that_fit(width, height, scale):
    assert round_scale(width, height, A4_LANDSCAPE.map_frame) == scale


def test_a_long_area_stands_larger_on_the_paper_of_its_shape():
    tall = (50, 400)
    assert round_scale(*tall, A4_PORTRAIT.map_frame) < round_scale(*tall, A4_LANDSCAPE.map_frame)


@pytest.mark.parametrize("scale", SCALES)
def test_the_scale_bar_is_round_and_short(scale):
    segment = scale_bar_segment(scale)
    assert 12 <= 2 * segment * 1000 / scale <= 40 + 1e-9
    assert f"{segment:e}"[0] in "125"
