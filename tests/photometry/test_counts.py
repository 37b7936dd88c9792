"""Eq. (1): against synphot, against numbers worked out by hand, and what must always hold."""

import subprocess
import sys

import numpy as np
import pytest
from astropy import units as u
from hypothesis import given, settings
from hypothesis import strategies as st
from synphot import (
    BlackBodyNorm1D,
    Box1D,
    ConstFlux1D,
    Empirical1D,
    Observation,
    SourceSpectrum,
    SpectralElement,
)

from astroclassify.core import ParameterError
from astroclassify.photometry import (
    BANDS,
    CoverageWarning,
    as_bandpass,
    blackbody,
    count_rate,
    electrons,
    emission_lines,
    normalise,
    photon_rate,
    star,
    zero_point,
)

F814W = BANDS["acs-wfc", "F814W"]
EXAMPLES = settings(max_examples=30, deadline=None)


def boxed(low, high, throughput, area=1 * u.m**2):
    edge = 1e-6
    wavelength = np.array([low - edge, *np.linspace(low, high, 2001), high + edge]) * u.nm
    return as_bandpass((wavelength, np.array([0.0, *np.full(2001, throughput), 0.0])), area=area)


@pytest.mark.parametrize("band", [("acs-wfc", "F606W"), ("wfc3-uvis", "F225W"), ("csst-msc", "NUV")])
@pytest.mark.parametrize("sed", [star("K2"), SourceSpectrum(BlackBodyNorm1D, temperature=8000)])
def test_synphot_and_the_plain_core_agree_on_the_same_grid(band, sed):
    bandpass = BANDS[band]
    observation = Observation(sed, bandpass.spectral_element, force="taper")
    wavelength = observation.waveset
    by_synphot = (observation.integrate() * bandpass.area * u.cm**2).value
    flux = sed(wavelength, flux_unit=u.erg / u.s / u.cm**2 / u.AA).value
    by_core = photon_rate(wavelength.to_value(u.nm), flux, bandpass(wavelength), bandpass.area)
    assert by_core == pytest.approx(by_synphot, rel=1e-6)
    assert count_rate(observation, area=bandpass.area * u.cm**2).value == pytest.approx(by_synphot, rel=1e-6)
    # On the joint grid that count_rate makes itself.
    assert count_rate(sed, bandpass).value == pytest.approx(by_synphot, rel=1e-6)


def test_count_rate_agrees_with_synphots_binned_count_rate():
    sed = normalise(star("G2"), 20 * u.ABmag, F814W)
    bins = np.arange(6800, 11300, 1.0)
    observation = Observation(sed, F814W.spectral_element, binset=bins, force="taper")
    expected = observation.countrate(F814W.area).value
    assert count_rate(sed, F814W).value == pytest.approx(expected, rel=1e-3)


def test_a_flat_spectrum_through_a_box_by_hand():
    # f_lambda = 1e-17 erg/s/cm2/A, 500-600 nm, throughput 0.5, 1 m2:
    # 1e4 cm2 * 0.5 * 1e-17 / (h c) * (6000^2 - 5000^2) / 2 A^2, h c = 1.98644586e-8 erg A.
    by_hand = 1e4 * 0.5 * 1e-17 / 1.98644586e-8 * (6000.0**2 - 5000.0**2) / 2
    flat = SourceSpectrum(ConstFlux1D, amplitude=1e-17 * u.erg / u.s / u.cm**2 / u.AA)
    assert count_rate(flat, boxed(500, 600, 0.5)).value == pytest.approx(by_hand, rel=1e-6)


def test_halpha_surface_brightness_through_f658n():
    # facts/instruments.md H5: 1e-15 erg/s/cm2/arcsec2 in Halpha, ACS F658N (throughput 0.44), 0.05" pixels:
    # 0.016 electrons per second and pixel. By hand: SB * 0.0025 * 45239 * 0.44 / (h c / 656.28 nm).
    by_hand = 1e-15 * 0.0025 * 45238.93 * 0.44 / (1.98644586e-9 / 656.28)
    line = emission_lines({"Halpha": 1.0}, hbeta_width=1e9 * u.nm)
    rate = count_rate(line, BANDS["acs-wfc", "F658N"], solid_angle=(0.05 * u.arcsec) ** 2).value
    assert by_hand == pytest.approx(0.0164, abs=1e-4)
    assert rate == pytest.approx(by_hand, rel=0.05)


