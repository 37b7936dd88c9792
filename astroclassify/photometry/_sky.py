"""Sky background in low Earth orbit: zodiacal light and earthshine."""

import numpy as np
from astropy import units as u

from astroclassify.core import ParameterError, checked, in_unit, rules
from astroclassify.instruments import INSTRUMENTS
from astroclassify.photometry._bandpass import as_bandpass
from astroclassify.photometry._counts import count_rate
from astroclassify.photometry._spectra import REFERENCE_FLUX, REFERENCE_WAVELENGTH, tabulated
from astroclassify.photometry._vega import spectrum_table


@checked(v_magnitude=rules.surface_brightness)
def zodiacal_light(v_magnitude=22.7):
    """
    Give the spectrum of the zodiacal light, of one square arcsecond.

    Parameters
    ----------
    v_magnitude : float, default 22.7
        Brightness at 550 nm in V magnitudes for each square arcsecond, 15 to 40: 22.1 in the ecliptic, 23.2
        to 23.3 at its poles.

    Returns
    -------
    synphot.SourceSpectrum
        190 nm to 1100 nm.

    Raises
    ------
    ParameterError
        If the brightness is out of range.

    Notes
    -----
    A table of 33 points fitted to the spectrum that STScI's exposure-time calculators use: the Sun, reddened.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astroclassify.photometry import BANDS, count_rate, zodiacal_light
    >>> pixel = (0.05 * u.arcsec) ** 2
    >>> rate = count_rate(zodiacal_light(22.7), BANDS["acs-wfc", "F606W"], solid_angle=pixel)
    >>> print(f"{rate:.3f}")
    0.093 electron / s
    """
    return _sky_spectrum("zodiacal", v_magnitude)


@checked(v_magnitude=rules.surface_brightness)
def earthshine(v_magnitude=22.9):
    """
    Give the spectrum of the light that the bright Earth scatters into the telescope, of one square arcsecond.

    Parameters
    ----------
    v_magnitude : float, default 22.9
        Brightness at 550 nm in V magnitudes for each square arcsecond, 15 to 40; brighter near the bright
        limb, nothing at all in the Earth's shadow.

    Returns
    -------
    synphot.SourceSpectrum
        190 nm to 1100 nm; next to nothing below 290 nm, where ozone absorbs.

    Raises
    ------
    ParameterError
        If the brightness is out of range.

    Examples
    --------
    >>> from astroclassify.photometry import BANDS, count_rate, earthshine
    >>> f"{count_rate(earthshine(), BANDS['acs-wfc', 'F606W']):.1f}"
    '29.5 electron / s'
    """
    return _sky_spectrum("earthshine", v_magnitude)


def _sky_spectrum(column, v_magnitude):
    if not 15.0 <= v_magnitude <= 40.0:
        raise ParameterError(f"v_magnitude is {v_magnitude}; expected 15 to 40 mag per square arcsecond")
    table = spectrum_table("sky")
    wavelength, flux = table["wavelength"].data, table[column].data
    # A magnitude per square arcsecond is the magnitude of what one square arcsecond sends.
    wanted = REFERENCE_FLUX * 10 ** (-0.4 * v_magnitude)
    return tabulated(wavelength, flux * wanted / np.interp(REFERENCE_WAVELENGTH, wavelength, flux))


@checked(zodiacal=rules.surface_brightness, earth=rules.optional(rules.surface_brightness))
def sky_rate(bandpass, area=None, *, zodiacal=22.7, earth=None, pixel_scale=None):
    """
    Count the sky's electrons per second and pixel.

    Parameters
    ----------
    bandpass : Bandpass or anything `as_bandpass` takes
        The throughput.
    area : astropy.units.Quantity, optional
        Collecting area; by default the band's.
    zodiacal : float, default 22.7
        Zodiacal light as for `zodiacal_light`.
    earth : float, optional
        Earthshine as for `earthshine`; by default none.
    pixel_scale : astropy.units.Quantity, optional
        Side of a pixel; by default that of the band's instrument.

    Returns
    -------
    astropy.units.Quantity
        Electrons per second (and pixel).

    Raises
    ------
    ParameterError
        If a brightness is out of range, or no pixel scale is known.

    Examples
    --------
    >>> from astroclassify.photometry import BANDS, sky_rate
    >>> print(f"{sky_rate(BANDS['csst-msc', 'g']):.3f}")
    0.106 electron / s
    """
    # The default of 22.7 is midway between the ecliptic (22.1) and its poles (23.3). Earthshine is off by
    # default: in the Earth's shadow there is none. Of airglow, Lyman alpha and [O I] 130.4 nm lie outside all
    # bands of these cameras; [O II] 247.1 nm is left out.
    band = as_bandpass(bandpass)
    pixel = _pixel_scale(band, pixel_scale) ** 2
    rate = count_rate(zodiacal_light(zodiacal), band, area, solid_angle=pixel)
    if earth is not None:
        rate = rate + count_rate(earthshine(earth), band, area, solid_angle=pixel)
    return rate


def _pixel_scale(band, pixel_scale):
    if pixel_scale is not None:
        return in_unit("pixel_scale", pixel_scale, u.arcsec) * u.arcsec
    if not band.instrument:
        raise ParameterError(
            f"the band {band.name!r} is of no instrument; give pixel_scale=, as 0.05 * u.arcsec"
        )
    return INSTRUMENTS[band.instrument].pixel_scale * u.arcsec
