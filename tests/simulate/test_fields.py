"""Foreground stars and background galaxies: how many, how bright, where."""

import numpy as np
import pytest
import torch

from astroclassify.core import ParameterError
from astroclassify.simulate import RandomStreams, Scene, View
from astroclassify.simulate.scenes._fields import (
    _GALAXY_COUNTS,
    _GALAXY_MAGNITUDES,
    add_background,
    add_foreground,
    render_galaxies,
)

WIDE = View((1200, 1200), 100.0, pixel_scale=0.3)  # 36 square arcminutes


def stars(latitude, seed, view=WIDE, density=1.0):
    scene = Scene(view)
    add_foreground(scene, latitude, RandomStreams(seed), density=density)
    y, x, flux, *_ = scene.sources
    inside = (y > -0.5) & (y < view.shape[0] - 0.5) & (x > -0.5) & (x < view.shape[1] - 0.5)
    return -2.5 * np.log10(flux[inside])


def arcmin2(view):
    return view.shape[0] * view.shape[1] * view.pixel_area / 3600


@pytest.mark.parametrize(
    ("latitude", "low", "high"), [(90, 1, 5), (60, 1, 5), (-52, 1, 5), (10, 10, 60), (2, 50, 200)]
)
def test_star_counts_follow_galactic_latitude(latitude, low, high):
    counts = [(stars(latitude, seed) < 25).sum() / arcmin2(WIDE) for seed in range(6)]
    assert low < np.mean(counts) < high


def test_star_counts_rise_with_the_slope_of_the_disk():
    view = View((2000, 2000), 100.0, pixel_scale=0.6)
    magnitude = np.concatenate([stars(5, seed, view) for seed in range(4)])
    slope = np.log10((magnitude < 19).sum() / (magnitude < 15).sum()) / 4
    assert slope == pytest.approx(0.24, abs=0.03)
    assert magnitude.min() < 13


def test_faint_stars_are_redder():
    scene = Scene(WIDE)
    add_foreground(scene, 20, RandomStreams(4))
    _, _, flux, kind, _ = scene.sources
    bright = flux > 10 ** (-0.4 * 19)
    assert kind[~bright].mean() > kind[bright].mean() + 1  # types are numbered from the hottest


@pytest.mark.parametrize(
    "add", [lambda s, d, f: add_foreground(s, 3, d, density=f), None], ids=["stars", "galaxies"]
)
def test_density_multiplies_the_number(add):
    add = add or (lambda scene, streams, density: add_background(scene, streams, density=density))

    def amount(density):
        total = 0.0
        for seed in range(3):
            scene = Scene(WIDE)
            add(scene, RandomStreams(seed), density)
            total += scene.sources.shape[1] + sum(float((light > 0).sum()) for _, light, _ in scene.layers)
        return total

    assert amount(0.0) == 0
    assert amount(2.0) == pytest.approx(2 * amount(1.0), rel=0.35)


@pytest.mark.parametrize("density", [-1.0, float("nan")])
def test_impossible_densities_are_refused(density):
    with pytest.raises(ParameterError, match="density"):
        add_background(Scene(WIDE), RandomStreams(0), density=density)


def galaxy_density(magnitude):
    """Background galaxies per square arcminute down to a V magnitude."""
    return 10 ** np.interp(magnitude, _GALAXY_MAGNITUDES, _GALAXY_COUNTS)


def test_background_counts_are_those_of_deep_fields():
    assert 20 < galaxy_density(25.0) < 40
    slope = np.log10(galaxy_density(24.0) / galaxy_density(20.0)) / 4
    assert slope == pytest.approx(0.4, abs=0.02)


