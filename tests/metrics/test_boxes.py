"""Overlaps of boxes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astroclassify.core import ParameterError
from astroclassify.metrics import box_overlaps

BOX = st.tuples(*[st.floats(-10, 10)] * 2, *[st.floats(0.1, 10)] * 2).map(
    lambda v: (v[0], v[0] + v[2], v[1], v[1] + v[3])
)


@settings(deadline=None)
@given(st.lists(BOX, min_size=1, max_size=5), st.lists(BOX, min_size=1, max_size=5))
def test_overlaps_are_symmetric_shares(first, second):
    both = box_overlaps(first, second)
    assert both.shape == (len(first), len(second))
    assert ((both >= 0) & (both <= 1 + 1e-12)).all()
    np.testing.assert_allclose(both, box_overlaps(second, first).T)
    np.testing.assert_allclose(np.diag(box_overlaps(first, first)), 1)
    assert (box_overlaps(first, second, of="smaller") >= both - 1e-12).all()


def test_a_box_inside_another_covers_all_of_itself():
    inner, outer = [[2, 3, 2, 3]], [[0, 4, 0, 4]]
    assert box_overlaps(inner, outer)[0, 0] == pytest.approx(1 / 16)
    assert box_overlaps(inner, outer, of="smaller")[0, 0] == 1


def test_boxes_without_area_and_no_boxes_overlap_nothing():
    assert box_overlaps([[1, 1, 0, 5]], [[0, 4, 0, 4]]).item() == 0
    assert box_overlaps([], [[0, 4, 0, 4]]).shape == (0, 1)


@pytest.mark.parametrize(("boxes", "of"), [([[1, 2, 3]], "union"), ([1, 2, 3, 4], "union"), ([], "larger")])
def test_what_is_no_box_is_refused(boxes, of):
    with pytest.raises(ParameterError):
        box_overlaps(boxes, [[0, 1, 0, 1]], of=of)
