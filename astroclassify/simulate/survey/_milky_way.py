"""Stars of the Milky Way in a direction: densities of thin disk, thick disk and halo, binaries, metals, dust.

Stars of a population are counted in cells of absolute magnitude and distance: luminosity function times
density times volume. Each cell gets a Poisson number of stars.
"""

from dataclasses import dataclass

import numpy as np

from astroclassify.simulate.survey._sequences import (
    companion,
    dwarfs,
    metal_shift,
    white_dwarfs,
)

#: The Sun: distance from the centre and height above the plane, pc.
_SUN, _SUN_HEIGHT = 8000.0, 25.0
#: Density laws (Juric et al. 2008, Table 10, corrected for bias): scale heights and lengths of the disks, pc;
#: local density of the thick disk and of the halo relative to the thin disk; power and flattening of the
#: halo.
_THIN, _THICK = (300.0, 2600.0), (900.0, 3600.0)
_THICK_SHARE, _HALO_SHARE, _HALO_POWER, _HALO_FLATTENING = 0.12, 0.0051, 2.77, 0.64
_HALO_EDGE = 60_000.0  # pc; beyond, the halo falls much faster
#: Stars near the Sun by absolute V magnitude: 1e-3 per cubic parsec and magnitude. Textbook values.
_VISUAL = (*range(-1, 19), 20, 22)
_UP_TO_8 = (0.03, 0.12, 0.35, 0.7, 1.3, 2.4, 3.1, 3.3, 3.2, 3.6)
_LUMINOSITY = (*_UP_TO_8, 5.0, 7.5, 10.0, 11.5, 9.5, 7.0, 5.0, 4.0, 3.5, 3.0, 2.0, 1.5)
#: White dwarfs: 5e-3 per cubic parsec in all, more of them the fainter, up to M_V = 15.5. Textbook values.
_WHITE_SLOPE, _WHITE_FAINTEST, _WHITE_NUMBER = 0.3, 15.8, 5.0
#: Metallicity, mean and scatter: thin and thick disk, halo (Ivezic et al. 2008: halo -1.46, 0.3).
_METALS = ((-0.1, 0.2), (-0.6, 0.25), (-1.46, 0.3))
#: Old stars brighter than this have left the main sequence: giants, with the colours of K dwarfs.
_TURN_OFF = (2.0, 3.9, 3.9)
#: Colours of giants are those of dwarfs of these M_V: G8 at the turn-off to K4 at M_V = -1. Schematic.
_GIANT_COLOURS = (5.3, 7.0)
_GIANT_EXCESS = 0.5  # part of the stars brighter than the turn-off that is there, of the young disk's number
#: Dust: a layer of this scale height, pc, and extinction in V through half of it at the pole. Textbook
#: values.
_DUST_HEIGHT, _DUST_AT_POLE, _MOST_DUST = 120.0, 0.12, 3.0
_CELL = 0.25  # magnitudes: side of the cells in absolute magnitude and distance modulus
#: Binaries: share by mass of the primary (Duchene & Kraus 2013), separations in au: median by mass, scatter
#: of the decimal logarithm.
_BINARY_MASS, _BINARY_SHARE = (0.1, 0.4, 1.0, 2.0), (0.22, 0.28, 0.46, 0.6)
_SEPARATION, _SEPARATION_SCATTER = ((0.1, 7.0), (0.4, 16.0), (1.0, 45.0)), 1.2
_SCATTER = 0.02  # mag, of one star's magnitudes about its sequence


