"""Spectra: shapes against published ones, normalisation, dust, redshift."""

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from synphot import ConstFlux1D, Empirical1D, SourceSpectrum
from synphot.units import VEGAMAG

from astroclassify.core import ParameterError, UnknownNameError
from astroclassify.photometry import (
    BANDS,
    SPECTRAL_TYPES,
    WAVELENGTHS,
    ab_magnitude,
    blackbody,
    count_rate,
    effective_temperature,
    emission_lines,
    hii_region,
    normalise,
    old_population,
    planetary_nebula,
    power_law,
    redden,
    redshift,
    reflection_nebula,
    star,
    star_forming_population,
    starburst_population,
    supernova_remnant,
    vega,
)

FLAM = u.erg / u.s / u.cm**2 / u.AA
ACS = {name: BANDS["acs-wfc", name] for name in ("F435W", "F555W", "F606W", "F658N", "F814W")}
UVIS = {name: BANDS["wfc3-uvis", name] for name in ("F275W", "F336W", "F547M", "F656N")}
EXAMPLES = settings(max_examples=25, deadline=None)
EVERY = {
    "star": lambda: star("G2"),
    "blackbody": lambda: blackbody(1e4 * u.K),
    "power law": lambda: power_law(-1.5),
    "old": old_population,
    "star-forming": star_forming_population,
    "starburst": starburst_population,
    "reflection": lambda: reflection_nebula(star("B5")),
    "HII region": hii_region,
    "planetary": planetary_nebula,
    "remnant": supernova_remnant,
    "vega": vega,
}


def colour(sed, first, second):
    return (ab_magnitude(sed, first) - ab_magnitude(sed, second)).value


def line_flux(sed, name, width=2.0):
    """Integrate a line over its continuum, in erg / s / cm2."""
    grid = np.linspace(WAVELENGTHS[name] - width, WAVELENGTHS[name] + width, 4001)
    flux = sed(grid * u.nm, flux_unit=FLAM).value
    return np.trapezoid(flux - np.interp(grid, grid[[0, -1]], flux[[0, -1]]), grid) * 10


@pytest.mark.parametrize("make", EVERY.values(), ids=EVERY)
def test_every_spectrum_shines_in_every_camera(make):
    for key in (("acs-wfc", "F606W"), ("wfc3-uvis", "F336W"), ("csst-msc", "z")):
        assert count_rate(make(), BANDS[key]).value > 0


def test_a_blackbody_is_plancks():
    # Ratio at 400 and 800 nm, 6000 K: 2**5 * expm1(h c / 800 nm k T) / expm1(h c / 400 nm k T) = 1.5268
    ratio = 32 * np.expm1(14387768.775 / 800 / 6000) / np.expm1(14387768.775 / 400 / 6000)
    body = blackbody(6000 * u.K)
    measured = body(400 * u.nm, flux_unit=FLAM) / body(800 * u.nm, flux_unit=FLAM)
    assert measured.value == pytest.approx(ratio, rel=1e-5)


def test_a_flat_power_law_has_no_colour():
    assert colour(power_law(-2), ACS["F435W"], ACS["F814W"]) == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "kelvin"), [("G2", 5770), ("G2V", 5770), (" a0v ", 9700), ("G1", 5850), ("M6", 2810)]
)
def test_spectral_types_have_the_temperatures_of_the_table(name, kelvin):
    # Pecaut & Mamajek (2013); G1 by interpolation between G0 and G2.
    assert effective_temperature(name).to_value(u.K) == pytest.approx(kelvin)


@pytest.mark.parametrize("name", ["X3", "M9", "O1", "", "G", "G2IV"])
def test_unknown_types_are_refused(name):
    with pytest.raises(UnknownNameError, match="O5 to M6"):
        star(name)


def test_later_types_are_redder():
    colours = [colour(star(name), ACS["F435W"], ACS["F814W"]) for name in SPECTRAL_TYPES]
    assert (np.diff(colours) > 0).all()


# The tolerances that the docstrings state.
@pytest.mark.parametrize(
    ("name", "make"),
    [("E", old_population), ("Sbc", star_forming_population), ("Im", starburst_population)],
)
def test_populations_have_the_colours_of_observed_galaxies(shared, name, make):
    wavelength, flux = np.loadtxt(shared / f"throughput/sed/CWW_{name}_ext.sed").T
    observed = (wavelength * u.AA, flux * 1e-17 * FLAM)
    bands = [BANDS["csst-msc", b] for b in ("NUV", "u", "g", "r", "i", "z")]
    bands += [BANDS["wfc3-uvis", b] for b in ("F275W", "F336W", "F390W", "F438W", "F555W", "F606W", "F814W")]
    reference = BANDS["acs-wfc", "F555W"]
    for band in bands:
        difference = colour(make(), band, reference) - colour(observed, band, reference)
        assert abs(difference) < 0.15, (band.name, difference)


