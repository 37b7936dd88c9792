"""Blurry frames: signal, variance and colour of the noise, sharpness, pixels, headers."""

import itertools
import warnings
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.nddata import CCDData, StdDevUncertainty
from astropy.wcs import WCS
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter
from scipy.optimize import curve_fit

from astroclassify.core import FrameError, FrameWarning, ParameterError, UnknownNameError
from astroclassify.degrade import degrade
from astroclassify.degrade._kernel import Blur, random_zernikes
from astroclassify.degrade._noise import FaintNoise
from astroclassify.degrade._resample import Grid
from astroclassify.instruments import CSST_MSC
from astroclassify.io import read_frames
from astroclassify.photometry import BANDS, count_rate, power_law, sky_rate, star
from astroclassify.simulate import Effects, Optics, point_spread, simulate_exposure

FILES = Path(__file__).parents[3] / "shared" / "fits"
SCALE = 0.05  # arcseconds


def tangent(scale=SCALE, pixel=(40.3, 31.8)):
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = "RA---TAN", "DEC--TAN"
    wcs.wcs.crval, wcs.wcs.crpix = (150.0, 2.0), pixel
    wcs.wcs.cd = scale / 3600 * np.array([[-0.8, 0.6], [0.6, 0.8]])
    wcs.wcs.set()
    return wcs


def acs_cards(**cards):
    known = {"ACREADER": "hst-raw", "ACINSTR": "acs-wfc", "ACBAND": "F606W", "EXPTIME": 500.0}
    return fits.Header({**known, **cards})


def frame_of(expected, *, read_noise=0.0, seed=1, unit="electron", gain=1.0, meta=None, wcs=True):
    """A detector's frame: Poisson light and Gaussian read noise."""
    rng = np.random.default_rng(seed)
    electrons = rng.poisson(expected) + rng.normal(0, read_noise, np.shape(expected))
    return CCDData(electrons / gain, unit=unit, meta=meta or fits.Header(), wcs=tangent() if wcs else None)


def stars(shape, places, *, fluxes, fwhm=2.2, sky=50.0):
    y, x = np.mgrid[: shape[0], : shape[1]]
    sigma = fwhm / 2.3548
    light = (
        flux * np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / (2 * sigma**2)) / (2 * np.pi * sigma**2)
        for flux, (cy, cx) in zip(fluxes, places, strict=True)
    )
    return sky + sum(light)


def neighbours(image):
    """Correlation of a pixel with the next one along y and x, and across."""
    rest = image - image.mean()
    pairs = (rest[1:], rest[:-1]), (rest[:, 1:], rest[:, :-1]), (rest[1:, 1:], rest[:-1, :-1])
    return np.array([np.mean(a * b) for a, b in pairs]) / rest.var()


def fitted_star(image, place, *, reach=8):
    """Centre (y, x), FWHM and flux of a star, by a Gaussian."""
    y0, x0 = (round(p) for p in place)
    cut = image[y0 - reach : y0 + reach + 1, x0 - reach : x0 + reach + 1]
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]

    def model(_, flux, cy, cx, sigma, sky):
        return sky + flux * np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / (2 * sigma**2)).ravel()

    start = (cut.max() - np.median(cut), 0, 0, 1.2, np.median(cut))
    (peak, cy, cx, sigma, _), _ = curve_fit(model, None, cut.ravel(), start)
    return (y0 + cy, x0 + cx), 2.3548 * abs(sigma), 2 * np.pi * peak * sigma**2


# Shorter exposures ---------------------------------------------------------------------------


@pytest.mark.parametrize("level", [3, 30, 300, 3000])
@pytest.mark.parametrize("factor", [0.05, 0.5, 0.9])
def test_thinned_photons_are_poisson_in_mean_and_variance(level, factor):
    short = degrade(frame_of(np.full((512, 512), float(level))), exptime_factor=factor, rng=2)
    assert short.data.mean() == pytest.approx(factor * level, rel=0.01)
    assert short.data.var() == pytest.approx(factor * level, rel=0.015)
    assert np.abs(neighbours(short.data)).max() < 0.01


