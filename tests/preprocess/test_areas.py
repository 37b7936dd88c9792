"""`overlaps`: nothing lost, nothing beyond the edge, whatever the rounding."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from astroclassify.preprocess import overlaps


@settings(max_examples=200, deadline=None)
@given(size=st.integers(1, 60), ratio=st.floats(1, 8))
@example(size=40, ratio=1.9999999999999996)  # twenty new pixels end a rounding error before the old ones
@example(size=48, ratio=1.9999999999999996)
def test_every_new_pixel_is_covered(size, ratio):
    new = np.minimum(np.arange(int(size / ratio + 1e-6) + 1) * ratio, size)
    shares = overlaps(np.arange(size + 1.0), new)
    assert shares.shape == (new.size - 1, size)
    np.testing.assert_allclose(shares.sum(axis=1), np.diff(new), rtol=1e-5)
    assert shares.data.max(initial=0) <= 1


def test_lengths_can_be_given_in_another_unit():
    half, whole = np.linspace(0, 1, 5), np.linspace(0, 1, 3)
    assert overlaps(half, whole, scale=2).toarray() == pytest.approx(np.kron(np.eye(2), [0.5, 0.5]))
