"""What is held out, and what is kept apart."""

from collections import Counter

import numpy as np
import pytest

from astroclassify.core import AstroclassifyWarning, ParameterError
from astroclassify.datasets import split_by_body, split_frames


@pytest.mark.parametrize("fraction", [0.1, 0.2, 0.5])
def test_a_split_by_body_parts_no_body_and_holds_out_every_class(fraction):
    rng = np.random.default_rng(0)
    bodies = np.sort(rng.integers(0, 30, 300)).astype(str)
    labels = np.where(bodies.astype(int) < 12, "galaxy", "nsc")
    held = split_by_body(bodies, labels, fraction=fraction, seed=5)
    assert not set(bodies[held]) & set(bodies[~held])
    for label, number in Counter(labels[np.unique(bodies, return_index=True)[1]]).items():
        out = len(set(bodies[held & (labels == label)]))
        assert out == max(1, round(fraction * number))


def test_the_seed_chooses_the_bodies_that_are_held_out():
    bodies = [f"body {i}" for i in range(40)]
    first = split_by_body(bodies, seed=1)
    np.testing.assert_array_equal(first, split_by_body(bodies, seed=1))
    assert not np.array_equal(first, split_by_body(bodies, seed=2))


def test_one_body_of_each_class_cannot_be_split():
    with pytest.raises(ParameterError, match="no body can be held out"):
        split_by_body(["M31", "M31", "M13"], ["galaxy", "galaxy", "nsc"])


def test_a_split_by_frame_parts_bodies_and_says_so():
    bodies = np.repeat(["M31", "M33"], 50)
    with pytest.warns(AstroclassifyWarning, match="never seen"):
        held = split_frames(bodies, fraction=0.2, by="frame")
    assert held.sum() == 20
    assert set(bodies[held]) == set(bodies[~held])