@pytest.mark.parametrize("factor", [0.1, 0.6])
def test_read_noise_does_not_shrink_with_the_exposure(factor):
    frame = frame_of(np.full((512, 512), 20.0), read_noise=5.0)
    short = degrade(frame, exptime_factor=factor, read_noise=5.0, rng=2)
    assert short.data.var() == pytest.approx(factor * 20 + 25, rel=0.015)
    assert np.median(short.uncertainty.array) ** 2 == pytest.approx(factor * 20 + 25, rel=0.01)


def test_a_shorter_exposure_is_what_the_detector_would_have_read():
    """Means and variances by brightness, of frames degraded and of frames exposed that long."""
    scene = stars((64, 64), [(20.2, 21.3), (44.7, 40.1)], fluxes=(3e4, 8e3), fwhm=5, sky=60)
    made = np.array(
        [
            degrade(frame_of(scene, read_noise=4, seed=n), exptime_factor=0.3, read_noise=4, rng=n + 500).data
            for n in range(250)
        ]
    )
    real = np.array([frame_of(0.3 * scene, read_noise=4, seed=n + 1000).data for n in range(250)])
    edges = np.quantile(scene, [0, 0.5, 0.9, 0.97, 0.99, 1])
    for low, high in itertools.pairwise(edges):
        pixels = (scene >= low) & (scene <= high)
        assert made[:, pixels].mean() == pytest.approx(real[:, pixels].mean(), rel=0.005)
        variances = (frames.var(axis=0)[pixels].mean() for frames in (made, real))
        assert next(variances) == pytest.approx(next(variances), rel=0.05)


def test_a_raw_file_of_the_simulator_has_the_sky_and_noise_of_the_shorter_time(tmp_path):
    quiet = replace(Effects.none(), photon_noise=True, read_noise=1.0)
    frames = []
    for name, exptime in (("long", 800.0), ("short", 200.0)):
        exposure = simulate_exposure(
            "field",
            exptime=exptime,
            rng=5,
            effects=quiet,
            aperture="WFC1A-512",
            sky=(22.0, 22.5),
            foreground=0.0,
            background=0.0,
        )
        exposure.write(tmp_path / f"{name}_raw.fits")
        frames += read_frames(tmp_path / f"{name}_raw.fits")
    made, real = degrade(frames[0], exptime_factor=0.25, rng=1), frames[1]
    assert made.meta["EXPTIME"] == real.meta["EXPTIME"]
    corner = np.s_[50:250, 50:450]
    means = (np.mean(np.clip(f.data[corner], None, 100)) for f in (made, real))
    assert next(means) == pytest.approx(next(means), abs=0.3)
    assert np.median(made.uncertainty.array) == pytest.approx(np.median(real.uncertainty.array), rel=0.02)


# Blur ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("fwhm", [0.03, 0.08, 0.2])
def test_blurred_noise_is_white_and_has_the_variance_of_the_light(fwhm):
    frame = frame_of(np.full((512, 512), 150.0), read_noise=4.0)
    blurred = degrade(frame, psf_fwhm=fwhm, exptime_factor=0.5, read_noise=4.0, rng=3)
    assert blurred.data.mean() == pytest.approx(75, rel=0.002)
    assert blurred.data.var() == pytest.approx(75 + 16, rel=0.015)
    assert np.abs(neighbours(blurred.data)).max() < 0.01


