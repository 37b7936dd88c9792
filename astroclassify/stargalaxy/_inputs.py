"""What networks see of a sample of sources: three arrays, finite, in which a missing band is zero."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from astropy import units as u

from astroclassify.core import ParameterError
from astroclassify.stargalaxy._bands import SURVEY_BANDS, band_roles
from astroclassify.stargalaxy._sample import FLAGS

#: What is told of each band; the first says whether it is there (tuple of str).
BAND_MEASURES = ("there", "detected", "magnitude", "signal", "width", "sharpness", "flagged")
#: What is told of the source itself; where in its central pixel it lies comes first (tuple of str).
SOURCE_MEASURES = (
    *("offset_x", "offset_y", "a", "b", "fwhm", "half_light_radius", "kron_radius"),
    *("ellipticity", "concentration", "peak_over_flux", "signal", "neighbour", "blended"),
)
#: Pixels of a cut-out brighter than this, in units of the noise, say no more (and half precision ends there).
_BRIGHTEST = 3e4
#: A magnitude and a width about which measures are counted (AB mag; arcsec, that of CSST at 600 nm).
_USUAL_MAGNITUDE, _USUAL_WIDTH = 24.0, 0.15
#: What makes the width of a source useless as that of a point.
_NOT_A_POINT = sum(FLAGS[name] for name in ("saturated", "masked", "edge", "blended", "missing"))
#: Points are told by sources of at least this S/N; so many of the narrowest, at least, within so much of each
#: other make the width of a point.
_BRIGHT, _AGREEING, _LEAST_SHARE, _WITHIN = 20.0, 3, 0.03, 1.12


class SourceInputs(NamedTuple):
    """
    What a network takes of N sources: `None` of it is infinite or NaN.

    Parameters
    ----------
    cutouts : numpy.ndarray
        Float32 ``[N, B, S, S]`` in units of the sky's noise; 0 in missing bands and bad pixels.
    bands : numpy.ndarray
        Float32 ``[N, B, F]``: measures of each band, 0 for a missing one.
    source : numpy.ndarray
        Float32 ``[N, G]``: measures of the source.
    """

    cutouts: np.ndarray
    bands: np.ndarray
    source: np.ndarray

    def __getitem__(self, chosen):
        """Give one of the three arrays by its place, or the inputs of some sources."""
        if isinstance(chosen, int | np.integer):
            return tuple(self)[chosen]
        return SourceInputs(*(one[chosen] for one in self))


def source_inputs(sample, *, bands=SURVEY_BANDS):
    """
    Make a network's inputs of a sample of sources.

    Parameters
    ----------
    sample : SourceSample
        The sources. Bands of other cameras stand for those of the network (`band_roles`); a band of the
        network for which the sample has none counts as missing.
    bands : tuple of str, optional
        The bands of the network, in its order; by default those of CSST.

    Returns
    -------
    SourceInputs
        Measures are scaled to be of order 1: magnitudes are counted from 24 in steps of 2, signals are an
        arcsinh, widths and sizes logarithms in units of the width of a point.

    Raises
    ------
    ParameterError
        If none of the sample's bands stands for one of the network.

    Examples
    --------
    >>> from astroclassify.stargalaxy import source_inputs
    >>> from astroclassify.testing import difficult_samples
    >>> source_inputs(difficult_samples()["one band"]).bands[0, :, 0]
    array([0., 0., 0., 0., 1., 0., 0.], dtype=float32)
    """
    roles = band_roles(sample.bands, wanted=bands)
    if not roles:
        raise ParameterError(
            f"the sample has the bands {', '.join(sample.bands)}; expected some of {', '.join(bands)}"
        )
    cutouts = _in_noise(sample, [roles.get(band) for band in bands])
    measures = np.stack([_of_band(sample, roles.get(band)) for band in bands], axis=1)
    return SourceInputs(cutouts, measures, _of_source(sample))


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


def with_point_widths(sample):
    """
    Add to a sample's catalogue what `point_widths` says, so that parts of the sample say the same.

    Parameters
    ----------
    sample : SourceSample
        The sources.

    Returns
    -------
    SourceSample
        With columns ``point_fwhm_B``; the cut-outs are shared.
    """
    catalogue = sample.catalogue.copy(copy_data=False)
    for band in sample.bands:
        catalogue[f"point_fwhm_{band}"] = point_widths(sample, band) * u.arcsec
    return replace(sample, catalogue=catalogue)


def _narrowest_group(widths):
    widths = np.sort(widths)
    wanted = max(_AGREEING, int(_LEAST_SHARE * widths.size))
    last = np.searchsorted(widths, _WITHIN * widths, side="right")
    starts = np.flatnonzero(last - np.arange(widths.size) >= wanted)
    return np.median(widths[starts[0] : last[starts[0]]]) if starts.size else np.nan


def _in_noise(sample, bands):
    """Cut-outs in units of the noise, ordered as the network's bands; None for one that is missing."""
    number, _, side, _ = sample.cutouts.shape
    result = np.zeros((number, len(bands), side, side), np.float32)
    for index, band in enumerate(bands):
        if band is not None:
            place = sample.bands.index(band)
            noise = sample.noise[:, place]
            scale = np.divide(1, noise, out=np.zeros(number, np.float32), where=noise > 0)
            image = np.clip(sample.cutouts[:, place] * scale[:, None, None], -_BRIGHTEST, _BRIGHTEST)
            result[:, index] = np.nan_to_num(image, copy=False, nan=0.0)
    return result


