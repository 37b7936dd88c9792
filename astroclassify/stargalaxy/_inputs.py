"""What networks see of a sample of sources: three arrays, finite, in which a missing band is zero."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from astropy import units as u

from astroclassify.core import ParameterError
from astroclassify.stargalaxy._bands import SURVEY_BANDS, band_roles
from astroclassify.stargalaxy._points import USUAL_WIDTH, column, flagged, mean_point_width, point_widths
from astroclassify.stargalaxy._spread import offsets_of, spread_model

#: What is told of each band; the first says whether it is there (tuple of str).
BAND_MEASURES = ("there", "detected", "magnitude", "signal", "width", "sharpness", "flagged")
#: What is told of the source itself; first what pixels say: where in the central one it lies, and by how much
#: it is wider than a point (tuple of str).
SOURCE_MEASURES = (
    *("offset_x", "offset_y", "spread", "a", "b", "fwhm", "half_light_radius", "kron_radius"),
    *("ellipticity", "concentration", "peak_over_flux", "signal", "neighbour", "blended"),
)
#: Those that the pixels say; the others are of the catalogue (tuple of str).
PIXEL_MEASURES = SOURCE_MEASURES[:3]
#: Pixels of a cut-out brighter than this, in units of the noise, say no more (and half precision ends there).
_BRIGHTEST = 3e4
#: A magnitude from which measures are counted (AB).
_USUAL_MAGNITUDE = 24.0


class SourceInputs(NamedTuple):
    """
    Inputs of a network for N sources; all values are finite.

    Parameters
    ----------
    cutouts : numpy.ndarray
        Float32 ``[N, B, S, S]`` in units of the sky's noise; 0 in missing bands and bad pixels.
    bands : numpy.ndarray
        Float32 ``[N, B, F]``: measures of each band, 0 for a missing one.
    source : numpy.ndarray
        Float32 ``[N, G]``: measures of the source.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.stargalaxy import SourceInputs
    >>> inputs = SourceInputs(np.zeros((5, 7, 32, 32)), np.zeros((5, 7, 4)), np.zeros((5, 9)))
    >>> inputs[:2].cutouts.shape             # of the first two sources
    (2, 7, 32, 32)
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
    Compute the inputs of a network for a sample of sources.

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


def prepared(sample):
    """
    Add to a sample's catalogue what sources tell together, so that parts of the sample say the same.

    Parameters
    ----------
    sample : SourceSample
        The sources.

    Returns
    -------
    SourceSample
        With columns ``point_fwhm_B`` and ``spread_model``; the cut-outs are shared.
    """
    catalogue = sample.catalogue.copy(copy_data=False)
    for band in sample.bands:
        catalogue[f"point_fwhm_{band}"] = point_widths(sample, band) * u.arcsec
    whole = replace(sample, catalogue=catalogue)
    catalogue["spread_model"] = spread_model(whole)
    return whole


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
        _log_ratio(point, USUAL_WIDTH),
        flagged(sample, "saturated", band=band) | flagged(sample, "masked", band=band),
    )
    is_there = np.isfinite(column(sample, f"snr_{band}")) | np.isfinite(column(sample, f"mag_{band}"))
    return _finite(measures) * is_there[:, None].astype(np.float32)


def _of_source(sample):
    """The measures of the source, ``[N, G]``."""
    point = mean_point_width(sample)
    sizes = ("a", "b", "fwhm", "half_light_radius", "kron_radius")
    others = [column(sample, name) for name in ("ellipticity", "concentration", "peak_over_flux")]
    more = (
        np.arcsinh(column(sample, "snr")) / 3,
        _log_ratio(column(sample, "neighbour"), point),
        flagged(sample, "blended"),
    )
    return _finite(
        (
            *offsets_of(sample).T,
            np.clip(30 * spread_model(sample), -3, 6),
            *(_log_ratio(column(sample, name), point) for name in sizes),
            *others,
            *more,
        )
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