def test_widths_add_in_quadrature_and_flux_is_conserved():
    places = [(30.2, 30.4), (30.1, 70.3)]
    scene = stars((64, 100), places, fluxes=(1e6, 3e5), fwhm=2.5, sky=0.01)
    frame = CCDData(scene, unit="electron", wcs=tangent())
    blurred = degrade(frame, psf_fwhm=0.2, rng=1)
    assert blurred.data.sum() == pytest.approx(scene.sum(), rel=3e-3)  # noise of 1.3e6 electrons: 9e-4
    for place in places:
        _, width, _ = fitted_star(blurred.data, place)
        assert width == pytest.approx(np.hypot(2.5, 0.2 / SCALE), rel=0.01)


def test_the_light_itself_is_conserved_by_blur_and_pixels():
    scene = stars((80, 100), [(40.2, 50.4)], fluxes=[1e5], sky=0.0).astype(np.float32)
    blurred = Blur(scene.shape, sigma=2.3).image(scene)
    assert blurred.sum() == pytest.approx(scene.sum(), rel=1e-4)
    assert Grid(scene.shape, 1.48).sum(blurred).sum() == pytest.approx(scene.sum(), rel=1e-4)


def test_the_variance_is_right_on_stars_and_between_them():
    scene = stars((64, 64), [(20.2, 21.3), (44.7, 40.1)], fluxes=(1e5, 8e3), sky=40)
    made = [
        degrade(frame_of(scene, read_noise=4, seed=n), psf_fwhm=0.12, read_noise=4, rng=n + 500)
        for n in range(200)
    ]
    images = np.array([frame.data for frame in made])
    expected = images.mean(axis=0) + 16
    for low, high in ((0, 70), (70, 1000), (1000, 1e5)):
        pixels = (expected >= low) & (expected < high)
        assert images.var(axis=0)[pixels].mean() == pytest.approx(expected[pixels].mean(), rel=0.06)
    said = np.mean([frame.uncertainty.array**2 for frame in made], axis=0)
    np.testing.assert_allclose(said, expected, rtol=0.03, atol=1)


def test_aberrations_take_light_from_the_peak_not_from_the_star():
    point = 1e6 * point_spread("acs-wfc", "F606W").image().numpy()
    frame = frame_of(np.clip(point, 0, None) + 30, read_noise=4, meta=acs_cards())
    sharp = degrade(frame, exptime_factor=0.5, rng=1)
    soft = degrade(frame, exptime_factor=0.5, zernike_rms=80 * u.nm, rng=1)
    zernikes = random_zernikes(80, np.random.default_rng(1))
    usual = Optics.of("acs-wfc")
    aberrated = replace(usual, zernikes=usual.zernikes + zernikes)
    truth = 5e5 * point_spread("acs-wfc", "F606W", optics=aberrated).image().numpy() + 15
    assert truth.max() < 0.6 * sharp.data.max()
    # On pixels this large, a point is not sampled well enough to do better.
    assert np.abs(soft.data - truth).max() < 0.1 * truth.max()
    core = np.s_[100:157, 100:157]
    assert (soft.data[core] - 15).sum() == pytest.approx((sharp.data[core] - 15).sum(), rel=0.01)
    assert soft.data.min() > -0.015 * soft.data.max()
    assert soft.meta["ACBLUR"] == "exposure, optics"


# Other pixels, cameras, bands ----------------------------------------------------------------


@pytest.mark.parametrize("ratio", [1.25, 1.48, 2.0, 3.3])
def test_coarser_pixels_have_white_noise_of_all_their_electrons(ratio):
    frame = frame_of(np.full((600, 600), 50.0), read_noise=3.0)
    coarse = degrade(frame, pixel_scale=ratio * SCALE, read_noise=3.0, rng=3)
    assert coarse.shape == (int(600 / ratio + 1e-6),) * 2
    assert coarse.data.mean() == pytest.approx(50 * ratio**2, rel=0.002)
    assert coarse.data.var() == pytest.approx(59 * ratio**2, rel=0.025)
    assert np.abs(neighbours(coarse.data)).max() < 0.015