def _of_band(sample, band):
    """The measures of one band, ``[N, F]``; zeros for None."""
    if band is None:
        return np.zeros((len(sample), len(BAND_MEASURES)), np.float32)
    point = point_widths(sample, band)
    measures = (
        np.ones(len(point)),
        ~flagged(sample, "not detected", band=band),
        (column(sample, f"mag_{band}") - _USUAL_MAGNITUDE) / 2,
        np.arcsinh(column(sample, f"snr_{band}")) / 3,
        _log_ratio(column(sample, f"fwhm_{band}"), point),
        _log_ratio(point, _USUAL_WIDTH),
        flagged(sample, "saturated", band=band) | flagged(sample, "masked", band=band),
    )
    is_there = np.isfinite(column(sample, f"snr_{band}")) | np.isfinite(column(sample, f"mag_{band}"))
    return _finite(measures) * is_there[:, None].astype(np.float32)


def _of_source(sample):
    """The measures of the source, ``[N, G]``."""
    point = mean_point_width(sample)
    offsets = [column(sample, name) - np.rint(column(sample, name)) for name in ("x", "y")]
    sizes = ("a", "b", "fwhm", "half_light_radius", "kron_radius")
    others = [column(sample, name) for name in ("ellipticity", "concentration", "peak_over_flux")]
    more = (
        np.arcsinh(column(sample, "snr")) / 3,
        _log_ratio(column(sample, "neighbour"), point),
        flagged(sample, "blended"),
    )
    return _finite((*offsets, *(_log_ratio(column(sample, name), point) for name in sizes), *others, *more))


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
    return np.divide(
        total, known.sum(axis=0), out=np.full(total.shape, _USUAL_WIDTH), where=known.any(axis=0)
    )


def _log_ratio(size, unit):
    with np.errstate(all="ignore"):
        return np.clip(np.log(size / unit), -2, 3)


def _finite(measures):
    stacked = np.stack([np.asarray(one, float) for one in measures], axis=1)
    return np.nan_to_num(stacked, nan=0.0, posinf=0.0, neginf=0.0).astype(np.float32)


def _probe(*, bands=SURVEY_BANDS, side=32, number=4):
    """Inputs on which a network that was made faster is compared with the one that was loaded."""
    rng = np.random.default_rng(20260411)
    y, x = np.mgrid[:side, :side] - side // 2
    widths = np.linspace(1, 4, number)[:, None, None]
    bodies = 20 * np.exp(-(x**2 + y**2) / (2 * widths**2))
    cutouts = bodies[:, None] + rng.normal(size=(number, len(bands), side, side))
    measures = rng.normal(0, 0.5, (number, len(bands), len(BAND_MEASURES)))
    measures[..., 0] = 1
    source = rng.normal(0, 0.5, (number, len(SOURCE_MEASURES)))
    return SourceInputs(*(one.astype(np.float32) for one in (cutouts, measures, source)))


source_inputs.probe = _probe
