"""Line blanketing: the share of a black body that Vega, the Sun and stars between them emit."""

from functools import cache

import numpy as np

# Effective temperatures of the stars that the tables show: Vega (Castelli & Kurucz 1994, A&A 281, 817), and
# the Sun. Above the first of _KNOTS nothing is absorbed; at and below the last, K5, the Sun's logarithm is
# multiplied by _COOL: that makes U - B of K5 1.05, as observed (Pecaut & Mamajek 2013).
_VEGA, _SUN = 9550.0, 5772.0
_KNOTS = (30_000.0, 9_700.0, 5_770.0, 4_440.0)
_COOL = 3.0
# Colour of the zodiacal light at 90 degrees from the Sun relative to the Sun's, per decade of wavelength
# below and above 500 nm (Leinert et al. 1998, eq. 22).
_REDDER_BELOW, _REDDER_ABOVE = 0.9, 0.6
_UV_END, _RED_END = 190.0, 1050.0  # nm; beyond the tables the last value holds


def blanketing(wavelength, temperature):
    """
    Give the share of a black body's light that a dwarf star lets out, relative to that at 550 nm.

    Parameters
    ----------
    wavelength : numpy.ndarray
        nm.
    temperature : float
        Effective temperature, K.

    Returns
    -------
    numpy.ndarray
        Of the wavelengths' shape; above 1 where energy that is absorbed elsewhere comes out.
    """
    vega, sun = _shares()
    inside = np.clip(wavelength, _UV_END, _RED_END)
    logs = [np.interp(inside, *table) for table in (vega, sun)]
    weights = np.array([[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, _COOL]])
    at = np.log(np.clip(temperature, _KNOTS[-1], _KNOTS[0]))
    of_vega, of_sun = (np.interp(at, np.log(_KNOTS[::-1]), row[::-1]) for row in weights)
    return np.exp(of_vega * logs[0] + of_sun * logs[1])


@cache
def _shares():
    """Give wavelengths and logarithms of the shares of Vega and of the Sun, 0 at 550 nm."""
    from astroclassify.photometry._vega import spectrum_table

    vega, sky = spectrum_table("vega"), spectrum_table("sky")
    sun = sky["zodiacal"].data / _reddening(sky["wavelength"].data)
    return (
        _share(vega["wavelength"].data, vega["flux"].data, _VEGA),
        _share(sky["wavelength"].data, sun, _SUN),
    )


def _share(wavelength, flux, temperature):
    from astroclassify.photometry._spectra import planck

    # The star's flux over the black body's of its effective temperature, 1 at 550 nm. Both have the same
    # energy in all, so that what lines absorb in the ultraviolet comes out elsewhere: shares above 1 are no
    # mistake.
    logs = np.log(np.maximum(flux, 1e-30) / planck(wavelength, temperature))
    return wavelength, logs - np.interp(550.0, wavelength, logs)


def _reddening(wavelength):
    # The zodiacal light is sunlight that dust scattered. Divided by its reddening it is the spectrum of the
    # Sun.
    decades = np.log10(wavelength / 500.0)
    return 1 + np.where(decades < 0, _REDDER_BELOW, _REDDER_ABOVE) * decades
