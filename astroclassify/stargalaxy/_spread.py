"""SPREAD_MODEL: each source compared with a point, whose image the sources of the field tell themselves."""

import numpy as np

from astroclassify.stargalaxy._points import column, flagged, mean_point_width, point_widths, reference_band

#: Scale length of the exponential disk that a point is widened by, in units of the width of a point.
_DISK = 1 / 16
#: Pixels about the source that are compared: beyond there is noise, and neighbours.
_RADIUS = 7
#: The brightest points of a field that make its template of a point; fewer than three make none.
_MOST_POINTS, _LEAST_POINTS = 60, 3
_BRIGHT = 20.0
_NEAR = 0.12  # how far the width of a point may be from that of the narrowest
#: Sources that are compared at a time, so that memory does not grow.
_TOGETHER = 2048


def spread_model(sample):
    """
    Compare each source with a point and with a slightly wider source, as SPREAD_MODEL of SExtractor does.

    Parameters
    ----------
    sample : SourceSample
        Sources of one field, or of several, with a column ``field``.

    Returns
    -------
    numpy.ndarray
        About 0 for points, more for what is wider; NaN in fields without points to learn from. Where the
        catalogue has a column ``spread_model``, that.

    Notes
    -----
    With the image *p*, the mean of the bands weighted by the inverse of their noise, a point's image
    :math:`\\phi` at the place of the source, and *G*, which is :math:`\\phi` convolved with an exponential
    disk of a scale length of 1/16 of a point's width, it is

    .. math:: G \\cdot p / \\phi \\cdot p - G \\cdot \\phi / \\phi \\cdot \\phi

    Noise is the same in all pixels.

    References
    ----------
    Desai et al. 2012, ApJ 757, 83; Soumagnac et al. 2015, arXiv:1306.5236.
    """
    if "spread_model" in sample.catalogue.colnames:
        return column(sample, "spread_model")
    fields, result = column(sample, "field", missing=0), np.full(len(sample), np.nan)
    for field in np.unique(fields):
        here = np.flatnonzero(fields == field)
        point = _template(sample, here)
        if point is not None:
            width = float(np.median(mean_point_width(sample)[here])) / sample.pixel_scale
            for rows in np.split(here, range(_TOGETHER, here.size, _TOGETHER)):
                part = sample[rows]
                result[rows] = _spread(mean_cutouts(part), offsets_of(part), point, width)
    return result


def mean_cutouts(sample):
    """
    Give the mean of the bands, weighted by the inverse of the noise, in units of its noise.

    Parameters
    ----------
    sample : SourceSample
        The sources.

    Returns
    -------
    numpy.ndarray
        Float32 ``[N, S, S]``; 0 where there is nothing.
    """
    total, number = np.zeros((len(sample), *sample.cutouts.shape[2:]), np.float32), np.zeros(len(sample))
    for place in range(len(sample.bands)):
        noise = sample.noise[:, place]
        scale = np.divide(1, noise, out=np.zeros(len(sample), np.float32), where=noise > 0)
        total += np.nan_to_num(sample.cutouts[:, place] * scale[:, None, None], posinf=0, neginf=0)
        number += scale > 0
    return total / np.sqrt(np.maximum(number, 1)).astype(np.float32)[:, None, None]


def offsets_of(sample):
    """
    Say where in their central pixels sources lie.

    Parameters
    ----------
    sample : SourceSample
        The sources.

    Returns
    -------
    numpy.ndarray
        ``[N, (x, y)]``, pixels; 0 where it is not known.
    """
    places = np.stack([column(sample, name) for name in ("x", "y")], axis=1)
    return np.nan_to_num(places - np.rint(places), nan=0.0)


def within(images):
    """
    Keep the pixels near the centre.

    Parameters
    ----------
    images : numpy.ndarray
        ``[..., S, S]``.

    Returns
    -------
    numpy.ndarray
        Zero beyond 7 pixels.
    """
    middle = images.shape[-1] // 2
    y, x = np.indices(images.shape[-2:]) - middle
    return images * (np.hypot(x, y) <= _RADIUS)


def _template(sample, here):
    """The image of a point, centred, of unit sum: the median of bright points, each moved to the centre."""
    field = sample[here] if len(here) < len(sample) else sample
    band = reference_band(field)
    with np.errstate(all="ignore"):
        ratio = column(field, f"fwhm_{band}") / point_widths(field, band)
    spoilt = sum(flagged(field, name) for name in ("saturated", "masked", "edge", "blended"))
    signal = np.where((np.abs(ratio - 1) < _NEAR) & (spoilt == 0), column(field, "snr"), 0)
    chosen = np.argsort(-signal)[:_MOST_POINTS]
    chosen = chosen[signal[chosen] > _BRIGHT]
    points = field[chosen]
    centred = _moved(np.fft.rfft2(mean_cutouts(points)), -offsets_of(points), sample.cutouts.shape[-1])
    flux = within(centred).sum(axis=(1, 2))
    if (flux > 0).sum() < _LEAST_POINTS:
        return None
    point = np.median(centred[flux > 0] / flux[flux > 0, None, None], axis=0)
    return within(point)


def _moved(spectra, offsets, side):
    """Move images, given their Fourier transforms, by fractions of a pixel along x and y."""
    ky, kx = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :]
    phase = kx * offsets[:, 0, None, None] + ky * offsets[:, 1, None, None]
    return np.fft.irfft2(spectra * np.exp(-2j * np.pi * phase), s=(side, side))


def _spread(images, offsets, point, width):
    side = images.shape[-1]
    spectrum = np.fft.rfft2(point)[None]
    k = 2 * np.pi * np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :])
    # The Fourier transform of an exponential disk with the scale length h is (1 + (h k)^2)^(-3/2).
    disk = (1 + (_DISK * width * k) ** 2) ** -1.5
    phi, wider = within(_moved(spectrum, offsets, side)), within(_moved(spectrum * disk, offsets, side))
    products = [(first * second).sum(axis=(1, 2)) for first, second in
                ((wider, images), (phi, images), (wider, phi), (phi, phi))]  # fmt: skip
    with np.errstate(all="ignore"):
        return np.clip(products[0] / products[1] - products[2] / products[3], -0.5, 0.5)
