"""What the operating system refused, without its own words."""

import errno

import pytest

from census_map.system_faults import system_fault


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EACCES, "writing is not allowed there"),
        (errno.EXDEV, "error EXDEV of the system"),
        (None, "error 0 of the system"),
    ],
)
def test_a_fault_is_told_without_the_path(number, said):
    assert system_fault(OSError(number, "No space left on device", "/home/张三/底册.xlsx")) == said
