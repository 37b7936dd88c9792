"""A band of a camera as a frozen description, and the ways to make one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from astropy import units as u

from astroclassify.core import ParameterError, checked, in_unit, rules
from astroclassify.photometry._core import ab_zero_point, pivot_wavelength
from astroclassify.photometry._curves import read_curve
from astroclassify.photometry._shape import BandShape


@checked(
    instrument=rules.text,
    name=rules.text,
    wavelength=rules.array,
    throughput=rules.array,
    area=rules.optional(rules.quantity(u.cm**2)),
    kind=rules.text,
    source=rules.text,
)
@dataclass(frozen=True, eq=False)
class Bandpass:
    """
    A throughput curve: mirror efficiency x filter x detector efficiency.

    Parameters
    ----------
    instrument : str
        Registry name of the camera; empty for a curve of one's own.
    name : str
        The band, for example ``"F814W"``.
    wavelength : numpy.ndarray
        Increasing, in nm, shape (n,).
    throughput : numpy.ndarray
        Electrons per photon that reaches the aperture, 0 to 1, shape (n,); linear in between, 0 outside.
    area : float, optional
        Collecting area in cm2; without one, `count_rate` needs it as an argument.
    kind : str, default "user"
        Where the curve comes from: ``"total"`` (fitted to a published total throughput), ``"filter"`` (fitted
        to a published filter curve times the camera's fitted response), ``"edges"`` (half-maximum edges times
        that response), or ``"user"``.
    source : str, default ""
        The publication.

    Raises
    ------
    ParameterError
        If the arrays do not fit, wavelengths do not increase, or a throughput is not between 0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.photometry import Bandpass
    >>> wavelength = np.array([4000.0, 4001.0, 8000.0, 8001.0])  # Angstrom
    >>> wide = Bandpass("mine", "wide", wavelength, np.array([0.0, 0.5, 0.5, 0.0]))
    >>> f"{wide.pivot:.0f}"
    '5658 nm'
    """

    instrument: str
    name: str
    wavelength: np.ndarray = field(repr=False)
    throughput: np.ndarray = field(repr=False)
    area: float | None = None
    kind: str = "user"
    source: str = ""

    def __post_init__(self):
        for name in ("wavelength", "throughput"):
            array = np.array(getattr(self, name), float)
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        _check_curve(self.wavelength, self.throughput)
        if self.area is not None and not 0 < self.area < np.inf:
            raise ParameterError(f"area is {self.area} cm2; expected a positive number")

    @cached_property
    def pivot(self):
        """Pivot wavelength (astropy.units.Quantity, nm)."""
        return pivot_wavelength(self.wavelength, self.throughput) * u.nm

    @cached_property
    def width(self):
        """Equivalent width: the integral of the throughput over its peak (astropy.units.Quantity, nm)."""
        return np.trapezoid(self.throughput, self.wavelength) / self.throughput.max() * u.nm

    @property
    def peak(self):
        """Largest throughput (float)."""
        return float(self.throughput.max())

    @property
    def zero_point(self):
        """AB magnitude of a source of one electron per second (astropy.units.Magnitude)."""
        return ab_zero_point(self.wavelength, self.throughput, collecting_area(self, None)) * u.ABmag

    @cached_property
    def spectral_element(self):
        """The same as a synphot object (synphot.SpectralElement)."""
        from synphot import Empirical1D, SpectralElement

        return SpectralElement(
            Empirical1D,
            points=self.wavelength * u.nm.to(u.AA),
            lookup_table=self.throughput,
            meta={"expr": f"{self.instrument} {self.name}".strip()},
        )

    def __call__(self, wavelength):
        """
        Evaluate the throughput.

        Parameters
        ----------
        wavelength : astropy.units.Quantity
            Any shape.

        Returns
        -------
        numpy.ndarray
            Fractions; 0 outside the curve.
        """
        nanometres = in_unit("wavelength", wavelength, u.nm)
        return np.interp(nanometres, self.wavelength, self.throughput, left=0.0, right=0.0)


def _check_curve(wavelength, throughput):
    if wavelength.ndim != 1 or wavelength.shape != throughput.shape or wavelength.size < 3:
        raise ParameterError(
            f"wavelength and throughput have the shapes {wavelength.shape} and {throughput.shape}; "
            "expected two equal one-dimensional arrays of three points or more"
        )
    if not (np.isfinite(wavelength).all() and (np.diff(wavelength) > 0).all() and wavelength[0] > 0):
        raise ParameterError("wavelengths must be finite, positive and increasing")
    if not ((throughput >= 0).all() and (throughput <= 1).all() and throughput.max() > 0):
        low, high = throughput.min(), throughput.max()
        raise ParameterError(
            f"throughput is {low:g} to {high:g}; expected fractions (0 to 1), not all of them 0"
        )


def shaped_bandpass(instrument, name, shape: BandShape, **facts):
    """Make a `Bandpass` from a `BandShape`."""
    return Bandpass(instrument, name, *shape.sampled(), **facts)


@checked(name=rules.text)
def as_bandpass(curve, *, area=None, name=""):
    """
    Make a `Bandpass` of anything that is a throughput curve.

    Parameters
    ----------
    curve : Bandpass, synphot.SpectralElement, path-like, or tuple
        A `Bandpass` is passed through. A file has two columns, wavelength in Angstrom and throughput. A
        tuple is (wavelength as a Quantity, throughput). What ``stsynphot.band()`` gives is a spectral
        element that brings its area along.
    area : astropy.units.Quantity, optional
        Collecting area; instead of the curve's own, if it has one.
    name : str, default ""
        What to call it.

    Returns
    -------
    Bandpass
        The curve.

    Raises
    ------
    ParameterError
        If this is no curve, or not a throughput.
    ReadError
        If a file cannot be read.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy import units as u
    >>> from astroclassify.photometry import as_bandpass
    >>> box = as_bandpass(([499, 500, 600, 601] * u.nm, np.array([0, 1, 1, 0])), area=1 * u.m**2)
    >>> print(f"{box.pivot:.1f}")
    547.7 nm
    """
    square_cm = None if area is None else in_unit("area", area, u.cm**2)
    if isinstance(curve, Bandpass):
        return curve if area is None else Bandpass(**{**_fields(curve), "area": square_cm})
    if isinstance(curve, str | Path):
        path = Path(curve)
        return Bandpass("", name or path.stem, *read_curve(path), area=square_cm, source=path.name)
    if hasattr(curve, "waveset") and hasattr(curve, "model"):
        return _from_synphot(curve, square_cm, name)
    if isinstance(curve, Sequence) and len(curve) == 2:
        wavelength, throughput = curve
        return Bandpass(
            "", name, in_unit("wavelength", wavelength, u.nm), np.asarray(throughput, float), area=square_cm
        )
    raise ParameterError(
        f"a {type(curve).__name__} is no throughput curve; expected a Bandpass, a synphot SpectralElement, "
        "a file of two columns, or (wavelength with a unit, throughput)"
    )


def _fields(bandpass):
    names = ("instrument", "name", "wavelength", "throughput", "area", "kind", "source")
    return {name: getattr(bandpass, name) for name in names}


def _from_synphot(element, area, name):
    waves = element.waveset
    if waves is None:
        raise ParameterError(
            "this spectral element has no wavelengths of its own; give it as (wavelength, throughput)"
        )
    own_area = getattr(element, "area", None)
    if area is None and own_area is not None:
        area = float(u.Quantity(own_area, u.cm**2).value)
    throughput = u.Quantity(element(waves)).to_value(u.dimensionless_unscaled)
    label = name or str(getattr(element, "obsmode", "") or element.meta.get("expr", ""))
    return Bandpass("", label, waves.to_value(u.nm), throughput, area=area, source="synphot")


def collecting_area(bandpass, area):
    """Give the area in cm2: the one asked for, or the band's own."""
    if area is not None:
        square_cm = in_unit("area", area, u.cm**2)
        if not 0 < square_cm < np.inf:
            raise ParameterError(f"area is {area}; expected a positive number")
        return square_cm
    if bandpass.area is None:
        raise ParameterError(f"the band {bandpass.name!r} has no collecting area; give area=, as 1 * u.m**2")
    return bandpass.area
