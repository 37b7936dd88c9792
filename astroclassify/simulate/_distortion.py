"""Geometric distortion: where on the sky a detector pixel looks; one polynomial for both chips."""

from dataclasses import dataclass
from functools import lru_cache
from math import comb
from types import MappingProxyType

import numpy as np

from astroclassify.core import checked, rules

_SPACING = 16  # pixels between the knots that a grid is interpolated from
# The inverse is fitted on so many points a side, over the field and this part of it beyond each edge.
_NODES, _BEYOND, _INVERSE_DEGREE = 41, 0.15, 6


def _nested(name, value):
    """Ask for coefficients: numbers in an array of shape (2, n, n), as nested tuples."""
    try:
        array = np.asarray(value, float)
    except (TypeError, ValueError) as error:
        raise rules.wrong(name, value, "numbers of shape (2, n, n)") from error
    if array.ndim != 3 or array.shape != (2, array.shape[1], array.shape[1]) or not np.isfinite(array).all():
        raise rules.wrong(name, value, "finite numbers of shape (2, n, n)")
    return tuple(tuple(tuple(float(v) for v in row) for row in one) for one in array)


@checked(coefficients=_nested)
@dataclass(frozen=True)
class Distortion:
    """
    A polynomial from pixels to the sky.

    Parameters
    ----------
    coefficients : tuple
        Numbers ``c[k][i][j]`` of ``y**i x**j``, nested tuples of shape (2, n, n): offsets of a detector pixel
        from a reference give those on the sky, in square pixels of the nominal scale; ``k`` is y, then x.

    Examples
    --------
    >>> from astroclassify.simulate import DISTORTIONS
    >>> [round(float(each)) for each in DISTORTIONS["acs-wfc"](-2000.0, 2000.0)]
    [-1902, 2056]
    """

    coefficients: tuple

    @classmethod
    def of(cls, array):
        """
        Make one of an array.

        Parameters
        ----------
        array : array_like
            Coefficients, shape (2, n, n).

        Returns
        -------
        Distortion
            The polynomial.
        """
        return cls(array)

    @property
    def array(self):
        """The coefficients (numpy.ndarray of shape (2, n, n))."""
        return np.array(self.coefficients)

    def __call__(self, y, x):
        """
        Give the offset on the sky.

        Parameters
        ----------
        y, x : array_like
            Offset on the detector, pixels.

        Returns
        -------
        numpy.ndarray
            y and x, the first axis.
        """
        return np.stack([_value(y, x, c) for c in self.array])

    def grid(self, y, x):
        """
        Give the offsets on the sky of a grid of pixels, interpolated to 0.001 pixels.

        Parameters
        ----------
        y, x : torch.Tensor
            Offsets of rows and columns, one-dimensional, in equal steps.

        Returns
        -------
        tuple of torch.Tensor
            y and x, two-dimensional.
        """
        import torch

        # The second derivative of the polynomial is below 2e-5 per pixel: between knots 16 pixels apart a
        # straight line is off by 16**2 / 8 of it, below 0.001 pixels.
        sides = [np.linspace(float(a[0]), float(a[-1]), max(len(a) // _SPACING, 2)) for a in (y, x)]
        knots = torch.from_numpy(self(sides[0][:, None], sides[1])).float().to(y.device)
        size = (len(y), len(x))
        return torch.nn.functional.interpolate(knots[None], size, mode="bilinear", align_corners=True)[
            0
        ].unbind()

    def inverse(self, y, x, shape):
        """
        Find the pixel that looks at an offset on the sky.

        Parameters
        ----------
        y, x : array_like
            Offset on the sky.
        shape : tuple of int
            Rows and columns of the field around the reference where that must be exact.

        Returns
        -------
        numpy.ndarray
            Offset on the detector; to 0.01 pixels within the field.
        """
        # In units of half the field all powers are of the order of 1: powers of pixels would go up to
        # 1e20.
        start, half = _inverse(self, tuple(shape)), max(shape) / 2
        return np.stack([_value(np.asarray(y) / half, np.asarray(x) / half, c) * half for c in start])

    def about(self, y, x):
        """
        Take another reference.

        Parameters
        ----------
        y, x : float
            The new reference, in pixels from the old one.

        Returns
        -------
        Distortion
            Offsets from there, on the detector and on the sky.
        """
        # The binomial theorem, in y and in x: (t + by)**i = sum over k of comb(i, k) by**(i - k) t**k.
        # The constant goes, as offsets are from the new reference.
        old = self.array
        n = old.shape[1]
        down, right = (np.array([[_shifted(i, k, by) for k in range(n)] for i in range(n)]) for by in (y, x))
        new = np.einsum("aij,ik,jl->akl", old, down, right)
        new[:, 0, 0] = 0
        return Distortion.of(new)

    def scaled(self, factor):
        """
        Measure in larger pixels.

        Parameters
        ----------
        factor : float
            Old pixels on a side of a new one.

        Returns
        -------
        Distortion
            The same in the new unit.
        """
        n = self.array.shape[1]
        # A term of power i + j in pixels f times larger is f**(i + j) times larger, and its value f times
        # smaller.
        total = np.add.outer(np.arange(n), np.arange(n)) - 1
        return Distortion.of(self.array * np.where(self.array == 0, 1.0, float(factor) ** total))

    @property
    def linear(self):
        """The linear part: matrix from (y, x) on the detector to (y, x) on the sky (numpy.ndarray)."""
        return np.stack([self.array[:, 1, 0], self.array[:, 0, 1]], axis=1)

    def area(self, y, x):
        """
        Give the area that a pixel sees on the sky.

        Parameters
        ----------
        y, x : array_like
            Offset on the detector.

        Returns
        -------
        numpy.ndarray
            In square pixels of the nominal scale.
        """
        derivative = np.polynomial.polynomial.polyder
        by_y, by_x = ([_value(y, x, derivative(c, axis=axis)) for c in self.array] for axis in (0, 1))
        # The determinant of the Jacobian matrix: a small square becomes a parallelogram of this area.
        return by_y[0] * by_x[1] - by_y[1] * by_x[0]


def _value(y, x, coefficients):
    return np.polynomial.polynomial.polyval2d(*np.broadcast_arrays(y, x), coefficients)


def _shifted(power, lower, by):
    """Coefficient of t**lower in (t + by)**power."""
    return comb(power, lower) * by ** (power - lower) if lower <= power else 0.0


@lru_cache(maxsize=64)
def _inverse(distortion, shape):
    """Fit polynomials to pixels as functions of positions on the sky, in units of half of the longer side."""
    half = max(shape) / 2
    sides = [np.linspace(-1, 1, _NODES) * (1 + _BEYOND) * n / 2 for n in shape]
    y, x = (a.ravel() for a in np.meshgrid(*sides, indexing="ij"))
    sky = distortion(y, x) / half
    degree = np.arange(_INVERSE_DEGREE + 1)
    # Terms of a total power up to the degree; others make the fit swing beyond the field.
    used = degree[:, None] + degree <= _INVERSE_DEGREE
    design = np.polynomial.polynomial.polyvander2d(*sky, [_INVERSE_DEGREE] * 2)[:, used.ravel()]
    found = np.zeros((2, used.size))
    found[:, used.ravel()] = np.linalg.lstsq(design, np.stack([y, x], 1) / half, rcond=None)[0].T
    return found.reshape(2, *used.shape)


# Fitted by ``benchmarks/distortion.py`` to the polynomials (SIP) of both chips: of ACS/WFC in the header of
# j94f05bgq (IDCTAB qbu1641sj), 0.8 pixels rms; of WFC3/UVIS in that of ib4606c6q (IDCTAB 2731450pi), 0.3
# pixels rms. The reference is the middle of the field, y on the sky along the chips' mean y axis.
_ACS = (
    (
        (0.0, 7.806973e-02, -1.723232e-06, 5.099310e-11, -1.567329e-14),
        (1.002112, 6.006394e-06, -4.965780e-10, -6.379102e-15, 0.0),
        (-7.792302e-06, -7.334752e-11, 1.327380e-14, 0.0, 0.0),
        (-6.229020e-10, -3.896529e-14, 0.0, 0.0, 0.0),
        (-7.899539e-14, 0.0, 0.0, 0.0, 0.0),
    ),
    (
        (0.0, 9.987501e-01, 8.555145e-06, -4.701910e-10, 2.101066e-14),
        (-1.034584e-03, -6.013855e-06, -7.537994e-11, 8.730583e-15, 0.0),
        (1.431477e-06, -5.017017e-10, -1.136414e-14, 0.0, 0.0),
        (4.267004e-10, -5.347517e-14, 0.0, 0.0, 0.0),
        (1.077811e-13, 0.0, 0.0, 0.0, 0.0),
    ),
)
_UVIS = (
    (
        (0.0, 6.576598e-02, 1.657556e-07, 7.358314e-12, -8.913833e-18),
        (1.002529, 3.083289e-06, 1.748208e-11, 3.297915e-15, 0.0),
        (-2.777613e-06, -1.069698e-11, -1.637285e-15, 0.0, 0.0),
        (2.534241e-11, -8.038570e-14, 0.0, 0.0, 0.0),
        (-2.465755e-14, 0.0, 0.0, 0.0, 0.0),
    ),
    (
        (0.0, 1.003729, 2.912012e-06, 2.789585e-11, -4.311928e-15),
        (-2.514588e-04, -2.875017e-06, -1.541033e-11, -1.039949e-15, 0.0),
        (-4.641223e-07, 2.664741e-11, 1.148057e-15, 0.0, 0.0),
        (1.027561e-10, -1.131424e-14, 0.0, 0.0, 0.0),
        (5.501107e-14, 0.0, 0.0, 0.0, 0.0),
    ),
)
#: The distortion of each camera's field, in unbinned pixels from its middle; that of CSST is not published.
DISTORTIONS = MappingProxyType({"acs-wfc": Distortion(_ACS), "wfc3-uvis": Distortion(_UVIS)})