@dataclass(frozen=True)
class Direction:
    """
    A direction in the Galaxy.

    Parameters
    ----------
    longitude, latitude : float
        Degrees.
    """

    longitude: float
    latitude: float

    def place(self, distance):
        """
        Give where a distance leads.

        Parameters
        ----------
        distance : numpy.ndarray
            Parsecs.

        Returns
        -------
        tuple of numpy.ndarray
            Distance from the axis of the Galaxy and height above its plane, pc.
        """
        angle, sine = np.radians(self.longitude), np.sin(np.radians(self.latitude))
        along = distance * np.sqrt(1 - sine**2)
        radius = np.sqrt(_SUN**2 + along**2 - 2 * _SUN * along * np.cos(angle))
        return radius, distance * sine + _SUN_HEIGHT

    def dust(self, distance):
        """
        Give the extinction in front of a distance.

        Parameters
        ----------
        distance : numpy.ndarray
            Parsecs; infinite for what lies outside of the Galaxy.

        Returns
        -------
        numpy.ndarray
            A_V in magnitudes.
        """
        # An exponential layer seen at the angle b: column density is 1 / sin b of that at the pole, and all
        # but exp(-d sin b / h) of it lies in front of d.
        sine = np.sin(np.radians(max(abs(self.latitude), 1.0)))
        return np.minimum(_DUST_AT_POLE / sine, _MOST_DUST) * -np.expm1(-distance * sine / _DUST_HEIGHT)


def relative_density(direction, distance):
    """
    Give the densities of thin disk, thick disk and halo over that of the thin disk near the Sun.

    Parameters
    ----------
    direction : Direction
        Where to look.
    distance : numpy.ndarray
        Parsecs, ``[n]``.

    Returns
    -------
    numpy.ndarray
        ``[population, n]``.
    """
    radius, height = direction.place(distance)
    disks = [
        share * np.exp((_SUN - radius) / length - (np.abs(height) - _SUN_HEIGHT) / scale)
        for (scale, length), share in ((_THIN, 1.0), (_THICK, _THICK_SHARE))
    ]
    ellipsoid = np.hypot(radius, height / _HALO_FLATTENING)
    halo = _HALO_SHARE * (ellipsoid / _SUN) ** -_HALO_POWER * (ellipsoid < _HALO_EDGE)
    return np.stack([*disks, halo])


