"""Coverage falls with the threshold, and the accuracy is that of the frames that are left."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astroclassify.core import ParameterError
from astroclassify.metrics import coverage_curve

FRAMES = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.6, 0.9, 1.0]), st.booleans()), min_size=1)


@given(FRAMES)
def test_every_point_is_what_counting_gives(frames):
    p, truth = (np.array(values) for values in zip(*frames, strict=True))
    curve = coverage_curve(p, truth)
    for threshold, coverage, accuracy in zip(*curve, strict=True):
        answered = np.maximum(p, 1 - p) >= threshold
        assert coverage == pytest.approx(answered.mean())
        assert accuracy == pytest.approx(((p >= 0.5) == truth)[answered].mean())
    assert curve.coverage[0] == 1
    assert (np.diff(curve.threshold) > 0).all()
    assert (np.diff(curve.coverage) < 0).all()


@given(FRAMES, st.floats(0, 1))
def test_at_the_threshold_and_above_the_accuracy_is_reached(frames, wanted):
    curve = coverage_curve(*zip(*frames, strict=True))
    threshold = curve.threshold_for(wanted)
    if np.isnan(threshold):
        assert curve.accuracy[-1] < wanted
    else:
        assert (curve.accuracy[curve.threshold >= threshold] >= wanted).all()
        below = curve.accuracy[curve.threshold < threshold]
        assert not below.size or below[-1] < wanted


@pytest.mark.parametrize(
    ("p", "truth"),
    [([], []), ([0.5], [True, False]), ([np.nan], [True]), ([1.2], [True]), ([[0.5]], [[True]])],
)
def test_what_is_no_list_of_probabilities_is_refused(p, truth):
    with pytest.raises(ParameterError):
        coverage_curve(p, truth)
