"""Outlines against ellipses: areas that are known, drawn points, poles, RA 0, sizes from zero to huge."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st

from astroclassify.datasets import SkyEllipses, disk_outlines, sky_directions, sky_shares

PLACES = [(83.8, -5.4), (0.0, 20.0), (359.99, -60.0), (120.0, 89.99), (200.0, -90.0)]


def square(ra, dec, side, *, edge=8):
    """A square frame about a position, degrees."""
    steps = (np.arange(edge) / edge - 0.5) * side
    low = np.full(edge, -side / 2)
    x = np.concatenate([steps, -low, -steps, low])
    y = np.concatenate([low, steps, -low, -steps])
    middle = SkyCoord(ra, dec, unit="deg")
    points = middle.directional_offset_by(np.arctan2(x, y) * u.rad, np.hypot(x, y) * u.deg)
    return sky_directions(points.ra.deg, points.dec.deg)


@pytest.mark.parametrize("place", PLACES)
def test_a_frame_around_a_body_holds_all_of_it(place):
    of_frame, of_body = sky_shares(square(*place, 1.0), SkyEllipses(*place, 0.5, 0.2, 30.0))
    assert of_body == pytest.approx(1)
    assert of_frame == pytest.approx(np.pi / 4 * 0.5 * 0.2, rel=1e-3)


@pytest.mark.parametrize("place", PLACES)
def test_a_frame_inside_a_body_is_covered(place):
    of_frame, of_body = sky_shares(square(*place, 0.1), SkyEllipses(*place, 5.0, 1.0, 30.0))
    assert of_frame == pytest.approx(1)
    assert of_body == pytest.approx(0.01 / (np.pi / 4 * 5), rel=1e-3)


def test_half_a_frame_lies_beyond_the_edge_of_a_large_body():
    body = SkyEllipses(100.0, 0.0, 8.0, 8.0, 0.0)
    of_frame, _ = sky_shares(square(100.0, 4.0, 0.02), body)
    assert of_frame == pytest.approx(0.5, abs=0.002)


def test_a_body_far_away_shares_nothing():
    of_frame, of_body = sky_shares(square(10.0, 0.0, 1.0), SkyEllipses([190.0, 100, 12], 0.0, 1.0, 1.0, 0.0))
    assert of_frame == pytest.approx([0, 0, 0], abs=1e-12)
    assert of_body == pytest.approx([0, 0, 0], abs=1e-12)


def test_the_position_angle_counts_from_north_through_east():
    north_east = square(10.0 + 0.3, 0.3, 0.05)
    shares = [sky_shares(north_east, SkyEllipses(10.0, 0.0, 1.2, 0.1, angle))[0] for angle in (45, 135)]
    assert shares == pytest.approx([1.0, 0.0], abs=1e-3)


def test_a_body_without_size_is_in_the_frame_or_not():
    points = SkyEllipses([0.001, 0.2], [0.0, 0.0], 0.0, 0.0, 0.0)
    of_frame, of_body = sky_shares(square(0.0, 0.0, 0.1), points)
    assert of_frame.tolist() == [0, 0]
    assert of_body.tolist() == [1, 0]


def test_a_disk_has_its_area():
    outline = disk_outlines(50.0, 60.0, 0.5)
    of_frame, of_body = sky_shares(outline, SkyEllipses(50.0, 60.0, 0.2, 0.2, 0.0))
    assert of_body == pytest.approx(1)
    assert of_frame == pytest.approx(0.1**2 / 0.5**2, rel=1e-4)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_shares_are_what_drawn_points_give(seed):
    rng = np.random.default_rng(seed)
    dec = rng.uniform(-90, 90)
    middle = SkyCoord(rng.uniform(0, 360), dec, unit="deg")
    body = middle.directional_offset_by(rng.uniform(0, 360) * u.deg, rng.uniform(0, 0.7) * u.deg)
    major = rng.uniform(0.1, 1.5)
    minor, angle = major * rng.uniform(0.2, 1), rng.uniform(0, 180)
    of_frame, _ = sky_shares(
        square(middle.ra.deg, dec, 1.0), SkyEllipses(body.ra.deg, body.dec.deg, major, minor, angle)
    )
    x, y = rng.uniform(-0.5, 0.5, (2, 20_000))
    points = middle.directional_offset_by(np.arctan2(x, y) * u.rad, np.hypot(x, y) * u.deg)
    away, turn = body.separation(points).deg, body.position_angle(points).deg - angle
    inside = (2 * away * np.cos(np.radians(turn)) / major) ** 2
    inside += (2 * away * np.sin(np.radians(turn)) / minor) ** 2
    assert of_frame == pytest.approx((inside < 1).mean(), abs=0.02)
