"""The sky, depths, exposure times and saturation, against published numbers."""

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from astroclassify.core import ParameterError
from astroclassify.photometry import (
    BANDS,
    ApertureNoise,
    Bandpass,
    aperture_noise,
    as_bandpass,
    count_rate,
    earthshine,
    exposure_for_snr,
    limiting_magnitude,
    normalise,
    saturation_magnitude,
    sky_rate,
    snr,
    star,
    zodiacal_light,
)

PER_SECOND = u.electron / u.s
FLAM = u.erg / u.s / u.cm**2 / u.AA
EXAMPLES = settings(max_examples=40, deadline=None)
# facts/instruments.md C: sky of galaxyGenius in electrons per second and pixel, and 5-sigma depths by its
# formula (80% within 0.15", 150 s x 2, x 4 in NUV and y, read noise 5, dark 0.02).
CSST = {
    "NUV": (0.0042, 4, 25.66),
    "u": (0.0317, 2, 25.64),
    "g": (0.2803, 2, 26.33),
    "r": (0.3591, 2, 26.01),
    "i": (0.3708, 2, 25.84),
    "z": (0.2168, 2, 25.34),
    "y": (0.0638, 4, 24.63),
}
# ACS team, Zeropoint & Sky Background, 21 August 2001: zodiacal light of V = 23.22, electrons per second and
# pixel of 0.05". Before launch, and with another zodiacal spectrum: good to a quarter of a magnitude.
ACS_ZODIACAL = {
    "F435W": 0.0108,
    "F475W": 0.0200,
    "F555W": 0.0204,
    "F606W": 0.0510,
    "F625W": 0.0336,
    "F775W": 0.0323,
    "F814W": 0.0453,
    "F850LP": 0.0223,
}


@pytest.mark.parametrize(("name", "facts"), CSST.items())
def test_csst_reaches_its_depths(name, facts):
    sky, exposures, depth = facts
    band = BANDS["csst-msc", name]
    noise = aperture_noise(band, sky=sky * PER_SECOND)
    found = limiting_magnitude(band, 150 * u.s, noise, exposures=exposures)
    assert found.value == pytest.approx(depth, abs=0.02)


@pytest.mark.parametrize(("name", "published"), [("g", 26.3), ("r", 26.0), ("i", 25.9)])
def test_csst_depths_agree_with_the_surveys_own(name, published):
    # Survey design: g 26.3 (arXiv 2212.10804), r 26.0, i 25.9.
    noise = aperture_noise(BANDS["csst-msc", name], sky=CSST[name][0] * PER_SECOND)
    found = limiting_magnitude(BANDS["csst-msc", name], 150 * u.s, noise, exposures=2)
    assert found.value == pytest.approx(published, abs=0.1)


@pytest.mark.parametrize("name", CSST)
def test_csst_skies_lie_between_those_that_others_use(name):
    # galaxyGenius (bright zodiacal light) above; our darkest sky below.
    darkest = sky_rate(BANDS["csst-msc", name], zodiacal=23.3).value
    brightest = sky_rate(BANDS["csst-msc", name], zodiacal=21.7).value
    assert darkest < CSST[name][0] < 1.6 * brightest


@pytest.mark.parametrize(("name", "published"), ACS_ZODIACAL.items())
def test_zodiacal_light_of_acs_is_what_its_team_expected(name, published):
    rate = sky_rate(BANDS["acs-wfc", name], zodiacal=23.22, pixel_scale=0.05 * u.arcsec)
    assert -2.5 * np.log10(rate.value / published) == pytest.approx(0.0, abs=0.25)


@pytest.mark.parametrize(
    ("name", "make", "column"), [("Zodi", zodiacal_light, "FLUX"), ("earthshine", earthshine, "FLUX")]
)
def test_sky_spectra_are_those_of_the_exposure_time_calculators(shared, name, make, column):
    data = fits.getdata(shared / f"throughput/sed/{name}.fits")
    wavelength = np.asarray(data[data.names[0]], float) * u.AA
    published = (wavelength, np.asarray(data[column], float) * FLAM)
    ours = normalise(make(), count_to_flux(published), BANDS["acs-wfc", "F555W"])
    for key in BANDS:
        pivot = BANDS[key].pivot.value
        narrow = key[1].upper().endswith("N")
        if (name == "earthshine" and pivot < 330) or pivot < 220:
            continue
        ratio = count_rate(ours, BANDS[key]).value / count_rate(published, BANDS[key]).value
        assert ratio == pytest.approx(1.0, abs=0.35 if narrow else 0.05), key


def count_to_flux(published):
    """Give the published spectrum's mean flux density in F555W."""
    from astroclassify.photometry import ab_magnitude

    return ab_magnitude(published, BANDS["acs-wfc", "F555W"])


def test_earthshine_adds_to_the_sky():
    band = BANDS["wfc3-uvis", "F606W"]
    added = sky_rate(band, earth=22.0) - sky_rate(band)
    pixel = (0.0395 * u.arcsec) ** 2
    assert added.value == pytest.approx(count_rate(earthshine(22.0), band, solid_angle=pixel).value)


