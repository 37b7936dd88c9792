"""The shape of a band from a few numbers: two smooth edges, a gentle slope between, perhaps a leak."""

from dataclasses import dataclass

import numpy as np
from scipy.special import erfc

# A filter is a stack of thin layers: flat between two steep edges, each well described by an error function;
# mirrors and detector tilt it. Far from the band a filter may leak, most of all in the red: next to nothing
# for hot stars, much for cool ones.
_CORE_POINTS = 500
_LEAK_POINTS = 60
_ULTRAVIOLET = 190.0  # nm; no published curve of these cameras has anything below
_BAND_GAP = 1100.0  # nm; silicon sees nothing beyond
#: The slope is a polynomial of x, which is -1 and 1 at the half-maximum points; beyond this it is constant.
_LARGEST_X = 1.5


@dataclass(frozen=True)
class BandShape:
    """
    Facts that give a throughput curve; lengths in nm.

    Parameters
    ----------
    centre, half_width : float
        Middle and half of the distance of the half-maximum points of the published curve.
    blue_edge, blue_width, red_edge, red_width : float
        Where each error-function edge is at its half, and how wide it is.
    slope : tuple of float
        Coefficients (highest power first) of the logarithm of the throughput between the edges.
    leak, leak_slope, leak_start, leak_stop : float, default 0
        Throughput far from the band: what it would be at ``centre``, its power of the wavelength, and where.
    """

    centre: float
    half_width: float
    blue_edge: float
    blue_width: float
    red_edge: float
    red_width: float
    slope: tuple[float, ...]
    leak: float = 0.0
    leak_slope: float = 0.0
    leak_start: float = 0.0
    leak_stop: float = 0.0

    def __call__(self, wavelength):
        """Evaluate the throughput (numpy.ndarray)."""
        x = np.clip((wavelength - self.centre) / self.half_width, -_LARGEST_X, _LARGEST_X)
        # erfc(x / width) / 2 is a Gaussian of rms width / sqrt(2), added up: half of the edge at x = 0.
        inside = np.exp(np.polyval(self.slope, x))
        inside *= 0.5 * erfc((self.blue_edge - wavelength) / self.blue_width)
        inside *= 0.5 * erfc((wavelength - self.red_edge) / self.red_width)
        leaking = (wavelength >= self.leak_start) & (wavelength <= self.leak_stop)
        return inside + self.leak * leaking * (wavelength / self.centre) ** self.leak_slope

    def sampled(self):
        """Sample the curve where it is not negligible; both arrays are read-only."""
        start = max(self.blue_edge - 3 * self.blue_width, _ULTRAVIOLET)
        stop = min(self.red_edge + 3 * self.red_width, _BAND_GAP)
        wavelength = np.linspace(start, stop, _CORE_POINTS)
        if self.leak > 0:
            leak = np.geomspace(self.leak_start, self.leak_stop, _LEAK_POINTS)
            ends = [self.leak_start - 0.01, self.leak_stop + 0.01]
            wavelength = np.unique(np.concatenate([wavelength, leak, ends]))
        throughput = self(wavelength)
        throughput[[0, -1]] = 0.0
        wavelength.flags.writeable = throughput.flags.writeable = False
        return wavelength, throughput