def test_younger_populations_are_bluer():
    colours = [
        colour(make(), UVIS["F275W"], ACS["F814W"])
        for make in (old_population, star_forming_population, starburst_population)
    ]
    assert colours[0] > colours[1] + 1 > colours[2] + 2


@pytest.mark.parametrize("make", [hii_region, planetary_nebula, supernova_remnant])
def test_doublets_have_the_ratios_of_atomic_physics(make):
    # Osterbrock & Ferland (2006): [O III] 5007/4959 = 2.98, [N II] 6583/6548 = 3.05 (here rounded to 3).
    nebula = make()
    for strong, weak in (("[OIII] 5007", "[OIII] 4959"), ("[NII] 6583", "[NII] 6548")):
        ratio = line_flux(nebula, strong, 0.8) / line_flux(nebula, weak, 0.8)
        assert ratio == pytest.approx(3.0, rel=0.03)


def test_halpha_is_case_b_in_photoionised_gas():
    assert line_flux(hii_region(), "Halpha", 0.6) == pytest.approx(2.86e-15, rel=0.01)
    assert line_flux(hii_region(), "Hbeta") == pytest.approx(1e-15, rel=0.01)


def test_nebulae_have_their_marks():
    # [S II] / Halpha > 0.4 in remnants, less in H II regions; [O III] / Hbeta > 5 in planetary nebulae.
    sulphur = {
        make: sum(line_flux(make(), line, 0.6) for line in ("[SII] 6716", "[SII] 6731"))
        / line_flux(make(), "Halpha", 0.6)
        for make in (hii_region, supernova_remnant)
    }
    assert sulphur[supernova_remnant] > 0.4 > sulphur[hii_region]
    assert line_flux(planetary_nebula(), "[OIII] 5007") > 5 * line_flux(planetary_nebula(), "Hbeta")


def test_an_hii_region_glows_in_halpha_bands():
    continuum = normalise(star("O7"), 20 * u.ABmag, UVIS["F547M"])
    nebula = normalise(hii_region(), 20 * u.ABmag, UVIS["F547M"])
    assert ab_magnitude(nebula, UVIS["F656N"]) < ab_magnitude(continuum, UVIS["F656N"]) - 2 * u.mag


def test_orions_ratios_are_those_of_the_observed_spectrum(shared):
    data = fits.getdata(shared / "throughput/sed/orion_smooth.fits")
    wavelength, flux = (np.asarray(data[name], float) for name in ("WAVELENGTH", "FLUX"))
    keep = np.concatenate([[True], np.diff(wavelength) > 0])
    orion = SourceSpectrum(Empirical1D, points=wavelength[keep], lookup_table=flux[keep] * FLAM)
    for name in ("[OIII] 5007", "HeI 5876", "[NII] 6583"):
        observed = line_flux(orion, name, 0.7) / line_flux(orion, "Hbeta", 0.7)
        model = line_flux(hii_region(), name, 0.7) / line_flux(hii_region(), "Hbeta", 0.7)
        assert model == pytest.approx(observed, rel=0.1), name


def test_lines_can_be_changed_and_unknown_ones_are_refused():
    strong = hii_region(ratios={"[SII] 6716": 5.0})
    assert line_flux(strong, "[SII] 6716", 0.6) == pytest.approx(5e-15, rel=0.02)
    with pytest.raises(ParameterError, match="Hbeta"):
        emission_lines({"H-omega": 1.0})
    with pytest.raises(ParameterError, match="velocity"):
        emission_lines({"Hbeta": 1.0}, velocity=1e5 * u.km / u.s)
    with pytest.raises(ParameterError, match="hbeta_width"):
        hii_region(hbeta_width=0 * u.nm)


def test_reflected_light_is_bluer_than_the_star():
    light = star("B5")
    reflected = reflection_nebula(light)
    assert colour(reflected, ACS["F435W"], ACS["F814W"]) < colour(light, ACS["F435W"], ACS["F814W"]) - 0.3
    with pytest.raises(ParameterError, match="scattering"):
        reflection_nebula(light, scattering=2.0)


@pytest.mark.parametrize("make", EVERY.values(), ids=EVERY)
def test_normalised_spectra_have_the_magnitude(make):
    sed = normalise(make(), 21.5 * u.ABmag, ACS["F606W"])
    assert ab_magnitude(sed, ACS["F606W"]).value == pytest.approx(21.5, abs=1e-6)


def test_vega_itself_is_of_magnitude_zero():
    rate = count_rate(normalise(star("M0"), 0 * VEGAMAG, ACS["F814W"]), ACS["F814W"])
    assert rate.value == pytest.approx(count_rate(vega(), ACS["F814W"]).value)