def test_the_galaxies_light_is_that_of_their_counts():
    magnitudes = np.arange(18.0, 26.5, 0.1)
    numbers = np.diff([galaxy_density(m) for m in (*magnitudes, 26.5)])
    expected = (numbers * 10 ** (-0.4 * (magnitudes + 0.05))).sum() * arcmin2(WIDE)
    found = []
    for seed in range(25):
        scene = Scene(WIDE)
        add_background(scene, RandomStreams(seed))
        found.append(sum(float(light.sum()) for _, light, _ in scene.layers) * WIDE.pixel_area)
    assert np.median(found) == pytest.approx(expected, rel=0.4)  # a few bright ones dominate each


@pytest.mark.parametrize("index", [1, 4])
@pytest.mark.parametrize("size", [0.3, 2.0, 6.0])
def test_rendered_galaxies_have_their_flux_and_place(index, size):
    galaxies = np.array(
        [[90.3, 110.1], [101.0, 80.6], [5.0, 2.0], [size] * 2, [0.5] * 2, [0.7] * 2, [index] * 2]
    )
    image, other = render_galaxies(galaxies, (210, 210), planes=np.array([0, 0])).double()
    assert not other.any()
    assert float(image.sum()) == pytest.approx(7.0, rel=1e-4)
    row = torch.arange(210, dtype=torch.float64)
    assert float((image.sum(1) * row).sum() / image.sum()) == pytest.approx(
        (90.3 * 5 + 110.1 * 2) / 7, abs=0.25
    )


def test_half_of_a_rendered_galaxys_light_lies_within_its_half_light_radius():
    galaxy = np.array([[100.0], [100.0], [1.0], [10.0], [1.0], [0.0], [1.0]])
    image = render_galaxies(galaxy, (201, 201), planes=np.array([1]))[1].numpy()
    y, x = np.mgrid[:201, :201]
    assert image[np.hypot(y - 100, x - 100) < 10].sum() == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize("arms", [0.7, -0.7])
def test_arms_change_neither_flux_nor_symmetry_and_wind_as_their_sign_says(arms):
    galaxy = np.array([[100.0], [100.0], [3.0], [15.0], [1.0], [0.0], [1.0]])
    plain, armed = (
        render_galaxies(galaxy, (201, 201), planes=np.array([0]), arms=np.array([a]))[0].double().numpy()
        for a in (0.0, arms)
    )
    assert armed.sum() == pytest.approx(plain.sum(), rel=1e-5)
    np.testing.assert_allclose(armed, armed[::-1, ::-1], rtol=1e-3, atol=1e-9)
    y, x = np.mgrid[-100:101, -100:101]
    radius, azimuth = np.hypot(y, x), np.arctan2(y, x)
    # The phase of the second harmonic moves outwards in the sense of the winding.
    phases = [np.angle((armed * np.exp(2j * azimuth))[abs(radius - at) < 1].sum()) / 2 for at in (20.0, 22.0)]
    turned = (phases[1] - phases[0] + np.pi / 2) % np.pi - np.pi / 2
    assert turned == pytest.approx(np.sign(arms) * 3.0 * np.log(22 / 20), abs=0.05)


def test_galaxies_at_the_edge_are_cut_by_it():
    galaxy = np.array([[-0.5], [50.0], [1.0], [3.0], [1.0], [0.0], [1.0]])
    image = render_galaxies(galaxy, (100, 100), planes=np.array([0]))
    assert float(image.sum()) == pytest.approx(0.5, abs=0.02)


def test_coarse_pixels_are_not_crowded_out():
    view = View((192, 192), 10.0, pixel_scale=20.0)  # a square degree
    scene = Scene(view)
    add_foreground(scene, 1, RandomStreams(0))
    assert 500 < scene.sources.shape[1] < 3000


def test_the_same_seed_gives_the_same_field():
    one, again = Scene(WIDE), Scene(WIDE)
    for scene in (one, again):
        streams = RandomStreams(7)
        add_background(scene, streams)
        add_foreground(scene, 30, streams)
    np.testing.assert_array_equal(one.sources, again.sources)
    assert all(torch.equal(a[1], b[1]) for a, b in zip(one.layers, again.layers, strict=True))