def test_resampled_stars_keep_place_and_flux():
    place = (60.4, 75.8)
    scene = stars((120, 150), [place], fluxes=[1e6], fwhm=3.0, sky=1.0)
    frame = CCDData(scene, unit="electron", wcs=tangent(), meta=acs_cards(LTV1=-10.0, LTV2=3.0))
    coarse = degrade(frame, pixel_scale=0.074, rng=1)
    ratio = 0.074 / SCALE
    x, y = coarse.wcs.world_to_pixel(frame.wcs.pixel_to_world(place[1], place[0]))
    around = np.s_[round(float(y)) - 8 : round(float(y)) + 9, round(float(x)) - 8 : round(float(x)) + 9]
    star_alone = coarse.data[around] - ratio**2
    rows, columns = np.mgrid[around]
    flux = star_alone.sum()
    assert flux == pytest.approx(1e6, rel=2e-3)
    found = (star_alone * rows).sum() / flux, (star_alone * columns).sum() / flux
    assert np.hypot(found[0] - y, found[1] - x) < 0.02
    # An axis of the whole chip: raw = LTM chip + LTV, at pixel edges.
    assert coarse.meta["LTM1_1"] == pytest.approx(1 / ratio)
    assert coarse.meta["LTV1"] == pytest.approx((-10.5) / ratio + 0.5)


def test_the_wcs_keeps_its_distortion():
    wcs = tangent()
    header = wcs.to_header()
    header.update(CTYPE1="RA---TAN-SIP", CTYPE2="DEC--TAN-SIP", A_ORDER=2, B_ORDER=2, A_2_0=2e-5, B_1_1=-3e-5)
    wcs = WCS(header)
    frame = CCDData(np.full((100, 120), 50.0), unit="electron", wcs=wcs)
    coarse = degrade(frame, pixel_scale=2 * SCALE, rng=1)
    where = wcs.pixel_to_world([4.5, 100.5], [6.5, 80.5])
    x, y = coarse.wcs.world_to_pixel(where)
    np.testing.assert_allclose([x, y], [[2, 50], [3, 40]], atol=1e-3)


def test_csst_sees_what_eq_1_says():
    band, target = BANDS["acs-wfc", "F606W"], BANDS["csst-msc", "r"]
    expected = 500 * (float(sky_rate(band, pixel_scale=SCALE).value) + 0.0125)
    frame = frame_of(
        np.full((400, 400), expected + 60.0), read_noise=4.2, unit="adu", gain=2.0, meta=acs_cards()
    )
    spectrum = star("G2")
    seen = degrade(frame, instrument="csst-msc", sed=spectrum, gain=2.0, read_noise=4.2, rng=4)
    ratio = float(count_rate(spectrum, target).value / count_rate(spectrum, band).value)
    sky = 500 * (float(sky_rate(target).value) + 0.02)
    electrons = sky + 60 * ratio * (0.074 / SCALE) ** 2
    assert seen.data.mean() * 1.1 == pytest.approx(electrons, rel=0.005)
    assert seen.data.var() * 1.1**2 == pytest.approx(electrons + 25, rel=0.03)
    assert np.abs(neighbours(seen.data)).max() < 0.02
    assert seen.wcs.wcs.cd[1, 1] == pytest.approx(0.8 * 0.074 / 3600)
    assert (seen.meta["ACINSTR"], seen.meta["ACBAND"]) == ("csst-msc", "r")


def test_another_band_scales_by_the_colour_of_the_source():
    old, new = BANDS["acs-wfc", "F606W"], BANDS["acs-wfc", "F435W"]
    frame = frame_of(np.full((128, 128), 5000.0), meta=acs_cards(), read_noise=4)
    red, blue = (degrade(frame, band="F435W", sed=sed, rng=1) for sed in ("star M0", "star A0"))
    assert red.data.mean() < 0.5 * blue.data.mean()
    flat = degrade(frame, band="F435W", rng=1).data.mean()
    sky_old, sky_new = (500 * (float(sky_rate(b, pixel_scale=SCALE).value) + 0.0125) for b in (old, new))
    ratio = float((count_rate(power_law(-2), new) / count_rate(power_law(-2), old)).value)
    assert flat == pytest.approx((5000 - sky_old) * ratio + sky_new, rel=0.005)


