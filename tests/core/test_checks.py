"""Checks of parameters that many functions take."""

import numpy as np
import pytest

from astroclassify.core import ParameterError, check_whole


@pytest.mark.parametrize("value", [1, 7, np.int64(7), np.uint8(1)])
def test_whole_numbers_in_the_range_pass(value):
    check_whole("processes", value, most=7)


@pytest.mark.parametrize("value", [0, 8, -1, 2.0, "2", None, True, np.bool_(True)])
def test_what_is_no_whole_number_or_out_of_range_is_refused_by_name(value):
    with pytest.raises(ParameterError, match=r"processes is .*; expected a whole number, 1 to 7"):
        check_whole("processes", value, most=7)
