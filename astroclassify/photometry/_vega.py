"""Vega: a compact table of its spectrum, the zero of Vega magnitudes."""

from functools import cache

from astroclassify.photometry._bands import DATA
from astroclassify.photometry._spectra import tabulated


@cache
def spectrum_table(name):
    """Read a shipped table of spectra (astropy.table.Table)."""
    from astropy.table import Table

    return Table.read(DATA / f"{name}.ecsv", format="ascii.ecsv")


@cache
def vega():
    """
    Give the spectrum of Vega.

    Returns
    -------
    synphot.SourceSpectrum
        At Vega's brightness, 130 nm to 1100 nm.

    Notes
    -----
    About 75 points between which the spectrum is linear, fitted to Kurucz' model of 1993 and scaled to
    3.44e-9 erg / s / cm2 / Angstrom at 555.6 nm. AB minus Vega magnitudes of broad bands agree with
    published ones to 0.03 mag (the documentation shows by how much); the Balmer lines are coarse.

    References
    ----------
    Bohlin 2014, AJ 147, 127, https://doi.org/10.1088/0004-6256/147/6/127

    Examples
    --------
    >>> from astropy import units as u
    >>> from astroclassify.photometry import vega
    >>> bool(abs(vega()(555.6 * u.nm, flux_unit="flam").value / 3.44e-9 - 1) < 0.01)
    True
    """
    table = spectrum_table("vega")
    return tabulated(table["wavelength"].data, table["flux"].data)
