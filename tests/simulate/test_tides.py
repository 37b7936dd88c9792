"""Tides: test particles in the field of two galaxies, and what is seen of them."""

import numpy as np
import pytest
import torch

from astroclassify.simulate.scenes.galaxies import _tides
from astroclassify.simulate.scenes.galaxies._tides import EXTENT, SIDE, encounter

_AREA = (2 * EXTENT / SIDE) ** 2


def test_a_disk_that_nothing_passes_stays_as_it_is():
    rng = np.random.default_rng(1)
    masses, radii = np.array([1.0, 1e-9]), np.array([1.0, 1.0])
    centres = np.zeros((2, 2, 3))
    centres[0, 1] = 50.0
    disk = _tides._disk(rng, 1.0, 1.0)
    _, moved = _tides._followed(centres, disk, masses, radii, 10.0, 0.0)
    before, after = (np.linalg.norm(stars[0], axis=1) for stars in (disk, moved))
    np.testing.assert_allclose(after, before, rtol=0.01)


def test_two_centres_pass_at_the_distance_and_time_of_their_parabola():
    masses, radii = np.array([1.0, 0.5]), np.full(2, 1e-4)  # points
    centres, before = _tides._orbit(masses, 1.5)
    moved, _ = _tides._followed(centres, centres[:, :0], masses, radii, before, 0.0)
    apart, moving = moved[:, 1] - moved[:, 0]
    assert np.linalg.norm(apart) == pytest.approx(1.5, rel=0.02)
    assert apart @ moving == pytest.approx(0.0, abs=0.15)


def test_tides_move_light_and_do_not_make_it():
    tides = encounter(3)
    inner, outer = np.array(_tides._FOLLOWED) / _tides._LENGTH
    # An exponential disk between two radii, in units of its length.
    share = (1 + inner) * np.exp(-inner) - (1 + outer) * np.exp(-outer)
    light = sum(2 * np.pi * (_tides._LENGTH * size) ** 2 * share for size in tides.sizes)
    assert float(tides.light.sum()) * _AREA == pytest.approx(light, rel=0.05)


def test_late_encounters_have_one_centre_and_early_ones_two():
    early = [np.subtract(*encounter(seed).centres) for seed in range(4)]
    late = [np.subtract(*encounter(seed, late=True).centres) for seed in range(4)]
    assert np.median(np.hypot(*np.transpose(early))) > 0.2
    assert np.max(np.hypot(*np.transpose(late))) < 0.1


def test_the_map_is_read_where_it_says():
    tides = encounter(3)
    at = torch.unravel_index(tides.light.argmax(), tides.light.shape)
    v, u = ((float(n) + 0.5) * 2 * EXTENT / SIDE - EXTENT for n in at)
    found = tides.at(torch.full((1, 1), v), torch.full((1, 1), u))
    assert float(found) == pytest.approx(float(tides.light.max()), rel=0.05)
    assert float(tides.at(torch.full((1, 1), 3.0), torch.zeros(1, 1))) == 0.0


def test_the_same_seed_gives_the_same_tides():
    first = encounter.__wrapped__(5)
    assert torch.equal(first.light, encounter.__wrapped__(5).light)
