"""McNemar's test and Holm's correction, against textbooks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from astroclassify.core import ParameterError
from astroclassify.metrics import holm, mcnemar

pairs = st.integers(1, 60).flatmap(lambda n: st.tuples(hnp.arrays(bool, n), hnp.arrays(bool, n)))


# Agresti 2002, "Categorical Data Analysis", section 10.1.1: approval, 150 and 86 discordant, z^2 = 17.36.
def test_mcnemar_agrees_with_the_large_sample_test():
    from scipy.stats import chi2

    right = np.repeat([True, False], [150, 86])
    assert mcnemar(right, ~right) == pytest.approx(chi2.sf(17.36, 1), rel=0.25)


def test_mcnemar_is_the_sum_of_binomial_tails():
    from math import comb

    right = np.repeat([True, False], [9, 2])
    assert mcnemar(right, ~right) == pytest.approx(2 * sum(comb(11, k) for k in range(3)) / 2**11)


@given(pairs)
def test_mcnemar_does_not_ask_which_model_came_first(pair):
    one, other = pair
    assert mcnemar(one, other) == mcnemar(other, one)
    assert 0 < mcnemar(one, other) <= 1


@given(pairs, st.integers(1, 20))
def test_frames_on_which_models_agree_do_not_count(pair, more):
    one, other = pair
    longer = [np.concatenate([each, np.ones(more, bool)]) for each in pair]
    assert mcnemar(one, other) == mcnemar(*longer)


def test_mcnemar_needs_the_same_frames():
    with pytest.raises(ParameterError, match="same frames"):
        mcnemar([True], [True, False])


@given(hnp.arrays(float, st.integers(1, 20), elements=st.floats(0, 1)))
def test_holm_lies_between_no_correction_and_bonferroni_s_and_keeps_the_order(p):
    found = holm(p)
    assert (found >= p).all()
    assert (found <= np.minimum(1, p * p.size) + 1e-15).all()
    assert (np.diff(found[np.argsort(p, kind="stable")]) >= 0).all()


def test_holm_of_the_textbook():
    # Holm 1979: with p = 0.01, 0.02, 0.03, 0.04 all are multiplied by 4, 3, 2, 1, and never fall.
    np.testing.assert_allclose(holm([0.04, 0.01, 0.03, 0.02]), [0.06, 0.04, 0.06, 0.06])
