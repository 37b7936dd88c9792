"""Stars of a population: how many there are of every magnitude, temperature and mass.

Sequences are schematic, in absolute V: their numbers are textbook values of colour-magnitude
diagrams and luminosity functions (``docs/sources.rst``).
"""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from astroclassify.core import ParameterError

#: Mass of the stars that give most of an old population's light, solar masses.
TURN_OFF_MASS = 0.8
#: Main sequence of an old population: mass, M_V, temperature; the last row is the turn-off.
_OLD_MAIN_SEQUENCE = np.array(
    [
        (0.12, 13.5, 3300),
        (0.20, 11.2, 3650),
        (0.30, 9.8, 3850),
        (0.40, 8.8, 4050),
        (0.50, 7.9, 4350),
        (0.60, 6.8, 4850),
        (0.70, 5.6, 5450),
        (0.75, 4.9, 5850),
        (0.785, 4.3, 6150),
        (0.80, 4.0, 6250),
    ]
)
#: Subgiants and giants of an old population: M_V, temperature, stars per magnitude (1300 at the turn-off).
_OLD_GIANTS = np.array(
    [
        (-2.5, 3750, 1.8),
        (-2.0, 3950, 3.0),
        (-1.0, 4300, 7.0),
        (0.0, 4600, 15),
        (1.0, 4850, 32),
        (2.0, 5000, 64),
        (3.0, 5250, 150),
        (3.2, 5400, 230),
        (3.4, 5700, 370),
        (3.7, 6150, 720),
        (4.0, 6250, 1300),
    ]
)
_STEP = 0.1
_HORIZONTAL_BRANCH = 0.6  # M_V of its level part
_HORIZONTAL_PER_GIANT = 1.3  # stars on it for each giant above its level
_ASYMPTOTIC_PER_HORIZONTAL = 0.12
#: Main sequence of a young population: mass, M_V, temperature.
_YOUNG_MAIN_SEQUENCE = np.array(
    [
        (0.1, 15.5, 2900),
        (0.2, 12.6, 3250),
        (0.4, 10.0, 3550),
        (0.5, 9.0, 3800),
        (0.6, 8.2, 4050),
        (0.7, 7.2, 4450),
        (0.8, 6.3, 5000),
        (1.0, 4.8, 5800),
        (1.2, 4.0, 6250),
        (1.5, 2.9, 7100),
        (2.0, 1.7, 8900),
        (3.0, 0.4, 12000),
        (5.0, -0.8, 16500),
        (10.0, -2.3, 24500),
        (20.0, -3.8, 33000),
        (40.0, -5.0, 40000),
        (100.0, -6.2, 48000),
    ]
)
#: M_V of evolved stars by their initial mass: red clump, bright giants, supergiants.
_EVOLVED_MASS = (1.5, 2.0, 3.0, 5.0, 8.0, 12.0, 25.0, 60.0)
_EVOLVED_MAGNITUDE = (0.8, 0.7, -0.3, -2.0, -3.5, -5.0, -6.0, -7.0)


