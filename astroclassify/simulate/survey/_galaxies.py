"""Galaxies behind the Milky Way: counts, redshifts, types, sizes and shapes as deep fields show them."""

from functools import cache

import numpy as np
from astropy.cosmology import FlatLambdaCDM

from astroclassify.simulate.survey._sed import galaxy_magnitudes

#: Counts: N(< i) = 46 * 10**(0.31 (i - 25)) per square arcminute (LSST Science Book, arXiv:0912.0201, 3.7.2),
#: from deep fields; brighter than i = 21.5 they are nearly Euclidean: 0.5 per magnitude in log10.
_COUNT_AT_25, _SLOPE, _BREAK, _BRIGHT_SLOPE, _BRIGHTEST = 46.0, 0.31, 21.5, 0.5, 16.0
#: Redshifts: p(z) ~ z**2 exp(-z / z0), z0 = 0.0417 i - 0.744 (the same source).
_Z0_SLOPE, _Z0_AT_0 = 0.0417, -0.744
#: Half-light radii in kpc of the major axis at 5e10 solar masses at z = 0, power of mass, power of 1 + z and
#: scatter in dex: van der Wel et al. (2014, arXiv:1404.2844), late and early types.
_LATE, _EARLY = (8.9, 0.22, -0.75, 0.18), (5.6, 0.75, -1.48, 0.11)
_EARLY_FLATTENS = 1.0e10  # solar masses, below which early types do not get smaller as steeply
_SUN_V = 4.81
#: Decimal logarithm of the mass over the V light, solar units, of types 0, 1, 2; less by this per unit of
#: redshift.
_MASS_TO_LIGHT, _YOUNGER = (0.55, 0.05, -0.45), 0.25
#: Rms thickness of disks, and of spheroids, over their radius.
_DISK_THICKNESS, _SPHEROID_AXES = 0.2, (0.45, 1.0)
_KINDS = ("elliptical", "disk", "irregular", "compact")
_COMPACT = 0.02  # part of the galaxies that are starbursts of a third of the usual radius
_COSMOS = FlatLambdaCDM(H0=70.0, Om0=0.3)
_Z_GRID = np.append(np.geomspace(0.003, 0.1, 40), np.linspace(0.11, 6.5, 320))


def galaxy_counts(magnitude):
    """
    Count galaxies.

    Parameters
    ----------
    magnitude : array_like
        Down to which i magnitude.

    Returns
    -------
    numpy.ndarray
        Galaxies per square arcminute.
    """
    magnitude = np.asarray(magnitude, float)
    at_break = _COUNT_AT_25 * 10 ** (_SLOPE * (_BREAK - 25))
    slope = np.where(magnitude < _BREAK, _BRIGHT_SLOPE, _SLOPE)
    return at_break * 10 ** (slope * (magnitude - _BREAK))


def distance(redshift):
    """
    Give distances.

    Parameters
    ----------
    redshift : numpy.ndarray
        Redshifts.

    Returns
    -------
    tuple of numpy.ndarray
        Distance modulus, and kiloparsecs per arcsecond.
    """
    # H0 = 70 km/s/Mpc, matter 0.3. Angular-diameter distance is luminosity distance over (1 + z)**2.
    log_luminosity = np.interp(redshift, _Z_GRID, _log_distance())
    megaparsec = 10**log_luminosity
    return 5 * log_luminosity + 25, megaparsec / (1 + redshift) ** 2 * 1e3 / 206_264.8


@cache
def _log_distance():
    return np.log10(_COSMOS.luminosity_distance(_Z_GRID).value)


def draw_galaxies(rng, area, bands, limit):
    """
    Draw the galaxies of a field.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    area : float
        Square arcminutes.
    bands : tuple of str
        Bands; ``"i"`` among them.
    limit : float
        Faintest i magnitude.

    Returns
    -------
    dict of str to numpy.ndarray
        ``mags`` ``[n, band]``, ``bulge_mags``, ``disk_mags``, ``kind``, ``redshift``, ``radius`` (half-light
        radius of the major axis, arcsec), ``bulge_radius``, ``ratio`` and ``bulge_ratio`` (axes),
        ``angle`` (rad), ``bulge_index`` and ``index`` (Sersic), ``knots`` (part of the light in knots).
    """
    number = rng.poisson(area * galaxy_counts(limit))
    magnitude = _drawn_magnitudes(rng, number, limit)
    z = _drawn_redshifts(rng, magnitude)
    kind = _drawn_kinds(rng, magnitude, z)
    found = _light(rng, magnitude, z, kind, bands) | {"redshift": z, "kind": np.array(_KINDS)[kind]}
    found |= _shapes(rng, kind, z, found.pop("mass"), found["bulge"])
    return found


def _drawn_magnitudes(rng, number, limit):
    grid = np.linspace(_BRIGHTEST, limit, 400)
    counts = galaxy_counts(grid)
    return np.interp(counts[0] + (counts[-1] - counts[0]) * rng.random(number), counts, grid)