def test_the_sky_has_its_own_colour():
    before, after = (
        500 * (float(sky_rate(BANDS["acs-wfc", name], pixel_scale=SCALE).value) + 0.0125)
        for name in ("F606W", "F435W")
    )
    frame = frame_of(np.full((256, 256), before + 40.0), meta=acs_cards(), read_noise=4)
    made = degrade(frame, band="F435W", sed="star M0", rng=1)
    old, new = (count_rate(star("M0"), BANDS["acs-wfc", name]).value for name in ("F606W", "F435W"))
    assert made.data.mean() == pytest.approx(after + 40 * new / old, rel=0.01)
    assert after > 1.5 * before * new / old


def test_subtracted_background_still_makes_noise():
    rng = np.random.default_rng(3)
    drizzled = CCDData(rng.normal(0, 0.01, (300, 300)), unit="electron/s", wcs=tangent())
    drizzled.meta = fits.Header({"EXPTIME": 1000.0, "ACREADER": "hst-drizzled"})
    short = degrade(drizzled, exptime_factor=0.25, rng=1)
    # 100 electrons**2 of sky, of which a quarter remains: 5 electrons in 250 s.
    assert short.data.std() == pytest.approx(0.02, rel=0.02)
    assert short.meta["EXPTIME"] == 250.0


def test_drizzled_noise_keeps_its_grain():
    noise = gaussian_filter(np.random.default_rng(3).normal(0, 30, (400, 400)), 0.7, mode="wrap")
    frame = CCDData(noise, unit="electron", wcs=tangent(), meta=fits.Header({"ACREADER": "hst-drizzled"}))
    before = neighbours(noise)
    short = degrade(frame, exptime_factor=0.2, rng=1)
    np.testing.assert_allclose(neighbours(short.data), before, atol=0.03)
    assert short.data.var() == pytest.approx(0.2 * noise.var(), rel=0.06)


# The frame around it -------------------------------------------------------------------------


def test_adu_are_electrons_over_gain():
    meta = acs_cards()
    both = [
        degrade(
            frame_of(np.full((64, 64), 80.0), read_noise=4, unit=unit, gain=gain, meta=meta.copy()),
            exptime_factor=0.4,
            psf_fwhm=0.1,
            extra_noise=3,
            gain=gain,
            read_noise=4,
            rng=9,
        )
        for unit, gain in (("adu", 2.5), ("electron", 1.0))
    ]
    np.testing.assert_allclose(both[0].data * 2.5, both[1].data, rtol=1e-3, atol=1e-2)
    assert [str(frame.unit) for frame in both] == ["adu", "electron"]


def test_rates_stay_rates():
    counted = frame_of(np.full((256, 256), 400.0), meta=acs_cards())
    rates = CCDData(counted.data / 500, unit="electron/s", wcs=counted.wcs, meta=counted.meta.copy())
    short = degrade(rates, exptime_factor=0.5, read_noise=0, rng=1)
    assert short.data.mean() == pytest.approx(0.8, rel=0.005)
    assert short.data.var() == pytest.approx(200 / 250**2, rel=0.03)


def test_the_same_seed_gives_the_same_frame_and_story():
    frame = frame_of(np.full((64, 64), 80.0), meta=acs_cards())
    first, again, other = (degrade(frame, exptime_factor=0.4, psf_fwhm=0.1, rng=n) for n in (1, 1, 2))
    np.testing.assert_array_equal(first.data, again.data)
    assert first.meta == again.meta
    assert (first.data != other.data).mean() > 0.99


