"""How bright a body is in a frame, before the frame is made: small maps of it, and signal-to-noise."""

from dataclasses import replace

import numpy as np

from astroclassify.instruments import INSTRUMENTS
from astroclassify.photometry import sky_rate
from astroclassify.simulate._raster import splat
from astroclassify.simulate.scenes._bodies import KINDS
from astroclassify.simulate.scenes._palette import response

#: Pixels of a small map's longer side, at most.
MAP_SIDE = 96
_LEVEL_STEPS, _LEVEL_TOLERANCE = 4, 0.05


def small_scene(body, view):
    """
    Draw a body coarsely.

    Parameters
    ----------
    body : Body
        The body.
    view : View
        Window on detector pixels.

    Returns
    -------
    Scene
        The same window on ``MAP_SIDE`` pixels or fewer.
    """
    return body.scene(view.coarser(max(1, -(-max(view.shape) // MAP_SIDE))))


def small_map(scene, answer, pixel_scale):
    """
    Give the light of a coarse scene in a band, stars included.

    Parameters
    ----------
    scene : Scene
        The scene.
    answer : Response
        The band.
    pixel_scale : float
        Arcseconds per detector pixel.

    Returns
    -------
    numpy.ndarray
        Electrons per second and detector pixel, float64, of the scene's shape.
    """
    diffuse, points = scene.observed(answer)
    electrons = diffuse + splat(points, scene.view.shape)
    return electrons.double().numpy() * (pixel_scale / scene.view.pixel_scale) ** 2


def levelled(body, view, instrument, band, wished):
    """
    Choose the brightness at which a body has a mean level of light in a view.

    Parameters
    ----------
    body : Body
        The body.
    view : View
        Window on detector pixels.
    instrument, band : str
        Camera and filter.
    wished : float
        Electrons per second and pixel.

    Returns
    -------
    Body
        The same with another brightness, within what its kind allows.
    """
    kind, camera = KINDS[body.kind], INSTRUMENTS[instrument]
    answer = response(instrument, band, redshift=body.redshift)
    # A brighter body also has other stars and clusters, so that its light is not just multiplied.
    for _ in range(_LEVEL_STEPS):
        level = float(small_map(small_scene(body, view), answer, camera.pixel_scale).mean())
        if not level > 0 or abs(np.log(wished / level)) < _LEVEL_TOLERANCE:
            break
        # Rounded: the last bits of a sum may depend on the number of threads.
        brightness = round(body.brightness + kind.brightness_step(wished / level), 4)
        body = replace(body, brightness=float(np.clip(brightness, *sorted(kind.brightness))))
    return body


def signal_to_noise(signal, exptime, noise):
    """
    Predict a pixel's signal-to-noise ratio from the electrons of Eq. (1).

    Parameters
    ----------
    signal : float
        Electrons per second of the body.
    exptime : float
        Seconds.
    noise : tuple of float
        Electrons per second of sky and dark current, and variance that does not grow with time
        (electrons squared): read noise and post-flash.

    Returns
    -------
    float
        The ratio.

    Examples
    --------
    >>> round(signal_to_noise(0.1, 500.0, (0.1, 20.0)), 2)
    4.56
    """
    rate, fixed = noise
    return float(signal * exptime / np.sqrt((signal + rate) * exptime + fixed))


def signal_for(ratio, exptime, noise):
    """
    Give the signal that has a signal-to-noise ratio.

    Parameters
    ----------
    ratio : float
        Signal-to-noise ratio of a pixel.
    exptime, noise
        As for `signal_to_noise`.

    Returns
    -------
    float
        Electrons per second.
    """
    rate, fixed = noise
    return float(_positive_root(exptime**2, ratio**2 * exptime, ratio**2 * (rate * exptime + fixed)))


def exptime_for(ratio, signal, noise):
    """
    Give the exposure time that has a signal-to-noise ratio.

    Parameters
    ----------
    ratio : float
        Signal-to-noise ratio of a pixel.
    signal, noise
        As for `signal_to_noise`.

    Returns
    -------
    float
        Seconds; infinite without a signal.
    """
    rate, fixed = noise
    if not signal > 0:
        return float("inf")
    return float(_positive_root(signal**2, ratio**2 * (signal + rate), ratio**2 * fixed))


def _positive_root(a, b, c):
    """Solve a x^2 = b x + c."""
    return (b + np.sqrt(b * b + 4 * a * c)) / (2 * a)


def noise_terms(answer, camera, sky, effects):
    """
    Say what a pixel holds besides the body's light.

    Parameters
    ----------
    answer : Response
        The band.
    camera : Instrument
        The camera.
    sky : tuple
        Zodiacal light and earthshine (or None), V mag / arcsec2.
    effects : Effects
        Strengths of the detector's effects.

    Returns
    -------
    tuple of float
        As `signal_to_noise` takes them.
    """
    zodiacal, earth = sky
    background = float(sky_rate(answer.bandpass, zodiacal=zodiacal, earth=earth).value)
    read_noise = np.mean([amplifier.read_noise for amplifier in camera.amplifiers.values()])
    return (
        background + camera.dark_current * effects.dark,
        float(read_noise * effects.read_noise) ** 2 + effects.post_flash,
    )
