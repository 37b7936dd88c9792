"""How the stars of a cluster are spread: King's and Elson, Fall & Freeman's profiles.

Each gives the surface density (of stars summing to one), the part of them within a radius, and radii
drawn from it, all in projection and in body units.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np


@dataclass(frozen=True)
class King:
    """
    King's profile, with an edge.

    Parameters
    ----------
    core : float
        Core radius.
    tidal : float, default 1
        Radius beyond which there are no stars.

    References
    ----------
    King (1962), AJ 67, 471: surface density and its integral.
    """

    core: float
    tidal: float = 1.0

    @classmethod
    def of_half_light(cls, radius, *, tidal=1.0):
        """
        Find the profile whose inner half lies within a radius.

        Parameters
        ----------
        radius : float
            Half-light radius; moved to between 0.022 and 0.25 of the tidal radius, which is what
            concentrations log10(tidal / core) of 2.7 to 0.65 give.
        tidal : float, default 1
            Tidal radius.

        Returns
        -------
        King
            The profile.
        """
        cores, half_lights = _known_kings()
        return cls(float(np.exp(np.interp(radius / tidal, half_lights, np.log(cores)))) * tidal, tidal)

    @property
    def half_light(self):
        """Radius of half the stars (float)."""
        return float(self.radii(0.5))

    @cached_property
    def _table(self):
        r = np.concatenate([[0.0], np.geomspace(0.01 * self.core, self.tidal, 400)])
        return r, self.enclosed(r)

    def enclosed(self, radius):
        """
        Give the part of the stars within a radius.

        Parameters
        ----------
        radius : array_like
            Radii.

        Returns
        -------
        numpy.ndarray
            0 to 1.
        """
        x = (np.minimum(radius, self.tidal) / self.core) ** 2
        return self._integral(x) / self._integral((self.tidal / self.core) ** 2)

    def _integral(self, x):
        # King's density is ((1 + r**2 / c**2)**(-1/2) - (1 + t**2 / c**2)**(-1/2))**2. With x = r**2 / c**2
        # and e = 1 + t**2 / c**2 the stars within r are pi c**2 times the integral over x of 1 / (1 + x) - 2
        # / sqrt(e (1 + x)) + 1 / e, which has the three terms below.
        edge = 1 + (self.tidal / self.core) ** 2
        return np.log1p(x) - 4 * (np.sqrt(1 + x) - 1) / np.sqrt(edge) + x / edge

    def radii(self, fraction):
        """
        Give the radii that hold parts of the stars.

        Parameters
        ----------
        fraction : array_like
            0 to 1.

        Returns
        -------
        numpy.ndarray
            Radii.
        """
        r, enclosed = self._table
        return np.interp(fraction, enclosed, r)

    def density(self, squared):
        """
        Give the surface density.

        Parameters
        ----------
        squared : torch.Tensor
            Squared radii.

        Returns
        -------
        torch.Tensor
            Part of the stars for each square body unit.
        """
        total = np.pi * self.core**2 * self._integral((self.tidal / self.core) ** 2)
        # The same square, with what the density would be at the edge taken off: it ends there, at zero.
        at_edge = (1 + (self.tidal / self.core) ** 2) ** -0.5
        shape = (squared / self.core**2).add_(1.0).rsqrt_().sub_(at_edge).clamp_(min=0.0)
        return shape.square_().mul_(1 / float(total))


@lru_cache(maxsize=1)
def _known_kings():
    """Core radii and the half-light radii they give, for a tidal radius of one."""
    cores = np.geomspace(10**-2.7, 10**-0.65, 60)
    return cores, [King(float(core)).half_light for core in cores]


@dataclass(frozen=True)
class PowerLaw:
    """
    The profile of Elson, Fall & Freeman: a core, then a power law; Plummer's if its slope is 4.

    Parameters
    ----------
    core : float
        Core radius a of (1 + r**2 / a**2)**(-slope / 2).
    slope : float, default 4
        Above 2.
    limit : float, default 10
        Radius beyond which there are no stars.

    References
    ----------
    Elson, Fall & Freeman (1987), ApJ 323, 54; Plummer (1911), MNRAS 71, 460.
    """

    core: float
    slope: float = 4.0
    limit: float = 10.0

    @property
    def half_light(self):
        """Radius of half the stars (float)."""
        return float(self.radii(0.5))

    @property
    def _power(self):
        return 1 - self.slope / 2

    @property
    def _inside(self):
        """Part of the unlimited profile within the limit."""
        # With x = r**2 / a**2 the density (1 + x)**(-s/2) adds up to pi a**2 (1 - (1 + x)**(1 - s/2)) / (s/2
        # - 1) within r. For s > 2 that is finite for any x, so that the part within r can be inverted.
        return 1 - (1 + (self.limit / self.core) ** 2) ** self._power

    def enclosed(self, radius):
        """
        Give the part of the stars within a radius.

        Parameters
        ----------
        radius : array_like
            Radii.

        Returns
        -------
        numpy.ndarray
            0 to 1.
        """
        x = (np.minimum(radius, self.limit) / self.core) ** 2
        return (1 - (1 + x) ** self._power) / self._inside

    def radii(self, fraction):
        """
        Give the radii that hold parts of the stars.

        Parameters
        ----------
        fraction : array_like
            0 to 1.

        Returns
        -------
        numpy.ndarray
            Radii.
        """
        x = (1 - np.asarray(fraction) * self._inside) ** (1 / self._power) - 1
        return self.core * np.sqrt(np.maximum(x, 0.0))

    def density(self, squared):
        """
        Give the surface density.

        Parameters
        ----------
        squared : torch.Tensor
            Squared radii.

        Returns
        -------
        torch.Tensor
            Part of the stars for each square body unit.
        """
        centre = -self._power / (np.pi * self.core**2 * self._inside)
        shape = (squared / self.core**2).add_(1.0).pow_(-self.slope / 2).mul_(float(centre))
        return shape.masked_fill_(squared > self.limit**2, 0.0)