def _drawn_redshifts(rng, magnitude):
    # z**2 exp(-z / z0) is a Gamma distribution of shape 3. z0 would be negative brighter than i = 18.
    z0 = np.maximum(_Z0_SLOPE * magnitude + _Z0_AT_0, 0.02 + 0.01 * (magnitude - 16).clip(0))
    return np.clip(rng.gamma(3.0, z0), 0.004, 6.3)


def _drawn_kinds(rng, magnitude, z):
    """Types: early ones are a third of the bright, a twentieth of the faint."""
    early = np.interp(magnitude, (18, 21, 24, 27), (0.4, 0.3, 0.12, 0.04)) * np.where(z > 2.5, 0.3, 1.0)
    irregular = np.clip(np.interp(magnitude, (18, 22, 25), (0.05, 0.15, 0.35)) + 0.08 * z, 0, 0.6)
    dice = rng.random(magnitude.size)
    kind = np.where(dice < early, 0, np.where(dice < early + irregular, 2, 1))
    return np.where(rng.random(magnitude.size) < _COMPACT, 3, kind)


def _light(rng, magnitude, z, kind, bands):
    """Magnitudes of bulge and disk in all bands, and the stellar mass."""
    number, in_i = magnitude.size, bands.index("i")
    bulge = np.choose(kind, [rng.uniform(0.7, 1.0, number), rng.beta(1.2, 4.0, number), 0.0, 0.0])
    young = np.choose(
        kind,
        [
            rng.uniform(0.0, 0.5, number),
            np.clip(rng.normal(1.0 + 0.25 * z, 0.35), 0.3, 2.0),
            np.clip(rng.normal(1.6, 0.3, number), 0.8, 2.0),
            np.clip(rng.normal(1.8, 0.2, number), 1.0, 2.0),
        ],
    )
    old = np.minimum(np.clip(rng.normal(0.1, 0.1, number), 0, 0.5) + 0.15 * np.maximum(z - 1, 0), young)
    dust = np.choose(kind, [0.1, rng.gamma(2.0, 0.25, number), rng.gamma(1.5, 0.2, number), 0.1])
    disk_shape, bulge_shape = galaxy_magnitudes(young, dust, z, bands), galaxy_magnitudes(old, dust, z, bands)
    mags = [
        shape - shape[:, [in_i]] + (magnitude - 2.5 * np.log10(np.maximum(part, 1e-9)))[:, None]
        for shape, part in ((bulge_shape, bulge), (disk_shape, 1 - bulge))
    ]
    total = -2.5 * np.log10(10 ** (-0.4 * mags[0]) + 10 ** (-0.4 * mags[1]))
    mean_type = bulge * old + (1 - bulge) * young
    k_correction = np.where(bulge > 0.5, bulge_shape[:, in_i], disk_shape[:, in_i])
    visual = magnitude - distance(z)[0] - k_correction
    light = np.interp(mean_type, (0, 1, 2), _MASS_TO_LIGHT) - _YOUNGER * np.minimum(z, 3)
    mass = 10 ** (-0.4 * (visual - _SUN_V) + light + rng.normal(0, 0.1, number))
    return {"mags": total, "bulge_mags": mags[0], "disk_mags": mags[1], "bulge": bulge, "mass": mass}


def _shapes(rng, kind, z, mass, bulge):
    number, per_arcsec = kind.size, distance(z)[1]
    late = _size(rng, mass, z, *_LATE)
    early = _size(rng, np.maximum(mass, _EARLY_FLATTENS), z, *_EARLY)
    early *= (np.minimum(mass, _EARLY_FLATTENS) / _EARLY_FLATTENS) ** 0.2
    radius = np.choose(kind, [early, late, late, late / 3]) / per_arcsec
    # A disk of thickness q seen at an inclination i has the axis ratio sqrt(cos(i)**2 (1 - q**2) + q**2).
    thick = np.where(kind == 2, 0.35, _DISK_THICKNESS)
    cosine = rng.random(number)
    disk = np.sqrt(cosine**2 * (1 - thick**2) + thick**2)
    spheroid = rng.uniform(*_SPHEROID_AXES, number)
    return {
        "radius": np.clip(radius, 0.01, 12.0),
        "bulge_radius": np.clip(
            np.where(kind == 0, radius, radius * rng.uniform(0.12, 0.35, number)), 0.005, 12
        ),
        "ratio": np.where(kind == 0, spheroid, disk),
        "bulge_ratio": spheroid,
        "angle": rng.uniform(0, np.pi, number),
        "index": np.where(kind == 2, rng.choice([0.5, 1.0], number), 1.0),
        "bulge_index": np.where(
            kind == 0, rng.choice([3.0, 4.0], number), rng.choice([2.0, 3.0, 4.0], number)
        ),
        "knots": np.choose(
            kind, [0.0, rng.uniform(0, 0.2, number) * (1 - bulge), rng.uniform(0.1, 0.6, number), 0]
        ),
    }


def _size(rng, mass, z, at_pivot, mass_power, z_power, scatter):
    return (
        at_pivot * (mass / 5e10) ** mass_power * (1 + z) ** z_power * 10 ** rng.normal(0, scatter, mass.size)
    )
