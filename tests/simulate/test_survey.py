"""Fields of the survey: counts, colours, shapes and noise are those of the sky and of the camera."""

import numpy as np
import pytest
from astropy import units as u

from astroclassify.core import ParameterError
from astroclassify.photometry import survey_depth
from astroclassify.simulate import survey_field
from astroclassify.simulate.survey import _sequences
from astroclassify.simulate.survey._draw import Parts, draw
from astroclassify.simulate.survey._galaxies import draw_galaxies, galaxy_counts
from astroclassify.simulate.survey._magnitudes import zero_points
from astroclassify.simulate.survey._milky_way import Direction, draw_stars
from astroclassify.simulate.survey._objects import star_objects
from astroclassify.simulate.survey._profiles import sersic, transform
from astroclassify.simulate.survey._quasars import draw_quasars, quasar_counts
from astroclassify.simulate.survey._sed import galaxy_magnitudes, quasar_magnitudes
from astroclassify.simulate.survey._spread import FieldSpread

BANDS = ("u", "g", "r", "i")
NOISE = np.full(1, 10.0)


def _stars(latitude, *, area=40.0, longitude=90.0):
    rng = np.random.default_rng(1)
    return draw_stars(rng, Direction(longitude, latitude), area, BANDS, ("i", 26.0))


def _part(*, radius=0.0, index=0.0, ratio=1.0, place=(64.3, 60.8), electrons=1000.0):
    one = np.ones(1)
    return Parts(
        place[0] * one,
        place[1] * one,
        np.full((1, 1), electrons),
        radius * one,
        ratio * one,
        0.3 * one,
        index * one,
        np.zeros(1, int),
    )


def _image(part, *, band="r"):
    image = np.zeros((1, 128, 128), np.float32)
    draw(image, part, [FieldSpread(band, (0.0, 0.0))], NOISE)
    return image[0]


# Textbook colours of dwarfs in SDSS, g - r and r - i (see Covey et al. 2007, AJ 134, 2398).
@pytest.mark.parametrize(
    ("kind", "g_r", "r_i"), [("A0", -0.24, -0.25), ("G2", 0.46, 0.13), ("K5", 1.06, 0.42), ("M3", 1.48, 1.18)]
)
def test_dwarfs_lie_on_the_stellar_locus(kind, g_r, r_i):
    table = _sequences._table()
    row = int(np.flatnonzero(table["type"] == kind)[0])
    _, g, r, i = _sequences.dwarfs(BANDS).absolute[row]
    # The bands of CSST are not those of SDSS: within a tenth of a magnitude.
    assert (g - r, r - i) == (pytest.approx(g_r, abs=0.1), pytest.approx(r_i, abs=0.1))


def test_spectra_of_dwarfs_have_the_broad_band_colours_of_their_type():
    for row in _sequences._table()[::5]:
        wanted = _sequences._wanted(row)
        found = _sequences._at_pivots(_sequences.dwarf_spectrum(row))
        known = np.isfinite(wanted)
        assert np.abs(found - wanted)[known].max() < 0.03


def test_metal_poor_stars_are_brighter_in_the_ultraviolet():
    shift = _sequences.metal_shift(BANDS, np.array([5800.0, 5800.0, 3000.0]), np.array([0.0, -1.5, -1.5]))
    assert shift[1, 0] < -0.2
    assert shift[1, 3] == shift[2, 0] == shift[0, 0] == 0


# Bahcall & Soneira 1980, ApJS 44, 73: some 2000 stars per square degree to V = 20 at the pole.
def test_as_many_stars_as_at_the_galactic_pole():
    mags = _stars(90.0, area=400.0)["mags"]
    visual = mags[:, 1:3].mean(axis=1)
    per_square_degree = (visual < 20).sum() / 400 * 3600
    assert 1500 < per_square_degree < 3500


def test_stars_grow_in_number_to_low_latitude_and_to_the_faint():
    numbers = [(_stars(latitude)["mags"][:, 3] < 24).sum() for latitude in (90.0, 45.0, 30.0, 15.0)]
    assert numbers == sorted(numbers)
    assert numbers[-1] > 4 * numbers[0]
    mags = _stars(30.0)["mags"][:, 3]
    assert (mags < 20).sum() < (mags < 22).sum() < (mags < 24).sum()


def test_the_same_latitude_has_more_stars_towards_the_centre_of_the_galaxy():
    inner, outer = (len(_stars(25.0, longitude=longitude)["kind"]) for longitude in (0.0, 180.0))
    assert inner > 1.3 * outer