@pytest.mark.parametrize(
    ("brightness", "same_as"),
    [
        (3631 * u.Jy, 0 * u.ABmag),
        (3.63078e-20 * u.erg / u.s / u.cm**2 / u.Hz, 0 * u.ABmag),
        (22 * u.mag(u.AB / u.arcsec**2), 22 * u.ABmag),
        (1 * u.Jy / u.arcsec**2, 1 * u.Jy),
        ((1 * u.Jy / u.arcsec**2).to(u.MJy / u.sr), 1 * u.Jy),
        (0 * u.STmag, 3.63078e-9 * FLAM),
        (3 * u.mag(VEGAMAG.physical_unit / u.arcsec**2), 3 * VEGAMAG),
        (1e-15 * u.erg / u.s / u.cm**2 / u.arcsec**2, 1e-15 * u.erg / u.s / u.cm**2),
    ],
)
def test_units_of_brightness_mean_the_same_light(brightness, same_as):
    band = ACS["F606W"]
    rates = [count_rate(normalise(star("F5"), value, band), band).value for value in (brightness, same_as)]
    assert rates[0] == pytest.approx(rates[1], rel=1e-4)


def test_an_energy_flux_is_that_within_the_band():
    # All of a single line's flux lies in the band: Halpha in F658N, at 98% of the band's peak.
    band = ACS["F658N"]
    bare = emission_lines({"Halpha": 1}, hbeta_width=1e9 * u.nm)
    line = normalise(bare, 1e-14 * u.erg / u.s / u.cm**2, band)
    assert line_flux(line, "Halpha") == pytest.approx(1e-14 / (band(656.28 * u.nm) / band.peak), rel=0.01)


@pytest.mark.parametrize("brightness", [22.0, 22 * u.mag, 3 * u.m, -1 * u.Jy, 0 * u.Jy])
def test_what_is_no_brightness_is_refused(brightness):
    with pytest.raises(ParameterError, match="brightness"):
        normalise(star("G2"), brightness, ACS["F606W"])


@EXAMPLES
@given(a_v=st.floats(0, 20), more=st.floats(0.01, 5), law=st.sampled_from(["CCM89", "F99", "F19", "G23"]))
def test_more_dust_means_less_light_and_redder(a_v, more, law):
    sed = star("A0")
    less_dust, more_dust = redden(sed, a_v, law=law), redden(sed, a_v + more, law=law)
    for band in (UVIS["F336W"], ACS["F814W"]):
        assert count_rate(more_dust, band) < count_rate(less_dust, band)
    assert colour(more_dust, ACS["F435W"], ACS["F814W"]) > colour(less_dust, ACS["F435W"], ACS["F814W"])


def test_one_magnitude_of_extinction_in_v_is_one_magnitude():
    band = ACS["F555W"]
    dimming = ab_magnitude(redden(star("G2"), 1.0), band) - ab_magnitude(star("G2"), band)
    assert dimming.value == pytest.approx(1.0, abs=0.05)


def test_impossible_dust_is_refused():
    with pytest.raises(ParameterError, match="0 to 100"):
        redden(star("G2"), -1)
    with pytest.raises(ParameterError, match="r_v"):
        redden(star("G2"), 1, r_v=20)
    with pytest.raises(UnknownNameError, match="did you mean 'F19'"):
        redden(star("G2"), 1, law="F1")


@EXAMPLES
@given(z=st.floats(-0.5, 3.0))
def test_redshift_keeps_the_energy_and_moves_the_lines(z):
    sed = normalise(emission_lines({"Hbeta": 1.0}, hbeta_width=1e6 * u.nm), 1 * u.Jy, BANDS["csst-msc", "g"])
    shifted = redshift(sed, z)
    there = WAVELENGTHS["Hbeta"] * (1 + z)
    grid = np.linspace(there - 3, there + 3, 6001)
    flux = np.trapezoid(shifted(grid * u.nm, flux_unit=FLAM).value, grid) * 10
    assert flux == pytest.approx(line_flux(sed, "Hbeta", 3), rel=0.01)


@EXAMPLES
@given(first=st.floats(0, 1), second=st.floats(0, 1))
def test_redshifts_multiply(first, second):
    sed = starburst_population()
    twice, once = redshift(redshift(sed, first), second), redshift(sed, (1 + first) * (1 + second) - 1)
    rates = [count_rate(sed, ACS["F606W"]).value for sed in (twice, once)]
    assert rates[0] == pytest.approx(rates[1], rel=1e-4)


def test_a_redshift_of_minus_one_is_refused():
    with pytest.raises(ParameterError, match="above -1"):
        redshift(star("G2"), -1)


def test_analytic_synphot_spectra_can_be_changed_too():
    flat = SourceSpectrum(ConstFlux1D, amplitude=20 * u.ABmag)
    assert ab_magnitude(redden(flat, 0.5), ACS["F606W"]).value > 20.3
    assert ab_magnitude(normalise(flat, 19 * u.ABmag, ACS["F606W"]), ACS["F606W"]).value == pytest.approx(19)


@pytest.mark.parametrize(
    "call", [lambda: blackbody(10 * u.K), lambda: power_law(50), lambda: power_law(float("nan"))]
)
def test_spectra_out_of_range_are_refused(call):
    with pytest.raises(ParameterError, match="expected"):
        call()