def draw_stars(rng, direction, area, bands, limit):
    """
    Draw the stars of a field.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    direction : Direction
        Where to look.
    area : float
        Square arcminutes.
    bands : tuple of str
        Bands, the one of the limit among them.
    limit : tuple of str and float
        A band and the faintest magnitude in it.

    Returns
    -------
    dict of str to numpy.ndarray
        ``mags`` ``[star, band]``, ``companion`` (the same of a companion, infinite where there is none),
        ``separation`` (arcsec), ``kind``, ``distance`` (pc), ``metallicity``.
    """
    parts = [_main(rng, direction, area, bands, limit, number) for number in range(3)]
    parts += [_white(rng, direction, area, bands, limit)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _main(rng, direction, area, bands, limit, population):
    """Dwarfs and giants of one population."""
    visual = np.arange(-1.0, 22.1, _CELL)
    density = 1e-3 * np.interp(visual, _VISUAL, _LUMINOSITY)
    density[visual < _TURN_OFF[population]] *= _GIANT_EXCESS if population else 1.0
    magnitude, modulus = _cells(
        rng, direction, area, visual, density, population, dwarfs(bands), bands, limit
    )
    metals = rng.normal(*_METALS[population], magnitude.size)
    absolute, dust, temperature = _coloured(magnitude, metals, population, bands)
    absolute += metal_shift(bands, temperature, metals)
    return _observed(rng, direction, magnitude, modulus, absolute, dust, metals, bands)


def _coloured(visual, metals, population, bands):
    """Absolute magnitudes of stars of a population by their M_V: dwarfs, or giants beyond the turn-off."""
    # A metal-poor dwarf of a colour is fainter: 1.11 [Fe/H] + 0.18 [Fe/H]**2 (Ivezic et al. 2008). So its
    # colours are those of a solar one that is brighter by as much, and all magnitudes follow M_V.
    fainter = -1.11 * metals - 0.18 * metals**2
    giant = visual < _TURN_OFF[population]
    like = np.where(giant, np.interp(visual, (-1.0, 3.9), _GIANT_COLOURS[::-1]), visual - fainter)
    like = np.maximum(like, np.where(giant, -1.0, _TURN_OFF[population]))
    absolute, dust, temperature = dwarfs(bands).at(like)
    return absolute + (visual - like)[:, None], dust, temperature


def _cells(rng, direction, area, visual, density, population, table, bands, limit):
    """Draw a population: M_V and distance moduli."""
    in_band = bands.index(limit[0])
    apparent = table.at(visual)[0][:, in_band]
    modulus = np.arange(-2.0, 24.1, _CELL)
    distance = 10 ** (modulus / 5 + 1)
    # An arcminute squared is (pi / 10800)**2 sr; a shell of d(modulus) has d**3 ln(10) / 5 of it per sr.
    volume = area * (np.pi / 10800) ** 2 * distance**3 * np.log(10) / 5 * _CELL
    shells = volume * relative_density(direction, distance)[population]
    bright = apparent[:, None] + modulus < limit[1] + 0.5
    numbers = rng.poisson(density[:, None] * _CELL * shells * bright)
    which, shell = np.repeat(np.argwhere(numbers), numbers[numbers > 0], axis=0).T
    jitter = rng.uniform(-_CELL / 2, _CELL / 2, (2, which.size))
    return visual[which] + jitter[0], modulus[shell] + jitter[1]


def _white(rng, direction, area, bands, limit):
    """White dwarfs of all populations, a little of each."""
    visual = np.arange(10.2, 16.3, _CELL)
    shape = 10 ** (_WHITE_SLOPE * (visual - _WHITE_FAINTEST)) * (visual < _WHITE_FAINTEST)
    density = 1e-3 * _WHITE_NUMBER * shape / shape.sum() / _CELL
    table = white_dwarfs(bands)
    drawn = [
        _cells(rng, direction, area, visual, density, population, table, bands, limit)
        for population in range(3)
    ]
    magnitude, modulus = np.concatenate(drawn, axis=1)
    absolute, dust, _ = table.at(magnitude)
    metals = np.zeros(magnitude.size)
    return _observed(rng, direction, magnitude, modulus, absolute, dust, metals, bands, white=True)


def _observed(rng, direction, visual, modulus, absolute, dust, metals, bands, *, white=False):
    """Put stars at their distances, behind dust, and give some of them companions."""
    distance = 10 ** (modulus / 5 + 1)
    extinction = dust * direction.dust(distance)[:, None]
    mags = absolute + modulus[:, None] + extinction + rng.normal(0, _SCATTER, absolute.shape)
    second, separation = _companions(rng, visual, absolute, modulus, extinction, bands)
    single = ~np.isfinite(second[:, 0]) | white
    second[single], separation[single] = np.inf, 0.0
    kind = np.where(white, "white dwarf", np.where(single, "single", "binary"))
    return {
        "mags": mags,
        "companion": second,
        "separation": separation,
        "kind": kind.astype("U11"),
        "distance": distance,
        "metallicity": metals,
    }


def _companions(rng, visual, absolute, modulus, extinction, bands):
    table = dwarfs(bands)
    mass = np.interp(visual, table.visual, table.mass)
    share = np.interp(mass, _BINARY_MASS, _BINARY_SHARE)
    fainter = companion(visual, rng.uniform(0.15, 1.0, visual.size), bands)
    of_dwarfs = table.at(fainter)[0] - table.at(visual)[0]
    mags = absolute + of_dwarfs + modulus[:, None] + extinction
    mags[rng.random(visual.size) > share] = np.inf
    masses, medians = np.transpose(_SEPARATION)
    median = np.interp(mass, masses, np.log10(medians))
    au = 10 ** rng.normal(median, _SEPARATION_SCATTER)
    return mags, au / 10 ** (modulus / 5 + 1)  # an au at a parsec is an arcsecond