def test_a_third_of_the_stars_has_companions_that_are_fainter_than_they():
    stars = _stars(30.0, area=200.0)
    paired = np.isfinite(stars["companion"][:, 0])
    assert 0.2 < paired.mean() < 0.5
    assert (stars["companion"][paired, 3] > stars["mags"][paired, 3] - 0.3).all()
    assert ((stars["kind"] == "binary") == paired).all()


def test_a_close_pair_is_one_object_as_bright_as_both():
    stars = {
        "mags": np.full((2, 1), 20.0),
        "companion": np.array([[20.0], [20.0]]),
        "separation": np.array([0.05, 2.0]),
        "kind": np.array(["binary", "binary"]),
    }
    objects = star_objects(np.random.default_rng(0), stars, (100, 100), 0, 0.074, np.array([30.0]))
    assert sorted(objects.truth["mags"][:, 0].round(2)) == [19.25, 20.0, 20.0]
    assert len(objects.parts) == 4


def test_galaxies_are_as_many_as_counted():
    galaxies = draw_galaxies(np.random.default_rng(2), 50.0, BANDS, 25.0)
    # LSST Science Book, 3.7.2: 46 per square arcminute to i = 25.
    assert float(galaxy_counts(25.0)) == pytest.approx(46.0)
    assert galaxies["redshift"].size == pytest.approx(50 * 46, rel=0.1)


def test_galaxies_of_a_magnitude_have_the_redshifts_and_sizes_of_deep_fields():
    galaxies = draw_galaxies(np.random.default_rng(3), 150.0, BANDS, 24.5)
    faint = np.abs(galaxies["mags"][:, 3] - 24.0) < 0.5
    # z0 = 0.0417 * 24 - 0.744: the mean of z**2 exp(-z / z0) is 3 z0 = 0.77.
    assert galaxies["redshift"][faint].mean() == pytest.approx(0.77, rel=0.1)
    # Half-light radii at i = 24 in fields of HST: about 0.35 arcseconds.
    assert 0.25 < np.median(galaxies["radius"][faint]) < 0.5
    bright = galaxies["mags"][:, 3] < 22
    assert np.median(galaxies["radius"][bright]) > np.median(galaxies["radius"][faint])


def test_the_break_of_old_galaxies_moves_through_the_bands():
    at_zero, at_half = (
        -np.diff(galaxy_magnitudes(np.zeros(1), np.zeros(1), np.array([z]), BANDS))[0] for z in (0.01, 0.8)
    )
    assert at_zero.argmax() == 0  # u - g
    assert at_half.argmax() == 1  # g - r, at 400 nm * 1.8


def test_quasars_drop_out_of_u_beyond_redshift_three_but_not_before():
    u_less_g = [
        -np.diff(quasar_magnitudes(np.array([-0.44]), np.array([z]), BANDS))[0][0] for z in (1.5, 3.6)
    ]
    assert u_less_g[0] < 0.4 < 2 < u_less_g[1]


def test_quasars_are_as_many_as_counted():
    quasars = draw_quasars(np.random.default_rng(4), 36_000.0, BANDS, 22.0)
    assert float(quasar_counts(22.0)) * 3600 == pytest.approx(126, rel=0.01)
    assert quasars["redshift"].size == pytest.approx(1260, rel=0.1)


@pytest.mark.parametrize("index", [0.5, 2.0, 4.0])
def test_half_of_the_light_of_a_profile_lies_within_its_radius(index):
    radius = np.geomspace(1e-5, 300, 4000)
    rings = sersic(radius, index) * radius
    inner = radius <= 1
    half = np.trapezoid(rings[inner], radius[inner]) / np.trapezoid(rings, radius)
    assert half == pytest.approx(0.5, abs=0.01)


def test_the_transform_of_a_disk_is_that_of_an_exponential():
    k = np.array([0.0, 0.5, 2.0])
    # A disk of scale length h has the half-light radius 1.678 h and the transform (1 + (k h)**2)**-1.5.
    assert transform(k, 1.0) == pytest.approx((1 + (k / 1.678) ** 2) ** -1.5, rel=1e-3)


@pytest.mark.parametrize(("radius", "index"), [(0.0, 0.0), (3.0, 0.5), (3.0, 1.0), (2.0, 4.0)])
def test_what_is_drawn_keeps_its_light_and_its_place(radius, index):
    image = _image(_part(radius=radius, index=index, ratio=0.6 if radius else 1.0))
    assert image.sum() == pytest.approx(1000, rel=0.03)
    rows, columns = np.indices(image.shape)
    near = np.hypot(rows - 64.3, columns - 60.8) < 20
    light = image * near
    centre = (light * rows).sum() / light.sum(), (light * columns).sum() / light.sum()
    # Coma makes the wings lopsided: places are those of the core.
    assert centre == (pytest.approx(64.3, abs=0.08), pytest.approx(60.8, abs=0.08))


