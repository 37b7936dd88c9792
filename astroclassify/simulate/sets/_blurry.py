"""How an exposure becomes blurry: one cause takes its signal-to-noise below a limit, by Eq. (1)."""

from dataclasses import dataclass, replace

import numpy as np

from astroclassify.core import ParameterError
from astroclassify.instruments import INSTRUMENTS
from astroclassify.simulate.detector._effects import Effects
from astroclassify.simulate.scenes._bodies import KINDS, Body
from astroclassify.simulate.scenes._palette import response
from astroclassify.simulate.sets._config import CAUSES
from astroclassify.simulate.sets._levels import (
    Setup,
    exptime_for,
    kind_allows,
    noise_terms,
    signal_for,
    signal_to_noise,
)

# S/N without and with the cause, relative to the limit.
_CLEAR, _BARELY_CLEAR, _LOST = (1.5, 4.0), (1.1, 1.8), (0.2, 0.85)
_SHORTEST = 0.5  # s
# What is still a detector at work: extra electrons, and dark current relative to the usual.
_MOST_EXTRA, _MOST_DARK = 600.0, 20.0
#: The part of the window that must be lost: all but the brightest twentieth.
BRIGHT_QUANTILE = 0.95


@dataclass(frozen=True)
class ExposureSettings:
    """
    What can make an exposure blurry.

    Parameters
    ----------
    body : Body
        What is looked at.
    band : str
        Filter.
    exptime : float
        Seconds.
    effects : Effects
        Strengths of the detector's effects.
    """

    body: Body
    band: str
    exptime: float
    effects: Effects


@dataclass(frozen=True)
class Pointing:
    """
    Where an exposure looks, and with what: the same with and without the cause.

    Parameters
    ----------
    instrument : str
        Camera.
    sky : tuple
        Zodiacal light and earthshine (or None), V mag / arcsec2.
    view : View
        Window on detector pixels.
    bands : tuple of str
        The camera's filters to choose from.
    aperture : str, optional
        Name of a subarray.
    """

    instrument: str
    sky: tuple
    view: object
    bands: tuple
    aperture: str | None = None

    def signals(self, body, *bands):
        """
        Predict the body's light where it is bright.

        Parameters
        ----------
        body : Body
            The body.
        *bands : str
            Filters.

        Returns
        -------
        dict of str to float
            Electrons per second and pixel that a twentieth of the window exceeds.
        """
        setups = {band: Setup(self.instrument, band, self.aperture) for band in bands}
        scene = setups[bands[0]].scene(body, self.view)
        lights = {band: setup.seen(scene, body, self.view) for band, setup in setups.items()}
        return {band: float(np.quantile(light, BRIGHT_QUANTILE)) for band, light in lights.items()}

    def response_to(self, band, body):
        """
        Give the band's response to the body.

        Parameters
        ----------
        band : str
            Filter.
        body : Body
            The body, for its redshift.

        Returns
        -------
        Response
            The rates.
        """
        return response(self.instrument, band, redshift=body.redshift)

    def noise(self, band, body, effects):
        """
        Give the terms of the noise.

        Parameters
        ----------
        band : str
            Filter.
        body : Body
            The body, for its redshift.
        effects : Effects
            Strengths of the detector's effects.

        Returns
        -------
        tuple of float
            As `signal_to_noise` takes them.
        """
        return noise_terms(self.response_to(band, body), INSTRUMENTS[self.instrument], self.sky, effects)


def blurred(clear, pointing, cause, limit, rng):
    """
    Make an exposure blurry, if that cause can do it.

    Parameters
    ----------
    clear : ExposureSettings
        The exposure as it was meant; its body's brightness is changed within what its kind allows, so that
        the signal-to-noise ratio is little above the limit.
    pointing : Pointing
        Where it looks.
    cause : str
        One of ``CAUSES``.
    limit : float
        Signal-to-noise ratio of a pixel where the body is bright.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    tuple or None
        The blurred `ExposureSettings`, and the ratios with and without the cause: the first below the limit,
        the second not. None where this exposure cannot be blurred so.

    Raises
    ------
    ParameterError
        If there is no such cause.
    """
    if cause not in _BY_CAUSE:
        raise ParameterError(f"cause is {cause!r}; expected one of {', '.join(CAUSES)}")
    target = limit * rng.uniform(*(_BARELY_CLEAR if cause == "instrument effects" else _CLEAR))
    clear = _brightened(clear, pointing, target)
    if clear is None:
        return None
    found = _BY_CAUSE[cause](clear, pointing, limit, rng)
    if found is None:
        return None
    _, with_cause, without = found
    return found if with_cause < limit <= without else None