def test_the_given_frame_is_left_alone():
    frame = frame_of(np.full((64, 64), 80.0), meta=acs_cards())
    before, cards, crpix = frame.data.copy(), frame.meta.copy(), frame.wcs.wcs.crpix.copy()
    degrade(frame, exptime_factor=0.4, pixel_scale=0.1, rng=1)
    np.testing.assert_array_equal(frame.data, before)
    assert frame.meta == cards
    np.testing.assert_array_equal(frame.wcs.wcs.crpix, crpix)


def test_the_story_is_told():
    frame = frame_of(np.full((64, 64), 80.0), meta=acs_cards())
    told = degrade(frame, exptime_factor=0.5, psf_fwhm=0.1, extra_noise=2, pixel_scale=0.1, rng=1).meta
    assert told["ACBLUR"] == "exposure, optics, noise, pixels"
    assert told["EXPTIME"] == 250.0
    assert '"psf_fwhm": 0.1' in "".join(told["HISTORY"]).replace("\n", "")


def test_a_degraded_frame_can_be_degraded_again():
    frame = frame_of(np.full((400, 400), 100.0), read_noise=5, unit="adu", gain=2.0, meta=acs_cards())
    once = degrade(frame, exptime_factor=0.5, extra_noise=4, gain=2.0, read_noise=5, rng=1)
    twice = degrade(once, exptime_factor=0.5, rng=2)
    assert twice.data.mean() * 2 == pytest.approx(25, rel=0.01)
    assert twice.data.var() * 4 == pytest.approx(25 + 25 + 16, rel=0.03)


def test_bad_pixels_do_not_leak():
    frame = frame_of(np.full((128, 128), 100.0))
    frame.data[60, 60] = np.nan
    frame.data[30, 40] = 1e9
    frame.data[90:110, 90:110] = -1e9
    frame.mask = ~(np.abs(frame.data) < 1e8)
    blurred = degrade(frame, psf_fwhm=0.1, exptime_factor=0.5, rng=1)
    usable = ~blurred.mask
    assert np.abs(blurred.data[usable] - 50).max() < 6 * np.sqrt(50)
    assert blurred.mask[60, 60]
    assert blurred.mask[92:108, 92:108].all()
    assert usable[60, 64]
    coarse = degrade(frame, pixel_scale=0.1, rng=1)
    assert coarse.mask[30, 30]
    assert not coarse.mask[30, 31]
    assert np.isfinite(coarse.data).all()


def test_uncertainties_of_the_frame_are_believed():
    frame = frame_of(np.full((300, 300), 50.0), read_noise=8)
    frame.uncertainty = StdDevUncertainty(np.sqrt(np.maximum(frame.data, 0) + 64))
    short = degrade(frame, exptime_factor=0.1, read_noise=8, rng=1)
    assert short.data.var() == pytest.approx(5 + 64, rel=0.03)


# What cannot be ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("exptime_factor", st.one_of(st.floats(max_value=0), st.floats(min_value=1.0001))),
        ("psf_fwhm", st.one_of(st.floats(max_value=0), st.floats(min_value=61))),
        ("zernike_rms", st.one_of(st.floats(max_value=-1e-9), st.floats(min_value=501))),
        ("extra_noise", st.floats(max_value=-1e-9)),
        ("pixel_scale", st.one_of(st.floats(max_value=0), st.just("wide"), st.just(0.1 * u.s))),
        ("gain", st.one_of(st.floats(max_value=0), st.just(np.nan))),
        ("read_noise", st.floats(max_value=-1e-9)),
    ],
)
def test_parameters_out_of_range_are_named(name, values):
    frame = frame_of(np.full((16, 16), 80.0))

    @settings(max_examples=15, deadline=None)
    @given(value=values)
    def refused(value):
        with pytest.raises(ParameterError, match=name):
            degrade(frame, **{name: value})

    refused()