def test_a_drawn_disk_has_its_half_light_radius():
    image = _image(_part(radius=8.0, index=1.0, place=(64.0, 64.0)))
    rows, columns = np.indices(image.shape)
    inside = np.hypot(rows - 64, columns - 64) < 8.0
    assert image[inside].sum() / image.sum() == pytest.approx(0.5, abs=0.05)


def test_stars_are_wider_in_the_red_and_off_the_axis():
    def peak(band, place):
        return FieldSpread(band, place).image(64).max()

    assert peak("g", (0, 0)) > peak("i", (0, 0))
    assert peak("g", (0, 0)) > 1.02 * peak("g", (1, 1))


def test_an_image_of_a_point_between_two_places_is_their_mean():
    ends, middle = [FieldSpread("g", (0, x)).image(64) for x in (0, 1)], FieldSpread("g", (0, 0.5)).image(64)
    assert middle == pytest.approx(np.mean(ends, axis=0), abs=1e-6)


@pytest.fixture(scope="module")
def field():
    return survey_field(5, bands=("g", "i"), shape=(160, 200), latitude=20.0)


def test_the_same_seed_gives_the_same_field(field):
    again = survey_field(5, bands=("g", "i"), shape=(160, 200), latitude=20.0)
    assert (again.images["i"].data == field.images["i"].data).all()
    assert (again.truth["mag_g"] == field.truth["mag_g"]).all()


def test_a_frame_says_its_zero_point_and_its_exposures(field):
    meta = field.images["g"].meta
    seconds = 300.0
    assert (meta["NCOMBINE"], meta["EXPTIME"]) == (2, seconds)
    assert meta["PHOTZP"] == pytest.approx(zero_points(("g",))[0] + 2.5 * np.log10(seconds))
    assert field.images["g"].unit == u.electron
    assert field.images["g"].psf.sum() == pytest.approx(1, abs=0.02)


def test_places_in_pixels_and_on_the_sky_agree(field):
    x, y = field.images["i"].wcs.world_to_pixel(field.truth["sky_centroid"])
    assert x == pytest.approx(np.asarray(field.truth["x"]), abs=1e-3)
    assert y == pytest.approx(np.asarray(field.truth["y"]), abs=1e-3)


def test_noise_of_the_empty_sky_is_that_of_light_and_readouts():
    empty = survey_field(6, bands=("r",), shape=(256, 256), stars=0, galaxies=0, quasars=0)
    data = empty.images["r"].data
    # Poisson: the variance of what was collected is its mean; two readouts of 5 electrons add 50.
    assert data.var() == pytest.approx(data.mean() + 50, rel=0.02)


def test_a_star_at_the_published_depth_has_a_signal_to_noise_of_five():
    depth = survey_depth("i").value
    empty = survey_field(7, bands=("i",), shape=(64, 64), stars=0, galaxies=0, quasars=0)
    meta, variance = empty.images["i"].meta, empty.images["i"].data.var()
    star = empty.images["i"].psf * 10 ** (-0.4 * (depth - meta["PHOTZP"]))
    rows, columns = np.indices(star.shape)
    aperture = np.hypot(rows - 32, columns - 32) < 2.5  # 0.185 arcseconds
    signal = star[aperture].sum()
    # Ours has more light in it than the 80% that the depth assumes, so up to a fifth more.
    assert 4.7 < signal / np.sqrt(signal + aperture.sum() * variance) < 6.3


def test_bright_stars_saturate_bleed_and_are_masked():
    sky = {"shape": (200, 200), "latitude": 15.0, "galaxies": 0, "quasars": 0, "stars": 3}
    found = (survey_field(seed, bands=("i",), **sky).images["i"] for seed in range(30))
    image = next(image for image in found if image.mask.sum() > 4)
    assert (image.data[image.mask] == image.data.max()).all()
    assert image.data.max() == pytest.approx(image.meta["SATURATE"])
    rows, columns = np.nonzero(image.mask)
    assert np.ptp(rows) >= np.ptp(columns)


def test_bands_beside_i_need_no_i():
    assert survey_field(9, bands=("g",), shape=(64, 64)).bands == ("g",)


@pytest.mark.parametrize(
    "wrong", [{"bands": ()}, {"bands": ("r", "r")}, {"bands": ("V",)}, {"place": (0, 2)}, {"stars": -1}]
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(ParameterError):
        survey_field(1, shape=(64, 64), **wrong)
