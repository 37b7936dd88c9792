"""Quasars: counts, redshifts, colours, and the galaxies that some of them are seen in."""

import numpy as np

from astroclassify.simulate.survey._sed import QUASAR_SLOPE, galaxy_magnitudes, quasar_magnitudes

#: Cumulative counts per square degree by i magnitude, log10: to 22.5 after Palanque-Delabrouille et al.
#: (2016), fainter ones an extrapolation with the faint slope of the luminosity function.
_MAGNITUDES, _COUNTS = (
    (17.0, 19.0, 20.0, 21.0, 22.0, 23.0, 24.0, 26.0),
    (-0.6, 0.9, 1.4, 1.8, 2.1, 2.35, 2.6, 2.95),
)
_SLOPE_SCATTER = 0.25
#: Below this redshift a host is drawn around a quasar; its part of the light in i.
_HOST_TO, _HOST_PART = 1.0, (0.05, 0.5)


def quasar_counts(magnitude):
    """
    Count quasars.

    Parameters
    ----------
    magnitude : array_like
        Down to which i magnitude.

    Returns
    -------
    numpy.ndarray
        Quasars per square arcminute.
    """
    return 10 ** np.interp(magnitude, _MAGNITUDES, _COUNTS) / 3600.0


def draw_quasars(rng, area, bands, limit):
    """
    Draw the quasars of a field.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    area : float
        Square arcminutes.
    bands : tuple of str
        Bands; ``"i"`` among them.
    limit : float
        Faintest i magnitude.

    Returns
    -------
    dict of str to numpy.ndarray
        ``mags`` ``[n, band]`` of all, ``point_mags`` and ``host_mags`` of its parts, ``redshift``,
        ``radius`` of the host (arcsec).
    """
    number = rng.poisson(area * quasar_counts(limit))
    log_counts = np.interp(limit, _MAGNITUDES, _COUNTS) + np.log10(1 - rng.random(number))
    magnitude = np.maximum(np.interp(log_counts, _COUNTS, _MAGNITUDES), _MAGNITUDES[0])
    z = np.clip(rng.gamma(3.2, 0.58, number), 0.15, 6.0)
    in_i = bands.index("i")
    shape = quasar_magnitudes(rng.normal(QUASAR_SLOPE, _SLOPE_SCATTER, number), z, bands)
    host = galaxy_magnitudes(rng.uniform(0, 1.5, number), np.full(number, 0.3), z, bands)
    part = np.where(z < _HOST_TO, rng.uniform(*_HOST_PART, number) * (1 - 0.6 * z / _HOST_TO), 0.0)
    point_mags, host_mags = (
        mags - mags[:, [in_i]] + (magnitude - 2.5 * np.log10(np.maximum(share, 1e-9)))[:, None]
        for mags, share in ((shape, 1 - part), (host, part))
    )
    return {
        "mags": -2.5 * np.log10(10 ** (-0.4 * point_mags) + 10 ** (-0.4 * host_mags)),
        "point_mags": point_mags,
        "host_mags": np.where(part[:, None] > 0, host_mags, np.inf),
        "redshift": z,
        "radius": np.where(part > 0, rng.lognormal(np.log(0.5), 0.3, number) / (1 + z), 0.0),
    }