@dataclass(frozen=True)
class Population:
    """
    Kinds of star and how many there are of each.

    Parameters
    ----------
    magnitude : numpy.ndarray
        Absolute V magnitudes, brightest first.
    temperature : numpy.ndarray
        Effective temperatures, K.
    mass : numpy.ndarray
        Solar masses.
    number : numpy.ndarray
        Relative numbers, summing to one.
    """

    magnitude: np.ndarray
    temperature: np.ndarray
    mass: np.ndarray
    number: np.ndarray

    @classmethod
    def of(cls, *sequences):
        """
        Put sequences together.

        Parameters
        ----------
        *sequences : tuple
            Magnitudes, temperatures, masses and relative numbers; numbers and arrays broadcast.

        Returns
        -------
        Population
            Sorted, with numbers that sum to one.
        """
        cells = np.concatenate(
            [np.stack([np.atleast_1d(c) for c in np.broadcast_arrays(*s)]) for s in sequences], axis=1
        )
        cells = cells[:, np.argsort(cells[0], kind="stable")]
        return cls(*cells[:3], cells[3] / cells[3].sum())

    @property
    def flux(self):
        """V flux of each kind of star at 10 pc, in units of magnitude 0 (numpy.ndarray)."""
        return 10 ** (-0.4 * self.magnitude)

    def number_of_stars(self, magnitude):
        """
        Say how many stars shine together as brightly as a cluster.

        Parameters
        ----------
        magnitude : float
            Absolute V magnitude of the cluster.

        Returns
        -------
        float
            Number of stars.
        """
        return float(10 ** (-0.4 * magnitude) / (self.number * self.flux).sum())

    def fainter_than(self, magnitude):
        """
        Leave out the stars above a magnitude.

        Parameters
        ----------
        magnitude : float
            Absolute V.

        Returns
        -------
        Population
            The rest.

        Raises
        ------
        ParameterError
            If no star is left.
        """
        kept = self.magnitude > magnitude
        if not kept.any():
            raise ParameterError(
                f"all stars are brighter than M_V {magnitude}; the faintest has {self.magnitude.max():.1f}"
            )
        return Population.of(
            (self.magnitude[kept], self.temperature[kept], self.mass[kept], self.number[kept])
        )


def draw_counts(rng, expected):
    """
    Draw how many stars there are of each kind, as evenly as whole numbers allow.

    The sum over any run of kinds is within one of its expectation, so that a cluster's light is that of
    its magnitude.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    expected : numpy.ndarray
        Expected numbers.

    Returns
    -------
    numpy.ndarray
        Whole numbers, int64.
    """
    edges = np.floor(np.concatenate([[0.0], np.cumsum(expected)]) + rng.random()).astype(np.int64)
    return np.diff(edges)


def old_stars(*, blue_fraction=0.5, mass_slope=1.0, stragglers=0.3, coolness=1.0):
    """
    Make the stars of a globular cluster, about 12 Gyr old.

    Parameters
    ----------
    blue_fraction : float, default 0.5
        Part of the horizontal branch hotter than the instability strip, 0 to 1.
    mass_slope : float, default 1
        dN/dm proportional to m**-mass_slope on the main sequence.
    stragglers : float, default 0.3
        Blue stragglers for each star on the horizontal branch.
    coolness : float, default 1
        Divides the temperatures of the giants; metal-rich ones are cooler.

    Returns
    -------
    Population
        Main sequence with its turn-off at M_V 4, subgiants, giants up to M_V -2.5, horizontal and asymptotic
        branches, blue stragglers.

    Examples
    --------
    >>> from astroclassify.simulate.scenes.stars._populations import old_stars
    >>> round(old_stars().number_of_stars(-7.5), -4)  # of an average globular cluster
    230000.0
    """
    giants = np.arange(-2.5 + _STEP / 2, 4.0, _STEP)
    per_magnitude = np.exp(np.interp(giants, _OLD_GIANTS[:, 0], np.log(_OLD_GIANTS[:, 2])))
    temperature = np.interp(giants, *_OLD_GIANTS[:, :2].T)
    cooled = np.where(giants < 3.5, temperature / coolness, temperature)
    horizontal = _HORIZONTAL_PER_GIANT * per_magnitude[giants < _HORIZONTAL_BRANCH].sum() * _STEP
    asymptotic = np.linspace(-1.6, -0.2, 15)
    blue = np.linspace(1.8, 3.8, 20)
    return Population.of(
        _old_main_sequence(mass_slope),
        (giants, cooled, TURN_OFF_MASS, per_magnitude * _STEP),
        *_horizontal_branch(horizontal, blue_fraction),
        (
            asymptotic,
            np.interp(asymptotic, (-1.6, -0.2), (3900, 4800)) / coolness,
            0.6,
            horizontal * _ASYMPTOTIC_PER_HORIZONTAL / asymptotic.size,
        ),
        (blue, np.interp(blue, (1.8, 3.8), (8800, 7000)), 1.3, horizontal * stragglers / blue.size),
    )


