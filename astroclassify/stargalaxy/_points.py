"""How wide a point is in each band, as the sources of a field tell; and columns as plain numbers."""

import numpy as np

from astroclassify.stargalaxy._bands import SURVEY_BANDS, band_roles
from astroclassify.stargalaxy._sample import FLAGS

#: Width of a point where nothing tells it (arcsec; that of CSST at 600 nm).
USUAL_WIDTH = 0.15
#: What makes the width of a source useless as that of a point.
_NOT_A_POINT = sum(FLAGS[name] for name in ("saturated", "masked", "edge", "blended", "missing"))
#: Points are told by sources of at least this S/N; so many of the narrowest, at least, within so much of each
#: other make the width of a point.
_BRIGHT, _AGREEING, _LEAST_SHARE, _WITHIN = 20.0, 3, 0.03, 1.12


def column(sample, name, *, missing=np.nan):
    """
    Give a column of a sample's catalogue as plain numbers.

    Parameters
    ----------
    sample : SourceSample
        The sources.
    name : str
        The column.
    missing : float, default NaN
        What to give where it is masked, or there is no such column.

    Returns
    -------
    numpy.ndarray
        Float64, one for each source, in the column's own unit.
    """
    catalogue = sample.catalogue
    if name not in catalogue.colnames:
        return np.full(len(catalogue), missing)
    values = getattr(catalogue[name], "value", catalogue[name])
    return np.ma.filled(np.ma.asarray(values, dtype=float), missing)


def flagged(sample, name, *, band=None):
    """
    Say of which sources a flag is set.

    Parameters
    ----------
    sample : SourceSample
        The sources.
    name : str
        A name of `FLAGS`.
    band : str, optional
        In which band; by default of the whole source.

    Returns
    -------
    numpy.ndarray of bool
        One for each source.
    """
    flags = column(sample, "flag" if band is None else f"flag_{band}", missing=0)
    return (flags.astype(int) & FLAGS[name]) > 0


def point_widths(sample, band):
    """
    Estimate the width of a point from the sources themselves.

    Parameters
    ----------
    sample : SourceSample
        The sources of a field; or of several, with a column ``field``.
    band : str
        A band.

    Returns
    -------
    numpy.ndarray
        Full width at half maximum of a point (arcsec), one for each source; NaN where no sources tell. Where
        the catalogue has a column ``point_fwhm_B``, that.

    Notes
    -----
    Nothing is narrower than a point, so stars crowd at the lower end of the widths. Of the bright, unspoilt
    sources (S/N 20 or more) the narrowest group counts that has three sources, and 3% of them, within 12%.
    """
    if f"point_fwhm_{band}" in sample.catalogue.colnames:
        return column(sample, f"point_fwhm_{band}")
    width, signal = column(sample, f"fwhm_{band}"), column(sample, f"snr_{band}")
    flags = column(sample, f"flag_{band}", missing=0).astype(int)
    useful = np.isfinite(width) & (signal >= _BRIGHT) & ((flags & _NOT_A_POINT) == 0)
    fields = column(sample, "field", missing=0)
    result = np.full(len(width), np.nan)
    for field in np.unique(fields):
        result[fields == field] = _narrowest_group(width[useful & (fields == field)])
    return result


def _narrowest_group(widths):
    widths = np.sort(widths)
    wanted = max(_AGREEING, int(_LEAST_SHARE * widths.size))
    last = np.searchsorted(widths, _WITHIN * widths, side="right")
    starts = np.flatnonzero(last - np.arange(widths.size) >= wanted)
    return np.median(widths[starts[0] : last[starts[0]]]) if starts.size else np.nan


def mean_point_width(sample):
    """
    Give the mean over the bands of the width of a point.

    Parameters
    ----------
    sample : SourceSample
        The sources.

    Returns
    -------
    numpy.ndarray
        Arcseconds, one for each source; a usual one where none is known.
    """
    widths = np.stack([point_widths(sample, band) for band in sample.bands])
    known = np.isfinite(widths)
    total = np.where(known, widths, 0).sum(axis=0)
    return np.divide(total, known.sum(axis=0), out=np.full(total.shape, USUAL_WIDTH), where=known.any(axis=0))


def reference_band(sample):
    """
    Name the band whose magnitude a source is known by.

    Parameters
    ----------
    sample : SourceSample
        The sources.

    Returns
    -------
    str
        ``i``, or the band of the sample that stands for one near to it; of two as near the bluer one.
    """
    roles = band_roles(sample.bands)
    wanted = SURVEY_BANDS.index("i")
    nearest = min(roles, key=lambda role: abs(SURVEY_BANDS.index(role) - wanted), default=None)
    return sample.bands[0] if nearest is None else roles[nearest]
