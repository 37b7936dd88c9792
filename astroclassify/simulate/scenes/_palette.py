"""The spectra that light in a scene can have, and how many electrons each makes in a band.

A scene is drawn once and shown in any band: its light is kept by spectrum, in units of V
(AB magnitude 0 at 550 nm) or, for gas, of the flux in Halpha.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from astropy import units as u

from astroclassify import photometry
from astroclassify.core import UnknownNameError, checked, rules
from astroclassify.photometry import BANDS, Bandpass, as_bandpass, count_rate, zero_point
from astroclassify.simulate._rules import CAMERA, NUMBER
from astroclassify.simulate._rules import band as is_band

#: Types of the stars that can be drawn, hottest first.
STAR_TYPES = ("O5", "B0", "B5", "A0", "F0", "G0", "K0", "K5", "M0", "M5")
#: Halpha flux that the unit of a gas layer stands for, erg / s / cm2 (/ arcsec2).
GAS_UNIT = 1e-15
_HALPHA_OVER_HBETA = 2.86  # case B; lines are normalised to Hbeta
_LIGHT = MappingProxyType(
    {
        "old": photometry.old_population,
        "star-forming": photometry.star_forming_population,
        "starburst": photometry.starburst_population,
        "blue reflection": lambda: photometry.reflection_nebula(photometry.star("B5")),
        "red reflection": lambda: photometry.reflection_nebula(photometry.star("K0")),
        "synchrotron": lambda: photometry.power_law(-0.8),
    }
)
_GAS = MappingProxyType(
    {
        "hii": lambda: photometry.hii_region(hbeta_width=60 * u.nm),
        "planetary": photometry.planetary_nebula,
        "remnant": photometry.supernova_remnant,
    }
)
#: Names of the spectra of diffuse light.
SPECTRA = (*_LIGHT, *_GAS)
_V_WAVELENGTH = 550.0


@dataclass(frozen=True)
class Response:
    """
    Response of a band to each spectrum of the palette.

    Parameters
    ----------
    bandpass : Bandpass
        The band.
    rates : mapping of str to float
        Electrons per second that one unit of each spectrum makes: V = 0 (AB) for light, 1e-15 erg / s /
        cm2 in Halpha for gas.
    star_rates : numpy.ndarray
        The same for the stars of ``STAR_TYPES`` with V = 0.
    attenuation : float
        Extinction in the band over that in V, at the band's pivot wavelength.
    """

    bandpass: Bandpass
    rates: MappingProxyType = field(repr=False)
    star_rates: np.ndarray = field(repr=False)
    attenuation: float

    @property
    def zero_point(self):
        """AB magnitude of one electron per second (float)."""
        return float(zero_point(self.bandpass).value)


@checked(instrument=CAMERA, band=is_band, redshift=NUMBER)
def response(instrument, band, *, redshift=0.0):
    """
    Compute the response of a band to the palette.

    Parameters
    ----------
    instrument : str or Instrument
        Camera, for example ``"acs-wfc"``.
    band : str or Bandpass
        Name of a shipped band, or a user's own.
    redshift : float, default 0
        Of the diffuse light; rounded to 0.0005, which moves Halpha by 0.3 nm.

    Returns
    -------
    Response
        The rates.

    Raises
    ------
    UnknownNameError
        If the camera has no such band.

    Examples
    --------
    >>> from astroclassify.simulate import response
    >>> halpha, blue = response("acs-wfc", "F658N"), response("acs-wfc", "F435W")
    >>> halpha.rates["hii"] / halpha.rates["old"] > 5 * blue.rates["hii"] / blue.rates["old"]
    True
    """
    # Redshifts of one step share a response: 5e-4 moves a line at 600 nm by 0.3 nm, a fraction of the width
    # of the narrowest filters (some 2 nm).
    steps = round(redshift / 5e-4)
    if isinstance(band, str):
        return _shipped_response(getattr(instrument, "name", instrument), band, steps)
    return _response(as_bandpass(band), steps * 5e-4)


@lru_cache(maxsize=1024)
def _shipped_response(instrument, band, steps):
    return _response(BANDS[instrument, band], steps * 5e-4)


def _response(bandpass, redshift):
    rates = {}
    for name in SPECTRA:
        spectrum = named_spectrum(name)
        shifted = spectrum if redshift == 0 else photometry.redshift(spectrum, redshift)
        # Spectra of gas are normalised to Hbeta, but the unit of a gas layer is Halpha's flux: the lines of a
        # unit are weaker by the ratio of the two.
        rates[name] = _rate(shifted, bandpass) / (1.0 if name in _LIGHT else _HALPHA_OVER_HBETA)
    return Response(bandpass, MappingProxyType(rates), *_at_rest(bandpass))


@lru_cache(maxsize=64)
def _at_rest(bandpass):
    """Rates of the stars, and the attenuation: what the redshift of a body does not change."""
    stars = np.array([_rate(named_spectrum(f"star {kind}"), bandpass) for kind in STAR_TYPES])
    return stars, _attenuation(bandpass.pivot)


def _rate(spectrum, bandpass):
    return float(count_rate(spectrum, bandpass).value)


@checked(name=rules.text)
@lru_cache(maxsize=64)
def named_spectrum(name):
    """
    Give a spectrum of the palette.

    Parameters
    ----------
    name : str
        One of ``SPECTRA``, or ``"star "`` and a type of ``STAR_TYPES``.

    Returns
    -------
    synphot.SourceSpectrum
        The spectrum.

    Raises
    ------
    UnknownNameError
        If there is no such spectrum.

    Examples
    --------
    >>> from astroclassify.simulate import named_spectrum
    >>> named_spectrum("star G0").waveset is not None
    True
    """
    if name.startswith("star "):
        return photometry.star(name.removeprefix("star "))
    makers = _LIGHT | _GAS
    if name not in makers:
        raise UnknownNameError(f"no spectrum is named {name!r}; there are: {', '.join(makers)}")
    return makers[name]()


def _attenuation(pivot):
    from dust_extinction.parameter_averages import G23

    # The Galaxy's mean extinction curve (R_V = 3.1), read at the band's pivot and at 550 nm: one number for
    # the whole band. Within a broad band the blue end is dimmed more than that, the red end less.
    model = G23(Rv=3.1)
    wavenumbers = 1e3 / np.array([u.Quantity(pivot, u.nm).value, _V_WAVELENGTH]) / u.micron
    in_band, in_v = model(wavenumbers)
    return float(in_band / in_v)


def star_types(temperature):
    """
    Give the nearest type in the palette.

    Parameters
    ----------
    temperature : array_like
        Effective temperatures in K.

    Returns
    -------
    numpy.ndarray
        Indices in ``STAR_TYPES``, int16.
    """
    # Nearest in the logarithm: colours of hot stars hardly change with temperature, those of cool ones much.
    known = np.log(_star_temperatures())[::-1]
    between = (known[1:] + known[:-1]) / 2
    return (len(known) - 1 - np.searchsorted(between, np.log(np.asarray(temperature, float)))).astype(
        np.int16
    )


@lru_cache(maxsize=1)
def _star_temperatures():
    return np.array([u.Quantity(photometry.effective_temperature(kind), u.K).value for kind in STAR_TYPES])
