"""Point-spread functions: unit sums, widths, spikes, and published models."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from astropy import units as u
from astropy.io import fits

from astroclassify.core import ParameterError, UnknownNameError
from astroclassify.photometry import as_bandpass
from astroclassify.simulate.optics._psf import PointSpread, point_spread, width_before_pixels
from astroclassify.simulate.optics._pupil import noll_order, pupil, wavefront
from astroclassify.simulate.optics._telescopes import CSST, HST, Optics, Telescope, random_optics

CAMERAS = (("acs-wfc", "F606W"), ("wfc3-uvis", "F275W"), ("csst-msc", "r"))


@pytest.mark.parametrize("telescope", [HST, CSST])
def test_zernike_polynomials_are_orthonormal_over_the_open_pupil(telescope):
    _, rho, theta = pupil(telescope, 60)
    inside = (rho <= 1) & (rho >= telescope.obscuration)
    maps = [wavefront([(j, 1.0)], rho, theta, obscuration=telescope.obscuration) for j in range(1, 16)]
    maps = torch.stack([one[inside] for one in maps])
    products = maps @ maps.T / inside.sum()
    assert (products - torch.eye(15)).abs().max() < 0.02


def test_nolls_numbers_are_those_of_his_table():
    # Noll (1976), Table I: focus, astigmatism (sine, cosine), coma (sine, cosine), ..., spherical.
    assert [noll_order(j) for j in range(4, 12)] == [
        (2, 0),
        (2, -2),
        (2, 2),
        (3, -1),
        (3, 1),
        (3, -3),
        (3, 3),
        (4, 0),
    ]


def test_a_pupil_has_the_area_of_its_parts():
    radius = 1.2
    # Vanes run from the obscuration to the edge; the pads lie partly beyond the edge or below nothing.
    hidden = 0.33**2 + 4 * 0.67 * 0.022 / np.pi + 3 * 0.065**2
    amplitude, _, _ = pupil(HST, 100)
    assert float(amplitude.sum()) / (np.pi * (100 * radius) ** 2) == pytest.approx(1 - hidden, abs=2e-3)


@pytest.mark.parametrize(("camera", "band"), CAMERAS)
def test_the_light_sums_to_one_wherever_the_point_is_in_its_pixel(camera, band):
    spread = point_spread(camera, band)
    for dy, dx in ((0.0, 0.0), (0.5, -0.5), (0.21, 0.37)):
        assert float(spread.image(dy=dy, dx=dx).double().sum()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(("camera", "band"), CAMERAS)
def test_encircled_energy_grows_from_zero_to_one(camera, band):
    energy = point_spread(camera, band).encircled_energy(np.linspace(0, 10, 300))
    assert energy[0] == 0
    assert (np.diff(energy) >= 0).all()
    assert energy[-1] == pytest.approx(1, abs=1e-4)


def test_a_perfect_unobscured_mirror_gives_an_airy_disk():
    narrow = as_bandpass(([799.0, 800.0, 801.0] * u.nm, np.array([0.5, 1.0, 0.5])))
    perfect = Optics(diffusion=0.0)
    spread = point_spread("csst-msc", narrow, optics=perfect, telescope=CSST)
    size = spread.array.shape[0]
    # The pixel's blur taken out, the first dark ring is at 1.22 lambda / D and holds 83.8% of the light.
    f = np.fft.fftfreq(size, d=1 / spread.oversampling)
    box = np.maximum(np.sinc(f)[:, None] * np.sinc(f), 1e-3)
    sharp = np.fft.ifft2(
        np.fft.fft2(spread.array.double().numpy()) / np.where(np.hypot(f[:, None], f) < 0.9, box, 1)
    ).real
    offset = np.fft.fftfreq(size) * size * spread.pixel_scale / spread.oversampling
    dark = np.degrees(1.22 * 800e-9 / 2.0) * 3600
    assert sharp[np.hypot(offset[:, None], offset) < dark].sum() / sharp.sum() == pytest.approx(
        0.838, abs=0.03
    )


def _around(spread, radius):
    """Light on a circle, by angle."""
    image = spread.image().double().numpy()
    middle, angles = spread.pixels // 2, np.radians(np.arange(0, 360, 1.0))
    y, x = middle + radius * np.sin(angles), middle + radius * np.cos(angles)
    return image[np.round(y).astype(int), np.round(x).astype(int)]


def test_hubbles_spikes_lie_on_the_diagonals_and_csst_has_none():
    hubble = np.mean([_around(point_spread("acs-wfc", "F606W"), r) for r in range(50, 71)], axis=0)
    spikes = [hubble[angle - 3 : angle + 4].max() for angle in (45, 135, 225, 315)]
    between = [hubble[angle - 3 : angle + 4].max() for angle in (90, 180, 270)]
    assert min(spikes) > 3 * max(between)
    csst = np.mean([_around(point_spread("csst-msc", "r"), r) for r in range(30, 51)], axis=0)
    assert csst.max() < 1.6 * np.median(csst)


def test_aberrations_jitter_and_a_halo_take_light_out_of_the_core():
    usual = Optics.of("acs-wfc")
    core = point_spread("acs-wfc", "F814W", optics=usual).encircled_energy(0.1)
    for worse in (
        replace(usual, jitter=0.03),
        replace(usual, breathing=60.0),
        replace(usual, roughness=60.0),
        replace(usual, halo=0.1),
    ):
        assert point_spread("acs-wfc", "F814W", optics=worse).encircled_energy(0.1) < core - 0.02


def test_jitter_adds_its_variance():
    still = point_spread("csst-msc", "i", optics=replace(Optics.of("csst-msc"), jitter=0.0))
    shaken = point_spread("csst-msc", "i", optics=replace(Optics.of("csst-msc"), jitter=0.074))
    ratio = torch.fft.fft2(shaken.array.double()) / torch.fft.fft2(still.array.double())
    f = 1 / (still.array.shape[0] / still.oversampling)  # of the first element, cycles per pixel
    expected = np.exp(-2 * np.pi**2 * (3 * f) ** 2)  # one pixel rms, third element
    assert float(ratio[0, 3].abs()) == pytest.approx(expected, rel=2e-3)


def test_longer_wavelengths_are_wider():
    widths = [point_spread("csst-msc", band).radius_of(0.5) for band in ("g", "i", "y")]
    assert widths == sorted(widths)
    # In UVIS charge spreads the further the bluer: the sharpest are at 500 to 600 nm (Table 6.7).
    assert point_spread("wfc3-uvis", "F814W").fwhm > point_spread("wfc3-uvis", "F606W").fwhm


@pytest.mark.parametrize(
    ("band", "pixels"), [("F225W", 2.0), ("F275W", 1.92), ("F336W", 1.82), ("F606W", 1.68), ("F814W", 1.85)]
)
def test_uvis_is_as_wide_before_pixels_as_its_handbook_says(band, pixels):
    # WFC3 Instrument Handbook, Table 6.7, interpolated at the pivot
    assert width_before_pixels("wfc3-uvis", band) == pytest.approx(pixels, abs=0.06)


def test_hubbles_width_is_as_handbooks_say():
    # UVIS: 1.6 to 2.3 pixels (drizzle handbook), 0.067 to 0.09 arcseconds.
    assert 0.06 < point_spread("wfc3-uvis", "F606W").fwhm < 0.095
    assert 0.08 < point_spread("acs-wfc", "F814W").fwhm < 0.13


@pytest.mark.parametrize("band", ["NUV", "u", "g", "r", "i", "z", "y"])
def test_csst_holds_80_percent_within_its_requirement(band):
    assert point_spread("csst-msc", band).radius_of(0.8) <= 0.15


@pytest.mark.parametrize(("camera", "band"), CAMERAS)
def test_the_core_is_centred(camera, band):
    image = point_spread(camera, band).image().double().numpy()
    n = image.shape[0]
    y = np.arange(n) - n // 2
    light = image * np.exp(-0.5 * (y / 1.5) ** 2)[:, None] * np.exp(-0.5 * (y / 1.5) ** 2)
    centroid = np.array([(light.sum(1) * y).sum(), (light.sum(0) * y).sum()]) / light.sum()
    assert np.abs(centroid).max() < 0.03


def test_ones_own_array_comes_back_on_pixels():
    y = np.arange(41) - 20
    gauss = np.exp(-0.5 * (y / 1.5) ** 2)
    own = gauss[:, None] * gauss
    spread = PointSpread.from_array(7 * own, pixel_scale=0.05)
    image = spread.image().numpy()
    middle = spread.pixels // 2
    cut = image[middle - 20 : middle + 21, middle - 20 : middle + 21]
    np.testing.assert_allclose(cut, own / own.sum(), atol=1e-6)


def test_an_oversampled_array_is_blurred_by_the_pixel():
    y = np.arange(121) - 60
    gauss = np.exp(-0.5 * (y / 6) ** 2)
    spread = PointSpread.from_array(gauss[:, None] * gauss, oversampling=4, pixel_scale=0.05)
    profile = spread.image().double().numpy().sum(axis=0)
    x = np.arange(spread.pixels) - spread.pixels // 2
    assert (profile * x**2).sum() == pytest.approx(1.5**2 + 1 / 12, rel=1e-3)


def test_an_array_larger_than_the_usual_box_is_kept_whole():
    array = np.ones((257, 257))
    spread = PointSpread.from_array(array, pixel_scale=0.05)
    assert spread.pixels > 257
    assert float(spread.array.sum()) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    ("array", "settings"),
    [
        (np.ones((3, 4)), {}),
        (np.zeros((3, 3)), {}),
        (np.full((3, 3), np.nan), {}),
        (np.ones((3, 3)), {"oversampling": 1.5}),
        (np.ones((3, 3)), {"pixel_scale": 0}),
    ],
)
def test_what_is_no_point_spread_function_is_refused(array, settings):
    with pytest.raises(ParameterError, match="expected"):
        PointSpread.from_array(array, **{"pixel_scale": 0.05, **settings})


def test_a_camera_without_a_telescope_needs_one():
    band = as_bandpass(([500.0, 550.0, 600.0] * u.nm, np.array([0.5, 1.0, 0.5])))
    with pytest.raises(UnknownNameError, match="telescope="):
        point_spread("generic", band)
    with pytest.raises(ParameterError, match="pixel scale"):
        point_spread("generic", band, telescope=Telescope("ours", 1.0))


@pytest.mark.parametrize(
    "bad",
    [
        {"jitter": -1},
        {"halo": 1},
        {"roughness": float("nan")},
        {"zernikes": [(1.5, 1)]},
        {"zernikes": [(400, 1)]},
    ],
)
def test_impossible_optics_are_refused(bad):
    with pytest.raises(ParameterError, match="expected"):
        Optics(**bad)


def test_random_states_recur_and_are_reproducible():
    states = [random_optics(np.random.default_rng(seed), "acs-wfc") for seed in range(200)]
    assert states == [random_optics(np.random.default_rng(seed), "acs-wfc") for seed in range(200)]
    assert len({(state.breathing, state.jitter) for state in states}) <= 27
    assert len({state.breathing for state in states}) > 3


def test_ghosts_and_stray_light_share_the_same_array():
    usual = Optics.of("wfc3-uvis")
    plain = point_spread("wfc3-uvis", "F606W", optics=usual)
    dressed = point_spread("wfc3-uvis", "F606W", optics=replace(usual, ghosts=True, stray_light=0.01))
    assert dressed.array is plain.array
    assert dressed.ghosts
    assert not plain.ghosts


@pytest.mark.parametrize("name", ["acs_wfc_f606w", "acs_wfc_f814w", "wfc3_uvis_f275w"])
def test_encircled_energy_is_within_5_percent_of_tiny_tim(shared, name):
    image = fits.getdata(shared / "throughput" / "psf" / f"{name}.fits").astype(float)
    camera, band = name.rsplit("_", 1)
    camera = camera.replace("_", "-")
    bare = replace(Optics.of(camera), diffusion=0.0)  # it is not in Tiny Tim's files
    spread = point_spread(camera, band.upper(), optics=bare)
    middle, n = spread.pixels // 2, image.shape[0]
    ours = spread.image().double().numpy()[middle - n // 2 :, middle - n // 2 :][:n, :n]
    y, x = np.indices(image.shape) - n // 2
    for radius in (3, 5, 8, 12, 20, 30):
        inside = np.hypot(y, x) <= radius
        theirs = image[inside].sum() / image.sum()
        assert ours[inside].sum() / ours.sum() == pytest.approx(theirs, abs=0.05)