@settings(max_examples=25, deadline=None)
@given(
    factor=st.floats(0.01, 1),
    fwhm=st.none() | st.floats(0.02, 0.4),
    noise=st.floats(0, 50),
    ratio=st.floats(1, 4),
    level=st.floats(0, 1e4),
)
@example(factor=1.0, fwhm=None, noise=0.0, ratio=1.9999999999999996, level=0.0)
def test_any_allowed_frame_is_finite_with_positive_uncertainty(factor, fwhm, noise, ratio, level):
    frame = frame_of(np.full((48, 40), level), read_noise=3)
    made = degrade(
        frame,
        exptime_factor=factor,
        psf_fwhm=fwhm,
        extra_noise=noise,
        pixel_scale=ratio * SCALE,
        read_noise=3,
        rng=1,
    )
    assert made.data.dtype == np.float32
    assert np.isfinite(made.data).all()
    assert (made.uncertainty.array > 0).all()
    expected = factor * level * (made.wcs.wcs.cd[1, 1] / frame.wcs.wcs.cd[1, 1]) ** 2
    spread = 6 * np.median(made.uncertainty.array) / np.sqrt(made.data.size) * max(ratio, 2)
    assert made.data.mean() == pytest.approx(expected, rel=0.01, abs=spread)


def test_noise_cannot_be_removed():
    frame = frame_of(np.full((64, 64), 900.0), read_noise=4, meta=acs_cards(ACBAND="F435W"))
    with pytest.raises(ParameterError, match=r"acs-wfc F606W would count .* times .*exptime_factor up to"):
        degrade(frame, band="F606W", sed="old", read_noise=4, rng=1)
    degrade(frame, band="F606W", sed="old", exptime_factor=0.15, read_noise=4, rng=1)


def test_what_a_frame_must_say_is_named():
    flat = np.full((32, 32), 50.0)
    silent = CCDData(flat, unit="adu")
    with pytest.raises(FrameError, match="gain="):
        degrade(silent, exptime_factor=0.5)
    with pytest.raises(FrameError, match="EXPTIME"):
        degrade(CCDData(flat, unit="electron/s"), exptime_factor=0.5)
    with pytest.raises(ParameterError, match="psf_fwhm"):
        degrade(silent, psf_fwhm=0.1, gain=1)
    with pytest.raises(ParameterError, match="ACINSTR"):
        degrade(silent, instrument="csst-msc", gain=1)
    with pytest.raises(ParameterError, match="finer"):
        degrade(frame_of(flat), pixel_scale=0.03)
    with pytest.raises(UnknownNameError, match="F999W"):
        degrade(frame_of(flat, meta=acs_cards()), band="F999W")
    with pytest.raises(FrameError, match="CCDData"):
        degrade(flat, exptime_factor=0.5)
    with pytest.raises(FrameError, match="no usable pixel"):
        degrade(CCDData(flat * np.nan, unit="electron"), exptime_factor=0.5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("psf_fwhm", True), ("extra_noise", None), ("gain", 10**400), ("read_noise", [1, 2])],
        *[("zernike_rms", np.ma.masked), ("sed", 3), ("band", 3), ("gain", 2 * u.s)],
    ],
)
def test_what_a_parameter_cannot_be_is_told_by_its_name(name, value):
    frame = frame_of(np.full((32, 32), 50.0), meta=acs_cards())
    with pytest.raises(ParameterError, match=rf"^{name}\b"):
        degrade(frame, **{name: value})


def test_a_spectrum_nobody_knows_is_refused_even_where_it_is_not_needed():
    with pytest.raises(UnknownNameError, match="purple"):
        degrade(frame_of(np.full((32, 32), 50.0)), exptime_factor=0.5, sed="purple")


