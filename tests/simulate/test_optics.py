"""From a scene to the light on the detector: flux, places, shapes, and what goes with bright stars."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from astroclassify.core import ParameterError
from astroclassify.simulate.optics._ghosts import ghosts_of, stray_light
from astroclassify.simulate.optics._observe import CORES, blur_scene, moffat_kernel, observe_scene
from astroclassify.simulate.optics._psf import PointSpread, point_spread
from astroclassify.simulate.optics._telescopes import Optics

SIDE = 320
DARK = torch.zeros(SIDE // 2, SIDE // 2)
NOBODY = np.zeros((3, 0))


@pytest.fixture(scope="module")
def hubble():
    return point_spread("acs-wfc", "F606W")


def _star(spread, y, x, flux, **settings):
    settings = {"shape": (SIDE, SIDE), "factor": 2, **settings}
    return observe_scene(DARK, [[y], [x], [flux]], spread, **settings)


def _moments(image, centre, width):
    """Flux, centroid and variances under a Gaussian window."""
    image = image.double().numpy()
    y, x = (np.arange(n) - c for n, c in zip(image.shape, centre, strict=True))
    light = image * np.exp(-0.5 * (y / width) ** 2)[:, None] * np.exp(-0.5 * (x / width) ** 2)
    rows, columns, flux = light.sum(1), light.sum(0), light.sum()
    dy, dx = (rows * y).sum() / flux, (columns * x).sum() / flux
    variances = (rows * (y - dy) ** 2).sum() / flux, (columns * (x - dx) ** 2).sum() / flux
    return flux, (dy, dx), variances


@pytest.mark.parametrize("flux", [0.3, 100.0, 1e3, 1e4, 3e4])
@pytest.mark.parametrize("factor", [1, 2])
def test_the_flux_of_stars_is_conserved(hubble, flux, factor):
    dark = torch.zeros(SIDE // factor, SIDE // factor)
    image = observe_scene(dark, [[159.3], [160.8], [flux]], hubble, shape=(SIDE, SIDE), factor=factor)
    assert float(image.double().sum()) == pytest.approx(flux, rel=1e-4)


@pytest.mark.parametrize(("flux", "tolerance"), [(10.0, 5e-4), (100.0, 5e-5), (1e3, 2e-5), (3e4, 2e-6)])
def test_stars_look_as_the_point_spread_function_says(hubble, flux, tolerance):
    middle, half = SIDE // 2, hubble.pixels // 2
    for dy, dx in ((0.0, 0.0), (0.49, -0.31), (-0.17, 0.44)):
        image = _star(hubble, middle + dy, middle + dx, flux) / flux
        cut = image[middle - half : middle + half, middle - half : middle + half]
        assert float((cut - hubble.image(dy=dy, dx=dx)).abs().max()) < tolerance


@pytest.mark.parametrize(("flux", "tolerance"), [(0.5, 0.03), (5.0, 0.01), (500.0, 1e-3)])
def test_a_stars_shape_and_place_do_not_depend_on_its_phase_in_the_pixel(hubble, flux, tolerance):
    shapes, places, middle, half = [], [], SIDE // 2, hubble.pixels // 2
    for dy, dx in ((0, 0), (0.25, 0.1), (0.5, 0.5), (-0.4, 0.3)):
        image = _star(hubble, middle + dy, middle + dx, flux)
        _, place, variances = _moments(image, (middle + dy, middle + dx), 4.0)
        # What is known: the same star with all its light drawn exactly.
        _, place0, variances0 = _moments(hubble.image(dy=dy, dx=dx), (half + dy, half + dx), 4.0)
        np.testing.assert_allclose(place, place0, atol=3e-3)
        np.testing.assert_allclose(variances, variances0, rtol=tolerance)
        shapes.append(variances)
        places.append(place)
    assert np.ptp(shapes, axis=0).max() < 0.01 * np.mean(shapes)
    assert np.ptp(places, axis=0).max() < 5e-3


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_what_lies_outside_the_core_is_centred_on_the_star(hubble, factor):
    dark, middle, half = torch.zeros(SIDE // factor, SIDE // factor), SIDE // 2, hubble.pixels // 2
    image = observe_scene(dark, [[middle], [middle], [0.5]], hubble, shape=(SIDE, SIDE), factor=factor)
    y = np.arange(-half, half)
    ring = (np.hypot(y[:, None], y) > 12) & (np.hypot(y[:, None], y) < 40)
    places = []
    for light in (image[middle - half : middle + half, middle - half : middle + half], hubble.image()):
        wings = light.double().numpy() * ring
        places.append(((wings.sum(1) * y).sum() / wings.sum(), (wings.sum(0) * y).sum() / wings.sum()))
    np.testing.assert_allclose(*places, atol=0.1)


def test_cores_of_every_size_join_on(hubble):
    below = [limit * 0.999 for _, limit in CORES[:-1]]
    for flux in below:
        faint, bright = (_star(hubble, 160.2, 159.6, f) / f for f in (flux, flux * 1.002))
        assert float((faint - bright).abs().max()) < 5e-4


def test_stars_outside_put_in_their_wings(hubble):
    inside = _star(hubble, 40.3, 30.6, 1e5)
    # The same star, seen by a detector that starts 60 pixels further up.
    outside = _star(hubble, 40.3 - 60, 30.6, 1e5)
    assert float(outside.sum()) > 0
    np.testing.assert_allclose(outside[:200].numpy(), inside[60:260].numpy(), atol=0.02)


def test_stars_far_outside_put_in_nothing(hubble):
    assert float(_star(hubble, -700.0, 100.0, 1e6).sum()) == 0


def test_many_stars_are_the_sum_of_each(hubble):
    rng = np.random.default_rng(4)
    points = np.stack([rng.uniform(0, SIDE, 60), rng.uniform(0, SIDE, 60), 10 ** rng.uniform(-1, 4, 60)])
    together = observe_scene(DARK, points, hubble, shape=(SIDE, SIDE))
    alone = sum(observe_scene(DARK, points[:, i : i + 1], hubble, shape=(SIDE, SIDE)) for i in range(60))
    np.testing.assert_allclose(together.numpy(), alone.numpy(), rtol=1e-3, atol=2e-3)


def test_even_light_stays_even(hubble):
    image = observe_scene(torch.full((100, 90), 3.0), NOBODY, hubble, shape=(199, 180))
    np.testing.assert_allclose(image.numpy(), 3.0, rtol=1e-5)


@pytest.mark.parametrize(("factor", "sigma"), [(1, 4.0), (2, 3.0), (2, 6.0), (4, 12.0)])
def test_diffuse_light_is_blurred_as_by_the_point_spread_function(hubble, factor, sigma):
    n = SIDE // factor
    y = (torch.arange(n).double() + 0.5) * factor - 0.5 - 160.3
    blob = torch.exp(-0.5 * (y / sigma) ** 2)
    blob = (blob[:, None] * blob / (2 * np.pi * sigma**2)).float()
    image = observe_scene(blob, NOBODY, hubble, shape=(SIDE, SIDE), factor=factor)
    assert float(image.double().sum()) == pytest.approx(1, abs=2e-3)  # wings leave the frame
    gauss = torch.exp(-2 * (np.pi * sigma * torch.fft.fftfreq(hubble.array.shape[0], d=0.25).double()) ** 2)
    transfer = torch.fft.fft2(hubble.array.double()) * gauss[:, None] * gauss
    expected = replace(hubble, array=torch.fft.ifft2(transfer).real.float()).image(dy=0.3, dx=0.3)
    middle = hubble.pixels // 2
    flux, place, variances = _moments(image, (160.3, 160.3), 10.0)
    flux0, place0, variances0 = _moments(expected, (middle + 0.3, middle + 0.3), 10.0)
    assert flux == pytest.approx(flux0, rel=2e-3)
    np.testing.assert_allclose(place, place0, atol=5e-3)
    np.testing.assert_allclose(variances, variances0, rtol=5e-3)


def test_light_is_never_negative(hubble):
    knots = torch.zeros(SIDE // 2, SIDE // 2)
    knots[40, 40], knots[90, 71] = 100.0, 5.0
    assert float(observe_scene(knots, NOBODY, hubble, shape=(SIDE, SIDE)).min()) >= 0


def test_the_same_scene_gives_the_same_bits(hubble):
    rng = np.random.default_rng(5)
    points = np.stack([rng.uniform(0, SIDE, 5000), rng.uniform(0, SIDE, 5000), 10 ** rng.normal(1, 1, 5000)])
    one, two = (observe_scene(DARK, points, hubble, shape=(SIDE, SIDE)) for _ in range(2))
    assert torch.equal(one, two)


def test_ones_own_point_spread_function_can_be_used():
    y = np.arange(31) - 15
    gauss = np.exp(-0.5 * (y / 2.0) ** 2)
    own = PointSpread.from_array(gauss[:, None] * gauss, pixel_scale=0.05)
    image = _star(own, 160.25, 159.5, 50.0)
    flux, place, variances = _moments(image, (160.25, 159.5), 40.0)
    assert flux == pytest.approx(50, rel=0.02)
    np.testing.assert_allclose(place, 0, atol=0.02)
    np.testing.assert_allclose(variances, 4.0, rtol=0.05)


def test_catalogues_and_grids_of_the_wrong_shape_are_refused(hubble):
    with pytest.raises(ParameterError, match=r"expected \(3, N\)"):
        observe_scene(DARK, np.zeros((2, 5)), hubble, shape=(SIDE, SIDE))
    with pytest.raises(ParameterError, match="do not cover"):
        observe_scene(DARK, NOBODY, hubble, shape=(SIDE + 1, SIDE))
    with pytest.raises(ParameterError, match="expected a divisor"):
        observe_scene(DARK, NOBODY, hubble, shape=(SIDE, SIDE), factor=3)


def test_bright_stars_have_ghosts_of_the_light_that_is_known():
    usual = Optics.of("wfc3-uvis")
    plain = point_spread("wfc3-uvis", "F606W", optics=usual)
    dressed = point_spread("wfc3-uvis", "F606W", optics=replace(usual, ghosts=True))
    for flux, expected in ((1e5, 0.0035), (100.0, 0.0)):
        extra = _star(dressed, 160.0, 160.0, flux) - _star(plain, 160.0, 160.0, flux)
        assert float(extra.double().sum()) / flux == pytest.approx(expected, rel=0.03, abs=1e-6)


def test_two_filters_have_strong_ghosts_and_the_figure_eight_is_80_arcseconds_away():
    # WFC3 anomalies: FQ232N 7%, FQ243N 5%, others below 0.6%; the pair has 0.1% of the star.
    strengths = {band: ghosts_of("wfc3-uvis", band)[0].fraction for band in ("FQ232N", "FQ243N", "F814W")}
    assert strengths["FQ232N"] == 0.07
    assert strengths["FQ243N"] == 0.05
    assert strengths["F814W"] < 0.006
    _, *pair = ghosts_of("wfc3-uvis", "F814W")
    assert np.mean([np.hypot(*ghost.offset) for ghost in pair]) == pytest.approx(80, abs=10)
    assert sum(ghost.fraction for ghost in pair) == pytest.approx(1e-3)


def test_stray_light_falls_off_across_the_field(hubble):
    light = stray_light((50, 60), 2.0, 0.0)
    assert float(light[:, -1].min()) == pytest.approx(2.0)
    assert (light[:, 1:] > light[:, :-1]).all()
    lit = observe_scene(DARK, NOBODY, replace(hubble, stray_light=0.5), shape=(SIDE, SIDE))
    assert float(lit.max()) == pytest.approx(0.5, rel=1e-3)


def test_a_quick_blur_conserves_flux():
    points = np.array([[30.2, 40.0], [31.7, 20.5], [5.0, 7.0]])
    image = blur_scene(
        torch.zeros(64, 72), points, lambda box: moffat_kernel(box, 2.0, beta=4.0, spikes=0.05), pad=16
    )
    assert image.shape == (64, 72)
    assert float(image.sum()) == pytest.approx(12, rel=0.01)
    assert float(moffat_kernel((64, 48), 2.5).sum()) == pytest.approx(1, abs=1e-5)


def test_a_bright_stars_halo_goes_on_where_its_box_ends():
    psf = point_spread("acs-wfc", "F606W")
    star = np.array([[700.0], [700.0], [1e6]])
    image = observe_scene(torch.zeros(700, 700), star, psf, shape=(1400, 1400)).double().numpy()
    assert image.sum() == pytest.approx(1e6, rel=1e-3)
    radius = np.arange(80, 240, 20)  # along a row, between the spikes; the box ends at 128
    light = np.array([image[690:711, 700 + r - 3 : 700 + r + 4].mean() for r in radius])
    slope = np.diff(np.log(light)) / np.diff(np.log(radius))
    assert (slope < -2).all()
    assert (slope > -4).all()
    along, beside = image[900, 900], image[900, 930]
    assert along > 2 * beside  # the spike, 14 arcseconds from the star