def test_electrons_are_the_rate_times_the_time():
    sed = normalise(star("A0"), 22 * u.ABmag, F814W)
    assert electrons(sed, F814W, exptime=2 * u.min) == count_rate(sed, F814W) * 120 * u.s


def test_an_ab_source_at_the_zero_point_gives_one_electron_per_second():
    flat = SourceSpectrum(ConstFlux1D, amplitude=F814W.zero_point)
    assert count_rate(flat, F814W).value == pytest.approx(1.0, rel=1e-5)
    deeper = zero_point(F814W, area=2 * F814W.area * u.cm**2) - F814W.zero_point
    assert deeper.value == pytest.approx(2.5 * np.log10(2))


@EXAMPLES
@given(factor=st.floats(1e-6, 1e6), time=st.floats(0.0, 1e5), area=st.floats(1e-3, 1e3))
def test_electrons_are_linear_in_flux_time_and_area(factor, time, area):
    sed = blackbody(6000 * u.K)
    once = electrons(sed, F814W, 1 * u.m**2, 1 * u.s).value
    many = electrons(sed * factor, F814W, area * u.m**2, time * u.s).value
    assert many == pytest.approx(once * factor * time * area, rel=1e-9)


@EXAMPLES
@given(split=st.floats(560, 900))
def test_a_band_counts_as_much_as_its_two_halves(split):
    sed = blackbody(5000 * u.K)
    whole = count_rate(sed, boxed(550, 910, 0.3)).value
    halves = sum(count_rate(sed, boxed(*ends, 0.3)).value for ends in ((550, split), (split, 910)))
    assert halves == pytest.approx(whole, rel=1e-5)


@EXAMPLES
@given(ratio=st.floats(0.0, 1.0))
def test_electrons_are_additive_over_sources(ratio):
    hot, cool = blackbody(20000 * u.K) * ratio, blackbody(4000 * u.K)
    together = count_rate(hot + cool, F814W).value
    assert together == pytest.approx(count_rate(hot, F814W).value + count_rate(cool, F814W).value, rel=1e-5)


def test_many_spectra_at_once_give_what_each_gives():
    wavelength = np.linspace(500, 600, 300)
    flux = np.abs(np.random.default_rng(3).normal(size=(4, 5, 300)))
    throughput = np.linspace(0.1, 0.6, 300)
    rates = photon_rate(wavelength, flux, throughput, 10.0)
    assert rates.shape == (4, 5)
    assert rates[2, 3] == photon_rate(wavelength, flux[2, 3], throughput, 10.0)


def test_arrays_with_units_are_a_spectrum():
    wavelength = np.linspace(4000, 12000, 500) * u.AA
    flux = np.full(500, 3631.0) * u.Jy
    expected = 10 ** (0.4 * F814W.zero_point.value)
    assert count_rate((wavelength, flux), F814W).value == pytest.approx(expected, rel=1e-3)


def test_a_spectrum_that_covers_part_of_the_band_warns():
    short = SourceSpectrum(Empirical1D, points=[4000, 8000], lookup_table=[1, 1])
    with pytest.warns(CoverageWarning, match="400 to 800 nm"):
        count_rate(short, F814W)


def test_a_spectrum_outside_the_band_is_an_error():
    short = SourceSpectrum(Empirical1D, points=[2000, 3000], lookup_table=[1, 1])
    with pytest.raises(ParameterError, match="do not overlap"):
        count_rate(short, F814W)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: count_rate(star("G2")), "no bandpass"),
        (lambda: count_rate("G2", F814W), "no spectrum"),
        (lambda: count_rate(star("G2"), SpectralElement(Box1D, amplitude=1, x_0=6000, width=500)), "area"),
        (lambda: count_rate(star("G2"), F814W, -1 * u.m**2), "positive"),
        (lambda: electrons(star("G2"), F814W), "exptime"),
        (lambda: electrons(star("G2"), F814W, exptime=-1 * u.s), "exptime"),
        (lambda: count_rate(Observation(star("G2"), F814W.spectral_element), F814W), "its own"),
        (lambda: count_rate(([2, 1] * u.nm, [1, 1] * u.Jy), F814W), "increasing"),
    ],
)
def test_impossible_requests_say_what_is_wrong(call, message):
    with pytest.raises(ParameterError, match=message):
        call()


def test_importing_the_room_does_not_import_synphot():
    code = (
        "import sys, astroclassify.photometry as p; list(p.BANDS); p.BANDS['csst-msc', 'r'].zero_point\n"
        "print([m for m in ('synphot', 'dust_extinction', 'torch', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