@pytest.mark.parametrize("options", [{"pixel_scale": 0.2}, {"instrument": "csst-msc"}])
def test_a_frame_in_which_no_new_pixel_fits_is_refused(options):
    strip = frame_of(np.full((1, 96), 50.0), meta=acs_cards())
    with pytest.raises(ParameterError, match=r"not one of the new pixels fits; expected 0.05\" or less"):
        degrade(strip, **options)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.full((32, 32), 1e30), "1e\\+30 electrons; expected at most 1e\\+15"),
        (np.full((32, 32), 1e300), "no usable pixel"),
        (np.full((32, 32), 1j), "of type complex128; expected real numbers"),
        (np.full((3, 32, 32), 1.0), "a CCDData of 3 axes; expected a CCDData of 2 axes"),
    ],
)
def test_what_cannot_be_electrons_is_refused(values, message):
    with pytest.raises(FrameError, match=message):
        degrade(CCDData(values, unit="electron"), exptime_factor=0.5)


@pytest.mark.parametrize("unit", ["Jy", "MJy / sr", "mag"])
def test_a_gain_of_a_camera_is_not_that_of_another_unit(unit):
    frame = frame_of(np.full((32, 32), 50.0), unit=unit, meta=acs_cards())
    with pytest.raises(FrameError, match=r"unit of the frame is .*give gain="):
        degrade(frame, exptime_factor=0.5)
    short = degrade(frame, exptime_factor=0.5, gain=1.0, rng=1)
    again = degrade(short, exptime_factor=0.5, rng=1)  # what gain= said stays with the frame
    assert again.data.mean() == pytest.approx(12.5, rel=0.1)


def test_a_gain_may_have_its_unit():
    frame = frame_of(np.full((32, 32), 50.0), unit="adu", gain=2.0)
    both = [degrade(frame, exptime_factor=0.5, gain=g, rng=1).data for g in (2.0, 2 * u.electron / u.adu)]
    np.testing.assert_array_equal(*both)


def test_noise_that_no_electrons_have_is_warned_of():
    picture = CCDData(np.random.default_rng(1).normal(200, 1, (64, 64)), unit="adu")
    with pytest.warns(FrameWarning, match="gain="):
        degrade(picture, exptime_factor=0.5, gain=1.0)


def test_a_camera_with_little_noise_cannot_be_made_of_one_with_much():
    quiet = {name: replace(a, read_noise=0.1) for name, a in CSST_MSC.amplifiers.items()}
    camera = replace(CSST_MSC, amplifiers=MappingProxyType(quiet))
    frame = frame_of(np.full((64, 64), 5.0), read_noise=8, meta=acs_cards())
    with pytest.raises(ParameterError, match=r"instrument='csst-msc' has little read noise"):
        degrade(frame, instrument=camera, read_noise=8, rng=1)


def test_a_real_drizzled_galaxy_becomes_what_csst_would_see():
    path = FILES / "hst_mos_1020228_wfc3_uvis_f814w_drz_cutout_20asec.fits"
    if not path.is_file():
        pytest.skip("the real file is not here")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (frame,) = read_frames(path)
    frame.meta.update(EXPTIME=5000.0, ACINSTR="wfc3-uvis")  # not in its header; plausible
    seen = degrade(frame, instrument="csst-msc", exptime_factor=0.06, sed="old", rng=1)
    assert seen.shape == (270, 270)
    assert seen.meta["ACBAND"] == "i"
    signal = count_rate(power_law(-2), BANDS["csst-msc", "i"]) / count_rate(
        power_law(-2), BANDS["wfc3-uvis", "F814W"]
    )
    light = [np.sum(f.data[f.shape[0] // 2 - n : f.shape[0] // 2 + n]) for f, n in ((frame, 74), (seen, 40))]
    assert light[1] / light[0] == pytest.approx(float(signal.value), rel=0.2)
    before, after = (FaintNoise.of(f, f.data, np.isnan(f.data)).correlation for f in (frame, seen))
    assert before > 0.2  # drizzled
    assert after < 0.05
    assert np.median(seen.uncertainty.array) > 5 * np.median(np.abs(np.diff(frame.data)))