def test_the_sky_is_brighter_by_its_magnitudes():
    band = BANDS["csst-msc", "i"]
    assert (sky_rate(band, zodiacal=21.0) / sky_rate(band, zodiacal=23.5)).value == pytest.approx(10.0)


def test_signal_to_noise_by_hand():
    # 10 e/s for 2 x 100 s, 80% in 12 px: 1600 e; 12 * (0.1 + 0.02) * 200 + 2 * 12 * 25 = 888.
    noise = ApertureNoise(pixels=12, fraction=0.8, sky=0.1, dark=0.02, read_noise=5.0)
    assert snr(10 * PER_SECOND, 100 * u.s, noise, exposures=2) == pytest.approx(1600 / np.sqrt(2488))


@EXAMPLES
@given(
    rate=st.floats(1e-3, 1e4),
    ratio=st.floats(0.1, 500),
    exposures=st.integers(1, 20),
    sky=st.floats(0, 2),
    read_noise=st.floats(0, 20),
)
def test_exposure_times_reach_the_ratio(rate, ratio, exposures, sky, read_noise):
    noise = ApertureNoise(12.0, 0.7, sky, 0.01, read_noise)
    time = exposure_for_snr(rate * PER_SECOND, ratio, noise, exposures=exposures)
    assert snr(rate * PER_SECOND, time, noise, exposures=exposures) == pytest.approx(ratio, rel=1e-6)


@EXAMPLES
@given(time=st.floats(1, 5000), ratio=st.floats(1, 100), exposures=st.integers(1, 8))
def test_a_star_at_the_limit_has_the_ratio(time, ratio, exposures):
    band = BANDS["csst-msc", "r"]
    noise = ApertureNoise(12.9, 0.8, 0.2, 0.02, 5.0)
    limit = limiting_magnitude(band, time * u.s, noise, ratio=ratio, exposures=exposures)
    rate = 10 ** (0.4 * (band.zero_point - limit).value) * PER_SECOND
    assert snr(rate, time * u.s, noise, exposures=exposures) == pytest.approx(ratio, rel=1e-6)


def test_one_long_exposure_is_deeper_than_many_short_ones():
    noise = aperture_noise(BANDS["acs-wfc", "F606W"])
    assert snr(1 * PER_SECOND, 1000 * u.s, noise) > snr(1 * PER_SECOND, 100 * u.s, noise, exposures=10)


def test_a_star_at_the_saturation_magnitude_fills_the_pixel():
    band = BANDS["acs-wfc", "F606W"]
    limit = saturation_magnitude(band, 300 * u.s, peak_fraction=0.25, background=1 * PER_SECOND)
    star_rate = count_rate(normalise(star("G2"), limit, band), band).value
    # facts/instruments.md A6: saturation sets in at 77,400 electrons.
    assert 0.25 * star_rate * 300 + 300 == pytest.approx(77_400, rel=1e-4)


def test_a_full_well_of_ones_own_counts():
    band = BANDS["csst-msc", "g"]
    usual = saturation_magnitude(band, 150 * u.s)
    half = saturation_magnitude(band, 150 * u.s, full_well=45_000 * u.electron)
    assert (half - usual).value == pytest.approx(2.5 * np.log10(2))


OWN = as_bandpass(([400, 500, 600] * u.nm, [0.0, 0.5, 0.0]), area=1 * u.m**2, name="own")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: zodiacal_light(5), "15 to 40"),
        (lambda: earthshine(50), "15 to 40"),
        (lambda: sky_rate(OWN), "pixel_scale"),
        (lambda: aperture_noise(OWN, sky=0 * PER_SECOND), "by hand"),
        (lambda: ApertureNoise(0, 0.8, 0, 0, 0), "pixels > 0"),
        (lambda: ApertureNoise(9, 1.8, 0, 0, 0), "fraction"),
        (lambda: snr(1 * PER_SECOND, 0 * u.s, ApertureNoise(9, 1, 0, 0, 0)), "positive"),
        (lambda: exposure_for_snr(0 * PER_SECOND, 5, ApertureNoise(9, 1, 0, 0, 0)), "positive"),
        (lambda: limiting_magnitude(OWN, 1 * u.s, ApertureNoise(9, 1, 0, 0, 0), ratio=0), "ratio"),
        (lambda: saturation_magnitude(BANDS["acs-wfc", "F606W"], 1 * u.s, peak_fraction=2), "peak_fraction"),
        (
            lambda: saturation_magnitude(BANDS["acs-wfc", "F606W"], 1e4 * u.s, background=9 * PER_SECOND),
            "alone fills",
        ),
        (lambda: Bandpass("", "", np.arange(1.0, 4), np.full(3, 0.1), area=-1.0), "area"),
    ],
)
def test_impossible_questions_say_what_is_wrong(call, message):
    with pytest.raises(ParameterError, match=message):
        call()