def _old_main_sequence(mass_slope):
    mass, magnitude, temperature = _OLD_MAIN_SEQUENCE[::-1].T
    mass_of = PchipInterpolator(magnitude, mass)
    grid = np.arange(4.0 + _STEP / 2, 13.5, _STEP)
    at = mass_of(grid)
    per_magnitude = -mass_of(grid, 1) * at**-mass_slope
    return (
        grid,
        np.interp(grid, magnitude, temperature),
        at,
        _OLD_GIANTS[-1, 2] * _STEP * (per_magnitude / per_magnitude[0]),
    )


def _horizontal_branch(total, blue_fraction):
    """Red clump, RR Lyrae stars, and a blue tail that falls in V as it gets hotter."""
    level = _HORIZONTAL_BRANCH + np.linspace(-0.15, 0.15, 5)
    tail = np.array([8500.0, 9500, 11000, 13000, 15000])
    fall = _HORIZONTAL_BRANCH + np.array([0.05, 0.1, 0.4, 0.9, 1.4])
    return (
        (level + 0.05, 5400.0, 0.65, total * 0.85 * (1 - blue_fraction) / 5),
        (level, 6800.0, 0.65, total * 0.15 / 5),
        (fall, tail, 0.6, total * 0.85 * blue_fraction * np.array([0.35, 0.25, 0.2, 0.12, 0.08])),
    )


def young_stars(age, *, brightest=-12.0):
    """
    Make the stars of an open cluster.

    Parameters
    ----------
    age : float
        Years, 1e5 to 3e9.
    brightest : float, default -12
        Absolute V magnitude above which there are no stars: a poor cluster has no rich one's supergiants.

    Returns
    -------
    Population
        Kroupa's mass function from 0.1 solar masses to the turn-off, and evolved stars.

    Raises
    ------
    ParameterError
        If the age is out of range.
    """
    if not 1e5 <= age <= 3e9:
        raise ParameterError(f"age is {age:g} years; expected 1e5 to 3e9")
    turn_off = turn_off_mass(age)
    edges = np.geomspace(0.1, turn_off, 241)
    mass = np.sqrt(edges[1:] * edges[:-1])
    known, magnitude, temperature = _YOUNG_MAIN_SEQUENCE.T
    zero_age = PchipInterpolator(np.log(known), magnitude)(np.log(mass))
    hot = np.exp(PchipInterpolator(np.log(known), np.log(temperature))(np.log(mass)))
    lived = np.clip((age / _life_time(mass)), 0, 1)
    young = np.clip(1 - np.log10(np.maximum(age, 1e5) / 1e5) / 2.5, 0, 1) * (mass < 2.0)  # still contracting
    sequence = (
        zero_age - 1.2 * lived**3 - 1.5 * young,
        hot * (1 - 0.2 * lived**4) * (1 - 0.1 * young),
        mass,
        _kroupa(mass) * np.diff(edges),
    )
    return Population.of(sequence, *_evolved_stars(turn_off, age)).fainter_than(brightest)


def turn_off_mass(age):
    """
    Say which stars leave the main sequence.

    Parameters
    ----------
    age : float
        Years.

    Returns
    -------
    float
        Solar masses, at most 100.
    """
    return float(min((max(age - 2.8e6, 1.0) / 1e10) ** (-1 / 2.6), 100.0))


def _life_time(mass):
    return 1e10 * mass**-2.6 + 2.8e6


def _kroupa(mass):
    return np.where(mass < 0.5, 2.0 * mass**-1.3, mass**-2.3)


def _evolved_stars(turn_off, age):
    """Red giants and supergiants, some of them blue; none before the first star has died."""
    if age < 3e6:
        return ()
    total = _kroupa(turn_off) * 0.07 * turn_off
    magnitude = np.interp(np.log(turn_off), np.log(_EVOLVED_MASS), _EVOLVED_MAGNITUDE)
    spread = magnitude + np.linspace(-0.7, 0.7, 8)
    red, blue = (3650.0, 14000.0) if turn_off > 8 else (4300.0, 6800.0) if turn_off > 3 else (4800.0, 4300.0)
    share = 0.5 if turn_off > 8 else 0.75
    return (spread, red, turn_off, total * share / 8), (
        spread - 0.3,
        blue,
        turn_off,
        total * (1 - share) / 8,
    )