def _brightened(clear, pointing, ratio):
    """Choose the brightness at which the exposure has the ratio, if the kind allows it."""
    kind, body = KINDS[clear.body.kind], clear.body
    target = signal_for(ratio, clear.exptime, pointing.noise(clear.band, body, clear.effects))
    signal = pointing.signals(body, clear.band)[clear.band]
    if not signal > 0:
        return None
    brighter = kind_allows(kind, body, target / signal)
    return None if brighter is None else replace(clear, body=brighter)


def _ratio(made, pointing, signal):
    return float(signal_to_noise(signal, made.exptime, pointing.noise(made.band, made.body, made.effects)))


def _short(clear, pointing, limit, rng):
    signal = pointing.signals(clear.body, clear.band)[clear.band]
    target = limit * rng.uniform(*_LOST)
    seconds = exptime_for(target, signal, pointing.noise(clear.band, clear.body, clear.effects))
    blurry = replace(clear, exptime=float(np.clip(round(seconds, 1), _SHORTEST, clear.exptime)))
    return blurry, _ratio(blurry, pointing, signal), _ratio(clear, pointing, signal)


def _noisy(clear, pointing, limit, rng):
    """More dark current and post-flash: a worn detector, a lamp too bright."""
    signal = pointing.signals(clear.body, clear.band)[clear.band]
    rate, fixed = pointing.noise(clear.band, clear.body, clear.effects)
    electrons = signal * clear.exptime
    target = limit * rng.uniform(*_LOST)
    extra = (electrons / target) ** 2 - electrons - rate * clear.exptime - fixed
    if not 0 < extra < _MOST_EXTRA:
        return None
    usual = INSTRUMENTS[pointing.instrument].dark_current * clear.exptime
    dark = min(extra * rng.random(), _MOST_DARK * usual)
    effects = replace(
        clear.effects,
        dark=round(clear.effects.dark + dark / usual, 3),
        post_flash=round(clear.effects.post_flash + extra - dark, 2),
    )
    blurry = replace(clear, effects=effects)
    return blurry, _ratio(blurry, pointing, signal), _ratio(clear, pointing, signal)


def _filtered(clear, pointing, limit, rng):
    """A filter that lets so little through that even a flat spectrum as bright in the first one is lost."""
    return _in_another_band(clear, pointing, limit, rng, flat_is_lost=True)


def _coloured(clear, pointing, limit, rng):
    """A filter in which a flat spectrum would be seen, but where the body has little light."""
    return _in_another_band(clear, pointing, limit, rng, flat_is_lost=False)


def _in_another_band(clear, pointing, limit, rng, *, flat_is_lost):
    bands = tuple(dict.fromkeys((clear.band, *pointing.bands)))
    signals = pointing.signals(clear.body, *bands)
    zero_points = {band: pointing.response_to(band, clear.body).zero_point for band in bands}
    without = _ratio(clear, pointing, signals[clear.band])
    found = []
    for band in bands[1:]:
        blurry = replace(clear, band=band)
        flat = signals[clear.band] * 10 ** (0.4 * (zero_points[band] - zero_points[clear.band]))
        flat_ratio = _ratio(blurry, pointing, flat)
        ratio = _ratio(blurry, pointing, signals[band])
        if ratio < limit and (flat_ratio < limit) == flat_is_lost:
            found.append((blurry, ratio, without if flat_is_lost else flat_ratio))
    return found[rng.integers(len(found))] if found else None


_BY_CAUSE = dict(zip(CAUSES, (_short, _filtered, _coloured, _noisy), strict=True))
