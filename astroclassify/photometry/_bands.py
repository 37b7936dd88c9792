"""The shipped bands: a few numbers for each, fitted to published curves."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from math import pi
from pathlib import Path

import numpy as np
from astropy import units as u

from astroclassify.core import ParameterError, UnknownNameError, checked, in_unit, rules
from astroclassify.instruments import registry_name
from astroclassify.photometry._bandpass import Bandpass, shaped_bandpass
from astroclassify.photometry._shape import BandShape

#: Collecting areas in cm2. Those of HST are of the unobscured 2.4 m mirror, pi * 120**2: what the struts and
#: the secondary mirror hide is in the throughput curves.
AREAS = {"acs-wfc": 45238.93416, "wfc3-uvis": 45238.93416, "csst-msc": pi * 100.0**2}
DATA = Path(__file__).with_name("data")
SHAPE_COLUMNS = (
    "centre",
    "half_width",
    "blue_edge",
    "blue_width",
    "red_edge",
    "red_width",
    "slope3",
    "slope2",
    "slope1",
    "slope0",
    "leak",
    "leak_slope",
    "leak_start",
    "leak_stop",
)


def shape_of_row(row):
    """Give the `BandShape` that a row of the table describes."""
    numbers = [float(row[name]) for name in SHAPE_COLUMNS]
    return BandShape(*numbers[:6], tuple(numbers[6:10]), *numbers[10:])


@cache
def band_table():
    """Read the shipped table of bands (astropy.table.Table)."""
    from astropy.table import Table

    return Table.read(DATA / "bands.ecsv", format="ascii.ecsv")


def response_curve(instrument):
    """Give what mirrors and detector of a camera do to the light: wavelength in nm and fraction."""
    knots = band_table().meta.get(f"{instrument} response [nm, fraction]")
    if knots is None:
        raise UnknownNameError(
            f"the response of {instrument!r} without a filter is not known; it is of 'wfc3-uvis'"
        )
    return np.transpose(knots)


@checked(instrument=rules.text, name=rules.text, transmission=rules.number)
def edge_bandpass(instrument, name, edges, *, transmission=0.95):
    """
    Build a band pass from the wavelengths of half maximum.

    Parameters
    ----------
    instrument : str
        A camera whose response without a filter is known: ``"wfc3-uvis"``.
    name : str
        What to call it.
    edges : astropy.units.Quantity
        The two half-maximum wavelengths.
    transmission : float, default 0.95
        Peak transmission of the filter alone, above 0 and up to 1.

    Returns
    -------
    Bandpass
        A box with edges 4% of its width wide, times the camera's response; its ``kind`` is ``"edges"``.

    Raises
    ------
    UnknownNameError
        If the camera's response is not known.
    ParameterError
        If the edges or the transmission make no sense.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astroclassify.photometry import edge_bandpass
    >>> edge_bandpass("wfc3-uvis", "F673N", [670.6, 682.5] * u.nm).kind
    'edges'
    """
    blue, red = in_unit("edges", edges, u.nm)
    if not (190.0 <= blue < red <= 1100.0 and 0 < transmission <= 1):
        raise ParameterError(
            f"edges are {blue:g} and {red:g} nm, transmission is {transmission}; "
            "expected 190 <= blue < red <= 1100 nm and 0 < transmission <= 1"
        )
    # Published edges are where a filter passes half of its peak. How steep they are is not told: 4% of the
    # width is chosen by us. Of the bands of WFC3 that were fitted, most have 5 to 20%.
    width = 0.04 * (red - blue)
    box = BandShape(
        (blue + red) / 2, (red - blue) / 2, blue, width, red, width, (float(np.log(transmission)),)
    )
    wavelength, bare = box.sampled()
    throughput = bare * np.interp(wavelength, *response_curve(instrument))
    return Bandpass(
        instrument,
        name,
        wavelength,
        throughput,
        AREAS[instrument],
        "edges",
        "half-maximum edges x fitted response",
    )


class Bands(Mapping):
    """
    Every shipped band, by camera and name: ``BANDS["acs-wfc", "F814W"]`` or ``BANDS["ACS/WFC", "F814W"]``.

    Examples
    --------
    >>> from astroclassify.photometry import BANDS
    >>> print(f"{BANDS['csst-msc', 'r'].zero_point:.2f}")
    26.03 mag(AB)
    >>> BANDS.of("csst-msc")
    ('NUV', 'g', 'i', 'r', 'u', 'y', 'z')
    """

    def __getitem__(self, key):
        instrument, name = key if isinstance(key, tuple) and len(key) == 2 else ("", key)
        return _bandpass(registry_name(getattr(instrument, "name", str(instrument))), str(name))

    def __iter__(self):
        return iter(_rows())

    def __len__(self):
        return len(_rows())

    def of(self, instrument):
        """
        List the bands of a camera.

        Parameters
        ----------
        instrument : str or Instrument
            Registry name of the camera.

        Returns
        -------
        tuple of str
            Names, sorted; empty for a camera without bands.
        """
        wanted = registry_name(getattr(instrument, "name", str(instrument)))
        return tuple(name for camera, name in self if camera == wanted)

    def facts(self):
        """
        Give the table that the bands are made of.

        Returns
        -------
        astropy.table.Table
            One row for each band: edges, slopes, leak, pivot and AB zero point of the published curve, the
            residuals of the fit, the source. Lengths are in nm.
        """
        return band_table().copy()


BANDS = Bands()


@cache
def _rows():
    return {(str(row["instrument"]), str(row["band"])): row for row in band_table()}


@cache
def _bandpass(instrument, name):
    row = _rows().get((instrument, name))
    if row is None:
        raise UnknownNameError(_unknown_message(instrument, name)).with_facts(
            found=name, expected=BANDS.of(instrument)
        )
    return shaped_bandpass(
        instrument,
        name,
        shape_of_row(row),
        area=AREAS[instrument],
        kind=str(row["kind"]),
        source=str(row["source"]),
    )


def _unknown_message(instrument, name):
    cameras = sorted({camera for camera, _ in BANDS})
    if instrument not in cameras:
        near = get_close_matches(instrument, cameras, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return (
            f"no bands of an instrument named {instrument!r}; there are bands of {', '.join(cameras)}{hint}"
        )
    known = BANDS.of(instrument)
    near = get_close_matches(name, known, n=1) or get_close_matches(name.upper(), known, n=1)
    elsewhere = [camera for camera in cameras if (camera, name) in _rows()]
    hint = f"; did you mean {near[0]!r}?" if near else ""
    hint += f" ({elsewhere[0]} has it)" if elsewhere else ""
    return f"{instrument} has no band {name!r}; it has {', '.join(known)}{hint}"
