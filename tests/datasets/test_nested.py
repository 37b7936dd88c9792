"""What a label means for nested bodies: the smallest that covers a fifth of the frame, else the host."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astroclassify.datasets import label_bodies

AREAS, HOSTS = [2300.0, 2.8, 0.5], [-1, 0, 1]  # M33, NGC 604 in it, a knot in that


def labelled(*touching):
    """The body of one frame, from pairs of a body and the share that it covers."""
    body, covered = zip(*touching, strict=True)
    (chosen,) = label_bodies([0] * len(body), body, covered, areas=AREAS, hosts=HOSTS)[1]
    return chosen


@pytest.mark.parametrize(
    ("touching", "expected"),
    [
        ([(0, 1.0), (1, 0.2)], 1),  # a fifth is enough
        ([(0, 1.0), (1, 0.199)], 0),
        ([(0, 1.0), (1, 0.9), (2, 0.3)], 2),  # the smallest
        ([(0, 0.1), (1, 0.15)], 0),  # at the rim: the host, though it covers less
        ([(2, 0.05)], 0),  # the host's host, though no outline of it reaches the frame
    ],
)
def test_a_frame_has_the_label_of(touching, expected):
    assert labelled(*touching) == expected


def test_a_body_without_a_host_stands_for_itself():
    assert label_bodies([7], [0], [0.01], areas=[1.0], hosts=[-1]) == ([7], [0])


def test_no_body_is_no_answer():
    frames, bodies = label_bodies([], [], [], areas=AREAS, hosts=HOSTS)
    assert frames.size == bodies.size == 0


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_frames_do_not_depend_on_their_company_or_order(seed):
    rng = np.random.default_rng(seed)
    frame = np.repeat(np.arange(20), 3)
    body = np.tile(np.arange(3), 20)
    covered = rng.random(60)
    together = label_bodies(frame, body, covered, areas=AREAS, hosts=HOSTS)[1]
    mixed = rng.permutation(60)
    assert (
        label_bodies(frame[mixed], body[mixed], covered[mixed], areas=AREAS, hosts=HOSTS)[1] == together
    ).all()
    alone = [labelled(*zip(range(3), covered[i : i + 3], strict=True)) for i in range(0, 60, 3)]
    assert together.tolist() == alone
